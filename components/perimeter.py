"""A network security perimeter around the stores: what has no public door also has none that a mistake could open.

Inside it services reach each other; out of it nothing goes, for there is no outbound rule. Which services can join:
learn.microsoft.com/azure/private-link/network-security-perimeter-concepts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import network

from components.diagnostics import Diagnosed
from components.scope import Scope


@dataclass(frozen=True, kw_only=True)
class PerimeterArgs:
    """What the perimeter needs."""

    scope: Scope
    resource_group: Input[str]
    members: Mapping[str, Input[str]]
    """Resource ids by a short name."""


class Perimeter(ComponentResource):
    """Perimeter, one profile without outbound rules, and an enforced association for each member."""

    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: PerimeterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:egress:Perimeter", name, None, opts)
        scope = args.scope
        perimeter = network.NetworkSecurityPerimeter(
            f"{name}-perimeter",
            network_security_perimeter_name=scope.names.of("nsp"),
            resource_group_name=args.resource_group,
            location=scope.region,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        profile = network.NetworkSecurityPerimeterProfile(
            f"{name}-profile",
            profile_name="stores",
            network_security_perimeter_name=perimeter.name,
            resource_group_name=args.resource_group,
            opts=scope.options(self),
        )
        network.NetworkSecurityPerimeterAccessRule(
            f"{name}-own",
            access_rule_name="own-subscription",
            profile_name=profile.name,
            network_security_perimeter_name=perimeter.name,
            resource_group_name=args.resource_group,
            direction="Inbound",
            # Diagnostics and policy come from the stack's own subscription; nobody else's gets in.
            subscriptions=[network.SubscriptionIdArgs(id=f"/subscriptions/{scope.config.subscription_id}")],
            opts=scope.options(self),
        )
        for member, identifier in args.members.items():
            network.NetworkSecurityPerimeterAssociation(
                f"{name}-{member}",
                association_name=member,
                network_security_perimeter_name=perimeter.name,
                resource_group_name=args.resource_group,
                access_mode="Enforced",
                private_link_resource=network.SubResourceArgs(id=identifier),
                profile=network.SubResourceArgs(id=profile.id),
                opts=scope.options(self),
            )
        self.diagnosed = [Diagnosed(name="perimeter", resource_id=perimeter.id, metrics=False)]
        self.register_outputs({"perimeterId": perimeter.id})
