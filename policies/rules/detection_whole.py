"""Watching without gaps: every log of every thing, alerts that are raised and seen, tables that answer."""

from collections.abc import Iterable

from plan.model import MISSING, UNKNOWN, PlannedResource
from policies.require import items
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.rules.detection import ALERT, AUTOMATION, TABLE
from policies.rules.secrets import days
from policies.settled import SHUT, Among, AtLeast, settled
from policies.types import ATTESTATION, DIAGNOSTIC, LOG_CLUSTER, STORAGE, WORKSPACE
from policies.verdict import PASSED, Verdict, all_of, refused

ENTRA = "azure-native:securityinsights:AADDataConnector"
DEFENDER = "azure-native:securityinsights:ASCDataConnector"
LINK = "azure-native:operationalinsights:LinkedService"
PERIMETER = "azure-native:network:NetworkSecurityPerimeter"
ENVIRONMENT = "azure-native:app:ManagedEnvironment"
ALSO_DIAGNOSED = (ATTESTATION, PERIMETER, ENVIRONMENT, "azure-native:network:NetworkSecurityGroup")
ACTIVITY = frozenset({"Administrative", "Security", "Policy", "Alert"})
"""learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema; its other categories are about health."""
TABLES = frozenset(
    {
        "AACAudit",
        "AKSAudit",
        "AKSAuditAdmin",
        "AKSControlPlane",
        "AuditLogs",
        "AzureDiagnostics",
        "AZKVAuditLogs",
        "AzureActivity",
        "PGSQLServerLogs",
        "SigninLogs",
        "StorageBlobLogs",
    }
)
"""Where it stands who did what, to which key, store, statement or right."""
LEAST_DAYS = {"prod": 90, "dev": 30}


@stack_rule(
    "detection.settings-are-whole",
    title="A diagnostic setting sends every log that its resource has, to tables of its own",
    severity=Severity.HIGH,
    applies_to=(DIAGNOSTIC, STORAGE, *ALSO_DIAGNOSED),
    fix="let components/diagnostics.py make the setting",
    example="a diagnostic setting of category group audit alone, or without logs",
)
def settings_whole(stack: StackUnderReview) -> Iterable[Judged]:
    """The one log that is missing is the one that would have told; AzureDiagnostics is cut off at 500 columns."""
    accounts = {account.id for account in stack.of_type(STORAGE)}
    told: set[object] = set()
    for setting in stack.of_type(DIAGNOSTIC):
        target = setting.get("resourceUri")
        told |= _told(setting, stack)
        yield setting, _whole(setting, target, accounts)
    if stack.partial:
        return
    for account in stack.of_type(STORAGE):
        seen = told & {f"{account.id}{BLOBS}", f"{account.urn}{BLOBS}"}
        yield account, PASSED if seen else refused("its blobs have no diagnostic setting")
    for resource in stack.of_type(*ALSO_DIAGNOSED):
        yield resource, PASSED if told & {resource.id, resource.urn} else refused("has no diagnostic setting")


BLOBS = "/blobServices/default"


def _told(setting: PlannedResource, stack: StackUnderReview) -> set[object]:
    """Ids that it is of or, before there are ids, URNs: an account has numbers alone, so logs are of its blobs."""
    target = setting.get("resourceUri")
    if target is not UNKNOWN:
        return {target}
    origins = stack.targets(setting, "resourceUri")
    logs = bool(items(setting.get("logs")))
    return {f"{found.urn}{BLOBS}" if found.type == STORAGE and logs else found.urn for found in origins}


def _whole(setting: PlannedResource, target: object, accounts: set[object]) -> Verdict:
    logs = items(setting.get("logs"))
    on = [log for log in logs if log.get("enabled") is True]
    groups = {log.get("categoryGroup") for log in on}
    if isinstance(target, str) and target.count("/") == 2:
        missing = ACTIVITY - {str(log.get("category")) for log in on}
        return refused(f"leaves out {', '.join(sorted(missing))}") if missing else PASSED
    # An account has numbers alone; its logs are of its blob service.
    whole = "allLogs" in groups or (target in accounts and not logs)
    table = settled(setting, {"logAnalyticsDestinationType": Among(("Dedicated",), unset=True)})
    return all_of((PASSED if whole or target is UNKNOWN else refused("sends less than allLogs"), table))


