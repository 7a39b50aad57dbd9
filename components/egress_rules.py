"""What may leave: hosts by name, from the cloud's file and from nowhere else."""

from collections.abc import Mapping, Sequence

from pulumi_azure_native import network

from components.scope import Scope

ALWAYS = ("base", "entra", "ubuntu", "policy")
"""Features that every stack has; `gpu` only where AKS installs the driver."""


def node_rules(scope: Scope, sources: Sequence[str]) -> list[network.ApplicationRuleArgs]:
    """One rule for each host that nodes must reach; none at all in a network-isolated cluster."""
    if scope.config.cluster.network_isolated:
        return []
    features = {*ALWAYS, "gpu"} if scope.config.gpu and scope.config.gpu.driver == "Install" else set(ALWAYS)
    return [
        _rule(f"{host.feature}-{index}", host.why, host.fqdn.replace("{region}", scope.region), host.port, sources)
        for index, host in enumerate(scope.jurisdiction.cloud.aks_egress_fqdns)
        if host.feature in features
    ]


def runner_rules(scope: Scope, sources: Sequence[str]) -> list[network.ApplicationRuleArgs]:
    """The runner deploys from inside: it talks to the cloud's control plane and its directory, and to nothing else."""
    cloud = scope.jurisdiction.cloud
    hosts: Mapping[str, str] = {
        cloud.resource_manager: "deployments from inside the boundary",
        cloud.active_directory: "tokens for deployments",
    }
    images = [host for host in cloud.aks_egress_fqdns if "mcr" in host.fqdn]
    return [_rule(f"runner-{index}", why, host, 443, sources) for index, (host, why) in enumerate(hosts.items())] + [
        _rule(f"runner-image-{index}", "images of the jobs' own environment", host.fqdn, host.port, sources)
        for index, host in enumerate(images)
    ]


def external_rules(scope: Scope, sources: Sequence[str]) -> list[network.ApplicationRuleArgs]:
    """Approved external models, opened on the way: what is sent to them is looked at."""
    return [
        _rule(f"external-{index}", model.why, model.host, 443, sources, opened=True)
        for index, model in enumerate(scope.config.egress.external_models)
    ]


def _rule(
    name: str, why: str, fqdn: str, port: int, sources: Sequence[str], *, opened: bool = False
) -> network.ApplicationRuleArgs:
    return network.ApplicationRuleArgs(
        rule_type="ApplicationRule",
        name=name,
        description=why,
        source_addresses=list(sources),
        target_fqdns=[fqdn],
        terminate_tls=True if opened else None,
        protocols=[network.FirewallPolicyRuleApplicationProtocolArgs(protocol_type="Https", port=port)],
    )
