"""What Azure sends by itself: diagnostic settings, flow logs, collection rules, agents, exports and alerts."""

from collections.abc import Iterator, Mapping

from plan.model import UNKNOWN, PlannedResource, Value
from plan.reachability import clusters
from plan.reachability.model import Edge
from plan.reachability.outside import UNKNOWN_TENANT, host, host_of, tenant
from plan.reachability.places import DIRECTORY, SETTINGS
from plan.reachability.reading import given, mapping, name_of, parents, rows, targets, text, texts
from plan.reachability.sites import Sites, edge

DESTINATIONS: Mapping[str, str] = {
    "workspaceId": "workspace",
    "storageAccountId": "storage account",
    "eventHubAuthorizationRuleId": "event hub",
    "serviceBusRuleId": "service bus",
}
POLICY = "azure-native:network:FirewallPolicy"
RULE = "azure-native:monitor:DataCollectionRule"
ENDPOINT = "azure-native:monitor:DataCollectionEndpoint"
STORAGE = "azure-native:storage:StorageAccount"
WORKSPACE = "azure-native:operationalinsights:Workspace"
ENVIRONMENT = "azure-native:app:ManagedEnvironment"


def log_edges(sites: Sites) -> Iterator[Edge]:
    """From whatever tells to whatever is told."""
    yield from _settings(sites)
    yield from _flow_logs(sites)
    yield from _collections(sites)
    yield from _agents(sites)
    yield from _exports(sites)
    yield from _alerts(sites)
    yield from _events(sites)


def _settings(sites: Sites) -> Iterator[Edge]:
    """Diagnostic settings: the service does not stop one that leads to another country or tenant."""
    for setting in sites.plan.of_type(*SETTINGS, "azure-native:aadiam:DiagnosticSetting"):
        if setting.type.startswith("azure-native:aadiam:"):
            sources: tuple[str, ...] = (DIRECTORY,)
        else:
            sources = sites.meant(setting, "resourceUri") or _of_subscription(sites, setting)
        what = _categories(setting)
        for key, kind in DESTINATIONS.items():
            for target in sites.meant(setting, key):
                for source in sources:
                    why = f"diagnostic setting '{name_of(setting)}' to a {kind}"
                    yield edge(source, target, "logs", why, setting, what)
        partner = setting.get("marketplacePartnerId")
        if given(partner):
            name = str(partner).rpartition("/")[2] if isinstance(partner, str) else "unknown"
            for source in sources:
                why = f"diagnostic setting '{name_of(setting)}' to a marketplace partner"
                yield edge(source, f"tenant:partner {name}", "logs", why, setting, what)


def _of_subscription(sites: Sites, setting: PlannedResource) -> tuple[str, ...]:
    parts = setting.id.split("/") if isinstance(setting.id, str) else []
    here = sites.at("/".join(parts[:3])) if len(parts) > 2 else None
    return (here or UNKNOWN_TENANT,)


def _categories(setting: PlannedResource) -> str:
    found = [
        text(row.get("categoryGroup")) or text(row.get("category")) or "?"
        for key in ("logs", "metrics")
        for row in rows(setting.get(key))
        if row.get("enabled") is not False
    ]
    return f"category {', '.join(dict.fromkeys(found))}" if found else ""


def _flow_logs(sites: Sites) -> Iterator[Edge]:
    inner = "flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration"
    for log in sites.plan.of_type("azure-native:network:FlowLog"):
        paths = ["storageId"]
        if given(log.get(f"{inner}.enabled")):
            paths.append(f"{inner}.workspaceResourceId")
        for source in sites.meant(log, "targetResourceId"):
            for path in paths:
                for target in sites.meant(log, path):
                    yield edge(source, target, "logs", f"{log.label}", log, "addresses and ports of flows")
    for wall in sites.plan.of_type("azure-native:network:AzureFirewall"):
        here = sites.of(wall)
        for policy in targets(sites.plan, wall, "firewallPolicy.id", POLICY) if here is not None else ():
            for path in ("defaultWorkspaceId.id", "workspaces[*].workspaceId.id"):
                for target in sites.meant(policy, f"insights.logAnalyticsResources.{path}"):
                    yield edge(here or "", target, "logs", f"insights of {policy.label}", policy)


