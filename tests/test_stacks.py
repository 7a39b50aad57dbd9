"""Whole stacks: what is committed is compliant, complete, and the same every time."""

import re
from collections.abc import Iterator

import pytest

from cli.planning import ROOT
from plan import stacks
from plan.arm_types import arm_types
from plan.file import parse, to_json
from plan.model import PlannedResource, Value
from policies.review import review
from policies.rules import ALL
from tests.plans import CORE, STACKS, compliant


class TestEveryStackIsCompliant:
    """A committed stack that is refused, or not evaluated, would stop every deployment of it."""

    @pytest.mark.parametrize(
        "stack", [pytest.param(name, marks=() if name in CORE else pytest.mark.slow) for name in STACKS]
    )
    def test_nothing_is_refused_and_nothing_is_left_unevaluated(self, stack: str) -> None:
        report = review(compliant(stack), ALL)
        assert [(f.rule.id, f.resource, f.message) for f in report.findings if f.state != "exempt"] == []
        assert report.verdict == "compliant"

    @pytest.mark.parametrize("stack", CORE)
    def test_every_exemption_names_an_exception_on_record(self, stack: str) -> None:
        report = review(compliant(stack), ALL)
        known = {exception.id for exception in report.stack.jurisdiction.residency_exceptions}
        assert {finding.exception for finding in report.findings} <= known

    def test_every_rule_but_those_on_foreign_types_has_judged_something(self) -> None:
        # Those on candidates judge a stack that tries one: tests/policies/test_delivery.py, test_lifecycle.py.
        idle = {rule.id for rule in ALL if rule.concern != "delivery"} - {"lifecycle.tried-versions-are-approved"}
        for stack in CORE:
            idle -= {rule_id for rule_id, count in review(compliant(stack), ALL).evaluated.items() if count}
        assert idle == {
            "confidential.disks-cannot-be-downloaded",
            "egress.no-nat-gateway",
            "network.no-other-doors",
            "references.no-other-stack",
            "residency.nobody-else-manages",
            "storage.nothing-deletes-by-the-clock",
        }


ARM_ID = re.compile(r"^/subscriptions/[0-9a-f-]{36}(/resourceGroups/[^/]+(/providers/.+)?)?$", re.IGNORECASE)
MADE_BY_AZURE = ("/privateLinkServices/", "/frontendIPConfigurations/", "/frontendPorts/", "/sslCertificates/",
                 "/httpListeners/", "/probes/", "/backendAddressPools/", "/backendHttpSettingsCollection/",
                 "/roleDefinitions/", "/blobServices/default")  # fmt: skip


def standby_subscription(stack: str) -> str | None:
    """Where the stack that stands by for this one is, as its file says."""
    continuity = stacks.values(ROOT, stack).get("bailiwick:continuity")
    return continuity.get("standbySubscriptionId") if isinstance(continuity, dict) else None


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


class TestEveryReferenceIsInThePlan:
    """An id that leads nowhere fails minutes into a deployment, or, worse, leads to another subscription."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_id_is_of_a_planned_resource(self, stack: str) -> None:
        plan = compliant(stack)
        known = {str(resource.id).lower() for resource in plan.resources}
        subscriptions = {text.split("/")[2] for text in known if text.startswith("/subscriptions/")}
        # The one other that a stack may name: its standby's, where Front Door's second origin is.
        subscriptions |= {found for found in (standby_subscription(stack),) if found}
        lost = set()
        for resource in plan.resources:
            for text in _texts(dict(resource.inputs)):
                if not ARM_ID.match(text) or text.count("/") == 2:
                    continue
                assert text.split("/")[2] in subscriptions, f"{resource.urn} refers to another subscription: {text}"
                # A part of a planned resource (a subnet, a container) is found by its parent.
                parents = [text.lower().rsplit("/", cut)[0] for cut in (2, 4)]
                if text.lower() not in known and not any(parent in known for parent in parents):
                    lost.add(text)
        assert {text for text in lost if not any(part in text for part in MADE_BY_AZURE)} == set()


class TestEveryRequiredInputIsThere:
    """A mock that echoes inputs lets required ones vanish silently; the SDK says which are required."""

    @pytest.mark.parametrize("stack", CORE)
    def test_of_every_azure_resource_all_inputs_that_the_sdk_requires_are_present(self, stack: str) -> None:
        lacking = [
            f"{resource.type} {resource.name}: {key}"
            for resource in compliant(stack).resources
            if resource.type.startswith("azure-native:")
            for key in _required(resource)
            if resource.inputs.get(key) in (None, "")
        ]
        assert lacking == []


def _required(resource: PlannedResource) -> list[str]:
    import importlib
    import inspect

    _, module_name, cls = resource.type.split(":")
    module = importlib.import_module(f"pulumi_azure_native.{module_name}")
    # The SDK names a resource's own arguments XInitArgs where a nested type has taken XArgs.
    getattr(module, cls)
    arguments = getattr(module, f"{cls}InitArgs", None) or getattr(module, f"{cls}Args")
    signature = inspect.signature(arguments.__init__)
    return [
        getattr(getattr(arguments, name).fget, "_pulumi_name", name)
        for name, parameter in signature.parameters.items()
        if name != "__self__" and parameter.default is inspect.Parameter.empty
    ]


class TestAPlanIsTheSameEveryTime:
    """Evidence is signed: the same commit must give the same bytes."""

    def test_recording_twice_gives_the_same_text(self) -> None:
        from cli.planning import plan_stack

        assert to_json(compliant("eu-dev")) == to_json(plan_stack("eu-dev")[0])

    @pytest.mark.parametrize("stack", CORE)
    def test_a_saved_plan_reads_back_as_it_was(self, stack: str) -> None:
        plan = compliant(stack)
        assert parse(to_json(plan), "x") == plan


class TestEveryTypeIsKnown:
    """A type without an entry has no id, and could not be exported or referred to."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_planned_azure_type_has_its_arm_name(self, stack: str) -> None:
        planned = {kind for kind in compliant(stack).types if kind.startswith("azure-native:")}
        assert planned <= set(arm_types())


class TestEveryResourceIsOwned:
    """A resource without a component nobody answers for; data in prod without protection is one rename from gone."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_resource_has_a_parent_of_ours(self, stack: str) -> None:
        plan = compliant(stack)
        orphans = [
            resource.urn
            for resource in plan.resources
            if not resource.is_component
            and not str(plan.by_urn(resource.parent or "") and plan.by_urn(resource.parent or "").type).startswith(  # type: ignore[union-attr]
                "bailiwick:"
            )
        ]
        assert orphans == []
