"""The packs are ordinary CrossGuard packs: started as the engine starts them, and asked over its own protocol."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from cli.planning import ROOT
from plan.file import UNKNOWN_TEXT
from plan.model import UNKNOWN, Plan, PlannedResource, Value
from policies.crossguard_list import IN_FORCE
from policies.exempting import IN_ORDER
from policies.packs import PACKS, rules_of
from policies.rules import ALL
from policies.unjudged import EVERYTHING_JUDGED
from tests.plans import changed, compliant, first_preview
from tests.policies.mutations import MUTATIONS

BESIDE = {pack: {IN_ORDER.id, IN_FORCE} for pack in PACKS} | {
    "sovereignty": {IN_ORDER.id, IN_FORCE, EVERYTHING_JUDGED.id}
}
"""Policies of a pack that are none of its rules: of exemptions, and of what nobody judged."""


@contextmanager
def running(pack: str, root: Path = ROOT) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """A pack as the engine runs it: its own folder first on the path, its port on stdout."""
    folder = root / "policies" / "packs" / pack
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(root)}
    process = subprocess.Popen([sys.executable, str(folder)], stdout=subprocess.PIPE, cwd=folder, env=environment)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().decode().strip()
        options = [("grpc.max_receive_message_length", 1 << 28), ("grpc.max_send_message_length", 1 << 28)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        process.kill()
        process.wait()


def _wire(value: Value) -> object:
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, dict):
        return {key: _wire(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_wire(inner) for inner in value]
    return value


def _struct(values: object) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    wired = _wire(values)
    assert isinstance(wired, dict)
    struct.update(wired)
    return struct


def _stack_resource(resource: PlannedResource) -> analyzer_pb2.AnalyzerResource:
    """As the engine describes it at the end of a preview: no id, and properties that are inputs."""
    return analyzer_pb2.AnalyzerResource(
        type=resource.type,
        urn=resource.urn,
        name=resource.name,
        properties=_struct(dict(resource.inputs)),
        options=analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect),
        parent=resource.parent or "",
        dependencies=list(resource.dependencies),
        propertyDependencies={
            key: analyzer_pb2.AnalyzerPropertyDependencies(urns=list(urns))
            for key, urns in resource.property_dependencies.items()
        },
    )


def described(plan: Plan) -> list[analyzer_pb2.AnalyzerResource]:
    """A whole stack, as the engine describes it."""
    return [_stack_resource(resource) for resource in plan.resources]


def request_of(resource: PlannedResource) -> analyzer_pb2.AnalyzeRequest:
    """The engine's question about one resource."""
    return analyzer_pb2.AnalyzeRequest(
        type=resource.type,
        urn=resource.urn,
        name=resource.name,
        properties=_struct(dict(resource.inputs)),
        options=analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect),
    )


def ask(stub: analyzer_pb2_grpc.AnalyzerStub, plan: Plan) -> list[analyzer_pb2.AnalyzeResponse]:
    """Both questions that the engine asks: of each resource, then of the whole stack."""
    of_each = [stub.Analyze(request_of(resource)) for resource in plan.resources if not resource.is_component]
    return [*of_each, stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=described(plan)))]


def _violations(stub: analyzer_pb2_grpc.AnalyzerStub, plan: Plan) -> dict[str, list[str]]:
    """Policy name to messages, by both calls that the engine makes."""
    found: dict[str, list[str]] = {}
    for response in ask(stub, plan):
        for diagnostic in response.diagnostics:
            if diagnostic.policyName == IN_FORCE:
                continue
            assert diagnostic.enforcementLevel == analyzer_pb2.MANDATORY, diagnostic.message
            found.setdefault(diagnostic.policyName, []).append(diagnostic.message)
    return found


@pytest.mark.parametrize("pack", list(PACKS))
class TestPacksSpeakCrossGuard:
    """Offline and real engine must reach the same verdict, rule by rule."""

    def test_it_names_its_rules_all_mandatory(self, pack: str) -> None:
        with running(pack) as stub:
            info = stub.GetAnalyzerInfo(__import__("google.protobuf.empty_pb2", fromlist=["Empty"]).Empty())
        assert {policy.name for policy in info.policies} == {rule.id for rule in rules_of(pack, ALL)} | BESIDE[pack]
        mandatory = [policy for policy in info.policies if policy.name != IN_FORCE]
        assert all(policy.enforcementLevel == analyzer_pb2.MANDATORY for policy in mandatory)
        assert all(policy.remediation_steps for policy in info.policies)

    @pytest.mark.slow
    def test_a_compliant_stack_has_no_violation_and_each_breach_its_own(self, pack: str) -> None:
        with running(pack) as stub:
            assert _violations(stub, first_preview()) == {}
        for rule in rules_of(pack, ALL)[::30]:
            mutation = MUTATIONS[rule.id]
            # As the engine does: a pack is started for each preview, and remembers what was asked for.
            with running(pack) as stub:
                found = _violations(stub, mutation.breaks(compliant(mutation.stack)))
            # What else is refused is compared offline: a plan with ids, told without them, breaks relations too.
            assert rule.id in found, rule.id


class TestAnUnknownFailsThePreview:
    """CrossGuard would downgrade it to an advisory; here it is a violation that says what is not known."""

    def test_a_value_known_only_later_is_a_mandatory_violation(self) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", UNKNOWN)
        with running("patient_data") as stub:
            found = _violations(stub, plan)
        assert list(found) == ["encryption.storage-in-transit"]
        assert "not evaluated" in found["encryption.storage-in-transit"][0]
