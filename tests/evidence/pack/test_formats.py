"""What other programs read: each format by its own rules, and nothing of a resource's making gets out of its place."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from cli.planning import ROOT, plan_stack
from evidence.document.html import html, words
from evidence.formats.findings_csv import findings_csv
from evidence.formats.junit import junit
from evidence.formats.sarif import sarif
from evidence.formats.summary import MOST, marker, summary
from evidence.pack.against import Against
from evidence.pack.locating import key_lines, places
from evidence.pack.subject import Subject
from evidence.papers.report import report
from policies.packs import PACKS
from policies.review import Finding, Report
from policies.rules import ALL
from tests.evidence.pack import subjects
from tests.plans import compliant


class TestSarifPointsWhereItIsMended:
    """A reviewer clicks on the finding and must stand at the line."""

    def test_a_finding_has_a_rule_a_line_and_a_fingerprint(self) -> None:
        (run,) = json.loads(sarif(subjects.refused()))["runs"]
        (result,) = [item for item in run["results"] if item["properties"]["state"] == "refused"]
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert result["level"] == "error"
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
        assert len(result["partialFingerprints"]["bailiwickFinding/v1"]) == 64

    def test_what_is_exempt_is_suppressed_with_its_ground(self) -> None:
        (run,) = json.loads(sarif(subjects.sound()))["runs"]
        (result,) = run["results"]
        (suppression,) = result["suppressions"]
        assert suppression["status"] == "accepted"
        assert "front-door-edge" in suppression["justification"]

    def test_every_rule_is_described(self) -> None:
        (run,) = json.loads(sarif(subjects.sound()))["runs"]
        assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} >= {rule.id for rule in ALL}

    def test_a_recorded_resource_leads_to_the_component_that_makes_it(self) -> None:
        plan, _ = plan_stack("eu-dev")
        found = {resource.type: resource.source for resource in plan.resources if resource.source}
        file, _, line = found["azure-native:storage:StorageAccount"].partition(":")
        assert file.startswith("components/")
        assert "StorageAccount(" in (ROOT / file).read_text().splitlines()[int(line) - 1]

    def test_a_fix_in_the_stack_file_leads_to_its_key(self) -> None:
        subject = subjects.refused()
        finding = replace(
            subject.report.of_state("refused")[0],
            rule=next(rule for rule in ALL if "bailiwick:retention.auditDays" in rule.fix),
        )
        place = places(subject, finding)[0]
        text = (ROOT / place.file).read_text().splitlines()[place.line - 1]
        assert place.file == "Pulumi.eu-prod.yaml"
        assert "auditDays" in text

    def test_a_file_that_is_no_yaml_has_no_lines(self, tmp_path: Path) -> None:
        (tmp_path / "stack.yaml").write_text("config: [")
        assert key_lines(tmp_path / "stack.yaml") == {}
        assert key_lines(tmp_path / "none.yaml") == {}


class TestJunitCounts:
    """A build server shows the numbers and nothing else."""

    def test_suites_are_packs_and_cases_are_rules(self) -> None:
        root = ET.fromstring(junit(subjects.refused()))  # noqa: S314 our own words
        assert [suite.get("name") for suite in root] == [f"eu-prod.{pack}" for pack in PACKS]
        assert int(root.get("tests", 0)) == len(root.findall(".//testcase")) == len(ALL)
        assert int(root.get("failures", 0)) == len(root.findall(".//failure")) == 1
        assert int(root.get("skipped", 0)) == len(root.findall(".//skipped")) > 0

    def test_what_was_not_evaluated_is_an_error(self) -> None:
        root = ET.fromstring(junit(_as(subjects.refused(), "not-evaluated")))  # noqa: S314 our own words
        assert (root.get("errors"), root.get("failures")) == ("1", "0")

    @given(st.text())
    @settings(max_examples=50, deadline=None)
    def test_any_text_is_well_formed(self, text: str) -> None:
        ET.fromstring(junit(_saying(subjects.refused(), text)))  # noqa: S314 our own words


class TestTheTableIsInert:
    """A spreadsheet must not reckon what a resource is called."""

    @given(st.text())
    @settings(max_examples=50, deadline=None)
    def test_every_cell_comes_back_and_none_is_a_formula(self, text: str) -> None:
        told = findings_csv(_saying(subjects.refused(), text)).decode("utf-8", "surrogatepass")
        rows = list(csv.DictReader(io.StringIO(told, newline="")))
        assert len(rows) == len(subjects.refused().report.findings)
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())


class TestTheCommentIsShort:
    """A code host refuses a longer one, and then nobody reads any verdict."""

    def test_the_verdict_is_first_and_the_marker_before_it(self) -> None:
        lines = summary(subjects.refused()).decode().splitlines()
        assert lines[0] == marker("eu-prod")
        assert lines[2].startswith("## ❌ refused")

    def test_a_thousand_refusals_fit_and_the_reader_is_told(self) -> None:
        subject = subjects.refused()
        (one,) = subject.report.of_state("refused")
        many = tuple(replace(one, rule=rule, message="x" * 900) for rule in ALL * 3)
        text = summary(_with(subject, many)).decode()
        assert len(text) <= MOST < 65_536
        assert "left out for length" in text

    def test_a_name_can_not_mention_or_mark_up(self) -> None:
        text = summary(_saying(subjects.refused(), "@everyone <img src=x> [a](b) | `c`\n# d")).decode()
        assert "@everyone" not in text
        assert "<img" not in text
        assert "\n# d" not in text


class TestThePageRunsNothing:
    """Names in a plan are chosen by whoever writes it, and the page is opened by a reviewer."""

    def test_no_script_and_nothing_fetched(self) -> None:
        page = html(report(subjects.refused())).decode()
        assert "<script" not in page
        assert "default-src 'none'" in page
        assert "src=" not in page.replace("-src", "")
        assert "url(http" not in page

    @given(st.text())
    @settings(max_examples=50, deadline=None)
    def test_words_stay_words(self, text: str) -> None:
        assert "<" not in words(text)
        assert '"' not in words(text)

    def test_a_resources_name_is_escaped(self) -> None:
        page = html(report(_saying(subjects.refused(), "<script>alert(1)</script>"))).decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_every_article_in_force_is_there_with_its_state(self) -> None:
        subject = subjects.sound()
        page = html(report(subject)).decode()
        for regulation in subject.regulations:
            for item in regulation.requirements:
                assert f"<strong>{item.id}</strong>" in page

    def test_every_duty_has_an_empty_line_to_attest_it(self) -> None:
        subject = subjects.sound()
        duties = sum(bool(item.manual) for regulation in subject.regulations for item in regulation.requirements)
        assert html(report(subject)).decode().count('class="attest"') == duties > 100


def _saying(subject: Subject, text: str) -> Subject:
    found = tuple(replace(item, message=text, resource=text) for item in subject.report.findings)
    return _with(subject, found)


def _as(subject: Subject, state: str) -> Subject:
    return _with(
        subject,
        tuple(replace(item, state=state) if item.state == "refused" else item for item in subject.report.findings),
    )


def _with(subject: Subject, findings: tuple[Finding, ...]) -> Subject:
    was: Report = subject.report
    made = Report(
        stack=was.stack, rules=was.rules, evaluations=was.evaluations, findings=findings, evaluated=was.evaluated
    )
    return replace(subject, report=made)


class TestTheCommentSaysWhatChanges:
    """A reviewer of a change asks what it does, and then whether it may."""

    def test_what_differs_is_folded_below_the_verdict(self) -> None:
        text = summary(subjects.beside(subjects.weak_plan())).decode()
        assert text.index("## ❌ refused") < text.index("compliant → refused") < text.index("By pack")
        assert "minimumTlsVersion" in text
        assert text.count("<!-- ") == 1
        assert text.count("<details>") == text.count("</details>")

    def test_a_lost_store_is_in_sight(self) -> None:
        gone = next(item for item in compliant().of_type("azure-native:storage:StorageAccount"))
        plan = replace(compliant(), resources=tuple(item for item in compliant().resources if item is not gone))
        text = summary(subjects.beside(plan)).decode()
        sight = text.partition("<details>")[0]
        assert "Data is lost" in sight
        assert gone.display_name in sight

    def test_an_earlier_state_that_can_not_be_planned_is_told(self) -> None:
        why = Against(base="main (abc)", why_not="no stack 'eu-prod'")
        text = summary(replace(subjects.sound(), against=why)).decode()
        assert "### Not compared against main (abc)" in text
        assert "no stack 'eu-prod'" in text

    def test_two_large_halves_still_fit(self) -> None:
        subject = subjects.beside(subjects.weak_plan())
        (one,) = subject.report.of_state("refused")
        many = tuple(replace(one, rule=rule, message="x" * 900) for rule in ALL * 3)
        assert len(summary(_with(subject, many)).decode()) < 65_536
