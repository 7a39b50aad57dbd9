"""The difference of two plans: what it says is all that differs, and all of it is so."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plan.diff.compare import difference
from plan.diff.model import Kind
from plan.export_file import ExportedPlan
from plan.file import MASKED, PlanFileError, parse, to_json
from plan.model import Plan
from tests.plan.diff.made import applied, plan, plans, resource
from tests.plans import changed, compliant, without

STORE, KEY = "azure-native:storage:StorageAccount", "azure-native:keyvault:Key"


class TestADifferenceIsExactlyWhatDiffers:
    """Who approves a change by it approves what it says: nothing else may happen, and nothing of it may be made up."""

    @given(plans())
    @settings(max_examples=60, deadline=None)
    def test_a_plan_does_not_differ_from_itself(self, one: Plan) -> None:
        assert difference(one, one).changes == ()

    @given(plans(), plans())
    @settings(max_examples=150, deadline=None)
    def test_the_difference_applied_to_the_first_gives_the_second(self, one: Plan, other: Plan) -> None:
        wanted = {item.urn: item.inputs for item in other.resources}
        assert json.dumps(applied(difference(one, other)), sort_keys=True) == json.dumps(wanted, sort_keys=True)

    @given(st.lists(st.sampled_from("abcd"), unique=True), st.lists(st.sampled_from("abcd"), unique=True))
    @settings(max_examples=100, deadline=None)
    def test_the_order_of_a_list_is_part_of_it(self, one: list[str], other: list[str]) -> None:
        """Routes and rules are taken in their order."""
        sides = [
            plan(resource(STORE, "a", {"rules": [{"name": name, "x": 1} for name in names]})) for names in (one, other)
        ]
        found = difference(*sides)
        assert applied(found) == {item.urn: item.inputs for item in sides[1].resources}
        assert bool(found.changes) is (one != other)

    @given(plans(), plans())
    @settings(max_examples=60, deadline=None)
    def test_its_order_does_not_hang_on_the_order_of_the_plans(self, one: Plan, other: Plan) -> None:
        mixed = [replace(made, resources=made.resources[::-1]) for made in (one, other)]
        expected, found = difference(one, other), difference(*mixed)
        assert found.changes == expected.changes

    @given(plans(), plans())
    @settings(max_examples=60, deadline=None)
    def test_there_and_back_are_of_the_same_resources(self, one: Plan, other: Plan) -> None:
        there, back = difference(one, other), difference(other, one)
        assert {c.resource.urn for c in there.changes} == {c.resource.urn for c in back.changes}
        assert {c.resource.urn for c in there.of_kind(Kind.CREATED)} == {
            c.resource.urn for c in back.of_kind(Kind.DELETED)
        }

    def test_what_stands_for_true_is_not_true(self) -> None:
        one, other = (plan(resource(STORE, "a", {"x": value})) for value in (True, 1))
        assert len(difference(one, other).changes) == 1


class TestWhatHoldsDataComesFirst:
    """The one line that a reviewer must not miss stands above three hundred that don't matter."""

    def test_a_deleted_key_stands_before_everything_else(self) -> None:
        base = compliant()
        head = changed(without(base, KEY), "kubernetes:apps/v1:Deployment", "spec.replicas", 9)
        head = changed(head, "storage:StorageAccount", "location", "northeurope2")
        found = difference(base, head)
        loses = [change.loses_data for change in found.changes]
        assert loses == sorted(loses, reverse=True)
        assert {change.resource.type for change in found.losses} == {STORE, KEY}

    def test_it_says_whether_protect_stands_in_the_way_as_the_state_has_it(self) -> None:
        """`pulumi up` heeds what the state says, so a plan that takes `protect` away and deletes is protected yet."""
        one = plan(resource(STORE, "a", {"location": "x"}, protect=True))
        other = plan(resource(STORE, "a", {"location": "y"}, protect=False))
        change = difference(one, other).changes[0]
        assert (change.kind, change.is_protected, change.loses_data) == (Kind.REPLACED, True, True)
        assert [item.path for item in change.properties] == ["location", "(protect)"]

    def test_every_store_of_the_map_of_flows_is_one(self) -> None:
        base = compliant()
        graph = {change.resource.type for change in difference(base, plan()).losses}
        assert {STORE, "azure-native:dbforpostgresql:Server", "azure-native:operationalinsights:Workspace"} <= graph


