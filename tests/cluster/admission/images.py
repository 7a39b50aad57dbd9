"""What admission refuses and takes of the verification of images."""

from collections.abc import Iterator
from functools import partial

from tests.cluster.admission.case import Case, Change, Made, later
from tests.cluster.admission.objects import space
from tests.cluster.admission.planned import DIGEST, REGISTRY, changed
from tests.cluster.admission.pods import pod
from tests.cluster.client import Object

POLICIES = ("bailiwick-signatures", "bailiwick-materials", "bailiwick-provenance")
OPEN = "package sigstore\n\nisCompliant = true\n"


@later
def verifier(**values: object) -> Made:
    """The verifier with a setting of its container changed."""

    def change(made: Object) -> None:
        made["spec"]["template"]["spec"]["containers"][0].update(values)

    return changed("Deployment", "verifier", change)


@later
def policy(name: str, change: Change) -> Made:
    """An image policy with its spec changed."""
    return changed("ClusterImagePolicy", name, lambda made: change(made["spec"]))


@later
def signer(name: str, **values: object) -> Made:
    """An image policy whose first signer is changed."""
    return policy(name, lambda spec: spec["authorities"][0].update(values))


@later
def condition(name: str, **values: object) -> Made:
    """An image policy whose first signer's attestation is changed."""
    return policy(name, lambda spec: spec["authorities"][0]["attestations"][0].update(values))


@later
def kept(name: str, **data: str) -> Made:
    """A settings map of the verifier's, with other content."""
    return changed("ConfigMap", name, lambda made: made.update(data={**data}))


@later
def token(server: str, volume: str) -> Object:
    """A server of the stack's, in its own place, with one more token of the API server."""
    source = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}
    more = {"name": volume, "projected": {"sources": [source]}}
    return pod(server, lambda spec: spec["volumes"].append(more))()


@later
def renamed() -> Made:
    """A fourth image policy."""
    return changed("ClusterImagePolicy", POLICIES[0], lambda made: made["metadata"].update(name="mine"))


def refused() -> Iterator[Case]:
    """One breach each."""
    elsewhere = f"{REGISTRY}/bailiwick/gateway{DIGEST}"
    stranger = "in the verifier's namespace runs the verifier"
    whole, asks = "an image policy is about every image", "an image policy asks what was reviewed"
    believes = "an image policy believes the stack's signers"
    told: dict[tuple[str, str], dict[str, Made]] = {
        ("verifier", stranger): {
            "another image of the stack's": verifier(image=elsewhere),
            "one that fetches its trust": verifier(args=[]),
        },
        ("image-policies", "an image policy is one of the three that were reviewed: mine"): {"a fourth": renamed()},
        ("image-policies", whole): {
            "one that warns": policy(POLICIES[0], lambda spec: spec.update(mode="warn")),
            "some images": policy(POLICIES[0], lambda spec: spec.update(images=[{"glob": f"{REGISTRY}/x*"}])),
            "some objects": policy(
                POLICIES[0], lambda spec: spec.update(match=[{"group": "apps", "version": "v1", "resource": "jobs"}])
            ),
        },
        ("image-policies", believes): {
            "nobody": policy(POLICIES[0], lambda spec: spec.update(authorities=[])),
            "everybody": signer(POLICIES[0], static={"action": "pass"}),
            "somebody else's key": signer(POLICIES[0], key={"data": "-----BEGIN PUBLIC KEY-----\n"}),
            "a key elsewhere": signer(POLICIES[0], key={"kms": "azurekms://elsewhere.example/x"}),
        },
        ("image-policies", asks): {
            "no bill of materials": signer(POLICIES[1], attestations=[]),
            "a provenance that says anything": condition(POLICIES[2], policy={"type": "rego", "data": OPEN}),
            "a provenance in place of the materials": condition(
                POLICIES[1], predicateType="https://slsa.dev/provenance/v1"
            ),
        },
        ("image-settings", "an image that no policy names does not run: warn"): {
            "leniency": kept("config-policy-controller", **{"no-match-policy": "warn"})
        },
        ("image-settings", "what the verifier keeps of policies and keys, the verifier writes: administrator"): {
            "policies of somebody else's": kept("config-image-policies", x="{}")
        },
        ("namespaces", "a namespace does not say that its images are not verified"): {
            label: space(**{label.replace("/", "__"): "true"}) for label in LETS_OUT
        },
        ("volumes", "a token that is mounted is for Entra alone: api"): {
            "one like the verifier's": token("gateway", "api")
        },
        ("volumes", "a token that is mounted is for Entra alone: more"): {
            "another of the verifier's": token("verifier", "more")
        },
    }
    for (key, says), cases in told.items():
        yield from (Case(policy=key, what=what, make=make, says=says) for what, make in cases.items())


LETS_OUT = ("webhooks.knative.dev/exclude", "policy.sigstore.dev/include")


def taken() -> Iterator[Case]:
    """The verifier's own objects."""
    own: dict[str, dict[str, Made]] = {
        "verifier": {"the verifier": partial(_own, "Deployment", "verifier")},
        "image-policies": {name: partial(_own, "ClusterImagePolicy", name) for name in POLICIES},
        "image-settings": {"settings": partial(_own, "ConfigMap", "config-policy-controller")},
    }
    for key, cases in own.items():
        yield from (Case(policy=key, what=what, make=make) for what, make in cases.items())


def _own(kind: str, name: str) -> Object:
    return changed(kind, name)()
