"""Write the admission policies of edge sites from the cluster's own: `python -m tests.components.edge_admission`."""

from typing import Any

import yaml

from cli.planning import ROOT
from components.admission_data import at_sites
from components.guardrails import EDGE_NAMESPACES

SITES = ROOT / "edge" / "policies" / "admission.yaml"
HEAD = """\
# Generated from components/admission*.yaml by `python -m tests.components.edge_admission`: those policies of the
# platform's own cluster that fit a site. What speaks of Azure's load balancers, zones, GPUs, vaults and the gateway
# there stays there; labels of a site are held by labels.yaml.
"""


class _Quoting(yaml.SafeDumper):
    """No anchors: a document is read by itself."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401 the base class's signature
        return True


def text() -> str:
    """The file as it would be now."""
    return HEAD + yaml.dump_all(
        at_sites(EDGE_NAMESPACES), Dumper=_Quoting, sort_keys=False, explicit_start=True, width=118
    )


if __name__ == "__main__":
    SITES.write_text(text(), encoding="utf-8")
