"""The second wall is whole: every policy of `policies/second_wall.yaml` is assigned, as strictly, and remedied."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources as package_files
from typing import Any

import yaml

from plan.model import MISSING, PlannedResource
from policies.operators import SPACE as OPERATORS
from policies.require import items, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.rules.guardrails import SITE
from policies.settled import SHUT, Among, settled
from policies.types import (
    DEPLOYMENT_OF_TEMPLATE,
    POLICY_ASSIGNMENT,
    POLICY_DEFINITION,
    POLICY_DEFINITION_OF_GROUP,
    POLICY_EXEMPTION,
    PRICING,
    REMEDIATION,
    REMEDIATION_OF_GROUP,
    WORKFLOW,
)
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for

LOCK = "azure-native:authorization:ManagementLockByScope"
GROUP = "azure-native:resources:ResourceGroup"
STRICT = {"disabled": 0, "audit": 1, "auditifnotexists": 1, "deployifnotexists": 2, "modify": 2, "deny": 3}
OWN = ("default", "delivery", "gateway", "retrieval")
"""Namespaces that no definition leaves out, beside those of models."""
RESTRICTED = "42b8ef37-b724-4e24-bbc8-7a7708edfe00"
"""Azure/azure-policy, Kubernetes cluster pod security restricted standards for Linux-based workloads."""
SUB_PLANS = {
    "Arm": "PerSubscription",
    "KeyVaults": "PerKeyVault",
    "StorageAccounts": "DefenderForStorageV2",
    "VirtualMachines": "P2",
}
"""Plans of Defender with everything in them: learn.microsoft.com/azure/templates/microsoft.security/pricings"""
ELSEWHERE = "AgentlessVmScanning"
"""The one extension that stays off: it copies disks to read them (guardrails.defender-watches)."""


@lru_cache(maxsize=1)
def _wall() -> Mapping[str, Mapping[str, Any]]:
    text = (package_files.files("policies") / "second_wall.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: Mapping[str, Mapping[str, Any]] = yaml.load(text, Loader=loader)  # noqa: S506 a safe loader
    return found


@stack_rule(
    "guardrails.second-wall-is-whole",
    title="Every policy of the second wall is assigned, of the definition and as strict as it was reviewed",
    severity=Severity.HIGH,
    applies_to=(POLICY_ASSIGNMENT, POLICY_DEFINITION, POLICY_DEFINITION_OF_GROUP, SITE),
    fix="leave the entry of components/guardrails.yaml in, with its effect",
    example="a stack without 'Storage accounts should disable public network access', or with it as Audit",
)
def wall_whole(stack: StackUnderReview) -> Iterable[Judged]:
    """A plan is judged once; what somebody does in the portal meets these and nothing else."""
    assigned: dict[str, list[PlannedResource]] = {}
    for found in stack.of_type(POLICY_ASSIGNMENT):
        for name in _assigned(found, stack):
            assigned.setdefault(name, []).append(found)
    definitions = stack.of_type(POLICY_DEFINITION, POLICY_DEFINITION_OF_GROUP)
    cloud, sites = stack.jurisdiction.cloud.name, bool(stack.of_type(SITE))
    for definition, wanted in _wall()["assigned"].items():
        here = (cloud == "public" or (cloud == "usgovernment" and wanted.get("government"))) and (
            sites or not wanted.get("sites")
        )
        mine = assigned.get(definition.lower(), [])
        if here and not mine:
            yield from absent(stack, f"definition {definition} is not assigned")
        for assignment in mine:
            yield assignment, _strict(assignment, str(wanted["effect"]))
    own = {str(definition.get("policyDefinitionName")).lower() for definition in definitions}
    for name in sorted(own - set(assigned)) if not stack.partial else ():
        yield from absent(stack, f"definition {name} of our own is not assigned")
    reviewed = {definition.lower() for definition in _wall()["assigned"]}
    for name in sorted(set(assigned) - reviewed):
        for assignment in assigned[name]:
            yield assignment, _strict(assignment, "audit")
    for assignment in stack.of_type(POLICY_ASSIGNMENT):
        scope = assignment.get("scope")
        whole = not isinstance(scope, str) or _WHOLE.match(scope) is not None
        yield assignment, PASSED if whole else refused(f"is for {scope}, not for the subscription or its group")


_WHOLE = re.compile(
    r"/subscriptions/[0-9a-f-]{36}$|/providers/Microsoft\.Management/managementGroups/[^/]+$", re.IGNORECASE
)


def _assigned(assignment: PlannedResource, stack: StackUnderReview) -> set[str]:
    """Names of what it assigns; one of our own is found by where its id comes from, before there is an id."""
    own = stack.targets(assignment, "policyDefinitionId")
    names = [found.get("policyDefinitionName") for found in own] or [assignment.get("policyDefinitionId")]
    return {str(name).rpartition("/")[2].lower() for name in names}


def _strict(assignment: PlannedResource, least: str) -> Verdict:
    effect = assignment.get("parameters.effect.value")
    if effect is not MISSING and STRICT.get(str(effect).lower(), 0) < STRICT[least.lower()]:
        return refused(f"has effect {effect}; reviewed: {least}")
    version = assignment.get("definitionVersion")
    old = isinstance(version, str) and version.startswith("0.")
    spaces = texts(assignment.get("parameters.excludedNamespaces.value"))
    # The one whose pods need folders of the node is left out of that alone which has none (policies/operators.py).
    folders = str(assignment.get("policyDefinitionId")).lower().endswith(RESTRICTED)
    left = {*OWN, *(() if folders else (OPERATORS,))}
    wide = [space for space in spaces if "*" in space or space in left or space.startswith("inference")]
    regex = assignment.get("parameters.allowedContainerImagesRegex.value")
    # Anchored to a registry by name and to a digest: what ends otherwise lets a tag pass.
    loose = isinstance(regex, str) and not re.match(r"^\^[a-z0-9]+\\\.\.\+@sha256:\[0-9a-f\]\{64\}\$$", regex)
    return all_of(
        (
            refused(f"is of version {version}") if old else PASSED,
            refused(f"leaves out {', '.join(wide)}") if wide else PASSED,
            refused(f"allows images {regex}") if loose else PASSED,
            settled(assignment, {"assignmentType": Among(("Custom",), unset=True)}),
        )
    )


@rule(
    "guardrails.deployed-settings-stay-inside",
    title="What policy deploys by itself, it deploys for this jurisdiction's regions alone",
    severity=Severity.HIGH,
    applies_to=POLICY_ASSIGNMENT,
    fix="leave the parameter to components/guardrails.py",
    example="an assignment whose resourceLocationList holds eastus",
)
def deployed_inside(assignment: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A region that the list lacks gets no diagnostic setting; one too many says that somebody means to use it."""
    listed = assignment.get("parameters.resourceLocationList.value")
    if listed is MISSING:
        return PASSED
    differs = sorted(set(texts(listed)) ^ set(stack.jurisdiction.regions))
    return refused(f"differs from the jurisdiction in {', '.join(differs)}") if differs else PASSED


