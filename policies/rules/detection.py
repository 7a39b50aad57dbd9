"""Whatever happens is written down, kept, and looked at."""

from collections.abc import Iterable

from plan.model import MISSING, PlannedResource
from policies.require import items, require, same
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import (
    APPLICATION_GATEWAY,
    BACKUP_VAULT,
    CLUSTER,
    CONFIGURATION_STORE,
    DATABASE_SERVER,
    DIAGNOSTIC,
    FIREWALL,
    HSM,
    LEARNING_WORKSPACE,
    NSG,
    PROFILE,
    REGISTRY,
    STORAGE,
    VAULT,
    VNET,
    WORKFLOW,
    WORKSPACE,
)
from policies.verdict import PASSED, Verdict, all_of, refused

ONBOARDING = "azure-native:securityinsights:SentinelOnboardingState"
ALERT = "azure-native:securityinsights:ScheduledAlertRule"
AUTOMATION = "azure-native:securityinsights:AutomationRule"
TABLE = "azure-native:operationalinsights:Table"
INSIGHTS = {"insights.isEnabled": True}
LEAST_RULES = 8
"""Analytics rules that watch what is particular to this platform."""
_DIAGNOSED = (
    VAULT,
    HSM,
    STORAGE,
    REGISTRY,
    CLUSTER,
    FIREWALL,
    NSG,
    VNET,
    WORKSPACE,
    PROFILE,
    APPLICATION_GATEWAY,
    BACKUP_VAULT,
    CONFIGURATION_STORE,
    DATABASE_SERVER,
    LEARNING_WORKSPACE,
    WORKFLOW,
    "azure-native:dashboard:Grafana",
    "azure-native:network:PublicIPAddress",
)


@stack_rule(
    "detection.everything-diagnosed",
    title="Every resource that can tell what happened to it does",
    severity=Severity.HIGH,
    applies_to=(*_DIAGNOSED, DIAGNOSTIC),
    fix="add the resource to its component's `diagnosed`",
    example="a key vault without a diagnostic setting",
)
def everything_diagnosed(stack: StackUnderReview) -> Iterable[Judged]:
    """What is not logged has, as far as anybody can show, not happened."""
    resources = stack.of_type(*_DIAGNOSED)
    if not resources:
        return absent(stack, "the plan has nothing to diagnose")
    settings = stack.referring(DIAGNOSTIC, "resourceUri")
    return judged(
        resources,
        lambda resource: PASSED if resource.urn in settings else refused("has no diagnostic setting"),
    )


