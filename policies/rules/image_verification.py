"""What is asked of an image before it runs: the API server asks the verifier, and the verifier asks for three things.

kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers; github.com/sigstore/policy-controller
v0.13.1 for what the verifier reads.
"""

from collections.abc import Iterable, Mapping

from plan.model import MISSING, UNKNOWN, PlannedResource
from policies.config_maps import CONFIG
from policies.require import items, show, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, stack_rule
from policies.rules.image_signers import IMAGE_POLICY, MATERIALS, PROVENANCE, SIGNATURES, asked_of, believed
from policies.settled import SHUT, Among, settled
from policies.types import CLUSTER, DEPLOYMENT
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused, refused_for
from policies.verifier import VERIFIERS

WEBHOOK = "kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration"
IMAGES, POLICIES = "policy.sigstore.dev", "validating.clusterimagepolicy.sigstore.dev"
LEFT_OUT = frozenset({"kube-system", "gatekeeper-system", "dataprotection-microsoft", VERIFIERS})
"""Azure's own add-ons, and the verifier, which could else never start: bailiwick-verifier holds what runs there."""
NAME, OPTED_OUT = "kubernetes.io/metadata.name", "webhooks.knative.dev/exclude"
WRITES = frozenset({"CREATE", "UPDATE"})
PATHS = {IMAGES: "/validations", POLICIES: "/validating"}
ASKED: Mapping[str, frozenset[tuple[str, str]]] = {
    IMAGES: frozenset(
        {
            ("", "pods"),
            ("", "pods/ephemeralcontainers"),
            *(("apps", kind) for kind in ("daemonsets", "deployments", "replicasets", "statefulsets")),
            *(("batch", kind) for kind in ("cronjobs", "jobs")),
        }
    ),
    POLICIES: frozenset({("policy.sigstore.dev", "clusterimagepolicies")}),
}
"""What the API server has to ask about, in version v1 or any; each when it is made and when it is changed."""


@stack_rule(
    "images.are-verified-before-they-run",
    title="No pod starts unless the verifier has looked at its images, and no answer is a no",
    severity=Severity.CRITICAL,
    applies_to=(WEBHOOK, CLUSTER),
    fix="leave webhooks to components/image_webhooks.py",
    example="a webhook of failurePolicy Ignore, or one that leaves a namespace of the stack's out",
)
def verified(stack: StackUnderReview) -> Iterable[Judged]:
    """A digest says which bytes; a signature says whose. Who may push to the registry must not decide what runs."""
    found = {str(hook.get("metadata.name")): hook for hook in stack.of_type(WEBHOOK)}
    if stack.of_type(CLUSTER):
        for name in sorted(PATHS.keys() - found.keys()):
            yield from absent(stack, f"webhook {name} is not in the plan")
    for name, hook in found.items():
        yield hook, _webhook(hook, name) if name in PATHS else refused("is a webhook that nobody reviewed")


def _webhook(hook: PlannedResource, name: str) -> Verdict:
    hooks = hook.get("webhooks")
    if hooks is UNKNOWN:
        return not_evaluated("webhooks are known only after deployment")
    if not isinstance(hooks, list | tuple) or len(hooks) != 1:
        return refused("has no webhook, or several: the verifier writes its certificate into the one of its own name")
    service = "webhooks[*].clientConfig.service"
    wanted = settled(
        hook,
        {
            "webhooks[*].name": name,
            "webhooks[*].failurePolicy": "Fail",
            "webhooks[*].matchPolicy": Among(("Equivalent",), unset=True),
            **{f"webhooks[*].{key}": SHUT for key in ("objectSelector", "matchConditions")},
            "webhooks[*].clientConfig.url": SHUT,
            "webhooks[*].clientConfig.caBundle": SHUT,
            f"{service}.name": "webhook",
            f"{service}.namespace": VERIFIERS,
            f"{service}.path": PATHS[name],
            "webhooks[*].namespaceSelector.matchLabels": SHUT,
        },
    )
    rows = [(set(texts(row.get("operations"))), row) for _, row in _each(hook, "webhooks[*].rules")]
    less = [row for operations, row in rows if not (operations >= WRITES and row.get("scope") in (None, "*"))]
    asked = {
        (group, kind)
        for _, row in rows
        if row not in less
        for group in texts(row.get("apiGroups"))
        for kind in texts(row.get("resources"))
        if {"v1", "v1alpha1"} & set(texts(row.get("apiVersions")))
    }
    missing = sorted("/".join(filter(None, pair)) for pair in ASKED[name] - asked)
    told = [f"is not asked about {', '.join(missing)}"] if missing else []
    told += [f"is asked about some writes of {', '.join(texts(row.get('resources')))} alone" for row in less]
    for _, expression in _each(hook, "webhooks[*].namespaceSelector.matchExpressions"):
        key, operator = expression.get("key"), expression.get("operator")
        wide = sorted(set(texts(expression.get("values"))) - LEFT_OUT)
        known = (key, operator) in {(NAME, "NotIn"), (OPTED_OUT, "DoesNotExist")}
        told += [] if known else [f"selects namespaces by {show(key)}"]
        told += [f"leaves out {', '.join(wide)}"] if known and wide else []
    return all_of((wanted, refused_for(told)))


