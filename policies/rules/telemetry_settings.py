"""Numbers, alerts, boards and logs of the platform: switched on, whole, and sent nowhere else."""

import re
from collections.abc import Iterable

from plan.model import PlannedResource
from policies.require import given, items, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.settled import SHUT, Among, AtLeast, settled
from policies.types import WORKSPACE
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for

ALERTS = "azure-native:alertsmanagement:PrometheusRuleGroup"
ACTIONS = "azure-native:monitor:ActionGroup"
COLLECTION = "azure-native:monitor:DataCollectionRule"
ASSOCIATION = "azure-native:monitor:DataCollectionRuleAssociation"
SCOPED = "azure-native:monitor:PrivateLinkScopedResource"
GRAFANA = "azure-native:dashboard:Grafana"
BOARD = "azure-native:dashboard:DashboardDefinition"
TO_NUMBERS = "azure-native:dashboard:ManagedPrivateEndpoint"
BOOK = "azure-native:applicationinsights:Workbook"
CLUSTER_TYPE = "azure-native:containerservice:ManagedCluster"
STREAMS = frozenset(
    f"Microsoft-{name}" for name in ("ContainerLogV2", "KubeEvents", "KubePodInventory", "KubeNodeInventory")
)
GROUPS = ("availability", "first-token", "platform")
"""What is promised (docs/concepts): that the gateway answers, how soon, and what stands below both."""
RECEIVERS = (
    "webhook",
    "sms",
    "voice",
    "eventHub",
    "logicApp",
    "azureFunction",
    "automationRunbook",
    "itsm",
    "azureAppPush",
)
OUT = re.compile(r"https?://(?!schemas?\.|grafana\.com/)", re.IGNORECASE)


@stack_rule(
    "telemetry.service-levels-are-watched",
    title="Every promised service level has rules that are on, ask every few minutes, and know their cluster",
    severity=Severity.HIGH,
    applies_to=(ALERTS, CLUSTER_TYPE),
    fix="leave rules to components/service_levels.py",
    example="a group of alerts that is switched off, or whose expression is a constant",
)
def watched(stack: StackUnderReview) -> Iterable[Judged]:
    """An alert that can't fire looks like a platform that is well."""
    groups = stack.of_type(ALERTS)
    missing = [name for name in GROUPS if not any(str(g.get("ruleGroupName")).endswith(name) for g in groups)]
    if missing and groups:
        yield from absent(stack, f"nothing watches {', '.join(missing)}")
    clusters = {cluster.get("resourceName") for cluster in stack.of_type(CLUSTER_TYPE)}
    for group in groups:
        dead = [
            str(r.get("alert") or r.get("record"))
            for r in items(group.get("rules"))
            if r.get("enabled") is False
            or not re.search(r"[a-zA-Z_:][\w:]{3,}[\[{() ]", str(r.get("expression")))
            or str(r.get("expression")).startswith("vector(")
        ]
        known = not clusters or group.get("clusterName") in clusters
        wanted = {"enabled": True, "rules": AtLeast(1), "interval": Among(("PT1M", "PT5M", "PT30S"))}
        told = [f"{name} can't fire" for name in dead] + ([] if known else ["is of another cluster"])
        yield group, all_of((settled(group, wanted), refused_for(told)))


