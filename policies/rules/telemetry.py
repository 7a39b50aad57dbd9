"""What workloads tell of themselves: it arrives, by private ways, and holds nothing that a patient said."""

import tomllib
from collections.abc import Iterable, Mapping

from plan.model import UNKNOWN, PlannedResource
from policies.require import items, require, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import CLUSTER, WORKSPACE
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

ENDPOINT = "azure-native:monitor:DataCollectionEndpoint"
COLLECTION = "azure-native:monitor:DataCollectionRule"
ASSOCIATION = "azure-native:monitor:DataCollectionRuleAssociation"
SCOPED = "azure-native:monitor:PrivateLinkScopedResource"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
AGENT_SETTINGS = "container-azm-ms-agentconfig"
NAMESPACE = "kubernetes:core/v1:Namespace"
ACCOUNT = "azure-native:monitor:AzureMonitorWorkspace"
GRAFANA = "azure-native:dashboard:Grafana"
RULE_GROUP = "azure-native:alertsmanagement:PrometheusRuleGroup"
ACTIONS = "azure-native:monitor:ActionGroup"
LOGS, NUMBERS = "Microsoft-ContainerLogV2", "Microsoft-PrometheusMetrics"


@stack_rule(
    "telemetry.container-logs-arrive",
    title="What containers print reaches the workspace that is watched",
    severity=Severity.MEDIUM,
    applies_to=(CLUSTER, COLLECTION, ASSOCIATION),
    fix="plan ContainerLogs for the cluster, as components/platform.py does",
    example="a cluster without a collection rule for Microsoft-ContainerLogV2",
)
def container_logs_arrive(stack: StackUnderReview) -> Iterable[Judged]:
    """The gateway's refusals are seen in its logs alone: a table that nothing fills alarms nobody."""
    clusters = stack.of_type(CLUSTER)
    collecting_from = _collections(stack)
    for cluster in clusters:
        rules = collecting_from.get(cluster.urn, [])
        collecting = [found for found in rules if LOGS in _streams(found)]
        if not collecting:
            yield cluster, refused(f"no collection rule with {LOGS} is associated with it")
            continue
        agent = "addonProfiles.omsagent"
        yield (
            cluster,
            all_of(
                [
                    require(cluster, f"{agent}.enabled", equals=True),
                    # Without it the agent would ask for the workspace's key, which is switched off.
                    require(cluster, f"{agent}.config.useAADAuth", equals="true"),
                    *(
                        stack.require_target(found, "destinations.logAnalytics[*].workspaceResourceId", WORKSPACE)
                        for found in collecting
                    ),
                ]
            ),
        )
    if not clusters:
        yield from absent(stack, "no cluster is planned, whose logs would be collected")


def _collections(stack: StackUnderReview) -> dict[str, list[PlannedResource]]:
    """Collection rules by the URN of what they are associated with."""
    associated = stack.referring(ASSOCIATION, "resourceUri")
    return {
        urn: [rule_ for item in found for rule_ in stack.targets(item, "dataCollectionRuleId")]
        for urn, found in associated.items()
    }


def _streams(collection: PlannedResource) -> list[str]:
    return [name for _, streams in collection.each("dataFlows[*].streams") for name in texts(streams)]


@stack_rule(
    "telemetry.collected-privately",
    title="Logs and metrics are collected by private endpoints",
    severity=Severity.HIGH,
    applies_to=ENDPOINT,
    fix="set networkAcls.publicNetworkAccess to Disabled, and join the endpoint to the private link scope",
    example="a data collection endpoint with publicNetworkAccess Enabled",
)
def collected_privately(stack: StackUnderReview) -> Iterable[Judged]:
    """An open endpoint takes what anybody with a token sends, and can be reached with what somebody carries out."""
    scoped = stack.referring(SCOPED, "linkedResourceId")

    def check(endpoint: PlannedResource) -> Verdict:
        private = require(endpoint, "networkAcls.publicNetworkAccess", equals="Disabled")
        if endpoint.urn in scoped:
            return private
        return all_of([private, refused("it lies in no private link scope, so nothing here reaches it")])

    return judged(stack.of_type(ENDPOINT), check)


@stack_rule(
    "telemetry.model-output-stays-unread",
    title="No agent reads what the models print",
    severity=Severity.HIGH,
    applies_to=(CONFIG_MAP, NAMESPACE),
    fix="name the namespace in `unread` of ContainerLogs",
    example="an agent's configuration that leaves an inference namespace in",
)
def model_output_unread(stack: StackUnderReview) -> Iterable[Judged]:
    """A model server that is set to debug prints prompts, and a prompt holds what a patient said."""
    names = {
        str(found.get("metadata.name"))
        for found in stack.of_type(NAMESPACE)
        if _label(found, "app.kubernetes.io/component") == "inference"
    }
    settings = [found for found in stack.of_type(CONFIG_MAP) if found.get("metadata.name") == AGENT_SETTINGS]
    if not settings:
        yield from absent(stack, f"no '{AGENT_SETTINGS}' tells the agent what not to read")
    for found in settings:
        data = found.get("data")
        text = data.get("log-data-collection-settings") if isinstance(data, Mapping) else data
        yield found, _unread(text, names)


