"""Outputs as Azure would give them, so that references between planned resources resolve.

A mock that only echoes inputs leaves output-only fields empty, and what depends on them silently loses inputs.
Every made-up value is drawn from the URN: the same program gives the same plan, byte for byte.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from plan.arm_ids import arm_id

State = dict[str, Any]
Fill = Callable[[State, str, str], None]
"""Adds the output-only fields of one type: state, id, seed."""


PUBLIC: Mapping[str, str] = {
    "blob": "blob.core.windows.net",
    "dfs": "dfs.core.windows.net",
    "vault": "vault.azure.net",
    "managedhsm": "managedhsm.azure.net",
    "registry": "azurecr.io",
    "attestation": "attest.azure.net",
    "aks": "azmk8s.io",
}
"""DNS suffixes of Azure's public cloud, in which the fills below speak."""


class UnknownFunction(ValueError):
    """A provider function that a plan can't answer: the program must not need the cloud to be planned."""


def mock_outputs(
    token: str,
    name: str,
    inputs: Mapping[str, Any],
    *,
    urn: str,
    subscription_id: str,
    tenant_id: str,
    suffixes: Mapping[str, str] = PUBLIC,
) -> tuple[str, State]:
    """Id and state of a resource as if it had been created, in the cloud of these DNS suffixes.

    Raises plan.arm_types.UnknownType for an azure-native type that is not listed.
    """
    package = token.partition(":")[0]
    if package == "azure-native":
        identifier, state = _azure(token, name, inputs, urn, subscription_id, tenant_id)
        return identifier, state if suffixes == PUBLIC else _in_cloud(state, suffixes)
    if package == "random":
        return _random(token, inputs, urn)
    if package == "azuread":
        return _directory(token, inputs, urn)
    if package == "kubernetes":
        return _kubernetes(name, inputs, urn)
    return f"{name}-id", dict(inputs)


def mock_call(token: str, _args: Mapping[str, Any]) -> State:
    """Answer a provider function; raises UnknownFunction for one that needs a cloud."""
    if token.startswith("azure-native:containerservice:listManagedClusterUserCredentials"):
        kubeconfig = json.dumps({"apiVersion": "v1", "kind": "Config", "clusters": [], "users": [], "contexts": []})
        return {"kubeconfigs": [{"name": "planned", "value": base64.b64encode(kubeconfig.encode()).decode()}]}
    raise UnknownFunction(f"the program calls {token}, which only a cloud can answer; plan without it")


def guid(seed: str) -> str:
    """A GUID drawn from a seed."""
    return str(uuid5(NAMESPACE_URL, seed))


def _directory(token: str, inputs: Mapping[str, Any], urn: str) -> tuple[str, State]:
    """Objects of the directory are known by a GUID; an application by that of its kind too, the client id."""
    identifier = guid(urn)
    state = {**inputs, "objectId": identifier}
    if token == "azuread:index/application:Application":
        return f"/applications/{identifier}", {**state, "clientId": guid(f"{urn}#client")}
    if token == "azuread:index/servicePrincipal:ServicePrincipal":
        return f"/servicePrincipals/{identifier}", state
    return identifier, state


def _azure(
    token: str, name: str, inputs: Mapping[str, Any], urn: str, subscription_id: str, tenant_id: str
) -> tuple[str, State]:
    identifier = arm_id(token, inputs, subscription_id=subscription_id)
    if identifier is None:
        raise ValueError(f"{token} '{name}': one of its names is missing, so Azure would invent one; name it")
    state: State = {**inputs, "id": identifier, "name": identifier.rpartition("/")[2], "azureApiVersion": ""}
    if "identity" in inputs:
        _identity(state, urn, tenant_id)
    fill = _FILLS.get(token.removeprefix("azure-native:"))
    if fill is not None:
        fill(state, identifier, urn)
    return identifier, state


def _in_cloud(value: Any, suffixes: Mapping[str, str]) -> Any:  # noqa: ANN401 JSON of any shape
    """The same in another cloud: its names end in other suffixes."""
    if isinstance(value, str):
        for service, public in PUBLIC.items():
            if public in value and service in suffixes:
                return value.replace(public, suffixes[service])
        return value
    if isinstance(value, Mapping):
        return {key: _in_cloud(inner, suffixes) for key, inner in value.items()}
    return [_in_cloud(inner, suffixes) for inner in value] if isinstance(value, list) else value


def _identity(state: State, urn: str, tenant_id: str) -> None:
    identity = dict(state["identity"])
    if "system" in str(identity.get("type", "")).lower():
        identity |= {"principalId": guid(f"{urn}#system"), "tenantId": tenant_id}
    assigned = identity.get("userAssignedIdentities")
    if isinstance(assigned, list):
        identity["userAssignedIdentities"] = {
            item: {"principalId": guid(f"{item}#principal"), "clientId": guid(f"{item}#client")} for item in assigned
        }
    state["identity"] = identity


def _user_identity(state: State, identifier: str, _urn: str) -> None:
    state |= {"principalId": guid(f"{identifier}#principal"), "clientId": guid(f"{identifier}#client")}
    state["tenantId"] = guid("tenant")


def _vnet(state: State, identifier: str, _urn: str) -> None:
    state["subnets"] = [
        {**subnet, "id": f"{identifier}/subnets/{subnet['name']}"} for subnet in state.get("subnets", [])
    ]


def _firewall(state: State, identifier: str, urn: str) -> None:
    # Azure gives a firewall the first free address of its subnet; the subnet's range is not in its inputs.
    state["ipConfigurations"] = [
        {**item, "privateIPAddress": _address(urn), "id": f"{identifier}/azureFirewallIpConfigurations/{item['name']}"}
        for item in state.get("ipConfigurations", [])
    ]