@rule(
    "telemetry.alerts-go-by-mail-to-the-owner",
    title="Alerts go by mail to the owner of the platform, and to no machine or telephone",
    severity=Severity.HIGH,
    applies_to=ACTIONS,
    fix="name the contact in Pulumi.<stack>.yaml",
    example="an action group with a webhook to https://elsewhere.example",
    remediate=True,
)
def to_the_owner(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A webhook carries what happened to whoever owns the address; a telephone is abroad as soon as its owner is."""
    mails = [str(r.get("emailAddress")) for r in items(group.get("emailReceivers"))]
    home = str(group.get("tags.owner")).rpartition("@")[2]
    strange = [mail for mail in mails if home and not mail.endswith(home)]
    shut = settled(group, {**{f"{kind}Receivers": SHUT for kind in RECEIVERS}, "enabled": True})
    return all_of((shut, refused(f"goes to {', '.join(strange)}") if strange or not mails else PASSED))


@stack_rule(
    "telemetry.collection-is-whole",
    title="What is collected arrives as it is, by the private endpoint, from the cluster that has the rule",
    severity=Severity.HIGH,
    applies_to=(COLLECTION, ASSOCIATION, SCOPED, WORKSPACE, CLUSTER_TYPE),
    fix="leave collection to components/container_logs.py and components/metrics.py",
    example="a data flow with transformKql 'source | where false'",
)
def collection_whole(stack: StackUnderReview) -> Iterable[Judged]:
    """A transformation that drops a line is the quietest way to lose it; an event hub is somebody else's copy."""
    for found in stack.of_type(COLLECTION):
        sinks = ("eventHubs", "eventHubsDirect", "storageAccounts", "storageBlobsDirect", "storageTablesDirect")
        wanted: dict[str, object] = {f"destinations.{sink}": SHUT for sink in sinks}
        wanted |= {"dataFlows": AtLeast(1), "dataFlows[*].destinations": AtLeast(1), "dataFlows[*].transformKql": SHUT}
        mode = "dataSources.extensions[*].extensionSettings.dataCollectionSettings.namespaceFilteringMode"
        streams = {s for flow in items(found.get("dataFlows")) for s in texts(flow.get("streams"))}
        read = {s for e in items(found.get("dataSources.extensions")) for s in texts(e.get("streams"))}
        missing = (STREAMS - (streams & read)) if read else frozenset()
        yield (
            found,
            all_of(
                (
                    settled(found, wanted | {mode: Among(("Off",), unset=True)}),
                    given(found, "dataCollectionEndpointId"),
                    refused(f"leaves out {', '.join(sorted(missing))}") if missing else PASSED,
                )
            ),
        )
    if stack.of_type(ASSOCIATION) and not any(
        a.get("associationName") == "configurationAccessEndpoint" for a in stack.of_type(ASSOCIATION)
    ):
        yield from absent(stack, "the cluster's agent has no private endpoint for its settings")
    for workspace in stack.of_type(WORKSPACE):
        held = any(stack.refers(scoped, "linkedResourceId", workspace) for scoped in stack.of_type(SCOPED))
        yield workspace, PASSED if held or stack.partial else refused("is in no private link scope")
    for scoped in stack.of_type(SCOPED):
        place = scoped.get("subscriptionLocation")
        strange = isinstance(place, str) and place not in stack.jurisdiction.regions
        yield scoped, refused(f"is in {place}") if strange else PASSED


@rule(
    "telemetry.boards-send-nothing-out",
    title="Grafana sends no mail, loads no plug-in, trusts no editor with more, and its boards fetch nothing",
    severity=Severity.HIGH,
    applies_to=(GRAFANA, BOARD, TO_NUMBERS, BOOK),
    fix="leave Grafana and its boards to components/dashboards.py",
    example="a board with an image at https://elsewhere.example",
    remediate=("properties.grafanaConfigurations.security.csrfAlwaysCheck",),
)
def sends_nothing(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A picture that a board fetches tells its host who looks at it; a plug-in sees every number."""
    if item.type == BOARD:
        text = str(item.get("properties.serializedData"))
        return refused("fetches from elsewhere") if OUT.search(text) else PASSED
    if item.type == TO_NUMBERS:
        place = str(item.get("privateLinkResourceRegion")).lower()
        inside = PASSED if place in stack.jurisdiction.regions else refused(f"leads to {place}")
        return all_of((inside, settled(item, {"privateLinkServiceUrl": SHUT})))
    if item.type == BOOK:
        return settled(item, {"storageUri": SHUT})
    base = "properties.grafanaConfigurations"
    shut = ("smtp.enabled", "smtp.host", "smtp.password", "users.viewersCanEdit", "users.editorsCanAdmin")
    return settled(
        item,
        {
            **{f"{base}.{path}": SHUT for path in shut},
            f"{base}.security.csrfAlwaysCheck": True,
            "properties.grafanaPlugins": SHUT,
            "properties.enterpriseConfigurations": SHUT,
            "properties.deterministicOutboundIP": Among(("Disabled",), unset=True),
            "properties.grafanaMajorVersion": Among(("11", "12", "13")),
        },
    )
