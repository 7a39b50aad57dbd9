"""Ids of what lies outside a plan."""

from typing import Final

from plan.model import Plan
from plan.reachability.reading import own_subscriptions, subscription_of

INTERNET: Final = "internet"
PAIRED: Final = "region:paired region"
"""Where Azure copies to, where no file of law says which region that is."""
UNKNOWN_TENANT: Final = "tenant:unknown"


def host(name: str) -> str:
    """A host on the internet, or in another's network."""
    return f"host:{name.lower()}"


def host_of(url: str) -> str:
    """The host of an address with a scheme."""
    return host(url.split("://")[-1].split("/")[0].split("@")[0].split(":")[0])


def region_place(name: str) -> str:
    """A region of Azure."""
    return f"region:{name}"


def tenant(identifier: str) -> str:
    """Whoever holds a subscription: what stands there is not in this plan, be it the same operator's or not."""
    return f"tenant:{subscription_of(identifier) or identifier}"


def is_own(plan: Plan, identifier: str) -> bool:
    """Whether a subscription, or an id within one, is among those that the plan puts anything into."""
    return (subscription_of(identifier) or identifier.lower()) in own_subscriptions(plan)
