"""Tenants in a stack file: every way in which two could meet by a mistake of the file's is a fault."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.planning import ROOT
from config import Fault, StackConfig, parse
from config.tenants import LONGEST_SPACE, Tenant, patient_stores, served
from plan import stacks

STACK = "uk-prod"


def _parsed(**sections: Any) -> tuple[StackConfig | None, dict[str, Fault]]:  # noqa: ANN401 sections of a stack file
    values: Any = copy.deepcopy(dict(stacks.values(ROOT, STACK)))
    for name, change in sections.items():
        change(values[f"bailiwick:{name}"])
    config, faults = parse(STACK, values)
    return config, {fault.key.removeprefix("bailiwick:"): fault for fault in faults}


def _item(index: int, **changes: Any) -> Any:  # noqa: ANN401 as above
    return lambda items: items[index].update(changes)


class TestEachTenantHasItsOwn:
    """What nobody said is shared is not."""

    def test_servers_in_a_namespace_of_its_own_unless_the_use_case_is_shared(self) -> None:
        config, faults = _parsed()
        assert faults == {}
        assert config is not None
        assert [(one.space, one.tenant) for one in config.served] == [
            ("inference-northern-clinical-notes", "northern"),
            ("inference-southern-clinical-notes", "southern"),
            ("inference-clinic-letters", "shared"),
        ]

    def test_store(self) -> None:
        config, _ = _parsed()
        assert config is not None
        assert patient_stores(config.tenants) == {
            "patient-northern": ("northernpatient", "northern"),
            "patient-southern": ("southernpatient", "southern"),
        }

    def test_a_stack_without_tenants_has_one_of_each(self) -> None:
        config, _ = parse("eu-prod", stacks.values(ROOT, "eu-prod"))
        assert config is not None
        assert [one.space for one in config.served] == ["inference-clinical-notes"]
        assert patient_stores(config.tenants) == {"patient": ("patient", "shared")}

    @given(
        st.dictionaries(st.from_regex(r"\A[a-z][a-z0-9]{1,11}\Z"), st.sets(st.sampled_from("abc"), min_size=1)),
        st.sets(st.sampled_from("abc")),
    )
    def test_no_namespace_is_of_two(self, of: dict[str, set[str]], shared: set[str]) -> None:
        config, _ = _parsed()
        assert config is not None
        items = [config.use_cases[0].model_copy(update={"name": name, "shared": name in shared}) for name in "abc"]
        tenants = [
            Tenant(name=name, controller="A Trust", use_cases=tuple(sorted(asked)), requests_per_minute=1)
            for name, asked in of.items()
            if name != "shared"
        ]
        found = served(items, tenants)
        assert len({one.space for one in found}) == len(found)
        for tenant in tenants:
            for name in tenant.use_cases:
                own = [one for one in found if one.item.name == name and one.tenant in (tenant.name, "shared")]
                assert len(own) == 1


class TestEveryFaultIsFound:
    """With its key, what is allowed, what follows and how to mend it."""

    @pytest.mark.parametrize(
        ("sections", "key", "says"),
        [
            ({"tenants": _item(1, name="northern")}, "tenants", "a name that is taken"),
            ({"tenants": _item(1, name="shared")}, "tenants", "a name that is taken"),
            ({"tenants": _item(0, useCases=["clinical-notes", "x-rays"])}, "tenants.northern.useCases", "no such use"),
            ({"callers": _item(0, tenant="eastern")}, "callers.northern-epr.tenant", "no such tenant"),
            ({"callers": lambda items: items[0].pop("tenant")}, "callers.northern-epr.tenant", "speaks for nobody"),
            ({"tenants": _item(0, useCases=["clinic-letters"])}, "callers.northern-epr.useCases", "is not served it"),
            ({"useCases": _item(0, replicasMax=4)}, "tenants", "the pool has 8"),
            ({"tenants": _item(0, controller="x")}, "tenants.0.controller", "at least 3"),
            ({"tenants": _item(0, name="north-west")}, "tenants.0.name", "pattern"),
        ],
    )
    def test_alone(self, sections: dict[str, Any], key: str, says: str) -> None:
        _, faults = _parsed(**sections)
        assert key in faults, faults
        fault = faults[key]
        assert says in fault.problem
        assert all((fault.value, fault.allowed, fault.consequence, fault.hint))

    def test_a_use_case_for_no_tenant(self) -> None:
        def alone(items: Any) -> None:  # noqa: ANN401 as above
            for item in items:
                item["useCases"] = ["clinical-notes"]

        _, faults = _parsed(tenants=alone, callers=alone)
        assert "no tenant is served" in faults["useCases.clinic-letters"].problem

    def test_a_namespace_of_two(self) -> None:
        """A shared use case may be called as a tenant's own is."""
        twin = lambda items: items[1].update(name="northern-clinical-notes")  # noqa: E731 a shorthand
        asked = lambda items: [  # noqa: E731 a shorthand
            item.update(useCases=["clinical-notes", "northern-clinical-notes"]) for item in items
        ]
        _, faults = _parsed(useCases=twin, tenants=asked, callers=asked)
        assert any("also that of" in fault.problem for fault in faults.values())

    def test_sharing_among_nobody(self) -> None:
        values: Any = copy.deepcopy(dict(stacks.values(ROOT, "eu-prod")))
        values["bailiwick:useCases"][0]["shared"] = True
        _, faults = parse("eu-prod", values)
        assert [fault.key for fault in faults] == ["bailiwick:useCases.clinical-notes.shared"]

    def test_a_caller_with_a_tenant_where_there_is_none(self) -> None:
        values: Any = copy.deepcopy(dict(stacks.values(ROOT, "eu-prod")))
        values["bailiwick:callers"][0]["tenant"] = "northern"
        _, faults = parse("eu-prod", values)
        assert [fault.key for fault in faults] == ["bailiwick:callers.crm-bridge.tenant"]

    def test_a_candidate_beside_servers_of_each_tenants_own(self) -> None:
        prompt = {"name": "clinical-notes", "version": "1.1.0", "sha256": "e" * 64}
        canary: dict[str, Any] = {"change": "notes-2", "prompt": prompt, "steps": [5, 50], "until": "2027-01-31"}
        canary |= {"replicasMin": 1, "replicasMax": 1}
        _, faults = _parsed(useCases=_item(0, canary=canary))
        assert "each tenant has of its own" in faults["useCases.clinical-notes.canary"].problem

    def test_the_longest_names_fit(self) -> None:
        assert len(f"inference-{'t' * 12}-{'u' * 40}") <= LONGEST_SPACE
