"""Exemptions: shown, for a while, on somebody's word, and faulty where nothing needs them."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from pulumi.runtime.proto import analyzer_pb2

from cli.planning import ROOT
from evidence.findings import as_json
from evidence.terminal import print_report
from plan import stacks
from plan.model import UNKNOWN, Plan, PlannedResource
from policies.crossguard_list import IN_FORCE
from policies.exempting import IN_ORDER
from policies.exemptions import DAYS, load, parse
from policies.packs import holds_always
from policies.review import Finding, Report, review
from policies.rules import ALL
from tests.plans import changed, compliant
from tests.policies.test_packs_over_grpc import ask, described, running

RULE = "encryption.storage-in-transit"
TODAY = date(2026, 12, 1)


def _account(plan: Plan) -> PlannedResource:
    return plan.of_type("azure-native:storage:StorageAccount")[0]


def _entry(**changes: object) -> dict[str, object]:
    return {
        "stack": "eu-prod",
        "rule": RULE,
        "resource": _account(compliant()).name,
        "reason": "the old scanner speaks TLS 1.1",
        "compensating_control": "a subnet of its own",
        "approver": "M. Laurent",
        "ticket": "RISK-7",
        "approved": date(2026, 11, 21),
        "expires": date(2027, 5, 20),
        **changes,
    }


def _text(*entries: dict[str, object]) -> str:
    return yaml.safe_dump({"exemptions": list(entries)}, sort_keys=False)


def _breach() -> Plan:
    return changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", "TLS1_0")


def _judged(*entries: dict[str, object], plan: Plan | None = None, day: date = TODAY) -> Report:
    return review(plan or _breach(), ALL, as_of=day, exemptions=parse(_text(*entries)))


def _of(report: Report, state: str, rule: str = RULE) -> list[Finding]:
    return [finding for finding in report.of_state(state) if finding.rule.id == rule]


def _faults(report: Report) -> list[str]:
    return [finding.message for finding in _of(report, "refused", IN_ORDER.id)]


class TestAnExemptionLiftsOneRuleFromOneResource:
    """An exemption that reaches further than what was approved was approved by nobody."""

    @pytest.mark.parametrize("names", [lambda found: found.name, lambda found: found.urn])
    def test_by_logical_name_or_urn_it_is_exempt_and_the_stack_compliant(
        self, names: Callable[[PlannedResource], str]
    ) -> None:
        report = _judged(_entry(resource=names(_account(_breach()))))
        (finding,) = _of(report, "exempt")
        assert finding.exemption is not None
        assert finding.exemption.ticket == "RISK-7"
        assert report.verdict == "compliant"

    def test_the_same_breach_elsewhere_stays_refused(self) -> None:
        other = compliant().of_type("azure-native:storage:StorageAccount")[1]
        weak = changed(_breach(), "storage:StorageAccount", "minimumTlsVersion", "TLS1_0", lambda r: r.urn == other.urn)
        report = _judged(_entry(), plan=weak)
        assert [finding.urn for finding in _of(report, "refused")] == [other.urn]
        assert len(_of(report, "exempt")) == 1

    def test_another_rule_on_the_same_resource_stays_refused(self) -> None:
        open_ = changed(_breach(), "storage:StorageAccount", "publicNetworkAccess", "Enabled")
        assert _of(_judged(_entry(), plan=open_), "refused", "network.public-access-disabled")

    def test_another_stack_stays_refused(self) -> None:
        report = _judged(_entry(stack="eu-dev"))
        assert _of(report, "refused")
        assert _faults(report) == []

    def test_what_nobody_can_tell_yet_is_not_lifted(self) -> None:
        unknown = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", UNKNOWN)
        report = _judged(_entry(), plan=unknown)
        assert report.verdict == "not-evaluated"
        assert _faults(report) == []

    def test_a_refusal_of_the_whole_stack_goes_by_the_stacks_own_name(self) -> None:
        rule = "detection.sentinel-onboarded"
        tokens = next(found.applies_to for found in ALL if found.id == rule)
        resources = tuple(found for found in compliant().resources if found.type not in tokens)
        bare = replace(compliant(), resources=resources)
        refused = _of(_judged(plan=bare), "refused", rule)
        assert [finding.urn for finding in refused] == [None]
        assert _of(_judged(_entry(rule=rule, resource="bailiwick-eu-prod"), plan=bare), "exempt", rule)


class TestAnExemptionEnds:
    """What nobody renews holds no longer."""

    def test_on_its_last_day_it_holds_and_the_day_after_it_is_refused_and_says_so(self) -> None:
        assert _of(_judged(_entry(), day=date(2027, 5, 20)), "exempt")
        (finding,) = _of(_judged(_entry(), day=date(2027, 5, 21)), "refused")
        assert "its exemption (RISK-7) ended on 2027-05-20" in finding.message

    def test_before_it_is_approved_it_lifts_nothing(self) -> None:
        (finding,) = _of(_judged(_entry(), day=date(2026, 11, 20)), "refused")
        assert "approved from 2026-11-21" in finding.message


class TestAFaultyListFailsTheVerdict:
    """A list that nobody can read, or that matches nothing, is a hole that waits."""

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"rule": "encryption.storage-in-transitt"}, f"did you mean {RULE}?"),
            ({"resource": "no-such-thing"}, "has no resource 'no-such-thing'"),
            ({"rule": "storage.no-shared-keys"}, "nothing is refused"),
            ({"rule": "encryption.keys-rotate"}, "does not judge"),
            ({"rule": "residency.region-inside-jurisdiction"}, "takes no exemption"),
            ({"rule": "egress.firewall-stands"}, "takes no exemption"),
            ({"expires": date(2027, 5, 21)}, "2027-05-20 is the last day allowed"),
            ({"expires": date(2026, 11, 1)}, "is before it was approved"),
            ({"author": "m. laurent"}, "is also the author"),
            ({"resource": "store-*"}, "wildcard"),
            ({"resource": "urn:pulumi:uk-prod::bailiwick::a:b:C::d"}, "not of stack 'eu-prod'"),
            ({"stack": "eu-stage"}, "names no environment"),
            ({"reason": " "}, "reason: is empty"),
            ({"ticket": None}, "ticket: "),
            ({"expires": "soon"}, "must be a date"),
            ({"line": 3}, "unknown: line"),
            ({"severity": "low"}, "unknown: severity; allowed: stack, rule"),
        ],
    )
    def test_each_fault_is_told_with_its_line_and_refused(self, changes: dict[str, object], says: str) -> None:
        report = _judged(_entry(**changes))
        assert report.verdict == "refused"
        told = _faults(report)
        assert any(says in words for words in told), told
        assert all(words.startswith("policies/exemptions.yaml:") for words in told)

    def test_a_faulty_entry_lifts_nothing(self) -> None:
        assert _of(_judged(_entry(author="M. Laurent")), "refused")

    def test_all_faults_come_at_once_and_point_at_their_own_lines(self) -> None:
        text = _text(_entry(), _entry(reason="", ticket=3), _entry())
        lines = text.splitlines()
        faults = {fault.what.split(":")[0]: fault.line for fault in parse(text).faults}
        assert lines[faults["reason"] - 1].strip().startswith("reason: ''")
        assert lines[faults["ticket"] - 1].strip() == "ticket: 3"
        assert any("says the same as the entry in line 2" in fault.what for fault in parse(text).faults)

    @pytest.mark.parametrize("text", ["", "[]", "exemptions: {}", "exemptions: [3]", "exemptions: [", "x: 1", "- : :"])
    def test_what_is_no_list_is_a_fault_and_no_traceback(self, text: str) -> None:
        assert parse(text).faults
        report = review(compliant(), ALL, as_of=TODAY, exemptions=parse(text))
        assert report.verdict == "refused"

    def test_a_name_of_several_resources_is_a_fault(self) -> None:
        first, second = compliant().of_type("azure-native:storage:StorageAccount")[:2]
        plan = _breach()
        twins = tuple(replace(found, name=first.name) if found.urn == second.urn else found for found in plan.resources)
        plan = replace(plan, resources=twins)
        assert any("write the URN of one" in words for words in _faults(_judged(_entry(), plan=plan)))

    def test_no_critical_rule_of_the_sovereignty_pack_can_be_exempted(self) -> None:
        always = [rule.id for rule in ALL if holds_always(rule)]
        assert {rule.id for rule in ALL if rule.id.startswith("residency.") and rule.severity == "critical"} < set(
            always
        )
        told = "\n".join(_faults(_judged(*(_entry(rule=rule) for rule in always))))
        assert [rule for rule in always if f"{rule} is a critical rule" not in told] == []


class TestTheListOfThisProjectIsSound:
    """What is committed holds for the stacks that are."""

    def test_it_has_no_fault_and_names_stacks_that_have_a_file(self) -> None:
        assert load().faults == ()
        assert {entry.stack for entry in load().entries} <= set(stacks.available(ROOT))

    def test_the_example_of_its_head_is_sound(self) -> None:
        text = (ROOT / "policies" / "exemptions.yaml").read_text()
        example = [line[2:] for line in text.splitlines() if line.startswith(("# exemptions:", "#   "))]
        (entry,) = parse("\n".join(example)).entries
        assert (entry.expires - entry.approved).days <= DAYS


class TestItIsShownEverywhere:
    """What is exempt and not shown is forgotten."""

    def test_the_terminal_says_exempt_with_who_why_and_until_when(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_report(_judged(_entry()))
        text = capsys.readouterr().out
        assert f"~ EXEMPT {RULE}   high" in text
        for words in ("RISK-7", "approved by M. Laurent", "until 2027-05-20", "old scanner", "a subnet of its own"):
            assert words in text

    def test_the_terminal_counts_no_exempt_resource_away(self, capsys: pytest.CaptureFixture[str]) -> None:
        accounts = compliant().of_type("azure-native:storage:StorageAccount")
        resources = tuple(
            replace(found, inputs={**found.inputs, "minimumTlsVersion": "TLS1_0"}) if found in accounts else found
            for found in compliant().resources
        )
        plan = replace(compliant(), resources=resources)
        print_report(_judged(*(_entry(resource=account.urn) for account in accounts), plan=plan))
        text = capsys.readouterr().out
        assert len(accounts) > 4
        assert all(account.label in text for account in accounts)

    def test_json_has_reason_approver_ticket_and_last_day(self) -> None:
        findings = json.loads(json.dumps(as_json(_judged(_entry()))))["findings"]
        (finding,) = [item for item in findings if item["rule"] == RULE]
        assert finding["state"] == "exempt"
        assert finding["exemption"]["approver"] == "M. Laurent"
        assert (finding["exemption"]["ticket"], finding["exemption"]["expires"]) == ("RISK-7", "2027-05-20")

    def test_a_fault_is_counted_in_a_pack_and_costs_no_rule_its_hold(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_report(_judged(_entry(resource="no-such-thing"), plan=compliant()))
        row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("platform "))
        assert row.split()[3:6] == [row.split()[3], row.split()[3], "1"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what a pack imports, whose list may be changed."""
    for name in ("policies", "plan", "jurisdictions", "records", "models", "lifecycle"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.slow
class TestThePacksReadTheSameList:
    """What is exempt offline and refused by the engine, or the other way round, is a list that nobody can trust."""

    def test_the_engine_lets_it_pass_and_shows_it(self, project: Path) -> None:
        days = {"approved": date.today(), "expires": date.today()}
        (project / "policies" / "exemptions.yaml").write_text(_text(_entry(**days)))
        with running("patient_data", project) as stub:
            found = [item for response in ask(stub, _breach()) for item in response.diagnostics]
        assert {item.policyName for item in found} == {IN_FORCE}
        assert all(item.enforcementLevel == analyzer_pb2.ADVISORY for item in found)
        assert f"EXEMPT {RULE}" in found[0].message
        assert "RISK-7" in found[0].message

    def test_a_needless_entry_is_a_violation_of_its_own_pack_alone(self, project: Path) -> None:
        days = {"approved": date.today(), "expires": date.today()}
        (project / "policies" / "exemptions.yaml").write_text(_text(_entry(**days)))
        request = analyzer_pb2.AnalyzeStackRequest(resources=described(compliant()))
        with running("patient_data", project) as stub:
            (item,) = [item for item in stub.AnalyzeStack(request).diagnostics if item.policyName == IN_ORDER.id]
        assert "nothing is refused" in item.message
        assert item.enforcementLevel == analyzer_pb2.MANDATORY
        with running("platform", project) as stub:
            assert [item for item in stub.AnalyzeStack(request).diagnostics if item.policyName == IN_ORDER.id] == []