def _each(item: PlannedResource, path: str) -> Iterable[tuple[str, Mapping[str, object]]]:
    return ((where, row) for where, rows in item.each(path) for row in items(rows))


@stack_rule(
    "images.policies-ask-for-three-things",
    title="Every image needs a signature, a bill of materials and a provenance, each by a signer of the stack",
    severity=Severity.CRITICAL,
    applies_to=(IMAGE_POLICY, CLUSTER),
    fix="leave policies to components/image_policies.py; signers are bailiwick:imageVerification.publicKeys",
    example="a policy that only warns, that names some images, or whose authority lets everything pass",
)
def three_things(stack: StackUnderReview) -> Iterable[Judged]:
    """A signature says who answers for an image, a provenance where it was made and of what, a bill of materials what
    is inside: with one of them missing, a break-in into the pipeline or an old library is found by nobody.
    """
    found = {str(policy.get("metadata.name")): policy for policy in stack.of_type(IMAGE_POLICY)}
    if stack.of_type(CLUSTER):
        for name in (SIGNATURES, MATERIALS, PROVENANCE):
            if name not in found:
                yield from absent(stack, f"image policy {name} is not in the plan")
    known = {name: set(believed(policy)) for name, policy in found.items()}
    for name, policy in found.items():
        verdicts = [
            settled(policy, {"spec.mode": Among(("enforce",), unset=True), "spec.match": SHUT, "spec.policy": SHUT}),
            PASSED if policy.get("spec.images") == [{"glob": "**"}] else refused("names some images, and not all"),
            asked_of(policy, name),
        ]
        if any(other != known[name] for other in known.values()):
            verdicts.append(refused("believes other signers than another policy"))
        yield policy, all_of(verdicts)


@stack_rule(
    "images.none-runs-unnamed",
    title="An image that no policy names does not run",
    severity=Severity.CRITICAL,
    applies_to=(CONFIG, CLUSTER),
    fix="leave the verifier's settings to components/image_verification.py",
    example="a no-match-policy of warn, which is the verifier's default",
)
def none_unnamed(stack: StackUnderReview) -> Iterable[Judged]:
    """Without it, whoever deletes a policy opens the cluster to every image."""
    own = [config for config in stack.of_type(CONFIG) if config.get("metadata.namespace") == VERIFIERS]
    settings = {str(config.get("metadata.name")): config for config in own}
    if stack.of_type(CLUSTER) and "config-policy-controller" not in settings:
        yield from absent(stack, "the verifier's settings are not in the plan")
    for name, config in settings.items():
        data = config.get("data")
        if name == "config-policy-controller":
            yield config, settled(config, {"data": Among(({"no-match-policy": "deny"},)), "binaryData": SHUT})
        elif name.startswith(("config-image-policies", "config-sigstore-keys")):
            fine = data in (MISSING, {}, None)
            yield config, PASSED if fine else refused("holds policies that the verifier did not write")


@stack_rule(
    "images.verifier-stands-alone",
    title="The verifier is the one thing in its namespace, and asks nobody outside",
    severity=Severity.CRITICAL,
    applies_to=(DEPLOYMENT, CLUSTER),
    fix="leave the verifier to components/image_verifier.py",
    example="a second deployment in image-verification, or a verifier without -disable-tuf",
)
def stands_alone(stack: StackUnderReview) -> Iterable[Judged]:
    """Its namespace is the one whose images nobody verifies, and its account the one that may read the API server."""
    own = [one for one in stack.of_type(DEPLOYMENT) if one.get("metadata.namespace") == VERIFIERS]
    if stack.of_type(CLUSTER) and not own:
        yield from absent(stack, "the plan has no verifier of images")
    for deployment in own:
        pod = "spec.template.spec"
        alone = len(own) == 1 and len(items(deployment.get(f"{pod}.containers"))) == 1
        wanted = {
            f"{pod}.containers[*].args": Among((["-disable-tuf"],)),
            f"{pod}.initContainers": SHUT,
        }
        yield deployment, all_of((settled(deployment, wanted), PASSED if alone else refused("is not alone there")))
