"""Pages that may call the gateway from a browser, and the checks of them against the rest of the file."""

from collections.abc import Iterator

from config.continuity import Continuity
from config.faults import Fault
from config.gateway import Gateway
from config.portal import Portal
from config.tenants import Tenant


def origins_are_called_from(
    gateway: Gateway, tenants: tuple[Tenant, ...], portal: Portal, continuity: Continuity, stack: str
) -> Iterator[Fault]:
    """Browsers come by the portal's listener, and with tenants each page is one's: nobody's page is everybody's."""
    named = {
        "bailiwick:gateway.origins": gateway.origins,
        **{f"bailiwick:tenants.{tenant.name}.origins": tenant.origins for tenant in tenants},
    }
    # A standby has no portal of its own, and takes what comes by the first stack's.
    reached = portal.mode != "none" or continuity.front_door
    for key, origins in named.items():
        if origins and not reached:
            yield Fault(
                key=key,
                value=", ".join(origins),
                problem="pages that call from a browser, in a stack without a portal",
                allowed="none where bailiwick:portal.mode is none",
                consequence="the pages find no listener: browsers show the partners' no client certificate",
                hint=f"remove it, or choose a portal, in Pulumi.{stack}.yaml",
            )
    if gateway.origins and tenants:
        yield Fault(
            key="bailiwick:gateway.origins",
            value=", ".join(gateway.origins),
            problem="pages of nobody's in a stack with tenants",
            allowed="origins under each of bailiwick:tenants",
            consequence="the gateway answers no page that is not its caller's tenant's, so these are never answered",
            hint=f"move each to its tenant in Pulumi.{stack}.yaml",
        )
    owners: dict[str, str] = {}
    for tenant in tenants:
        for origin in tenant.origins:
            owner = owners.setdefault(origin, tenant.name)
            if owner != tenant.name:
                yield Fault(
                    key=f"bailiwick:tenants.{tenant.name}.origins",
                    value=origin,
                    problem=f"also '{owner}'s",
                    allowed="a page of one tenant",
                    consequence="a page could ask with either tenant's token, and show one's answers in the other's",
                    hint=f"give each tenant a host of its own in Pulumi.{stack}.yaml",
                )