def _unread(text: object, namespaces: set[str]) -> Verdict:
    if text is UNKNOWN:
        return not_evaluated("the settings are known only after deployment")
    try:
        settings = tomllib.loads(str(text))["log_collection_settings"]
        left = {stream: set(settings[stream]["exclude_namespaces"]) for stream in ("stdout", "stderr")}
        variables = settings["env_var"]["enabled"]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        return refused(f"log-data-collection-settings can't be read ({type(error).__name__}: {error})")
    read = [f"{stream} of {name}" for stream, out in left.items() for name in sorted(namespaces - out)]
    if variables is not False:
        read.append("environment variables")
    return refused(f"the agent reads {', '.join(read)}") if read else PASSED


def _label(resource: PlannedResource, key: str) -> object:
    labels = resource.get("metadata.labels")
    return labels.get(key) if isinstance(labels, Mapping) else None


@stack_rule(
    "telemetry.numbers-are-collected",
    title="The cluster's numbers are collected, by private ways",
    severity=Severity.MEDIUM,
    applies_to=(CLUSTER, ACCOUNT, COLLECTION, ASSOCIATION),
    fix="plan Metrics for the cluster, as components/platform.py does",
    example="a cluster without a collection rule for Microsoft-PrometheusMetrics",
)
def numbers_collected(stack: StackUnderReview) -> Iterable[Judged]:
    """Nobody keeps a promise on latency that nobody measures."""
    accounts = stack.of_type(ACCOUNT)
    if not accounts:
        yield from absent(stack, "no Azure Monitor workspace is planned")
    for account in accounts:
        yield account, require(account, "publicNetworkAccess", equals="Disabled")
    collecting_from = _collections(stack)
    for cluster in stack.of_type(CLUSTER):
        rules = collecting_from.get(cluster.urn, [])
        collected = any(NUMBERS in _streams(found) for found in rules)
        enabled = require(cluster, "azureMonitorProfile.metrics.enabled", equals=True)
        yield cluster, all_of([enabled, PASSED if collected else refused(f"no rule collects {NUMBERS} from it")])


@rule(
    "telemetry.grafana-is-closed",
    title="Grafana is private, takes no keys, and publishes nothing",
    severity=Severity.HIGH,
    applies_to=GRAFANA,
    fix="leave publicNetworkAccess and apiKey Disabled, and external snapshots off",
    example="a Grafana workspace with apiKey Enabled",
    # Not mail: somebody waits for it.
    remediate=(
        "properties.publicNetworkAccess",
        "properties.apiKey",
        "properties.grafanaConfigurations.snapshots.externalEnabled",
    ),
)
def grafana_closed(grafana: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A snapshot published outside is a copy that nobody takes back; a key is a login without a person."""
    return all_of(
        [
            require(grafana, "properties.publicNetworkAccess", equals="Disabled"),
            require(grafana, "properties.apiKey", equals="Disabled"),
            require(grafana, "properties.grafanaConfigurations.snapshots.externalEnabled", equals=False),
            require(grafana, "properties.grafanaConfigurations.smtp.enabled", equals=False, default=False),
        ]
    )


@stack_rule(
    "telemetry.somebody-is-called",
    title="Service levels have alerts, and alerts reach a person in the region",
    severity=Severity.MEDIUM,
    applies_to=(RULE_GROUP, ACTIONS),
    fix="plan ServiceLevels; give the action group a contact and the stack's own region",
    example="an alert whose actions are empty",
)
def somebody_called(stack: StackUnderReview) -> Iterable[Judged]:
    """An alert without a reader is a log line; a global action group is processed anywhere."""
    groups = stack.of_type(RULE_GROUP)
    if not groups:
        yield from absent(stack, "no alert rules are planned")
    for group in groups:
        silent = [
            str(item.get("alert"))
            for item in items(group.get("rules"))
            if item.get("alert") and not item.get("actions")
        ]
        on = require(group, "enabled", equals=True, default=True)
        yield group, all_of([on, refused(f"nobody is called by {', '.join(silent)}") if silent else PASSED])
    for actions in stack.of_type(ACTIONS):
        regional = require(actions, "location", none_of=("Global",))
        yield actions, all_of([regional, require(actions, "emailReceivers", present=True)])
