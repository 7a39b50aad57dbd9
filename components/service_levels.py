"""Service levels with burn-rate alerts, and the alerts that need no objective: Prometheus rules, and who is called."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import alertsmanagement, monitor

from components.scope import Scope
from components.tables import table

WINDOWS: Sequence[tuple[str, str, float, int]] = (
    ("1h", "5m", 14.4, 1),
    ("6h", "30m", 6, 1),
    ("1d", "2h", 3, 2),
    ("3d", "6h", 1, 3),
)
"""Long window, short window, burn rate, severity: the first two call somebody at night, the others open a ticket."""

_DRAFTS = 'sum by (use_case) (increase(bailiwick_gateway_drafts_total{variant="stable"}[1d]))'
"""What clinicians said of drafts in a day; `delivery/watch.py` reads the same, with bounds on what chance explains."""
_ACCEPTED = _DRAFTS.replace("}", ',verdict="accepted"}')
_LEAKS = "sum by (use_case) (bailiwick_gateway_canary_leaks_total)"

PLAIN = {
    "queue-grows": ("sum by (namespace) (vllm:num_requests_waiting) > 20", "PT10M", 2),
    "cache-full": ("max by (namespace) (vllm:kv_cache_usage_perc) > 0.95", "PT10M", 2),
    # A gauge with the last fault's number, until the exporter starts again: dcgm-exporter #500.
    "gpu-faults": ("max by (Hostname, gpu) (DCGM_FI_DEV_XID_ERRORS) > 0", "PT1M", 1),
    "gpu-memory-fails": (
        "max by (Hostname, gpu) (increase(DCGM_FI_DEV_ECC_DBE_VOL_TOTAL[1h])) > 0 "
        "or max by (Hostname, gpu) (DCGM_FI_DEV_ROW_REMAP_FAILURE) > 0",
        "PT1M",
        1,
    ),
    "gpu-throttled": ("max by (Hostname, gpu) (increase(DCGM_FI_DEV_THERMAL_VIOLATION[10m])) > 0", "PT10M", 2),
    "gpu-hot": ("max by (gpu) (DCGM_FI_DEV_GPU_TEMP) > 87", "PT10M", 2),
    "refusals-spike": (
        'sum(rate(bailiwick_gateway_requests_total{code="403"}[15m])) '
        '> 5 * sum(rate(bailiwick_gateway_requests_total{code="403"}[1d] offset 1d))',
        "PT15M",
        2,
    ),
    "accuracy-below-floor": (
        f"{_ACCEPTED} / {_DRAFTS} "
        '< max by (use_case) (bailiwick_gateway_accuracy_floor{variant="stable"}) '
        f"and {_DRAFTS} >= 50",
        "PT5M",
        1,
    ),
    # A series that begins with its first leak has grown by nothing yet, for `increase`.
    "system-text-told": (f"{_LEAKS} > ({_LEAKS[:-1]} offset 15m) or 0 * {_LEAKS})", "PT1M", 2),
    "breaker-opened": ("increase(bailiwick_gateway_breakers_opened_total[15m]) > 0", "PT1M", 1),
    "database-not-asked": ("increase(bailiwick_gateway_database_failures_total[5m]) > 0", "PT5M", 1),
    "audit-not-written": ("increase(bailiwick_gateway_audit_failures_total[5m]) > 0", "PT1M", 0),
}
"""Alert to its expression, how long it must hold, and its severity."""


@dataclass(frozen=True, kw_only=True)
class ServiceLevelsArgs:
    """What the alerts need."""

    scope: Scope
    resource_group: Input[str]
    account_id: Input[str]
    """The Azure Monitor workspace."""


class ServiceLevels(ComponentResource):
    """An action group, a group of rules for each objective, and one for the rest."""

    def __init__(self, name: str, args: ServiceLevelsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:monitoring:ServiceLevels", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.actions = monitor.ActionGroup(
            f"{name}-actions",
            action_group_name=scope.names.of("ag"),
            resource_group_name=args.resource_group,
            # A regional group is processed in its region; a global one anywhere.
            location=scope.region,
            group_short_name=scope.config.organisation[:12],
            enabled=True,
            email_receivers=[
                monitor.MicrosoftCommonEmailReceiverArgs(
                    name=f"contact-{index}", email_address=mail, use_common_alert_schema=True
                )
                for index, mail in enumerate(scope.config.budget.contacts)
            ],
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        for level in table("service_levels.yaml"):
            self._group(level["name"], self._burning(level))
        self._group("platform", [self._alert(title, *spec) for title, spec in PLAIN.items()])
        self.register_outputs({})

    def _group(self, title: str, rules: Sequence[alertsmanagement.PrometheusRuleArgs]) -> None:
        args, scope = self._args, self._args.scope
        alertsmanagement.PrometheusRuleGroup(
            f"{self._name}-{title}",
            rule_group_name=scope.names.of("rules", title),
            resource_group_name=args.resource_group,
            location=scope.region,
            cluster_name=scope.names.of("aks"),
            scopes=[args.account_id],
            enabled=True,
            interval="PT1M",
            rules=list(rules),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _burning(self, level: dict[str, str]) -> list[alertsmanagement.PrometheusRuleArgs]:
        budget = round(1 - float(level["objective"]), 6)
        recorded = f"bailiwick:{level['name'].replace('-', '_')}:bad_ratio"
        windows = sorted({window for long, short, *_ in WINDOWS for window in (long, short)})
        rules = [
            alertsmanagement.PrometheusRuleArgs(
                record=f"{recorded}_{window}",
                expression=f"({level['bad']}) / ({level['all']})".replace("$window", window),
            )
            for window in windows
        ]
        for long, short, rate, severity in WINDOWS:
            limit = f"{round(rate * budget, 6):g}"
            rules.append(
                self._alert(
                    f"{level['name']}-burns-in-{long}",
                    f"{recorded}_{long} > {limit} and {recorded}_{short} > {limit}",
                    "PT2M",
                    severity,
                    summary=f"{level['title']}: the budget burns {rate:g} times too fast",
                )
            )
        return rules

    def _alert(
        self, title: str, expression: str, lasting: str, severity: int, summary: str = ""
    ) -> alertsmanagement.PrometheusRuleArgs:
        return alertsmanagement.PrometheusRuleArgs(
            alert=title,
            expression=expression,
            for_=lasting,
            severity=severity,
            enabled=True,
            annotations={"summary": summary or title.replace("-", " "), "runbook": f"docs/runbooks/alerts.md#{title}"},
            actions=[alertsmanagement.PrometheusRuleGroupActionArgs(action_group_id=self.actions.id)],
            resolve_configuration=alertsmanagement.PrometheusRuleResolveConfigurationArgs(
                auto_resolved=True, time_to_resolve="PT10M"
            ),
        )
