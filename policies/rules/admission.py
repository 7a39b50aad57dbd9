"""The third wall is whole: every policy of `policies/third_wall.yaml` stands as reviewed, bound, for this stack."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources as package_files
from typing import Any

import yaml

from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from policies.known import known_to
from policies.require import items, same, show
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.rules.image_signers import IMAGE_POLICY, believed, conditions
from policies.settled import SHUT, Among, settled
from policies.types import CLUSTER, DEPLOYMENT, REGISTRY, VAULT
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused, refused_for
from policies.verifier import VERIFIERS

ADMISSION = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"
BINDING = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding"
NAME = "kubernetes.io/metadata.name"
"""Set by the API server: nobody can give it to a namespace of his own."""


@lru_cache(maxsize=1)
def _wall() -> Mapping[str, Any]:
    text = (package_files.files("policies") / "third_wall.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: Mapping[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 a safe loader
    return found


def digest(spec: Mapping[str, Value]) -> str:
    """What says that a policy is the one that was reviewed: of all its text but the values of the stack."""
    told = set(_wall()["values"])
    variables = [
        {**found, "expression": ""} if found.get("name") in told else found for found in items(spec.get("variables"))
    ]
    text = json.dumps({**spec, "variables": variables}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@stack_rule(
    "admission.policies-stand-whole",
    title="Every admission policy that was reviewed stands in the cluster, word for word, and no other",
    severity=Severity.CRITICAL,
    applies_to=(ADMISSION, CLUSTER),
    fix="leave policies to components/admission*.yaml; one that was changed is reviewed, and its digest written down",
    example="a policy on images whose validation is `true`, or whose failurePolicy is Ignore",
)
def stand_whole(stack: StackUnderReview) -> Iterable[Judged]:
    """One word in an expression is the difference between a wall and a drawing of one: so it is compared whole."""
    reviewed: Mapping[str, str] = _wall()["policies"]
    found = {str(policy.get("metadata.name")): policy for policy in stack.of_type(ADMISSION)}
    if stack.of_type(CLUSTER):
        for name in sorted(set(reviewed) - set(found)):
            yield from absent(stack, f"admission policy {name} is not in the plan")
    for name, policy in found.items():
        yield policy, _as_reviewed(policy, reviewed.get(name))


def _as_reviewed(policy: PlannedResource, wanted: str | None) -> Verdict:
    spec = policy.get("spec")
    if wanted is None:
        return refused("is on no list: it was reviewed by nobody")
    if spec is UNKNOWN:
        return not_evaluated("spec is known only after deployment")
    if not isinstance(spec, Mapping):
        return refused("has no spec")
    fails = settled(policy, {"spec.failurePolicy": "Fail"})
    try:
        same_text = digest(spec) == wanted
    except TypeError:
        return not_evaluated("a part of spec is known only after deployment")
    return all_of((fails, PASSED if same_text else refused("is not what was reviewed (policies/third_wall.yaml)")))


@rule(
    "admission.policies-are-bound",
    title="Every admission policy refuses, everywhere but in the namespaces of Azure's own add-ons",
    severity=Severity.CRITICAL,
    applies_to=BINDING,
    fix="leave bindings to components/admission_data.py",
    example="a binding that only warns, or that leaves out a namespace of the stack's",
)
def bound(binding: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A policy without a binding does nothing, and one that is bound to warn is a log line."""
    place = "spec.matchResources"
    narrower = ("objectSelector", "resourceRules", "excludeResourceRules")
    shut = settled(
        binding,
        {
            **{f"{place}.{key}": SHUT for key in narrower},
            f"{place}.namespaceSelector.matchLabels": SHUT,
            f"{place}.matchPolicy": Among(("Equivalent",), unset=True),
            "spec.paramRef": SHUT,
            "spec.policyName": str(binding.get("metadata.name")),
        },
    )
    actions = binding.get("spec.validationActions")
    denies = isinstance(actions, list | tuple) and "Deny" in actions
    told = [] if denies else [f"does {show(actions)}, which does not refuse"]
    for expression in items(binding.get(f"{place}.namespaceSelector.matchExpressions")):
        left = expression.get("values") if isinstance(expression.get("values"), list | tuple) else []
        known = expression.get("key") == NAME and expression.get("operator") == "NotIn"
        wide = [str(name) for name in left or () if name not in _wall()["left_out"]]
        told += [] if known else [f"selects namespaces by {show(expression.get('key'))}"]
        told += [f"leaves out {', '.join(wide)}"] if wide else []
    return all_of((shut, refused_for(told)))


