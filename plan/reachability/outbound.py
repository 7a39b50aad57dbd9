"""Services that reach out by themselves: workflows, machine learning, dashboards, registries, clusters told by Git."""

import re
from collections.abc import Iterator, Mapping

from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from plan.reachability import clusters
from plan.reachability.model import Edge
from plan.reachability.outside import INTERNET, host, host_of
from plan.reachability.reading import given, mapping, parents, rows, strings, text
from plan.reachability.sites import Sites, edge

WORKFLOW = "azure-native:logic:Workflow"
LEARNING = "azure-native:machinelearningservices:Workspace"
GRAFANA = "azure-native:dashboard:Grafana"
REGISTRY = "azure-native:containerregistry:Registry"
STORAGE = "azure-native:storage:StorageAccount"
_URL = re.compile(r"https?://([A-Za-z0-9.-]+)")


def outbound_edges(sites: Sites) -> Iterator[Edge]:
    """From the service to whatever it calls."""
    yield from _workflows(sites)
    yield from _learning(sites)
    yield from _dashboards(sites)
    yield from _registries(sites)
    yield from _delivery(sites)


def _workflows(sites: Sites) -> Iterator[Edge]:
    """Logic Apps of the shared service: calls by address, connectors, and who may start them.

    learn.microsoft.com/azure/logic-apps/logic-apps-securing-a-logic-app
    """
    for workflow in sites.plan.of_type(WORKFLOW):
        here = sites.of(workflow)
        if here is None:
            continue
        definition = workflow.get("definition")
        if definition is UNKNOWN:
            yield edge(here, INTERNET, "connects", f"{workflow.label}: its definition is not known yet", workflow)
        for name, step in _steps(mapping(definition)):
            inputs = mapping(step.get("inputs"))
            url = inputs.get("uri")
            if str(step.get("type")).lower().startswith("http") and given(url):
                match = _URL.match(url) if isinstance(url, str) else None
                target = host(match[1].rstrip(".")) if match else INTERNET
                yield edge(here, target, "connects", f"step '{name}' of {workflow.label}", workflow, "https")
        for reference in sorted(set(_connectors(workflow))):
            target = host(f"connector {reference}")
            yield edge(here, target, "connects", f"{workflow.label} uses connector {reference}", workflow, "https")
        for name, trigger in mapping(mapping(definition).get("triggers")).items():
            if str(mapping(trigger).get("type")).lower() == "request" and _anybody(workflow, "triggers"):
                yield edge(INTERNET, here, "enters", f"trigger '{name}' of {workflow.label}", workflow, "https")


def _steps(holder: Mapping[str, Value]) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """Actions, however deep they are nested."""
    for key, inner in holder.items():
        if key == "actions":
            for name, action in mapping(inner).items():
                yield name, mapping(action)
        if isinstance(inner, Mapping):
            yield from _steps(inner)
        elif isinstance(inner, list | tuple):
            for row in rows(inner):
                yield from _steps(row)


def _connectors(workflow: PlannedResource) -> Iterator[str]:
    """Names of managed connectors among a workflow's parameters: `…/managedApis/azuresentinel`."""
    for value in strings(workflow.get("parameters")):
        if "/managedapis/" in value.lower():
            yield value.rpartition("/")[2]


def _anybody(workflow: PlannedResource, part: str) -> bool:
    """Whether no range of callers is named; an address that nobody has closes the door."""
    allowed = workflow.get(f"accessControl.{part}.allowedCallerIpAddresses")
    ranges = [str(row.get("addressRange")) for row in rows(allowed)]
    return allowed in (MISSING, UNKNOWN) or any(item.endswith("/0") for item in ranges)


def _learning(sites: Sites) -> Iterator[Edge]:
    """Machine learning: stores that it uses, and the managed network in which its compute stands.

    Without isolation, or with `AllowInternetOutbound`, it reaches everything:
    learn.microsoft.com/azure/machine-learning/how-to-managed-network
    """
    for workspace in sites.plan.of_type(LEARNING):
        here = sites.of(workspace)
        if here is None:
            continue
        for key in ("storageAccount", "keyVault", "containerRegistry"):
            for store in sites.meant(workspace, key):
                yield edge(store, here, "reads", f"{key} of {workspace.label}", workspace, "reads")
                yield edge(here, store, "reads", f"{key} of {workspace.label}", workspace, "writes")
        mode = workspace.get("managedNetwork.isolationMode")
        if mode != "AllowOnlyApprovedOutbound":
            shown = "not set" if mode is MISSING else "not known yet" if mode is UNKNOWN else str(mode)
            why = f"{workspace.label}: isolation of its network is {shown}"
            yield edge(here, INTERNET, "connects", why, workspace)
            continue
        for name, rule in mapping(workspace.get("managedNetwork.outboundRules")).items():
            yield from _allowed(sites, workspace, here, name, mapping(rule))