def _public_ip(state: State, _identifier: str, urn: str) -> None:
    state["ipAddress"] = str(IPv4Network("203.0.113.0/24")[_number(urn) % 254 + 1])


def _interface(state: State, identifier: str, urn: str) -> None:
    state["ipConfigurations"] = [
        {**item, "privateIPAddress": _address(urn), "id": f"{identifier}/ipConfigurations/{item['name']}"}
        for item in state.get("ipConfigurations", [])
    ]


def _vault(state: State, identifier: str, _urn: str) -> None:
    name = identifier.rpartition("/")[2]
    state["properties"] = {**state["properties"], "vaultUri": f"https://{name}.vault.azure.net/"}


def _key(state: State, identifier: str, urn: str) -> None:
    parts = identifier.split("/")
    uri = f"https://{parts[-3]}.vault.azure.net/keys/{parts[-1]}"
    state |= {"keyUri": uri, "keyUriWithVersion": f"{uri}/{guid(urn).replace('-', '')}"}


def _hsm(state: State, identifier: str, _urn: str) -> None:
    name = identifier.rpartition("/")[2]
    state["properties"] = {**state.get("properties", {}), "hsmUri": f"https://{name}.managedhsm.azure.net/"}


def _storage(state: State, identifier: str, _urn: str) -> None:
    name = identifier.rpartition("/")[2]
    state["primaryEndpoints"] = {
        service: f"https://{name}.{service}.core.windows.net/" for service in ("blob", "dfs", "file", "queue", "table")
    }


def _object_replication(state: State, identifier: str, urn: str) -> None:
    # The receiving account gives policy and rules their ids; the sending one has to name the same.
    state["policyId"] = guid(f"{identifier}#policy")
    state["rules"] = [
        {**rule, "ruleId": rule.get("ruleId", guid(f"{urn}#{index}"))}
        for index, rule in enumerate(state.get("rules", []))
    ]


def _registry(state: State, identifier: str, _urn: str) -> None:
    state["loginServer"] = f"{identifier.rpartition('/')[2]}.azurecr.io"


def _workspace(state: State, identifier: str, _urn: str) -> None:
    state["customerId"] = guid(f"{identifier}#customer")


def _numbers(state: State, identifier: str, urn: str) -> None:
    host = f"{identifier.rpartition('/')[2]}-{guid(urn)[:4]}.{state.get('location', 'region')}"
    state["metrics"] = {"prometheusQueryEndpoint": f"https://{host}.prometheus.monitor.azure.com"}


def _cluster(state: State, _identifier: str, urn: str) -> None:
    location = state.get("location", "region")
    state |= {
        "oidcIssuerProfile": {"enabled": True, "issuerURL": f"https://{location}.oic.prod-aks.azure.com/{guid(urn)}/"},
        "privateFQDN": f"{state.get('dnsPrefix', 'aks')}.private.{location}.azmk8s.io",
        "currentKubernetesVersion": f"{state.get('kubernetesVersion', '1')}.0",
    }


def _attestation(state: State, identifier: str, _urn: str) -> None:
    name = identifier.rpartition("/")[2]
    state["attestUri"] = f"https://{name}.{state.get('location')}.attest.azure.net"


def _endpoint(state: State, identifier: str, urn: str) -> None:
    state["hostName"] = (
        f"{identifier.rpartition('/')[2]}-{hashlib.sha256(urn.encode()).hexdigest()[:10]}.z01.azurefd.net"
    )


def _profile(state: State, identifier: str, _urn: str) -> None:
    state["frontDoorId"] = guid(f"{identifier}#front-door")


def _custom_domain(state: State, _identifier: str, urn: str) -> None:
    state["validationProperties"] = {"validationToken": hashlib.sha256(urn.encode()).hexdigest()[:32]}


_FILLS: Mapping[str, Fill] = {
    "managedidentity:UserAssignedIdentity": _user_identity,
    "network:VirtualNetwork": _vnet,
    "network:AzureFirewall": _firewall,
    "network:PublicIPAddress": _public_ip,
    "network:NetworkInterface": _interface,
    "keyvault:Vault": _vault,
    "keyvault:Key": _key,
    "keyvault:ManagedHsm": _hsm,
    "storage:ObjectReplicationPolicy": _object_replication,
    "storage:StorageAccount": _storage,
    "containerregistry:Registry": _registry,
    "operationalinsights:Workspace": _workspace,
    "monitor:AzureMonitorWorkspace": _numbers,
    "containerservice:ManagedCluster": _cluster,
    "attestation:AttestationProvider": _attestation,
    "cdn:AFDEndpoint": _endpoint,
    "cdn:Profile": _profile,
    "cdn:AFDCustomDomain": _custom_domain,
}


def _number(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big")


def _address(seed: str) -> str:
    return str(IPv4Network("10.0.0.0/8")[_number(seed) % (2**24 - 2) + 1])


def _random(token: str, inputs: Mapping[str, Any], urn: str) -> tuple[str, State]:
    if token == "random:index/randomUuid:RandomUuid":
        value = guid(urn)
        return value, {**inputs, "result": value}
    digits = base64.b32encode(hashlib.sha256(urn.encode()).digest()).decode().lower().rstrip("=")
    value = digits[: int(inputs.get("length", 8))]
    return value, {**inputs, "result": value, "hex": value, "id": value}


def _kubernetes(name: str, inputs: Mapping[str, Any], urn: str) -> tuple[str, State]:
    metadata = dict(inputs.get("metadata") or {})
    metadata.setdefault("name", name)
    namespace = metadata.get("namespace")
    identifier = f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])
    return identifier, {**inputs, "metadata": {**metadata, "uid": guid(urn)}}
