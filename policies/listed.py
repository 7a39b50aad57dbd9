"""The ways out that are on record: whatever else leaves is refused.

Each is lawful by somebody's decision, which stands in the jurisdiction's file or in its cloud's: hosts that a cluster
can't do without, the portal's own visitors, regions inside the border, and the stack that stands by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from plan.reachability.model import Graph, Place
from plan.reachability.paths import Step
from policies.review import StackUnderReview
from policies.types import FIREWALL_POLICY, PROFILE

ENTRIES = ("portal", "partners")
"""Purposes of places that are made for strangers."""
MANAGERS = "tag:GatewayManager"
"""Azure's own managers of an Application Gateway, which come to it from public addresses:
learn.microsoft.com/azure/application-gateway/configuration-infrastructure#network-security-groups"""
CONNECTORS = ("connector azuresentinel",)
"""Managed connectors of a workflow, which run in its own region: learn.microsoft.com/connectors/overview."""
MAIL = "mail"
"""What an alert's message goes by: names of alerts and of resources, whose outputs hold no person
(residency.outputs-carry-no-person)."""
STANDBY = "-b"
"""Ends the name of the stack that stands by (continuity.standby-is-inside judges its place)."""


@dataclass(frozen=True)
class Listed:
    """What a stack's law lets pass."""

    stack: StackUnderReview

    @property
    def _graph(self) -> Graph:
        return self.stack.graph

    def passes(self, step: Step) -> bool:
        """Whether a step that leads outside is on record."""
        target = self._graph.places[step.end]
        if target.outside is None:
            return True
        start = self._graph.places[step.start]
        if step.backwards and step.edge.kind in ("enters", "connects"):
            return self._answers(start, target)
        if target.outside == "host":
            return target.name in self.hosts or (step.edge.kind == "logs" and step.edge.what == MAIL)
        if target.outside == "region":
            return target.name in self.stack.jurisdiction.regions
        if target.outside == "tenant":
            return self.is_standby(step)
        return False

    def _answers(self, start: Place, target: Place) -> bool:
        """The portal answers its visitors, and Azure's manager of a gateway; the partners' door answers partners."""
        if start.kind != "entry" or start.purpose not in ENTRIES:
            return False
        if target.outside == "tag":
            return target.id.startswith(MANAGERS)
        return target.outside == "internet" if start.purpose == "portal" else target.outside == "tenant"

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Of the cloud's list, of approved models that are opened on the way, and of connectors."""
        cloud, regions = self.stack.jurisdiction.cloud, self.stack.jurisdiction.regions
        known = {host.fqdn.replace("{region}", region) for host in cloud.aks_egress_fqdns for region in regions}
        return frozenset({*known, cloud.resource_manager, cloud.active_directory, *CONNECTORS, *self._opened})

    @cached_property
    def _opened(self) -> frozenset[str]:
        """Hosts of rules that open TLS, where the jurisdiction allows external models at all."""
        authority = "transportSecurity.certificateAuthority.keyVaultSecretId"
        inspected = any(policy.get(authority) for policy in self.stack.of_type(FIREWALL_POLICY))
        if not inspected or not self.stack.jurisdiction.external_models:
            return frozenset()
        rules = (
            rule
            for group in self.stack.of_type("azure-native:network:FirewallPolicyRuleCollectionGroup")
            for _, rule in group.each("ruleCollections[*].rules[*]")
        )
        return frozenset(
            str(host).lower()
            for rule in rules
            if isinstance(rule, Mapping) and rule.get("terminateTLS") is True
            for host in _list(rule.get("targetFqdns"))
        )

    def is_standby(self, step: Step) -> bool:
        """Whether it leads from this stack's portal to the door of the stack that stands by for it."""
        start = self._graph.places[step.start]
        if step.edge.kind != "enters" or start.purpose != "portal" or not self.stack.of_type(PROFILE):
            return False
        doors = [
            str(origin.get("sharedPrivateLinkResource.privateLink.id"))
            for origin in self.stack.of_type("azure-native:cdn:AFDOrigin")
        ]
        there = [door for door in doors if f"/subscriptions/{self._graph.places[step.end].name}/" in door]
        ending = f"-{self.stack.plan.stack}{STANDBY}-portal"
        return bool(there) and all(door.endswith(ending) for door in there)


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