def _allowed(
    sites: Sites, workspace: PlannedResource, here: str, name: str, rule: Mapping[str, Value]
) -> Iterator[Edge]:
    destination = rule.get("destination")
    kind, why = str(rule.get("type")).lower(), f"outbound rule '{name}' of {workspace.label}"
    if kind == "fqdn":
        yield edge(here, host(str(destination)), "connects", why, workspace)
    elif kind == "servicetag":
        tag = text(mapping(destination).get("serviceTag")) or "Internet"
        yield edge(here, f"tag:{tag}", "connects", why, workspace)
    elif kind == "privateendpoint":
        path = f"managedNetwork.outboundRules.{name}.destination.serviceResourceId"
        for target in sites.meant(workspace, path):
            yield edge(here, target, "connects", why, workspace)
    else:
        yield edge(here, INTERNET, "connects", why, workspace)


def _dashboards(sites: Sites) -> Iterator[Edge]:
    """What Grafana reads, and where it may publish."""
    path = "properties.grafanaIntegrations.azureMonitorWorkspaceIntegrations[*].azureMonitorWorkspaceResourceId"
    for grafana in sites.plan.of_type(GRAFANA):
        here = sites.of(grafana)
        for store in sites.meant(grafana, path) if here is not None else ():
            yield edge(store, here or "", "reads", f"{grafana.label} is integrated with it", grafana)
        # Snapshots go to a public server where that is not switched off; unverified that absent is off.
        if here is not None and given(grafana.get("properties.grafanaConfigurations.snapshots.externalEnabled")):
            yield edge(here, host("snapshots.raintank.io"), "connects", f"{grafana.label} publishes snapshots", grafana)
        mail = grafana.get("properties.grafanaConfigurations.smtp")
        if here is not None and given(mapping(mail).get("enabled")):
            name = str(mapping(mail).get("host") or "unknown").partition(":")[0]
            yield edge(here, host(name), "connects", f"{grafana.label} sends mail", grafana)


def _registries(sites: Sites) -> Iterator[Edge]:
    """Cache rules fetch from outside, with the registry's own hands; webhooks tell what was pushed."""
    for token, key in (("CacheRule", "sourceRepository"), ("Webhook", "serviceUri")):
        for item in sites.plan.of_type(f"azure-native:containerregistry:{token}"):
            for registry in parents(sites.plan, item, "registryName", REGISTRY):
                here, value = sites.of(registry), item.get(key)
                target = host_of(value) if isinstance(value, str) else INTERNET
                if here is not None:
                    yield edge(here, target, "connects", f"{item.label} of {registry.label}", item, "https")


def _delivery(sites: Sites) -> Iterator[Edge]:
    """What a cluster is told to run, and from where it fetches that."""
    for item in sites.plan.of_type("azure-native:kubernetesconfiguration:FluxConfiguration"):
        name = item.get("clusterName")
        here = sites.named(clusters.CLUSTER, name) or sites.named("azure-native:kubernetes:ConnectedCluster", name)
        for key in ("azureBlob", "gitRepository", "bucket", "ociRepository"):
            if here is None or not given(item.get(key)):
                continue
            url = item.get(f"{key}.url")
            drawn = sites.one_origin(item, key, STORAGE) if url is UNKNOWN and key == "azureBlob" else None
            target = drawn or INTERNET
            if isinstance(url, str):
                account = url.split("://")[-1].partition(".")[0] if key == "azureBlob" else None
                target = sites.named(STORAGE, account) or host_of(url)
            if target in sites.places:
                yield edge(target, here, "reads", f"{item.label} is fetched from there", item, "reads")
            else:
                yield edge(here, target, "connects", f"{item.label} is fetched from there", item)