@rule(
    "detection.settings-send-logs",
    title="Diagnostic settings send logs or metrics, switched on",
    severity=Severity.MEDIUM,
    applies_to=DIAGNOSTIC,
    fix="let components/diagnostics.py make the setting",
    example="a diagnostic setting whose only log has enabled false",
)
def settings_send(setting: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A setting that sends nothing looks like a setting."""
    sent = [item for key in ("logs", "metrics") for item in items(setting.get(key)) if item.get("enabled") is True]
    return PASSED if sent else refused("sends nothing")


@stack_rule(
    "detection.activity-log-exported",
    title="The subscription's activity log goes to the workspace",
    severity=Severity.HIGH,
    applies_to=DIAGNOSTIC,
    fix="call LandingZone.export_activity_log",
    example="a plan without a diagnostic setting on the subscription",
)
def activity_log(stack: StackUnderReview) -> Iterable[Judged]:
    """Who changed a policy, a lock or a role stands nowhere else, and there for 90 days only."""
    for setting in stack.of_type(DIAGNOSTIC):
        uri = setting.get("resourceUri")
        if isinstance(uri, str) and uri.strip("/").count("/") == 1:
            wanted = {"Administrative", "Security", "Policy", "Alert"}
            found = {str(item.get("category")) for item in items(setting.get("logs")) if item.get("enabled") is True}
            missing = wanted - found
            return [(setting, refused(f"leaves out {', '.join(sorted(missing))}") if missing else PASSED)]
    return absent(stack, "the plan exports no activity log")


@rule(
    "detection.workspace-private",
    title="Logs are written and read privately, by identities",
    severity=Severity.HIGH,
    applies_to=WORKSPACE,
    fix="disable public ingestion and query, and local authentication",
    example="a workspace with publicNetworkAccessForQuery Enabled",
    remediate=True,
)
def workspace_private(workspace: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A workspace key reads everything, from everywhere."""
    return all_of(
        (
            require(workspace, "publicNetworkAccessForIngestion", equals="Disabled"),
            require(workspace, "publicNetworkAccessForQuery", equals="Disabled"),
            require(workspace, "features.disableLocalAuth", equals=True),
        )
    )


@stack_rule(
    "detection.audit-logs-kept",
    title="Audit tables are kept as long as the jurisdiction asks",
    severity=Severity.CRITICAL,
    applies_to=(WORKSPACE, TABLE),
    fix="set bailiwick:retention.auditDays in Pulumi.<stack>.yaml to the jurisdiction's minimum",
    example="a table AKSAudit with totalRetentionInDays 90",
)
def audit_kept(stack: StackUnderReview) -> Iterable[Judged]:
    """The question who read a record comes years later."""
    tables = stack.of_type(TABLE)
    if not tables:
        return absent(stack, "the plan sets no table's retention")
    least = stack.jurisdiction.retention.audit_log_days_min
    return judged(tables, lambda table: require(table, "totalRetentionInDays", at_least=least))


@stack_rule(
    "detection.sentinel-onboarded",
    title="Sentinel watches the workspace",
    severity=Severity.HIGH,
    applies_to=(WORKSPACE, ONBOARDING),
    fix="let components/detection.py onboard it",
    example="a workspace without a Sentinel onboarding state",
)
def sentinel_onboarded(stack: StackUnderReview) -> Iterable[Judged]:
    """Logs that nobody looks at are a diary of the break-in."""
    states = stack.of_type(ONBOARDING)
    if not states:
        return absent(stack, "Sentinel is not onboarded")
    wanted = stack.is_prod
    return judged(states, lambda state: require(state, "customerManagedKey", equals=True) if wanted else PASSED)


@stack_rule(
    "detection.platform-rules-watch",
    title=f"At least {LEAST_RULES} analytics rules watch this platform, each switched on, with tactics and entities",
    severity=Severity.HIGH,
    applies_to=ALERT,
    fix="add the rule to components/detection_rules.yaml",
    example="a plan with Sentinel and no scheduled rule",
)
def platform_rules(stack: StackUnderReview) -> Iterable[Judged]:
    """Public templates onboard Sentinel and raise no alert at all."""
    alerts = stack.of_type(ALERT)
    if len(alerts) < LEAST_RULES:
        return absent(stack, f"the plan has {len(alerts)} analytics rules")
    return judged(
        alerts,
        lambda alert: all_of(
            (
                require(alert, "enabled", equals=True),
                require(alert, "tactics", present=True),
                require(alert, "entityMappings", present=True),
                # A query with ids of this stack in it is known only after deployment, but it is there.
                refused("has no query") if alert.get("query") in (MISSING, "") else PASSED,
            )
        ),
    )


@stack_rule(
    "detection.alerts-have-owners",
    title="Every analytics rule has an automation that gives its incidents an owner",
    severity=Severity.MEDIUM,
    applies_to=(ALERT, AUTOMATION),
    fix="let components/detection.py make one automation rule per analytics rule",
    example="eight analytics rules and no automation rule",
)
def alerts_owned(stack: StackUnderReview) -> Iterable[Judged]:
    """An incident without an owner is read on Monday."""
    alerts = stack.of_type(ALERT)
    if not alerts:
        return absent(stack, "the plan has no analytics rule")
    automations = [a for a in stack.of_type(AUTOMATION) if a.get("triggeringLogic.isEnabled") is True]
    short = len(automations) < len(alerts)
    return [
        (
            None,
            refused(f"{len(alerts)} analytics rules have {len(automations)} automation rules") if short else PASSED,
        )
    ]


@rule(
    "detection.logs-cannot-be-exported-or-purged",
    title="Logs can be neither exported nor purged early",
    severity=Severity.MEDIUM,
    applies_to=WORKSPACE,
    fix="set features.enableDataExport and immediatePurgeDataOn30Days to false",
    example="a workspace with immediatePurgeDataOn30Days",
    # Not the export: somebody reads it elsewhere, and has to be told.
    remediate=("features.immediatePurgeDataOn30Days",),
)
def logs_stay(workspace: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An export rule copies every log to an account of somebody's choice."""
    flags = ("features.enableDataExport", "features.immediatePurgeDataOn30Days")
    return all_of(require(workspace, flag, equals=False, default=False) for flag in flags)


@rule(
    "detection.firewall-tells",
    title="The firewall's policy sends its insights",
    severity=Severity.LOW,
    applies_to="azure-native:network:FirewallPolicy",
    fix="set insights.isEnabled to true",
    example="a firewall policy without insights",
    remediate=True,
)
def firewall_tells(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A rule that nobody uses any more is a hole that nobody misses."""
    return PASSED if same(str(policy.get("insights.isEnabled")), "True") else refused("sends no insights", INSIGHTS)
