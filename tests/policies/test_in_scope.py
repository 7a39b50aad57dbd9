"""Card data brings PCI DSS wherever a stack stands: told by its plan, which is all that `check` has."""

import json
from pathlib import Path
from typing import Any

import pytest

from evidence.findings import as_json
from evidence.terminal import print_report
from plan.file import read, to_json
from plan.model import UNKNOWN, Plan
from policies.catalogue import controls_of
from policies.in_scope import BY_CLASS, by_data
from policies.review import Report, review
from policies.rules import ALL
from policies.rules.callers import APPLICATION, ROLE
from tests.plans import CORE, added, changed, compliant, where

KEY_VALUE = "appconfiguration:KeyValue"
OF_STORES = tuple(rule for rule in ALL if rule.concern == "storage")
OF_USE_CASES = tuple(rule for rule in ALL if rule.concern in ("prompts", "callers"))
REASON = "payment data is in scope: use case 'clinical-notes'"


def told(plan: Plan, **changes: object) -> Plan:
    """A copy whose use case `clinical-notes` is pinned with other values."""
    pinned = next(
        item for item in plan.of_type(f"azure-native:{KEY_VALUE}") if "clinical-notes" in str(item.get("keyValueName"))
    )
    value = json.loads(str(pinned.get("value")))
    told = json.dumps({**value, **changes})
    return changed(plan, KEY_VALUE, "value", told, lambda found: found.name == pinned.name)


def with_payment(plan: Plan, **changes: object) -> Plan:
    """A copy whose use case takes card data."""
    return told(plan, dataClasses=["personal", "payment"], **changes)


def refused(report: Report, rule_id: str) -> str:
    """What the rule says, in one text."""
    return "; ".join(found.message for found in report.findings if found.rule.id == rule_id)


class TestPaymentDataBringsPciDss:
    """No jurisdiction names it, because it is a matter of what a stack takes: nobody would notice it missing."""

    @pytest.mark.parametrize("stack", CORE)
    def test_in_every_jurisdiction_with_the_use_case_as_the_reason(self, stack: str) -> None:
        report = review(with_payment(compliant(stack)), ())
        assert report.stack.by_data == {"pci-dss": REASON}
        assert report.stack.frameworks == (*report.stack.jurisdiction.frameworks, "pci-dss")

    def test_two_use_cases_are_both_named(self) -> None:
        plan = with_payment(compliant())
        inputs = {"keyValueName": "use-case:storefront$prod", "value": '{"dataClasses": ["payment"]}'}
        reason = by_data(added(plan, KEY_VALUE, inputs))["pci-dss"]
        assert reason == f"{REASON}, use case 'storefront'"

    def test_a_role_that_lets_a_caller_send_it_is_enough(self) -> None:
        gateway = where(displayName="app-bw-eu-prod-gateway")
        plan = changed(compliant(), APPLICATION, "appRoles.3.value", "data-class.payment", only=gateway)
        reason = "payment data is in scope: role data-class.payment of 'app-bw-eu-prod-gateway'"
        assert by_data(plan) == {"pci-dss": reason}
        alone = added(compliant(), ROLE, {"value": "data-class.payment", "displayName": "cards"})
        assert by_data(alone) == {"pci-dss": "payment data is in scope: role data-class.payment of 'cards'"}

    def test_a_refusal_cites_it(self) -> None:
        open_ = changed(with_payment(compliant()), "storage:StorageAccount", "allowBlobPublicAccess", True)
        (found,) = [each for each in _findings(open_) if each["rule"] == "storage.no-public-blobs"]
        assert "PCI DSS 1.4.4" in found["controls"]

    def test_a_plan_from_a_file_tells_the_same(self, tmp_path: Path) -> None:
        """`preview --save` writes what `check` reads: one verdict, one law."""
        plan = changed(with_payment(compliant()), "storage:StorageAccount", "allowBlobPublicAccess", True)
        file = tmp_path / "plan.json"
        file.write_text(to_json(plan), encoding="utf-8")
        assert by_data(read(file)) == by_data(plan) != {}
        assert _findings(read(file)) == _findings(plan) != []

    def test_the_verdict_says_why(self, capsys: pytest.CaptureFixture[str]) -> None:
        report = review(with_payment(compliant()), OF_STORES)
        assert as_json(report)["inForceByData"] == {"pci-dss": REASON}
        print_report(report)
        assert f"! pci-dss is in force: {REASON}" in capsys.readouterr().out


class TestAStackWithoutItIsUnchanged:
    """A standard that does not apply, cited at every refusal, teaches people not to read citations."""

    @pytest.mark.parametrize("stack", CORE)
    def test_no_committed_stack_has_more_law_than_its_place(self, stack: str) -> None:
        under_review = review(compliant(stack), ()).stack
        assert under_review.by_data == {}
        assert under_review.frameworks == under_review.jurisdiction.frameworks

    def test_the_purpose_of_that_name_is_billing_and_brings_nothing(self) -> None:
        roles = {role["value"] for app in compliant().of_type(APPLICATION) for role in _roles(app.get("appRoles"))}
        assert "use-case.clinical-notes.payment" in roles
        assert by_data(compliant()) == {}

    @pytest.mark.parametrize("value", [UNKNOWN, None, "no JSON", "[]", '{"dataClasses": "payment"}'])
    def test_what_cannot_be_read_brings_nothing_and_does_not_pass_either(self, value: object) -> None:
        plan = changed(compliant(), KEY_VALUE, "value", value)
        assert by_data(plan) == {}
        assert {"prompts.use-cases-are-pinned"} & {found.rule.id for found in review(plan, OF_USE_CASES).findings}

    def test_nothing_is_said_of_it(self) -> None:
        assert "inForceByData" not in as_json(review(compliant(), ()))


class TestPaymentDataStaysInside:
    """A model elsewhere is a third party with card data, which no assessment of this stack covers."""

    def test_no_use_case_that_takes_it_may_use_an_external_model(self) -> None:
        report = review(told(compliant(), dataClasses=["payment"], externalAllowed=True), OF_USE_CASES)
        assert "external model with data of class payment" in refused(report, "prompts.use-cases-are-pinned")
        assert "card data go to a model outside" in refused(report, "prompts.store-is-as-made")

    def test_the_rules_let_it_be_taken_and_sent(self) -> None:
        """Only the snapshot must follow the value, and the model be allowed for it; this plan was changed without."""
        report = review(with_payment(compliant()), ALL)
        own = added(compliant(), ROLE, {"value": "data-class.payment", "allowedMemberTypes": ["Application"]})
        assert {found.rule.id for found in report.of_state("refused")} == {
            "models.allowed-for-their-use",
            "prompts.every-version-is-a-snapshot",
        }
        assert refused(review(own, OF_USE_CASES), "callers.roles-name-a-use-case") == ""

    @pytest.mark.parametrize("catalogue", BY_CLASS.values())
    def test_the_catalogue_cites_the_rules_that_tell_what_is_taken_and_sent(self, catalogue: str) -> None:
        for rule_id in ("prompts.use-cases-are-pinned", "callers.roles-name-a-use-case"):
            assert [control for control in controls_of(rule_id, [catalogue]) if control.startswith("PCI DSS 12.5")]


def _findings(plan: Plan) -> list[dict[str, Any]]:
    found = as_json(review(plan, OF_STORES))["findings"]
    assert isinstance(found, list)
    return found


def _roles(value: object) -> list[dict[str, str]]:
    return value if isinstance(value, list) else []
