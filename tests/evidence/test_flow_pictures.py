"""A picture is believed: it may leave out what is quiet, and never an arrow that leads outside."""

import re
from xml.etree import ElementTree as ET

import pytest

from evidence.flow_groups import QUIET, Map, drawn
from evidence.flow_json import as_json
from evidence.flow_layout import laid_out
from evidence.flow_mermaid import mermaid
from evidence.flow_svg import svg
from plan.reachability.graph import graph_of
from plan.reachability.model import Edge, Graph, Hop, Place
from tests.plans import CORE, compliant

NASTY = 'end"]; <script>alert(1)</script> #quot; & subgraph'
SVG = "{http://www.w3.org/2000/svg}"


def chart(stack: str = "eu-prod", *, whole: bool = False) -> Map:
    return drawn(graph_of(compliant(stack)), stack, whole=whole)


def small(name: str = "store") -> Graph:
    """A store that the internet reaches."""
    places = (
        Place(id="/store", name=name, kind="store", classification="phi", purpose=name),
        Place(id="internet", name="the internet", kind="outside", outside="internet"),
    )
    edge = Edge(source="/store", target="internet", kind="connects", how=(Hop(what="a rule", urn="u"),), what="TCP 443")
    return Graph(places={place.id: place for place in places}, edges=(edge,))


class TestNothingIsLost:
    """Merged is not left out."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_edge_that_is_not_quiet_is_within_a_box_or_in_an_arrow(self, stack: str) -> None:
        graph = graph_of(compliant(stack))
        found = drawn(graph, stack)
        of = {place.id: group.id for group in found.groups for place in group.places}
        shown = {id(edge) for link in found.links for edge in link.edges}
        for edge in graph.edges:
            if edge.kind not in QUIET:
                assert id(edge) in shown or of[edge.source] == of[edge.target]

    def test_the_whole_map_has_every_place_that_an_edge_touches(self) -> None:
        graph = graph_of(compliant())
        touched = {place for edge in graph.edges for place in (edge.source, edge.target)}
        assert {group.id for group in chart(whole=True).groups} == touched

    def test_data_has_every_place_and_every_edge_with_its_rules(self) -> None:
        graph = graph_of(compliant())
        document = as_json(graph, "eu-prod", ())
        assert document["format"] == "bailiwick-flows/1"
        edges, places = document["edges"], document["places"]
        assert isinstance(edges, list)
        assert isinstance(places, list)
        assert (len(edges), len(places)) == (len(graph.edges), len(graph.places))
        assert all(edge["allowedBy"] for edge in edges)

    def test_the_same_plan_gives_the_same_bytes(self) -> None:
        assert (svg(chart()), mermaid(chart())) == (svg(chart()), mermaid(chart()))


class TestWhatLeavesIsSeen:
    """The one arrow that matters must not look like the others."""

    def test_a_place_that_is_not_on_record_is_red_in_both_pictures(self) -> None:
        found = drawn(small(), "x", refused={"internet"})
        assert 'class="refused"' in svg(found)
        assert re.search(r"class n\d+ refused", mermaid(found))

    def test_on_record_it_is_not(self) -> None:
        found = drawn(small(), "x")
        assert 'class="refused"' not in svg(found)
        assert " refused\n" not in mermaid(found)

    def test_classified_data_is_marked_with_its_class(self) -> None:
        assert "phi" in svg(drawn(small(), "x"))
        assert "<br/>phi" in mermaid(drawn(small(), "x"))


class TestAPictureIsSafeToOpen:
    """Names come from a plan, and a plan may come from anybody."""

    def test_names_stay_words_in_mermaid(self) -> None:
        text = mermaid(drawn(small(NASTY), "x"))
        (line,) = [line for line in text.splitlines() if "alert" in line]
        assert "<script" not in line
        assert line.count('"') == 2
        assert all(
            re.fullmatch(r"  (flowchart LR|subgraph .*|end|  n\d.*|n\d.*|class.*)", f"  {line.strip()}")
            or line == "flowchart LR"
            for line in text.splitlines()
        )

    def test_names_stay_words_in_svg(self) -> None:
        root = ET.fromstring(svg(drawn(small(NASTY), NASTY)))  # noqa: S314 our own text
        assert not root.findall(f".//{SVG}script")

    def test_the_picture_fetches_nothing(self) -> None:
        text = svg(chart())
        assert re.findall(r"(?:href|src|url)\s*[=(]\s*[\"']?(?!#)", text) == []
        assert re.findall(r"https?://[^\"<\s]+", text) == ["http://www.w3.org/2000/svg"]


class TestBoxesStandApart:
    """A box beneath another is a store that nobody sees."""

    @pytest.mark.parametrize("stack", CORE)
    def test_no_two_boxes_overlap_and_all_are_within_the_picture(self, stack: str) -> None:
        layout = laid_out(chart(stack))
        boxes = list(layout.boxes.values())
        for index, box in enumerate(boxes):
            assert box.y >= 0
            assert box.y + box.height <= layout.height
            for other in boxes[index + 1 :]:
                assert box.x != other.x or box.y + box.height < other.y or other.y + other.height < box.y

    @pytest.mark.parametrize("stack", CORE)
    def test_no_line_is_wider_than_its_box(self, stack: str) -> None:
        assert all(len(line) <= 26 for box in laid_out(chart(stack)).boxes.values() for line in box.lines[:-1])
