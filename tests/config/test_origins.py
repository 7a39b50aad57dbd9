"""Pages that may call from a browser: named one by one, each its tenant's, and none where no browser gets in."""

import copy
from typing import Any

import pytest

from cli.planning import ROOT
from config import Fault, StackConfig, parse
from plan import stacks

PAGE = "https://notes.hospital.example"


def _parsed(stack: str, *, everybody: object = None, **of: object) -> tuple[StackConfig | None, dict[str, Fault]]:
    """The stack with these pages: everybody's, and those of tenants by name."""
    values: Any = copy.deepcopy(dict(stacks.values(ROOT, stack)))
    if everybody is not None:
        values["bailiwick:gateway"]["origins"] = everybody
    for tenant in values.get("bailiwick:tenants", ()):
        tenant.pop("origins", None)
        if tenant["name"] in of:
            tenant["origins"] = of[tenant["name"]]
    config, faults = parse(stack, values)
    return config, {fault.key.removeprefix("bailiwick:"): fault for fault in faults}


class TestAPageIsNamed:
    """A pattern takes in pages that somebody will make tomorrow, or has taken over."""

    def test_none_is_the_default(self) -> None:
        config, faults = _parsed("eu-prod")
        assert config is not None
        assert (config.gateway.origins, faults) == ((), {})

    def test_by_scheme_and_host_and_a_port_that_is_not_the_usual_one(self) -> None:
        config, faults = _parsed("eu-prod", everybody=[PAGE, f"{PAGE}:8443"])
        assert config is not None
        assert (config.gateway.origins, faults) == ((PAGE, f"{PAGE}:8443"), {})

    @pytest.mark.parametrize(
        "page",
        [
            "*",
            "null",
            "https://*.hospital.example",
            "http://notes.hospital.example",
            f"{PAGE}/",
            f"{PAGE}/x",
            "https://x",
        ],
    )
    def test_and_by_nothing_else(self, page: str) -> None:
        _, faults = _parsed("eu-prod", everybody=[page])
        assert "match pattern" in faults["gateway.origins.0"].problem


class TestAPageIsCalledFromSomewhere:
    """A page that no listener takes, or that is two tenants', is a mistake of the file's."""

    def test_not_where_there_is_no_portal(self) -> None:
        _, faults = _parsed("eu-dev", everybody=[PAGE])
        assert "without a portal" in faults["gateway.origins"].problem

    def test_a_standby_that_front_door_leads_to_has_the_firsts_pages(self) -> None:
        _, faults = _parsed("eu-prod-b", everybody=[PAGE])
        assert faults == {}

    def test_with_tenants_none_is_everybodys(self) -> None:
        _, faults = _parsed("uk-prod", everybody=[PAGE])
        assert "nobody's" in faults["gateway.origins"].problem

    def test_a_page_is_one_tenants(self) -> None:
        _, faults = _parsed("uk-prod", northern=[PAGE], southern=[PAGE])
        assert faults["tenants.southern.origins"].problem == "also 'northern's"
        _, faults = _parsed("uk-prod", northern=[PAGE], southern=[f"{PAGE}:8443"])
        assert faults == {}