def _collections(sites: Sites) -> Iterator[Edge]:
    """Collection rules: what is associated with one sends to wherever it leads."""
    for rule in sites.plan.of_type(RULE):
        here = sites.of(rule)
        if here is None:
            continue
        for path in _destinations(rule):
            for target in sites.meant(rule, path):
                if target != here:
                    yield edge(here, target, "logs", f"{rule.label} leads there", rule, _streams(rule))
    for item in sites.plan.of_type("azure-native:monitor:DataCollectionRuleAssociation"):
        for source in sites.meant(item, "resourceUri"):
            for path, kind in (("dataCollectionRuleId", "logs"), ("dataCollectionEndpointId", "connects")):
                for target in sites.meant(item, path):
                    why = f"association '{name_of(item)}'"
                    yield edge(source, target, "logs" if kind == "logs" else "connects", why, item)


def _streams(rule: PlannedResource) -> str:
    return ", ".join(sorted({name for row in rows(rule.get("dataFlows")) for name in texts(row.get("streams"))}))


def _destinations(rule: PlannedResource) -> Iterator[str]:
    """Paths of the ids in `destinations`, whatever kinds there are."""
    for kind, listed in mapping(rule.get("destinations")).items():
        if kind == "azureMonitorMetrics":
            continue
        for index, row in enumerate(rows(listed)):
            for key in row:
                if key.lower().endswith("resourceid"):
                    yield f"destinations.{kind}.{index}.{key}"
    if rule.get("destinations") is UNKNOWN:
        yield "destinations"


def _agents(sites: Sites) -> Iterator[Edge]:
    """Agents of a cluster and of its extensions, and logs of an environment of container apps."""
    paths = (
        "addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID",
        "securityProfile.defender.logAnalyticsWorkspaceResourceId",
    )
    pools = clusters.pools(sites.plan)
    for cluster in sites.plan.of_type(clusters.CLUSTER):
        here = sites.of(cluster)
        tellers = [here, *(pool.id for pool in pools if pool.cluster is cluster)]
        for path in paths:
            addon = path.partition(".config")[0]
            for target in sites.meant(cluster, path) if cluster.get(f"{addon}.enabled") is not False else ():
                for source in tellers:
                    if source is not None:
                        yield edge(source, target, "logs", f"{addon} of {cluster.label}", cluster)
    for extension in sites.plan.of_type("azure-native:kubernetesconfiguration:Extension"):
        yield from _extension(sites, extension)
    for environment in sites.plan.of_type(ENVIRONMENT):
        kind, here = environment.get("appLogsConfiguration.destination"), sites.of(environment)
        if here is not None and kind == "log-analytics":
            customer = environment.get("appLogsConfiguration.logAnalyticsConfiguration.customerId")
            known = [item for item in sites.plan.of_type(WORKSPACE) if item.outputs.get("customerId") == customer]
            workspace = sites.of(known[0]) if known else None
            yield edge(here, workspace or UNKNOWN_TENANT, "logs", f"logs of {environment.label}", environment)


def _extension(sites: Sites, extension: PlannedResource) -> Iterator[Edge]:
    kind = str(extension.get("extensionType")).lower()
    name = extension.get("clusterName")
    here = sites.named(clusters.CLUSTER, name) or sites.named("azure-native:kubernetes:ConnectedCluster", name)
    if here is None:
        return
    for key, value in mapping(extension.get("configurationSettings")).items():
        if key.lower().endswith("workspaceresourceid") and isinstance(value, str):
            yield edge(here, sites.at(value) or tenant(value), "logs", f"extension {kind}", extension)
        elif kind == "microsoft.dataprotection.kubernetes" and key.endswith(".storageAccount"):
            drawn = sites.one_origin(extension, "configurationSettings", STORAGE) if value is UNKNOWN else None
            account = drawn or sites.named(STORAGE, value)
            yield edge(here, account or UNKNOWN_TENANT, "copies", f"extension {kind} keeps backups there", extension)


