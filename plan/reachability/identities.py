"""Who is behind a principal: places with a managed identity, and pods whose service account is federated with one."""

from collections.abc import Iterator

from plan.model import UNKNOWN, PlannedResource
from plan.reachability import clusters
from plan.reachability.outside import host_of
from plan.reachability.reading import components_of, mapping, parents, place_id, text, texts
from plan.reachability.sites import Sites

IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
ARC = "azure-native:kubernetes:ConnectedCluster"
PEOPLE = ("azuread:",)
"""Groups and people: they are no place, and what they may do is judged elsewhere."""


class Identities:
    """Places by principal, found once."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._identities = {str(item.outputs.get("principalId")): item for item in sites.plan.of_type(IDENTITY)}
        self._bearers: dict[str, dict[str, None]] = {}
        self._principals: dict[str, dict[str, None]] = {}
        self._read_bearers()
        self._read_credentials()

    def of_principal(self, assignment: PlannedResource) -> tuple[str, ...]:
        """Places that an assignment's principal acts for."""
        value = assignment.get("principalId")
        if isinstance(value, str) and value in self._principals:
            return tuple(self._principals[value])
        identity = self._identities.get(value) if isinstance(value, str) else None
        if identity is not None:
            return tuple(self._bearers.get(identity.urn, ()))
        found: dict[str, None] = {}
        for item in self._origins(assignment):
            here = self._sites.exactly(item)
            found |= self._bearers.get(item.urn, {}) if item.type == IDENTITY else {here: None} if here else {}
        return tuple(found)

    def is_known(self, assignment: PlannedResource) -> bool:
        """Whether the principal is planned, or a group of people."""
        value = assignment.get("principalId")
        if isinstance(value, str) and (value in self._principals or value in self._identities):
            return True
        return bool(self._origins(assignment)) or assignment.get("principalType") in ("User", "Group")

    def _origins(self, assignment: PlannedResource) -> tuple[PlannedResource, ...]:
        urns = assignment.property_dependencies.get("principalId", ())
        return tuple(item for urn in urns if (item := self._sites.plan.by_urn(urn)) is not None)

    def _read_bearers(self) -> None:
        """Resources that have an identity, and nodes, which have their cluster's kubelet identity."""
        for resource in self._sites.plan.of_type("azure-native:*"):
            identity = mapping(resource.inputs.get("identity"))
            here = self._sites.exactly(resource) if identity else None
            if here is None:
                continue
            assigned = identity.get("userAssignedIdentities")
            listed = texts(assigned) or tuple(key for key in mapping(assigned) if isinstance(key, str))
            for identifier in listed:
                self._bear(identifier, here)
            if assigned is UNKNOWN or UNKNOWN in (assigned if isinstance(assigned, list | tuple) else ()):
                for urn in resource.property_dependencies.get("identity", ()):
                    self._bearers.setdefault(urn, {})[here] = None
            principal = text(mapping(resource.outputs.get("identity")).get("principalId"))
            if principal:
                self._principals.setdefault(principal, {})[here] = None
        for pool in clusters.pools(self._sites.plan):
            kubelet = pool.cluster.get("identityProfile.kubeletidentity.resourceId") if pool.cluster else None
            if isinstance(kubelet, str):
                self._bear(kubelet, pool.id)

    def _bear(self, identifier: str, place: str) -> None:
        found = self._sites.plan.by_id(identifier)
        if found is not None:
            self._bearers.setdefault(found.urn, {})[place] = None

    def _read_credentials(self) -> None:
        for credential in self._sites.plan.of_type(CREDENTIAL):
            for identity in parents(self._sites.plan, credential, "resourceName", IDENTITY):
                for place in self._federated(credential):
                    self._bearers.setdefault(identity.urn, {})[place] = None

    def _federated(self, credential: PlannedResource) -> Iterator[str]:
        """Pods of a service account; the cluster at the edge whose accounts the issuer speaks for; else the issuer."""
        subject = credential.get("subject")
        parts = subject.split(":") if isinstance(subject, str) else []
        if len(parts) == 4 and parts[1] == "serviceaccount":
            pods = [
                item.id
                for item in clusters.workloads(self._sites.plan)
                if item.namespace in (None, parts[2])
                and str(item.spec.get("serviceAccountName", "default")) == parts[3]
            ]
            arc = self._sites.plan.of_type(ARC)
            # An issuer of Arc speaks for the cluster that the same component made.
            near = [item for item in arc if components_of(item) == components_of(credential)]
            edges = [place_id(item) for item in near or arc]
            of_edge = "arc" in str(credential.get("issuer")).lower() or not pods
            yield from edges if of_edge and edges else pods
            if pods or edges:
                return
        issuer = credential.get("issuer")
        if isinstance(issuer, str) and parts[:1] != ["system"]:
            yield host_of(issuer)
