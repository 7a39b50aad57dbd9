"""Breaches of the rules on admission: one word of one policy, or its binding."""

from collections.abc import Mapping

from tests.policies.mutation import Mutation
from tests.policies.mutations_of_settings import weaken

POLICY = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"
BINDING = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding"

OF_ADMISSION: Mapping[str, Mutation] = {
    "admission.each-policy-has-its-binding": weaken(BINDING, change="vanish"),
    "admission.policies-are-bound": weaken(BINDING, "spec.validationActions", ["Warn"]),
    "admission.policies-stand-whole": weaken(POLICY, "spec.validations[*].expression", "true"),
    "admission.values-are-the-stacks": weaken(
        POLICY, "spec.variables[*].expression", "'docker.io'", when={".name": "registry"}
    ),
}
