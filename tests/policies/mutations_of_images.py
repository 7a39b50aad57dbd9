"""Breaches of the rules on the verification of images: of the webhook, the policies, the verifier and its rights."""

from collections.abc import Mapping

from tests.policies.mutation import Mutation
from tests.policies.mutations_of_settings import weaken

RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
WEBHOOK = "kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration"
POLICY = "kubernetes:policy.sigstore.dev/v1alpha1:ClusterImagePolicy"

OF_IMAGES: Mapping[str, Mutation] = {
    "images.are-verified-before-they-run": weaken(WEBHOOK, "webhooks[*].failurePolicy", "Ignore"),
    "images.definitions-are-the-vendors": weaken(
        "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "spec.scope", "Namespaced"
    ),
    "images.none-runs-unnamed": weaken(
        "kubernetes:core/v1:ConfigMap",
        "data.no-match-policy",
        "warn",
        when={"metadata.name": "config-policy-controller"},
    ),
    "images.policies-ask-for-three-things": weaken(POLICY, "spec.mode", "warn"),
    "images.rights-are-the-verifiers": weaken(f"{RBAC}ClusterRoleBinding", "roleRef.name", "cluster-admin"),
    "images.verifier-may-do-no-more": weaken(f"{RBAC}ClusterRole", "rules[*].resources", "secrets", change="add"),
    "images.verifier-stands-alone": weaken(
        "kubernetes:apps/v1:Deployment",
        "spec.template.spec.containers[*].args",
        [],
        when={"metadata.namespace": "image-verification"},
    ),
}
