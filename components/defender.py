"""Microsoft Defender for Cloud: its plans for what the platform is made of.

Set here and not by Azure Policy, whose definitions for these plans ask for the Owner role (Azure/azure-policy,
2026-04-29: efd4031d, cfdc5972, 5eb6d64a, 72f8cee7); an assignment audits that they stay on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi import ComponentResource, ResourceOptions
from pulumi_azure_native import security

from components.scope import Scope


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One plan: names of plans, sub-plans and extensions as Azure's own policy templates write them."""

    sub_plan: str | None = None
    extensions: Mapping[str, bool] = field(default_factory=dict)


PLANS: Mapping[str, Plan] = {
    "Arm": Plan(sub_plan="PerSubscription"),
    "CloudPosture": Plan(extensions={"SensitiveDataDiscovery": True, "AgentlessVmScanning": False}),
    "Containers": Plan(
        extensions={
            "ContainerRegistriesVulnerabilityAssessments": True,
            "AgentlessDiscoveryForKubernetes": True,
            "ContainerSensor": True,
            "AgentlessVmScanning": False,
        }
    ),
    "KeyVaults": Plan(sub_plan="PerKeyVault"),
    "OpenSourceRelationalDatabases": Plan(),
    "StorageAccounts": Plan(
        sub_plan="DefenderForStorageV2", extensions={"OnUploadMalwareScanning": True, "SensitiveDataDiscovery": True}
    ),
    "VirtualMachines": Plan(sub_plan="P2", extensions={"AgentlessVmScanning": False}),
}
"""Agentless scanning reads a copy of a machine's disk in a place of Microsoft's: it stays off, and a confidential disk
could not be read that way."""


@dataclass(frozen=True, kw_only=True)
class DefenderArgs:
    """What the plans need."""

    scope: Scope


class Defender(ComponentResource):
    """The plans, for the stack's subscription."""

    def __init__(self, name: str, args: DefenderArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:guardrails:Defender", name, None, opts)
        for title, plan in PLANS.items():
            security.Pricing(
                f"{name}-{title.lower()}",
                pricing_name=title,
                scope_id=f"subscriptions/{args.scope.config.subscription_id}",
                pricing_tier="Standard",
                sub_plan=plan.sub_plan,
                # Nobody switches a plan off for one resource of the subscription.
                enforce="True",
                extensions=[
                    security.ExtensionArgs(name=extension, is_enabled="True" if on else "False")
                    for extension, on in plan.extensions.items()
                ],
                opts=args.scope.options(self),
            )
        self.register_outputs({})
