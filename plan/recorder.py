"""Run the program under Pulumi's own mock monitor, in process, and record every registration.

No engine, no cloud account, no network. The program is the same `__main__.py` that `pulumi up` runs.
"""

import asyncio
import contextvars
import gc
import runpy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pulumi
from pulumi.output import Unknown
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import rpc
from pulumi.runtime import settings as pulumi_settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.stack import run_in_stack

from jurisdictions import UnknownJurisdiction, load
from plan.before import told_before
from plan.file import MASKED, UNKNOWN_TEXT, unmark
from plan.model import STACK_TYPE, Plan, PlannedResource, Value, jurisdiction_of
from plan.outputs import PUBLIC, mock_call, mock_outputs

PROJECT = "bailiwick"


def record_program(
    entry: Path,
    stack: str,
    values: Mapping[str, str],
    *,
    subscription_id: str,
    tenant_id: str,
    on_resource: Callable[[int, str], None] | None = None,
    before: bool = False,
) -> Plan:
    """Record what `entry` (a `__main__.py`) registers for `stack`, whose configuration is `values`.

    `values` are as Pulumi hands them to a program: full keys, objects as JSON text. `on_resource` is told the
    count and the type after each registration. `before` records what the engine's first preview knows, when nothing
    has an id yet; otherwise outputs are as Azure would give them. Raises whatever the program raises.
    """
    recording = _Recording(entry, stack, subscription_id, tenant_id, on_resource, before=before)
    # A copy: Pulumi keeps its settings in context variables, and the next stack must not find this one's.
    with _uncollected():
        contextvars.copy_context().run(recording.run, values)
        return recording.plan()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector: what a program makes stays till its end; looking through it costs a third of a plan."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Mocks(pulumi_mocks.Mocks):
    """ARM-shaped outputs, so that references between resources resolve as they would in Azure."""

    def __init__(self, subscription_id: str, tenant_id: str, suffixes: Mapping[str, str]) -> None:
        self._subscription_id = subscription_id
        self._tenant_id = tenant_id
        self._suffixes = suffixes

    def new_resource(self, args: pulumi_mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        # Ids are drawn from the type and the logical name, which are unique together: the same plan, the same ids.
        return mock_outputs(
            args.typ,
            args.name,
            args.inputs,
            urn=f"{args.typ}::{args.name}",
            subscription_id=self._subscription_id,
            tenant_id=self._tenant_id,
            suffixes=self._suffixes,
        )

    def call(self, args: pulumi_mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        return mock_call(args.token, args.args), []


class _Unborn(_Mocks):
    """Outputs as providers tell them before a first deployment."""

    def new_resource(self, args: pulumi_mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return None, told_before(args.typ, args.inputs)


class _RecordingMonitor(pulumi_mocks.MockMonitor):
    """Pulumi's mock monitor, which also writes down each request."""

    def __init__(
        self, mocks: pulumi_mocks.Mocks, stack: str, root: Path, on_resource: Callable[[int, str], None] | None
    ) -> None:
        super().__init__(mocks)
        self._stack, self._root = stack, f"{root.resolve()}/"
        self.recorded: dict[str, PlannedResource] = {}
        self.stack_outputs: Mapping[str, Value] = {}
        self._on_resource = on_resource

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine makes it: the types of all parents but the stack. The mock's own names one parent alone."""
        qualified = parent.split("::")[2] if parent else STACK_TYPE
        kind = type_ if qualified == STACK_TYPE else f"{qualified}${type_}"
        return f"urn:pulumi:{self._stack}::{PROJECT}::{kind}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 Pulumi's gRPC interface
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # Pulumi types none of its mocks
        registered = self.resources.get(response.urn)
        state = dict(registered.state) if registered else {}
        if registered and registered.id:
            state.setdefault("id", registered.id)
        self.recorded[response.urn] = PlannedResource(
            urn=response.urn,
            type=request.type,
            name=request.name,
            parent=request.parent or None,
            provider=request.provider.rpartition("::")[0] or None,
            inputs=_plain(rpc.deserialize_properties(request.object)),
            outputs=_plain(state),
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies={
                key: tuple(sorted(found.urns))
                for key, found in sorted(request.propertyDependencies.items())
                if found.urns
            },
            protect=request.protect,
            source=self._line(request.sourcePosition),
        )
        if self._on_resource is not None:
            self._on_resource(len(self.recorded), request.type)
        return response

    def _line(self, position: Any) -> str | None:  # noqa: ANN401 Pulumi's own message
        """`components/network.py:120`, of what Pulumi says called for a resource; None outside the program's folder."""
        file = unquote(urlsplit(position.uri).path)
        own = file.startswith(self._root) and "/site-packages/" not in file
        return f"{file.removeprefix(self._root)}:{position.line}" if own else None

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802 Pulumi's gRPC interface
        recorded = self.recorded.get(request.urn)
        outputs = _plain(rpc.deserialize_properties(request.outputs))
        if recorded is not None and recorded.type == STACK_TYPE:
            self.stack_outputs = outputs
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]  # as above


def _suffixes(stack: str) -> Mapping[str, str]:
    try:
        return load(jurisdiction_of(stack)).cloud.suffixes
    except UnknownJurisdiction:
        return PUBLIC


class _Recording:
    def __init__(
        self,
        entry: Path,
        stack: str,
        subscription_id: str,
        tenant_id: str,
        on_resource: Callable[[int, str], None] | None,
        *,
        before: bool,
    ) -> None:
        self._entry, self._stack, self._before = entry, stack, before
        mocks = (_Unborn if before else _Mocks)(subscription_id, tenant_id, _suffixes(stack))
        self._monitor = _RecordingMonitor(mocks, stack, entry.parent, on_resource)

    def run(self, values: Mapping[str, str]) -> None:
        # One event loop for the monitor and the program, made first: else outputs resolve on a loop nobody runs.
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        # A mock, like all of Pulumi's, without types.
        features = set(self._monitor.GetDeploymentInfo(None).supportedFeatures)  # type: ignore[no-untyped-call]
        try:
            pulumi_settings.configure(
                pulumi_mocks.MockSettings(  # type: ignore[no-untyped-call]  # as above
                    monitor=self._monitor,
                    monitor_features=features,
                    engine=pulumi_mocks.MockEngine(None),
                    project=PROJECT,
                    stack=self._stack,
                    dry_run=self._before,
                    organization=None,
                    callbacks=None,
                )
            )
            set_all_config(dict(values))
            loop.run_until_complete(run_in_stack(lambda: self._program()))
        finally:
            # Waited for, where close() only asks: a thread left behind would be lost to whoever forks after this.
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            asyncio.set_event_loop(None)

    async def _program(self) -> None:
        # azure-native gives each resource an alias per old API version; a plan needs none, and they triple its time.
        pulumi.runtime.register_stack_transformation(_without_aliases)
        runpy.run_path(str(self._entry), run_name="__main__")
        # Pulumi waits for outputs one after another, and looks at all of them each time: the square of their number.
        outputs = pulumi_settings.SETTINGS.outputs
        while outputs:
            pending = list(outputs)
            outputs.clear()
            await asyncio.gather(*pending)

    def plan(self) -> Plan:
        return Plan(
            project=PROJECT,
            stack=self._stack,
            jurisdiction=jurisdiction_of(self._stack),
            resources=_in_tree_order(self._monitor.recorded),
            outputs=self._monitor.stack_outputs,
        )


def _without_aliases(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
    args.opts.aliases = []
    return pulumi.ResourceTransformationResult(args.props, args.opts)


def _plain(properties: object) -> dict[str, Value]:
    value = unmark(_without_secrets(properties))
    return value if isinstance(value, dict) else {}


def _without_secrets(value: object) -> object:
    if rpc.is_rpc_secret(value):
        return MASKED
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    if isinstance(value, pulumi.Resource):
        return value.pulumi_resource_name
    if isinstance(value, Mapping):
        # Sorted: protobuf maps come in any order, and the same plan must be the same bytes.
        return {key: _without_secrets(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_without_secrets(inner) for inner in value]
    return value


def _in_tree_order(recorded: Mapping[str, PlannedResource]) -> tuple[PlannedResource, ...]:
    """Parents before children, siblings by type and name: registrations race, a plan file must not change."""
    children: dict[str | None, list[PlannedResource]] = {}
    for resource in recorded.values():
        parent = resource.parent if resource.parent in recorded else None
        children.setdefault(parent, []).append(resource)
    ordered: list[PlannedResource] = []

    def visit(parent: str | None) -> None:
        for child in sorted(children.get(parent, ()), key=lambda item: (not item.is_component, item.type, item.name)):
            ordered.append(child)
            visit(child.urn)

    visit(None)
    return tuple(ordered)
