"""Every stack's plan as other tools read it: an ARM template and Kubernetes manifests, one plan for both."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cli import fleet
from cli.planning import ROOT, plan_stack, stack_config
from cli.processes import cpus, in_order
from plan.arm_export import UNKNOWN_MARK, to_arm
from plan.file import MASKED
from plan.manifests import manifests, to_yaml
from scanners.finding import Finding, ScannerFailed

SCANNER = "plan"
Job = tuple[str, str]


@dataclass(frozen=True)
class Exported:
    """What became of one stack; `fault` is why it has no plan."""

    stack: str
    fault: str
    faulty: tuple[str, ...] = ()
    """What no template may hold."""


def export(stacks: Iterable[str], folder: Path) -> Iterator[Finding]:
    """Write each stack's files, and tell of those that have none: nobody looked at them.

    Raises ScannerFailed where planning itself breaks.
    """
    for name in ("arm", "manifests"):
        (folder / name).mkdir(parents=True)
    fleet.import_once()
    for done in in_order(_one, _lost, [(stack, str(folder)) for stack in stacks], at_once=cpus()):
        if done.fault == _BROKEN:
            raise ScannerFailed(f"planning {done.stack} ended without a plan; hint: bailiwick preview {done.stack}")
        where = f"Pulumi.{done.stack}.yaml"
        if done.fault:
            yield Finding(scanner=SCANNER, check="not-planned", resource=done.stack, where=where, what=done.fault)
        for fault in done.faulty:
            yield Finding(scanner=SCANNER, check="arm-form", resource=done.stack, where=where, what=fault)


_BROKEN = "broken"


def _lost(job: Job, _: int | None) -> Exported:
    return Exported(job[0], _BROKEN)


def _one(job: Job) -> Exported:
    stack, folder = job
    try:
        plan, _ = plan_stack(stack)
        config = stack_config(stack)
    except click.ClickException as error:
        return Exported(stack, f"no plan can be made, so nothing scans it: {error.format_message().splitlines()[0]}")
    template = to_arm(plan.resources, subscription_id=config.subscription_id)
    (Path(folder) / "arm" / f"{stack}.json").write_text(json.dumps(template, indent=1), encoding="utf-8")
    (Path(folder) / "manifests" / f"{stack}.yaml").write_text(to_yaml(manifests(plan)), encoding="utf-8")
    return Exported(stack, "", tuple(faults_of(template)))


def faults_of(template: dict[str, Any]) -> Iterator[str]:
    """What makes a template unfit to be judged: an id twice, a dependency on nothing, an unknown, a masked secret."""
    resources = template["resources"]
    ids = [str(resource["id"]).lower() for resource in resources]
    yield from (f"two resources have the id {one}" for one in sorted({one for one in ids if ids.count(one) > 1}))
    known = set(ids)
    for resource in resources:
        name = f"{resource['type']} {resource['name']}"
        for needed in resource["dependsOn"]:
            if str(needed).lower() not in known:
                yield f"{name} depends on {needed}, which is not in the template"
        text = json.dumps(resource)
        for mark, what in ((UNKNOWN_MARK, "a value that is not known"), (MASKED, "a secret")):
            if json.dumps(mark)[1:-1] in text:
                yield f"{name} holds {what}"


def all_stacks() -> tuple[str, ...]:
    """Stacks that have a file."""
    from plan import stacks

    return stacks.available(ROOT)