@rule(
    "detection.alerts-are-raised",
    title="An analytics rule looks at all that came since it last looked, and one hit raises an incident",
    severity=Severity.HIGH,
    applies_to=ALERT,
    fix="leave the rule to components/detection.py",
    example="an analytics rule that is suppressed, or needs ten thousand hits",
    remediate=("incidentConfiguration.createIncident",),
)
def alerts_raised(alert: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A rule that looks back less than it waits never sees what happens in between."""
    period, frequency = (_minutes(alert.get(key)) for key in ("queryPeriod", "queryFrequency"))
    seen = period is not None and frequency is not None and frequency <= min(period, 24 * 60)
    query = str(alert.get("query"))
    # A query that names an identity is unknown until that is made; its text is in components/detection_rules.yaml.
    named = any(word[:1].isupper() for word in query.replace("(", " ").split())
    asks = alert.get("query") is UNKNOWN or ("|" in query and named)
    return all_of(
        (
            settled(
                alert,
                {
                    "suppressionEnabled": SHUT,
                    "triggerOperator": "GreaterThan",
                    "triggerThreshold": Among((0,)),
                    "severity": Among(("High", "Medium")),
                    "incidentConfiguration.createIncident": True,
                },
            ),
            PASSED if seen else refused("looks back less than it waits, or waits for more than a day"),
            PASSED if asks else refused("asks no table"),
        )
    )


def _minutes(duration: object) -> float | None:
    if not isinstance(duration, str):
        return None
    whole = days(duration)
    if whole:
        return whole * 24 * 60
    number, unit = duration.removeprefix("PT")[:-1], duration[-1:]
    return int(number) * {"H": 60, "M": 1}.get(unit, 0) if number.isdigit() else None


@rule(
    "detection.incidents-stay-open",
    title="No automation closes an incident, lowers it, or ends by itself",
    severity=Severity.HIGH,
    applies_to=AUTOMATION,
    fix="leave automations to components/detection.py; a person closes",
    example="an automation that closes every incident as a false positive",
    remediate=("triggeringLogic.isEnabled",),
)
def stay_open(automation: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The quietest way to blind a team is a rule that answers for it."""
    conditions = items(automation.get("triggeringLogic.conditions"))
    named = [
        value for _, value in automation.each("triggeringLogic.conditions[*].conditionProperties.propertyValues[*]")
    ]
    known = all(value is UNKNOWN or str(value).startswith("/subscriptions/") for value in named)
    base = "actions[*].actionConfiguration"
    return all_of(
        (
            settled(
                automation,
                {
                    "actions": AtLeast(1),
                    f"{base}.status": Among(("Active", "New"), unset=True),
                    f"{base}.severity": Among(("High", "Medium"), unset=True),
                    f"{base}.classification": SHUT,
                    "triggeringLogic.isEnabled": True,
                    "triggeringLogic.expirationTimeUtc": SHUT,
                },
            ),
            PASSED if conditions and known else refused("is for no analytics rule of this stack's"),
        )
    )


@stack_rule(
    "detection.connectors-stand",
    title="Entra's and Defender's alerts arrive in Sentinel",
    severity=Severity.HIGH,
    applies_to=(ENTRA, DEFENDER),
    fix="let components/detection.py make the connectors",
    example="a plan without Entra's connector",
)
def connectors_stand(stack: StackUnderReview) -> Iterable[Judged]:
    """What Microsoft finds by itself is of use where somebody looks."""
    for token, name in ((ENTRA, "Entra ID"), (DEFENDER, "Defender for Cloud")):
        found = stack.of_type(token)
        if not found:
            yield from absent(stack, f"the plan has no connector of {name}")
        for connector in found:
            own = connector.get("subscriptionId")
            ids = {
                str(r.id).split("/")[2] for r in stack.of_type(WORKSPACE) if isinstance(r.id, str) and r.id[:1] == "/"
            }
            foreign = isinstance(own, str) and bool(ids) and own not in ids
            on = settled(connector, {"dataTypes.alerts.state": "Enabled"})
            yield connector, all_of((on, refused(f"is of subscription {own}") if foreign else PASSED))


@stack_rule(
    "detection.tables-answer",
    title="Audit tables can be searched for months, and nothing stops them for a day's volume",
    severity=Severity.HIGH,
    applies_to=(TABLE, WORKSPACE, LINK, LOG_CLUSTER),
    fix="leave tables and workspace to components/workspace.py",
    example="an audit table of plan Basic, which no analytics rule can read",
)
def tables_answer(stack: StackUnderReview) -> Iterable[Judged]:
    """Analytics rules can't read Basic tables; a daily cap is what an intruder fills first."""
    least = AtLeast(LEAST_DAYS["prod" if stack.is_prod else "dev"])
    tables = stack.of_type(TABLE)
    missing = TABLES - {str(table.get("tableName")) for table in tables}
    if missing:
        yield from absent(stack, f"no table is set for {', '.join(sorted(missing))}")
    for table in tables:
        yield table, settled(table, {"plan": "Analytics", "retentionInDays": least})
    for workspace in stack.of_type(WORKSPACE):
        wanted = {
            "retentionInDays": least,
            "workspaceCapping": SHUT,
            "sku.name": "PerGB2018",
            "features.enableLogAccessUsingOnlyResourcePermissions": True,
        }
        yield workspace, settled(workspace, wanted)
    for link in stack.of_type(LINK):
        yield link, settled(link, {"linkedServiceName": Among(("cluster", "Cluster"))})
    for cluster in stack.of_type(LOG_CLUSTER):
        zonal = settled(cluster, {"isAvailabilityZonesEnabled": True}) if stack.is_prod else PASSED
        protected = cluster.protect or not stack.is_prod or cluster.get("sku") is MISSING
        yield cluster, all_of((zonal, PASSED if protected else refused("is not protected")))


@rule(
    "detection.logs-are-protected",
    title="In prod, what holds logs is protected from deletion",
    severity=Severity.HIGH,
    applies_to=(
        WORKSPACE,
        LOG_CLUSTER,
        "azure-native:appconfiguration:ConfigurationStore",
        "azure-native:dbforpostgresql:Server",
    ),
    fix="make it with opts=scope.options(self, holds_data=True)",
    example="a prod workspace without protect",
)
def logs_protected(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A renamed workspace is a deletion and a creation: seven years of evidence are the first half."""
    return PASSED if resource.protect or not stack.is_prod else refused("is not protected")