def _exports(sites: Sites) -> Iterator[Edge]:
    """Tables of a workspace that are exported as they arrive."""
    for export in sites.plan.of_type("azure-native:operationalinsights:DataExport"):
        if export.get("enable") is False:
            continue
        for workspace in parents(sites.plan, export, "workspaceName", WORKSPACE):
            here = sites.of(workspace)
            for target in sites.meant(export, "resourceId") if here is not None else ():
                what = ", ".join(texts(export.get("tableNames")))
                yield edge(here or "", target, "logs", f"{export.label} of {workspace.label}", export, what)


def _alerts(sites: Sites) -> Iterator[Edge]:
    """Action groups write to people and call hooks: hosts outside, whatever the alert says."""
    for group in sites.plan.of_type("azure-native:monitor:ActionGroup"):
        here = sites.of(group)
        if here is None:
            continue
        for row in rows(group.get("emailReceivers")):
            address = text(row.get("emailAddress"))
            name = address.rpartition("@")[2] if address else "unknown"
            yield edge(here, host(name), "logs", f"{group.label} writes to {name}", group, "mail")
        for key in ("webhookReceivers", "azureFunctionReceivers", "logicAppReceivers"):
            for row in rows(group.get(key)):
                url = row.get("serviceUri") or row.get("httpTriggerUrl") or row.get("callbackUrl")
                target = host_of(url) if isinstance(url, str) else host("unknown")
                yield edge(here, target, "logs", f"{group.label} calls {row.get('name')}", group, "webhook")
        for key in ("smsReceivers", "voiceReceivers", "armRoleReceivers", "azureAppPushReceivers", "itsmReceivers"):
            if given(group.get(key)):
                yield edge(here, host(f"receivers by {key}"), "logs", f"{group.label} has {key}", group)
        for row in rows(group.get("eventHubReceivers")):
            why = f"{group.label} sends events to {row.get('eventHubNameSpace')}"
            hub = sites.named("azure-native:eventhub:Namespace", row.get("eventHubNameSpace"))
            yield edge(here, hub or tenant(text(row.get("subscriptionId")) or "unknown"), "logs", why, group)


def _events(sites: Sites) -> Iterator[Edge]:
    """Event Grid: what happened to a resource, to wherever the subscription leads."""
    for item in sites.plan.of_type(
        "azure-native:eventgrid:EventSubscription", "azure-native:eventgrid:SystemTopicEventSubscription"
    ):
        topic = sites.named("azure-native:eventgrid:SystemTopic", item.get("systemTopicName"))
        sources = (topic,) if topic else sites.meant(item, "scope")
        for source in sources:
            for key in ("destination", "deadLetterDestination"):
                value = item.get(key)
                if given(value):
                    for target in _event_target(sites, item, key, value):
                        yield edge(source, target, "copies", f"{item.label} sends events there", item)
    for topic_resource in sites.plan.of_type("azure-native:eventgrid:SystemTopic"):
        here = sites.of(topic_resource)
        for source in sites.meant(topic_resource, "source") if here is not None else ():
            yield edge(source, here or "", "copies", f"{topic_resource.label} takes its events", topic_resource)


def _event_target(sites: Sites, item: PlannedResource, key: str, value: Value) -> tuple[str, ...]:
    url = mapping(value).get("endpointUrl")
    if isinstance(url, str):
        return (host_of(url),)
    return sites.meant(item, f"{key}.resourceId") or (UNKNOWN_TENANT,)
