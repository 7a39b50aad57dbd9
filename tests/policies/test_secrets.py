"""The rules on secrets, asked directly; the registry need not know them."""

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from jurisdictions import load
from plan.model import UNKNOWN, Plan, PlannedResource
from policies.review import StackUnderReview, judge
from policies.rule import registered
from policies.rules import secrets
from policies.verdict import Outcome, Verdict
from tests.plans import CORE, added, changed, compliant

RULES = {rule.id: rule for rule in registered() if rule.concern == "secrets"}
TODAY = date(2026, 3, 1)
TOKEN = "gh" + "p_" + "a1B2" * 9
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"


def _refusals(rule_id: str, plan: Plan) -> list[tuple[str | None, str]]:
    return [(name, verdict.message) for name, verdict in _verdicts(rule_id, plan) if verdict.outcome is Outcome.REFUSED]


def _verdicts(rule_id: str, plan: Plan) -> list[tuple[str | None, Verdict]]:
    stack = StackUnderReview(plan=plan, jurisdiction=load(plan.jurisdiction), as_of=TODAY)
    return [(r.name if r else None, verdict) for r, verdict in judge(RULES[rule_id], stack)]


def _at(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


class TestCommittedStacks:
    """What is delivered holds no secret."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_plan_passes_every_rule(self, stack: str) -> None:
        for rule_id in RULES:
            assert {verdict.outcome for _, verdict in _verdicts(rule_id, compliant(stack))} <= {Outcome.PASSED}

    def test_every_resource_is_looked_at_and_the_stacks_outputs_too(self) -> None:
        plan = compliant()
        assert len(_verdicts("secrets.none-in-the-plan", plan)) == len(plan.resources) + 1


class TestNoneInThePlan:
    """Whoever may preview reads the plan, and it is kept."""

    def _told(self, plan: Plan) -> str:
        ((_, message),) = _refusals("secrets.none-in-the-plan", plan)
        assert TOKEN not in message
        assert TOKEN[:5] not in message
        return message

    @pytest.mark.parametrize(
        ("value", "where"),
        [
            (TOKEN, "inputs.data.x"),
            ({"a": [{"b": TOKEN}]}, "inputs.data.x.a.0.b"),
            ({TOKEN: 1}, "inputs.data.x.(key)"),
            (json.dumps({"deep": [json.dumps({"er": TOKEN})]}), "inputs.data.x.deep.0.er"),
            (base64.b64encode(TOKEN.encode()).decode(), "inputs.data.x(base64)"),
            ([{"name": "DB_PASSWORD", "value": "hunt" + "er2!hunter2"}], "inputs.data.x.0.value"),
            ({"adminPassword": "hunt" + "er2!hunter2"}, "inputs.data.x.adminPassword"),
        ],
    )
    def test_it_is_found_at_any_depth_and_its_place_is_told(self, value: object, where: str) -> None:
        message = self._told(added(compliant("eu-dev"), CONFIG_MAP, {"data": {"x": value}}))
        assert f"{where}: " in message

    def test_outputs_are_looked_at_too(self) -> None:
        plan = added(compliant("eu-dev"), CONFIG_MAP, {})
        made = plan.resources[-1]
        outputs = replace(made, outputs={**made.outputs, "kubeconfig": f"token: {TOKEN}"})
        assert "outputs.kubeconfig" in self._told(replace(plan, resources=(*plan.resources[:-1], outputs)))
        assert "outputs.key" in self._told(replace(compliant("eu-dev"), outputs={"key": TOKEN}))

    def test_a_kubernetes_secrets_data_is_read_through_its_base64(self) -> None:
        inner = json.dumps({"auths": {"x": {"password": "hunt" + "er2!hunter2"}}})
        data = {".dockerconfigjson": base64.b64encode(inner.encode()).decode()}
        assert "(base64).auths.x.password" in self._told(added(compliant("eu-dev"), SECRET, {"data": data}))

    @pytest.mark.parametrize("value", ["correct horse", "x"])
    def test_a_vaults_secret_is_one_whatever_it_looks_like(self, value: str) -> None:
        plan = added(compliant("eu-dev"), "keyvault:Secret", {"properties": {"value": value}})
        assert "by its place" in self._told(plan)

    @pytest.mark.parametrize("value", [UNKNOWN, "[secret]", None])
    def test_what_is_masked_or_not_known_is_none_in_clear(self, value: object) -> None:
        plan = added(compliant("eu-dev"), "keyvault:Secret", {"properties": {"value": value, "password": value}})
        assert not _refusals("secrets.none-in-the-plan", plan)

    def test_many_are_summed_up(self) -> None:
        plan = added(compliant("eu-dev"), CONFIG_MAP, {"data": {str(n): f"{TOKEN}{n}" for n in range(9)}})
        assert self._told(plan).endswith("; and 4 more")


class TestNoKubernetesSecrets:
    """Base64 hides nothing."""

    @pytest.mark.parametrize(
        "inputs",
        [{"data": {"a": "eA=="}}, {"stringData": {"a": "x"}}, {"data": UNKNOWN}, {"stringData": {"a": UNKNOWN}}],
    )
    def test_one_with_content_is_refused_known_or_not(self, inputs: dict[str, object]) -> None:
        assert _refusals("secrets.no-kubernetes-secrets", added(compliant("eu-dev"), SECRET, inputs))
        assert _refusals("secrets.no-kubernetes-secrets", added(compliant("eu-dev"), f"{SECRET}Patch", inputs))

    def test_a_token_that_never_ends_is_refused_without_content(self) -> None:
        plan = added(compliant("eu-dev"), SECRET, {"type": "kubernetes.io/service-account-token"})
        assert _refusals("secrets.no-kubernetes-secrets", plan)

    def test_an_empty_one_passes(self) -> None:
        assert not _refusals("secrets.no-kubernetes-secrets", added(compliant("eu-dev"), SECRET, {"type": "Opaque"}))


class TestRotation:
    """What leaked unseen ends."""

    @staticmethod
    def _key(life: str, **trigger: str) -> PlannedResource:
        actions = [{"action": {"type": "rotate"}, "trigger": trigger}]
        policy = {"attributes": {"expiryTime": life}, "lifetimeActions": actions}
        inputs = {"properties": {"rotationPolicy": policy}}
        return PlannedResource(urn="u", type="azure-native:keyvault:Key", name="k", inputs=inputs)

    @staticmethod
    def _outcome(item: PlannedResource) -> Outcome:
        plan = replace(compliant("eu-dev"), resources=(item,))
        ((_, verdict),) = _verdicts("secrets.rotate", plan)
        return verdict.outcome

    @pytest.mark.parametrize(
        ("life", "trigger"),
        [
            ("P2Y", {"timeAfterCreate": "P1Y"}),
            ("P2Y", {"timeAfterCreate": "P12M"}),
            ("P1Y", {"timeBeforeExpiry": "P30D"}),
            ("P2Y", {"timeAfterCreate": "P366D"}),
        ],
    )
    def test_a_key_within_a_year_passes(self, life: str, trigger: dict[str, str]) -> None:
        assert self._outcome(self._key(life, **trigger)) is Outcome.PASSED

    @pytest.mark.parametrize(
        ("life", "trigger"),
        [
            ("P3Y", {"timeAfterCreate": "P2Y"}),
            ("P2Y", {"timeBeforeExpiry": "P30D"}),
            ("P2Y", {"timeAfterCreate": "a year"}),
            ("P2Y", {"timeAfterCreate": "P"}),
            ("P1Y", {"timeBeforeExpiry": "P2Y"}),
            ("P2Y", {}),
        ],
    )
    def test_a_key_beyond_a_year_is_refused(self, life: str, trigger: dict[str, str]) -> None:
        assert self._outcome(self._key(life, **trigger)) is Outcome.REFUSED

    def test_a_key_without_a_policy_is_refused_and_one_not_known_is_not_evaluated(self) -> None:
        plan = compliant("eu-dev")
        assert _refusals("secrets.rotate", changed(plan, "keyvault:Key", "properties.rotationPolicy", None))
        unknown = changed(plan, "keyvault:Key", "properties.rotationPolicy.lifetimeActions", UNKNOWN)
        assert Outcome.NOT_EVALUATED in {verdict.outcome for _, verdict in _verdicts("secrets.rotate", unknown)}

    @pytest.mark.parametrize(
        ("ends", "created", "outcome"),
        [
            (_at(TODAY + timedelta(days=90)), None, Outcome.PASSED),
            (_at(TODAY + timedelta(days=91)), None, Outcome.REFUSED),
            (_at(TODAY - timedelta(days=1)), None, Outcome.REFUSED),
            (_at(TODAY + timedelta(days=10)), _at(TODAY - timedelta(days=80)), Outcome.PASSED),
            (_at(TODAY + timedelta(days=10)), _at(TODAY - timedelta(days=81)), Outcome.REFUSED),
            (None, None, Outcome.REFUSED),
            (True, None, Outcome.REFUSED),
            ("2026-04-01", None, Outcome.REFUSED),
            (10**18, None, Outcome.REFUSED),
            (UNKNOWN, None, Outcome.NOT_EVALUATED),
        ],
    )
    def test_a_secret_ends_within_ninety_days(self, ends: object, created: object, outcome: Outcome) -> None:
        made = PlannedResource(
            urn="u",
            type="azure-native:keyvault:Secret",
            name="s",
            inputs={"properties": {"attributes": {"expires": ends}}},
            outputs={"properties": {"attributes": {"created": created}}},
        )
        assert self._outcome(made) is outcome


class TestDurations:
    """Key Vault writes times as ISO 8601."""

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [("P1Y", 365), ("P12M", 365), ("P90D", 90), ("P2W", 14), ("P1Y6M", 547.5), ("P1DT6H", 1), ("P", None)],
    )
    def test_they_are_read_in_days(self, text: str, wanted: float | None) -> None:
        assert secrets.days(text) == wanted
