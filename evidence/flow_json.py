"""The graph as data, in a stable form: `bailiwick-flows/1`."""

from collections.abc import Iterable

from plan.reachability.model import Graph, Hop

FORMAT = "bailiwick-flows/1"


def as_json(graph: Graph, stack: str, refused: Iterable[str]) -> dict[str, object]:
    """Every place, every edge with each rule that allows it, what is not understood, and what leaves unlisted."""
    return {
        "format": FORMAT,
        "stack": stack,
        "places": [
            {
                "id": place.id,
                "name": place.name,
                "kind": place.kind,
                "classification": place.classification,
                "purpose": place.purpose,
                "region": place.region,
                "outside": place.outside,
                "urn": place.urn,
            }
            for place in graph.places.values()
        ],
        "edges": [
            {
                "source": edge.source,
                "target": edge.target,
                "kind": edge.kind,
                "what": edge.what,
                "allowedBy": [_hop(hop) for hop in edge.how],
            }
            for edge in graph.edges
        ],
        "unjudged": [_hop(hop) for hop in graph.unjudged],
        "refused": sorted(refused),
    }


def _hop(hop: Hop) -> dict[str, object]:
    return {"what": hop.what, "resource": hop.urn}
