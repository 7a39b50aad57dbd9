"""What all edge sites of a stack share: their way in to Arc, and the containers that they read from and write to.

Azure takes one Arc private link scope per network. For Kubernetes its documentation calls it a preview, lists GitOps
and Azure Monitor as working through it, and leaves Entra, Resource Manager and Microsoft's registry to the site's
proxy: learn.microsoft.com/azure/azure-arc/kubernetes/private-link (a copy of 2022-09). Zones of the endpoint:
Azure/azure-policy, Arc_PrivateEndpoint_DNS_DINE.json. None of it was run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import hybridcompute

from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.private_endpoint import EndpointPlace, private_endpoint
from components.scope import Scope
from components.storage_account import Container, StorageAccount, StorageAccountArgs
from config.edge import EdgeSite

RELEASES, PROMPTS = "releases", "prompts"
WORM_DAYS = 365
"""What a site ran can be looked at a year later."""
ZONES = ("arc", "arc-guest", "arc-configuration")


@dataclass(frozen=True, kw_only=True)
class EdgeBoundaryArgs:
    """What the boundary needs."""

    scope: Scope
    resource_group: Input[str]
    storage_group: Input[str]
    place: EndpointPlace
    key: CustomerKey
    sites: Sequence[EdgeSite]


class EdgeBoundary(ComponentResource):
    """One private link scope and one account; made where a stack has sites, and nowhere else."""

    link: hybridcompute.PrivateLinkScope
    store: StorageAccount
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: EdgeBoundaryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:edge:EdgeBoundary", name, None, opts)
        scope = args.scope
        self.link = hybridcompute.PrivateLinkScope(
            f"{name}-link",
            scope_name=scope.names.of("pls", "arc"),
            resource_group_name=args.resource_group,
            location=scope.region,
            properties=hybridcompute.HybridComputePrivateLinkScopePropertiesArgs(public_network_access="Disabled"),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        private_endpoint(
            name,
            scope=scope,
            place=args.place,
            target_id=self.link.id,
            group_id="hybridcompute",
            zones=ZONES,
            parent=self,
        )
        # Written once, all three: a release, a template and a record can't be replaced by who breaks into the account.
        self.store = StorageAccount(
            f"{name}-store",
            StorageAccountArgs(
                scope=scope,
                resource_group=args.storage_group,
                place=args.place,
                key=args.key,
                role="edge",
                classification="confidential",
                containers=[
                    Container(name=RELEASES, worm_days=WORM_DAYS),
                    Container(name=PROMPTS, worm_days=WORM_DAYS),
                    *(
                        Container(
                            name=audit_container(site), worm_days=scope.config.retention.audit_days, appendable=True
                        )
                        for site in args.sites
                    ),
                ],
            ),
            ResourceOptions(parent=self),
        )
        self.diagnosed = self.store.diagnosed
        self.register_outputs({"linkId": self.link.id})


def audit_container(site: EdgeSite) -> str:
    """A container for each site: a stolen box can write to its own alone."""
    return f"audit-{site.name}"
