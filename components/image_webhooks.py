"""How the API server asks the verifier: of every namespace but Azure's own and the verifier's, and no answer is a no.

The verifier writes the authority of its certificate into these, and would write rules, path and selector too: they are
written here as it writes them (knative.dev/pkg of 2023-06-12, webhook/resourcesemantics/validation), so that a plan
shows what is asked and two writers don't quarrel. It also looks for webhooks that change objects, under the same names:
there are none, because every image here is named by digest and every field of a policy is written out.
"""

from typing import Any

from pulumi import Resource, ResourceOptions
from pulumi_kubernetes.admissionregistration import v1 as admission
from pulumi_kubernetes.meta import v1 as meta

from components.admission_data import LEFT_OUT
from components.image_verifier import NAMESPACE

IMAGES, POLICIES = "policy.sigstore.dev", "validating.clusterimagepolicy.sigstore.dev"
"""Names that the verifier looks for: cmd/webhook/main.go."""
OPTED_OUT = "webhooks.knative.dev/exclude"
"""By this label the verifier lets a namespace out; admission refuses it on every namespace (admission_objects.yaml)."""
SECONDS = 20
"""A registry is asked for three things; the API server waits for 30 at the most."""
_OPERATIONS = ["CREATE", "UPDATE"]
_ASKED = (
    ("", "v1", ["pods/ephemeralcontainers", "pods"]),
    ("apps", "v1", ["daemonsets"]),
    ("apps", "v1", ["deployments"]),
    ("apps", "v1", ["replicasets"]),
    ("apps", "v1", ["statefulsets"]),
    ("batch", "v1", ["cronjobs"]),
    ("batch", "v1", ["jobs"]),
    ("batch", "v1beta1", ["cronjobs"]),
)
_ASKED_OF_POLICIES = (
    (IMAGES, "v1alpha1", ["clusterimagepolicies", "clusterimagepolicies/status"]),
    (IMAGES, "v1alpha1", ["trustroots", "trustroots/status"]),
    (IMAGES, "v1beta1", ["clusterimagepolicies", "clusterimagepolicies/status"]),
)
SERVICE = {"name": "webhook", "namespace": NAMESPACE}
"""The verifier's certificate is for this name."""
CONVERSION = "/resource-conversion"
"""Where it turns one version of a policy into another."""


def webhooks(name: str, options: ResourceOptions) -> list[Resource]:
    """Both: of images, and of the policies that say what is asked of images."""
    not_there = [*LEFT_OUT, NAMESPACE]
    # Who is left out: Azure's own add-ons, whose images Azure signs for, and the verifier itself, which could else
    # never start; what may run there is one image, by digest (bailiwick-verifier).
    named = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": not_there}
    opted_out = {"key": OPTED_OUT, "operator": "DoesNotExist"}
    selected = {"matchExpressions": [opted_out, named]}
    return [
        _webhook(f"{name}-images", IMAGES, "/validations", _ASKED, _OPERATIONS, selected, options),
        _webhook(
            f"{name}-policies",
            POLICIES,
            "/validating",
            _ASKED_OF_POLICIES,
            ["CREATE", "UPDATE", "DELETE"],
            {"matchExpressions": [opted_out]},
            options,
        ),
    ]


def _webhook(
    resource: str,
    name: str,
    path: str,
    asked: tuple[tuple[str, str, list[str]], ...],
    operations: list[str],
    selected: dict[str, Any],
    options: ResourceOptions,
) -> Resource:
    rules = [
        {"apiGroups": [group], "apiVersions": [version], "operations": operations, "resources": resources, "scope": "*"}
        for group, version, resources in asked
    ]
    # In the API's own form.
    hooks: Any = [
        {
            "name": name,
            "admissionReviewVersions": ["v1"],
            "clientConfig": {"service": {**SERVICE, "path": path, "port": 443}},
            "rules": rules,
            "namespaceSelector": selected,
            "failurePolicy": "Fail",
            "matchPolicy": "Equivalent",
            "sideEffects": "None",
            "timeoutSeconds": SECONDS,
        }
    ]
    return admission.ValidatingWebhookConfiguration(
        resource,
        metadata=meta.ObjectMetaArgs(
            name=name,
            labels={"app.kubernetes.io/part-of": "bailiwick"},
            # Else AKS adds selectors of its own to every webhook, and two writers quarrel: Azure/AKS issue 4002.
            annotations={"admissions.enforcer/disabled": "true"},
        ),
        webhooks=hooks,
        opts=options,
    )