@rule(
    "guardrails.own-definitions-look",
    title="Definitions of our own look at what they are for, in every kind of resource that has it",
    severity=Severity.HIGH,
    applies_to=(POLICY_DEFINITION, POLICY_DEFINITION_OF_GROUP),
    fix="leave it to components/guardrails_own.yaml",
    example="a definition whose condition no resource ever meets",
)
def own_look(definition: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A denial of nothing reads like a denial in every list."""
    fields, types = set(), set()
    for field, value in _conditions(definition.get("policyRule.if")):
        fields.add(field)
        if field == "type":
            types |= {one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)}
    strange = sorted(kind for kind in types if not kind.lower().startswith("microsoft."))
    told = [f"looks at {kind}, which is no type of Azure's" for kind in strange]
    told += [] if fields else ["looks at nothing"]
    return all_of(
        (
            settled(definition, {"mode": Among(("All", "Indexed")), "policyType": "Custom"}),
            refused_for(told),
        )
    )


def _conditions(condition: object) -> Iterator[tuple[str, object]]:
    """Every field that a condition looks at, with what it is compared with."""
    if isinstance(condition, Mapping):
        field = condition.get("field")
        if isinstance(field, str):
            yield field, next((condition[key] for key in ("equals", "in", "like") if key in condition), None)
        for inner in condition.values():
            yield from _conditions(inner)
    elif isinstance(condition, list | tuple):
        for inner in condition:
            yield from _conditions(inner)


@rule(
    "guardrails.remedies-reach-everything",
    title="A remediation looks at everything that is there now, and leaves none of it out",
    severity=Severity.MEDIUM,
    applies_to=(REMEDIATION, REMEDIATION_OF_GROUP),
    fix="leave the task to components/guardrails.py",
    example="a remediation of one resource in one region",
    remediate=True,
)
def remedies_reach(task: PlannedResource, stack: StackUnderReview) -> Verdict:
    """What an earlier scan missed is what nobody put right."""
    shut = {"filters": SHUT, "resourceCount": SHUT, "failureThreshold": SHUT}
    # At a group Azure takes no other mode: learn.microsoft.com/azure/governance/policy/how-to/remediate-resources
    again = {"resourceDiscoveryMode": "ReEvaluateCompliance"} if task.type == REMEDIATION else {}
    return settled(task, {**shut, **again})


@rule(
    "guardrails.templates-stay-inside",
    title="What a template makes, it makes in a region of the jurisdiction, and keeps as long as it says",
    severity=Severity.HIGH,
    applies_to=DEPLOYMENT_OF_TEMPLATE,
    fix="leave templates to the components that make them",
    example="a template whose resource is in eastus",
)
def templates_inside(deployment: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A location within a template is text: no rule on regions reads it."""
    found = [value for _, value in deployment.each("properties.template.resources[*].location")]
    outside = [str(v) for v in found if v is not MISSING and str(v).lower() not in stack.jurisdiction.regions]
    return refused(f"makes something in {', '.join(outside)}") if outside else PASSED


@rule(
    "guardrails.exemptions-are-narrow",
    title="An exemption is for one resource group, and only where its assignment holds",
    severity=Severity.HIGH,
    applies_to=POLICY_EXEMPTION,
    fix="name the group that needs it as the scope",
    example="an exemption of the whole subscription",
    remediate=True,
)
def exemptions_narrow(exemption: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An exemption of the subscription is the end of the policy."""
    scope = exemption.get("scope")
    wide = isinstance(scope, str) and "/resourcegroups/" not in scope.lower()
    valid = settled(exemption, {"assignmentScopeValidation": Among(("Default",), unset=True)})
    return all_of((valid, refused(f"is for {scope}") if wide else PASSED))


@stack_rule(
    "guardrails.defender-is-whole",
    title="Defender's plans have all their parts, are enforced below, and are of this subscription",
    severity=Severity.HIGH,
    applies_to=(PRICING, "azure-native:compute:VirtualMachine"),
    fix="leave plans to components/defender.py",
    example="the storage plan without malware scanning",
)
def defender_whole(stack: StackUnderReview) -> Iterable[Judged]:
    """A plan without its parts costs the same, and sees less."""
    own = {str(r.get("scopeId")) for r in stack.of_type(PRICING)}
    for found in stack.of_type(PRICING):
        name = str(found.get("pricingName"))
        off = [
            str(part.get("name"))
            for part in items(found.get("extensions"))
            if str(part.get("isEnabled")) != "True" and part.get("name") != ELSEWHERE
        ]
        wanted: dict[str, object] = {"enforce": "True"}
        if name in SUB_PLANS:
            wanted["subPlan"] = SUB_PLANS[name]
        told = [f"{part} is off" for part in off]
        told += ["plans are of several subscriptions"] if len(own) > 1 else []
        yield found, all_of((settled(found, wanted), refused_for(told)))
    machines = stack.of_type("azure-native:compute:VirtualMachine")
    watched = any(found.get("pricingName") == "VirtualMachines" for found in stack.of_type(PRICING))
    if machines and not watched and stack.of_type(PRICING):
        yield from absent(stack, "no Defender plan for virtual machines, which the plan has")


@rule(
    "guardrails.playbooks-answer-sentinel-alone",
    title="The quarantine is started by Sentinel's incidents, calls Azure alone, and signs in as itself",
    severity=Severity.CRITICAL,
    applies_to=WORKFLOW,
    fix="leave the workflow to components/quarantine.py",
    example="a playbook that posts to https://elsewhere.example, or that anybody may start by HTTP",
)
def playbooks_closed(workflow: PlannedResource, stack: StackUnderReview) -> Verdict:
    """It holds the right to change every store: whoever starts it, or changes where it calls, has that right."""
    triggers = workflow.get("definition.triggers")
    kinds = [str(t.get("type")) for t in triggers.values() if isinstance(t, dict)] if isinstance(triggers, dict) else []
    actions = workflow.get("definition.actions")
    text = json.dumps(actions, default=str)
    # The slash belongs to it: what an incident names comes right behind, and would else lengthen the host's name.
    manager = f"https://{stack.jurisdiction.cloud.resource_manager}/"
    uris = re.findall(r'"uri": "((?:[^"\\]|\\.)*)"', text)
    strange = [uri.partition("?")[0] for uri in uris if not uri.startswith(manager)]
    calls, signed = text.count('"type": "Http"'), text.count('"type": "ManagedServiceIdentity"')
    wanted = {
        "state": "Enabled",
        "accessControl.contents.allowedCallerIpAddresses[*].addressRange": "0.0.0.0-0.0.0.0",
        "accessControl.triggers": SHUT,
        "endpointsConfiguration": SHUT,
    }
    callers = items(workflow.get("accessControl.contents.allowedCallerIpAddresses"))
    return all_of(
        (
            settled(workflow, wanted),
            PASSED if callers else refused("anybody may read its runs"),
            PASSED if kinds == ["ApiConnectionWebhook"] else refused(f"is started by {kinds}"),
            refused(f"calls {', '.join(strange)}, and not {manager} alone") if strange else PASSED,
            PASSED if len(uris) == calls else refused("calls what is not told in the plan"),
            PASSED if signed >= calls > 0 else refused("calls without signing in"),
        )
    )


@stack_rule(
    "guardrails.protected-things-are-locked",
    title="A resource group that holds something protected is locked in the subscription too",
    severity=Severity.HIGH,
    applies_to=(LOCK, GROUP, "azure-native:*"),
    fix="add the concern to LOCKED in components/landing_zone.py",
    example="the group of the logs without a lock",
)
def protected_locked(stack: StackUnderReview) -> Iterable[Judged]:
    """`protect` stops Pulumi alone; the lock stops the portal, a script and a thief with rights."""
    locked = stack.referring(LOCK, "scope")
    for group in stack.of_type(GROUP):
        held = group.urn in locked or not group.protect or stack.partial
        yield group, PASSED if held else refused("is protected and has no lock")
    for lock in stack.of_type(LOCK):
        yield lock, settled(lock, {"level": Among(("CanNotDelete", "ReadOnly"))})
