"""What the verifier of images may do in the API server: what it was given for a reason, and nothing beside it."""

import hashlib
import json
from collections.abc import Mapping

from plan.model import UNKNOWN, PlannedResource
from policies.require import items, texts
from policies.review import StackUnderReview
from policies.rule import Severity, rule
from policies.settled import SHUT, settled
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused, refused_for
from policies.verifier import ACCOUNT, VERIFIERS

RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
ROLES = (f"{RBAC}ClusterRole", f"{RBAC}Role")
BINDINGS = (f"{RBAC}ClusterRoleBinding", f"{RBAC}RoleBinding")
DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
WEBHOOKS = "admissionregistration.k8s.io/validatingwebhookconfigurations"
POLICY, DEFINITIONS_OF = "policy.sigstore.dev/", "apiextensions.k8s.io/customresourcedefinitions"
READ, KEEP = frozenset({"get", "list", "watch"}), frozenset({"get", "list", "watch", "update", "patch"})
WIDE: Mapping[str, frozenset[str]] = {
    "/events": frozenset({"create", "patch"}),
    "/serviceaccounts": frozenset({"get"}),
    WEBHOOKS: frozenset({"list", "watch"}),
    "admissionregistration.k8s.io/mutatingwebhookconfigurations": frozenset({"list", "watch"}),
    DEFINITIONS_OF: frozenset({"list", "watch"}),
    **{f"{POLICY}{kind}": KEEP for kind in ("clusterimagepolicies", "trustroots")},
    **{f"{POLICY}{kind}/status": KEEP for kind in ("clusterimagepolicies", "trustroots")},
    # By name.
    f"/namespaces/{VERIFIERS}": frozenset({"get"}),
    f"/namespaces/finalizers/{VERIFIERS}": frozenset({"update"}),
    **{
        f"{WEBHOOKS}/{name}": frozenset({"get", "update"})
        for name in ("policy.sigstore.dev", "validating.clusterimagepolicy.sigstore.dev")
    },
    **{
        f"{DEFINITIONS_OF}/{kind}.policy.sigstore.dev": frozenset({"get", "update"})
        for kind in ("clusterimagepolicies", "trustroots")
    },
}
"""In the whole cluster, by group, resource and name. No Secret is among them, and no role."""
OWN: Mapping[str, frozenset[str]] = {
    "/configmaps": READ,
    "/secrets": READ,
    "/secrets/webhook-certs": frozenset({"update"}),
    **{
        f"/configmaps/{name}": frozenset({"update", "patch"})
        for name in ("config-image-policies", "config-sigstore-keys")
    },
    "coordination.k8s.io/leases": KEEP | {"create", "delete"},
}
"""In its own namespace."""
VENDORS: Mapping[str, str] = {
    "clusterimagepolicies.policy.sigstore.dev": "5fb5b3b08e40cd0d89407bded36524ba0aab8507df4570088597a613dd4b5b23",
    "trustroots.policy.sigstore.dev": "c9d52e29efdf3d3c301496c47627a56658f40d0fb044c67c4e2dfba6f7f683c3",
}
"""Digests of the definitions of github.com/sigstore/policy-controller v0.13.1, without who converts them."""


@rule(
    "images.verifier-may-do-no-more",
    title="The one role in the cluster is the verifier's, and lets it do what it was given for a reason",
    severity=Severity.CRITICAL,
    applies_to=ROLES,
    fix="leave rights to components/image_verification_rights.yaml; one more is reviewed, and written down here",
    example="a verifier that may read Secrets of other namespaces, or change a role",
)
def no_more(role: PlannedResource, stack: StackUnderReview) -> Verdict:
    """It is the only pod of the platform that the API server answers: what it may do is what a break-in there may."""
    wide = role.type == ROLES[0]
    where = role.get("metadata.namespace")
    told = [] if wide or where == VERIFIERS else [f"is a role in {where}, where nobody has rights"]
    rules = role.get("rules")
    if rules is UNKNOWN:
        return not_evaluated("rules are known only after deployment")
    for row in items(rules):
        verbs, names = set(texts(row.get("verbs"))), texts(row.get("resourceNames")) or [""]
        for group in texts(row.get("apiGroups")):
            for resource in texts(row.get("resources")):
                for name in names:
                    key = f"{group}/{resource}/{name}".rstrip("/") if name else f"{group}/{resource}"
                    more = verbs - (WIDE if wide else OWN).get(key, frozenset())
                    told += [f"may {' and '.join(sorted(more))} {key.lstrip('/')}"] if more else []
        told += ["names no resource"] if row.get("nonResourceURLs") else []
    shut = settled(role, {"aggregationRule": SHUT})
    return all_of((shut, refused_for(told)))


@rule(
    "images.rights-are-the-verifiers",
    title="Rights in the cluster are bound to the verifier's account, and to nobody else",
    severity=Severity.CRITICAL,
    applies_to=BINDINGS,
    fix="leave bindings to components/image_verification.py; people's rights are Azure's roles",
    example="a binding of cluster-admin to a group",
)
def verifiers_alone(binding: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A binding in the cluster is outside every review of rights: Entra knows nothing of it, and it never ends."""
    wide = binding.type == BINDINGS[0]
    kind, name = ("ClusterRole", VERIFIERS) if wide else ("Role", ACCOUNT)
    wanted: dict[str, object] = {"roleRef.kind": kind, "roleRef.name": name}
    if not wide:
        wanted["metadata.namespace"] = VERIFIERS
    who = items(binding.get("subjects"))
    known = [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": VERIFIERS}]
    own = [{key: one.get(key) for key in ("kind", "name", "namespace")} for one in who] == known
    return all_of((settled(binding, wanted), PASSED if own else refused("is for somebody else than the verifier")))


@rule(
    "images.definitions-are-the-vendors",
    title="The plan defines only the verifier's own two kinds of object, as their vendor wrote them",
    severity=Severity.HIGH,
    applies_to=DEFINITION,
    fix="take components/definition_*.yaml from the vendor's release, and write the digests down after a review",
    example="a definition whose objects are converted by somebody's service",
)
def vendors(definition: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A definition that drops a field makes every policy of that kind say less, and who converts them sees all."""
    name = str(definition.get("metadata.name"))
    if name not in VENDORS:
        return refused("is a kind of object that nobody reviewed")
    spec = definition.get("spec")
    if not isinstance(spec, dict):
        return not_evaluated("spec is known only after deployment") if spec is UNKNOWN else refused("has no spec")
    service = "spec.conversion.webhook.clientConfig"
    converts = definition.get("spec.conversion.strategy") == "Webhook"
    own = {f"{service}.service.namespace": VERIFIERS, f"{service}.service.name": "webhook"}
    wanted = own if converts else {"spec.conversion.webhook": SHUT}
    shut = settled(definition, {**wanted, f"{service}.url": SHUT, f"{service}.caBundle": SHUT})
    try:
        same = digest(spec) == VENDORS[name]
    except TypeError:
        return not_evaluated("a part of spec is known only after deployment")
    return all_of((shut, PASSED if same else refused("is not as its vendor wrote it")))


def digest(spec: Mapping[str, object]) -> str:
    """Of a definition, but for who converts it."""
    text = json.dumps({key: value for key, value in spec.items() if key != "conversion"}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