@stack_rule(
    "admission.each-policy-has-its-binding",
    title="No admission policy stands without the binding that makes it hold",
    severity=Severity.CRITICAL,
    applies_to=(ADMISSION, BINDING),
    fix="leave bindings to components/admission.py",
    example="a policy whose binding was taken out to let one deployment through",
)
def has_binding(stack: StackUnderReview) -> Iterable[Judged]:
    """A policy without a binding is in every list of policies, and holds nothing."""
    named = {binding.get("spec.policyName") for binding in stack.of_type(BINDING)}
    for policy in stack.of_type(ADMISSION):
        here = stack.partial or policy.get("metadata.name") in named
        yield policy, PASSED if here else refused("is bound by nothing")


@stack_rule(
    "admission.values-are-the-stacks",
    title="Admission admits this stack's registry, jurisdiction, environment, region, tenant, vault and signers",
    severity=Severity.CRITICAL,
    applies_to=(ADMISSION, REGISTRY, CLUSTER, VAULT, DEPLOYMENT, IMAGE_POLICY),
    fix="leave values to `of_stack` of components/admission_data.py",
    example="a policy that admits images of another registry",
)
def own_values(stack: StackUnderReview) -> Iterable[Judged]:
    """The text of a policy is as reviewed wherever it stands; whose images it admits is in its values alone."""
    allowed = _allowed(stack)
    for policy in stack.of_type(ADMISSION):
        told = [
            f"{found['name']} is {found.get('expression')}"
            for found in items(policy.get("spec.variables"))
            if found.get("name") in allowed and not _fits(found.get("expression"), allowed[str(found["name"])])
        ]
        yield policy, refused_for(told)


def _allowed(stack: StackUnderReview) -> Mapping[str, tuple[str, ...]]:
    """What each value may be; nothing is said of one that the plan alone can't tell."""
    suffix = stack.jurisdiction.cloud.suffixes["registry"]
    places = {str(cluster.get("location")) for cluster in stack.of_type(CLUSTER)}
    vaults = [vault.get("vaultName") for vault in stack.of_type(VAULT)]
    tenant = known_to(stack).tenant
    found: dict[str, tuple[str, ...]] = {
        "registry": tuple(f"{r.get('registryName')}.{suffix}" for r in stack.of_type(REGISTRY)),
        "region": tuple(places),
        "tenant": (tenant,) if isinstance(tenant, str) else (),
        # It ends in four letters of chance.
        "vault": tuple(name.replace("-", "")[:-4] for name in vaults if isinstance(name, str)),
    }
    found |= {"jurisdiction": (stack.jurisdiction.id,), "environment": (stack.environment,)}
    quoted = {name: tuple(f"'{value}'" for value in values) for name, values in found.items()}
    regions = stack.jurisdiction.regions
    zones = [f"{place}-{zone}" for place in places if place in regions for zone in regions[place].zones]
    lists = {"zones": (_list(zones),) if places else (), "left_out": (_list(_wall()["left_out"]),)}
    return {name: values for name, values in {**quoted, **lists, **_verified(stack)}.items() if values}


def _verified(stack: StackUnderReview) -> Mapping[str, tuple[str, ...]]:
    """What the verifier is and asks, as the plan has it in another place: JSON's texts and lists are CEL's too."""
    own = [found for found in stack.of_type(DEPLOYMENT) if found.get("metadata.namespace") == VERIFIERS]
    images = [value for found in own for _, value in found.each("spec.template.spec.containers[*].image")]
    # By name: a state has them in the order in which the engine happened to register them, and the text is in this one.
    asking = sorted(stack.of_type(IMAGE_POLICY), key=lambda policy: policy.display_name)
    return {
        "verifier": tuple(f"'{image}'" for image in images),
        "signers": tuple({json.dumps(keys) for policy in asking if (keys := believed(policy))}),
        "conditions": (json.dumps(conditions(asking)),) if asking else (),
    }


def _list(names: Iterable[str]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"[{quoted}]"


def _fits(expression: object, allowed: tuple[str, ...]) -> bool:
    return expression is not MISSING and any(same(expression, value) for value in allowed)
