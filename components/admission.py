"""Admission: what somebody deploys into the cluster by another way than this program, the API server refuses itself.

Pod Security and Azure Policy's Gatekeeper hold what they know; these hold the rest, in the API server's own process:
there is no webhook that can be away. What each refuses is in `admission*.yaml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.admissionregistration import v1 as admission
from pulumi_kubernetes.meta import v1 as meta

from components.admission_data import Policy, binding, of_stack, policies
from components.order import after
from components.scope import Scope


@dataclass(frozen=True, kw_only=True)
class AdmissionArgs:
    """What admission needs."""

    scope: Scope
    provider: Provider


class Admission(ComponentResource):
    """Every policy of the data, and its binding. It admits and refuses; it changes nothing."""

    def __init__(self, name: str, args: AdmissionArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:admission:Admission", name, None, opts)
        self._name = name
        self._options = ResourceOptions(parent=self, provider=args.provider)
        values = of_stack(args.scope)
        self._bindings = [self._bound(policy, values) for policy in policies()]
        self.register_outputs({})

    def before(self, options: ResourceOptions) -> ResourceOptions:
        """Options of a component whose objects are admitted: each of them waits until the policies are bound."""
        return after(options, self._bindings)

    def _bound(self, policy: Policy, values: Mapping[str, str]) -> admission.ValidatingAdmissionPolicyBinding:
        labels = {"app.kubernetes.io/part-of": "bailiwick"}
        # In the API's own form, for which the SDK's types have no name; it passes keys on as they are.
        spec: Any = policy.spec(values)
        bound: Any = binding(policy)
        made = admission.ValidatingAdmissionPolicy(
            f"{self._name}-{policy.key}",
            metadata=meta.ObjectMetaArgs(name=policy.name, labels=labels),
            spec=spec,
            opts=self._options,
        )
        return admission.ValidatingAdmissionPolicyBinding(
            f"{self._name}-{policy.key}-binding",
            metadata=meta.ObjectMetaArgs(name=policy.name, labels=labels),
            spec=bound,
            opts=ResourceOptions.merge(self._options, ResourceOptions(depends_on=[made])),
        )