class TestANewNameIsANewResource:
    """The recorder drops aliases, so a renamed store is a deletion: said as one, with what it may be instead."""

    def test_a_renamed_store_is_deleted_and_created_and_each_names_the_other(self) -> None:
        base = compliant()
        old = base.of_type(STORE)[0]
        new = replace(old, urn=f"{old.urn}-renamed", name=f"{old.name}-renamed")
        head = replace(base, resources=tuple(new if r.urn == old.urn else r for r in base.resources))
        gone, made = difference(base, head).changes
        assert (gone.kind, gone.twin, gone.loses_data) == (Kind.DELETED, new.urn, True)
        assert (made.kind, made.twin) == (Kind.CREATED, old.urn)


class TestAPlanIsHeldAgainstWhatStands:
    """Nightly, against the export: what a plan can't know yet is no drift, and what it does know is."""

    @staticmethod
    def _exported(source: Plan, *, inputs: dict[str, dict[str, object]] | None = None) -> Plan:
        """As `pulumi stack export` has it: ids with providers' references, and what providers write in."""
        document = json.loads(to_json(source))
        for item in document["resources"]:
            item["custom"] = not item["type"].startswith(("bailiwick:", "pulumi:pulumi:"))
            item["id"] = item["outputs"].get("id")
            item["inputs"] |= {"__defaults": []} | (inputs or {}).get(item["type"], {})
            if item["type"].startswith("kubernetes:"):
                labels = {**(item["inputs"].get("metadata", {}).get("labels") or {})}
                item["inputs"]["metadata"]["labels"] = {**labels, "app.kubernetes.io/managed-by": "pulumi"}
        found = parse(json.dumps({"version": 3, "deployment": {"resources": document["resources"]}}), "export.json")
        assert isinstance(found, ExportedPlan)
        return found

    def test_the_export_of_what_is_planned_does_not_differ(self) -> None:
        assert [change.resource.urn for change in difference(self._exported(compliant()), compliant()).changes] == []

    def test_what_the_cloud_alone_gives_is_not_compared_and_counted(self) -> None:
        """Principal ids in a recorded plan are made up; in the state they are Azure's."""
        stands = compliant()
        principals = [
            item.outputs["principalId"] for item in stands.of_type("azure-native:managedidentity:UserAssignedIdentity")
        ]
        real = json.loads(to_json(stands).replace(str(principals[0]), "0" * 8 + str(principals[0])[8:]))
        found = difference(self._exported(parse(json.dumps(real), "x.json")), stands)
        assert found.changes == ()
        assert found.unknown > 0

    def test_what_was_changed_by_hand_is_seen(self) -> None:
        drifted = changed(compliant(), "storage:StorageAccount", "allowSharedKeyAccess", True)
        (change,) = difference(self._exported(drifted), compliant()).changes
        assert [(item.path, item.before, item.after) for item in change.properties] == [
            ("allowSharedKeyAccess", True, False)
        ]

    def test_a_region_may_be_written_in_two_ways(self) -> None:
        one, other = (plan(resource(STORE, "a", {"location": word})) for word in ("West Europe", "westeurope"))
        assert difference(one, other).changes == ()


class TestTwoStacksAreComparedByWhatTheyHold:
    """eu-prod beside eu-prod-b: every URN differs by the stack's name, which says nothing."""

    def test_the_stack_in_a_urn_makes_no_difference(self) -> None:
        one = compliant()
        renamed = parse(to_json(one).replace("urn:pulumi:eu-prod::", "urn:pulumi:eu-prod-b::"), "x.json")
        found = difference(one, replace(renamed, stack="eu-prod-b"))
        assert [change.resource.urn for change in found.changes] == []
        assert any("two stacks" in note for note in found.notes)


class TestMasksAreNotTakenForEquals:
    """Two masks look the same, and may hide two secrets."""

    def test_secrets_on_both_sides_are_counted_and_not_called_unchanged(self) -> None:
        one = plan(resource(STORE, "a", {"x": MASKED, "y": {"z": [MASKED]}}))
        assert difference(one, one).secrets == 2


def test_a_plan_that_is_none_is_not_empty() -> None:
    with pytest.raises(PlanFileError):
        parse("{}", "x.json")
