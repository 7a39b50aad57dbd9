"""Azure's own definitions are as `components/guardrails*.yaml` says: held against a checkout of Azure/azure-policy.

Its path is in `BAILIWICK_AZURE_POLICY`; without it these are skipped, as nothing here is fetched.
"""

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from components.guardrails_data import BuiltIn, built_ins

CHECKOUT = os.environ.get("BAILIWICK_AZURE_POLICY", "")
GOVERNMENT = "Azure Government"
pytestmark = pytest.mark.skipif(not CHECKOUT, reason="BAILIWICK_AZURE_POLICY names no checkout of Azure/azure-policy")


@lru_cache(maxsize=2)
def _listed(*, government: bool) -> Mapping[str, dict[str, Any]]:
    """Definitions and initiatives by GUID."""
    found = {}
    for path in (Path(CHECKOUT) / "built-in-policies").rglob("*.json"):
        if (GOVERNMENT in path.parts) is government:
            document = json.loads(path.read_text(encoding="utf-8-sig"))
            found[str(document.get("name"))] = document["properties"]
    return found


def _version(properties: Mapping[str, Any]) -> str:
    return str(properties.get("version") or properties["metadata"]["version"])


@pytest.mark.parametrize("item", built_ins(), ids=lambda item: item.key)
class TestEachIsAsAzureListsIt:
    """A GUID, a version or a parameter that is wrong is found out by Azure, in the middle of a deployment."""

    def test_its_name_version_and_clouds(self, item: BuiltIn) -> None:
        guid = str(item.definition or item.initiative)
        here, there = _listed(government=False)[guid], _listed(government=True).get(guid)
        assert (here["displayName"], _version(here)) == (item.name, item.version)
        assert not here["metadata"].get("deprecated")
        if item.definition:
            assert item.government is (there is not None)
        if item.government and there is not None:
            assert _version(there) == (item.government_version or item.version)

    def test_it_takes_its_effect_and_its_parameters_and_asks_for_no_more(self, item: BuiltIn) -> None:
        properties = _listed(government=False)[str(item.definition or item.initiative)]
        known = properties.get("parameters", {})
        given = {*(item.parameters or {}), *(() if item.fixed else ("effect",))}
        assert given <= known.keys()
        assert {name for name, told in known.items() if "defaultValue" not in told} <= given
        if item.fixed:
            assert properties["policyRule"]["then"]["effect"].lower() == item.effect.lower()
        else:
            assert item.effect in known["effect"].get("allowedValues", [item.effect])
        for name, value in (item.parameters or {}).items():
            allowed = known[name].get("allowedValues")
            if allowed and not str(value).startswith("$"):
                assert set(value if isinstance(value, list) else [value]) <= set(allowed), name
