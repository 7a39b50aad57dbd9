"""The law as an auditor reads it: what is asked, what shows it, how it stands, and what no code can show."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from evidence.regulations import Standing, State
from jurisdictions import load
from plan.model import UNKNOWN, Plan
from policies.catalogue import Requirement, available, in_force, regulations
from policies.exempting import IN_ORDER
from policies.review import Finding, review
from policies.rules import ALL
from tests.cli.test_command import Done, run
from tests.plans import changed, compliant
from tests.policies.test_in_scope import with_payment

Judge = Callable[..., Done]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Judge:
    """The verb on a plan of ours: `judged(plan, "gdpr", "--json")`."""

    def run_on(plan: Plan, *words: str) -> Done:
        monkeypatch.setattr("cli.planning.plan_stack", lambda _: (plan, ()))
        return run("regulations", *words, "--stack", plan.stack)

    return run_on


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nobody had written the UK GDPR down: a new jurisdiction may name what has no catalogue yet."""
    left = tuple(name for name in available() if name != "uk-gdpr")
    monkeypatch.setattr("policies.catalogue.available", lambda: left)


def item(document: dict[str, Any], requirement_id: str) -> dict[str, Any]:
    """One requirement of a regulation's JSON."""
    (found,) = [entry for entry in document["items"] if entry["id"] == requirement_id]
    assert isinstance(found, dict)
    return found


class TestTheTable:
    """What there is, at a glance."""

    def test_every_catalogue_has_a_line_with_its_counts(self) -> None:
        done = run("regulations")
        assert done.returncode == 0
        lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
        for name, regulation in regulations().items():
            evidenced = sum(bool(entry.rules) for entry in regulation.requirements)
            numbers = [len(regulation.requirements), evidenced, len(regulation.requirements) - evidenced]
            assert lines[name].split()[1:4] == [str(number) for number in numbers]
            assert f"{regulation.title}, {regulation.version}" in lines[name]

    def test_the_same_as_json(self) -> None:
        rows = json.loads(run("regulations", "--json").stdout)
        assert [row["id"] for row in rows] == list(available())
        assert all(row["requirements"] == row["evidenced"] + row["manual"] for row in rows)


class TestOneRegulation:
    """Requirement by requirement, in the source's order."""

    @pytest.mark.parametrize("name", available())
    def test_every_requirement_is_there_with_who_sees_to_it(self, name: str) -> None:
        done = run("regulations", name)
        assert done.returncode == 0
        flat = " ".join(done.stdout.split())
        at = 0
        for entry in regulations()[name].requirements:
            at = flat.index(f"{entry.id} {entry.title}", at)
            assert " ".join(entry.manual.split()) in flat[at:]
            assert not entry.rules or entry.rules[0] in flat[at:]

    def test_what_was_not_verified_says_so(self) -> None:
        text = run("regulations", "eu-ai-act").stdout
        unverified = sum(entry.unverified for entry in regulations()["eu-ai-act"].requirements)
        assert unverified
        assert text.count("! number or content is not verified") == unverified

    def test_levels_are_told(self) -> None:
        assert re.search(r"^§ 164\.312\(a\)\(2\)\(iv\) .*   addressable$", run("regulations", "hipaa").stdout, re.M)

    def test_json_has_it_whole(self) -> None:
        document = json.loads(run("regulations", "gdpr", "--json").stdout)
        assert {"id", "short", "title", "version", "source", "scope", "verified", "items"} <= set(document)
        assert "residency.region-inside-jurisdiction" in item(document, "Art. 44")["rules"]
        assert "state" not in item(document, "Art. 44")

    def test_a_mistyped_id_is_guessed(self) -> None:
        done = run("regulations", "gdrp")
        assert done.returncode == 2
        assert "Did you mean gdpr?" in done.stderr

    def test_a_framework_that_nobody_wrote_down_is_no_typo(self, unwritten: None) -> None:
        done = run("regulations", "uk-gdpr")
        assert done.returncode == 2
        assert "no catalogue for 'uk-gdpr', which is in force in uk" in done.stderr


class TestHowItStands:
    """A stack's plan, judged; nothing that nobody looked at passes."""

    def test_a_compliant_stack_passes_or_waits_for_a_person(self, judged: Judge) -> None:
        done = judged(compliant(), "gdpr", "--json")
        assert done.returncode == 0
        document = json.loads(done.stdout)
        assert document["inForce"] is True
        assert document["states"]["REFUSED"] == 0
        assert sum(document["states"].values()) == document["requirements"]
        assert item(document, "Art. 17")["state"] == "MANUAL"
        assert item(document, "Art. 32(1)(c)")["state"] == "PASS"

    def test_one_breach_refuses_what_its_rule_evidences_and_nothing_else(self, judged: Judge) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "allowSharedKeyAccess", True)
        done = judged(plan, "iso27001", "--json")
        assert done.returncode == 3
        for entry in json.loads(done.stdout)["items"]:
            named = "storage.no-shared-keys" in [rule["id"] for rule in entry["rules"]]
            assert (entry["state"] == "REFUSED") == named, entry["id"]

    def test_a_refused_rule_is_named_on_the_screen(self, judged: Judge) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "allowSharedKeyAccess", True)
        text = judged(plan, "iso27001").stdout
        assert "✗ REFUSED   A.8.3   Restriction of access" in text
        assert "  ✗ storage.no-shared-keys: refused" in text
        assert text.splitlines()[-1].startswith("ISO 27001 and eu-prod: ")

    def test_an_exception_on_record_is_exempt(self, judged: Judge) -> None:
        document = json.loads(judged(compliant(), "gdpr", "--json").stdout)
        assert item(document, "Art. 44")["state"] == "EXEMPT"
        states = {rule["id"]: rule["state"] for rule in item(document, "Art. 44")["rules"]}
        assert states["residency.no-global-data-plane"] == "EXEMPT"
        assert states["residency.region-inside-jurisdiction"] == "PASS"

    def test_what_could_not_be_judged_is_not_evaluated_and_told_by_the_exit_code(self, judged: Judge) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", UNKNOWN)
        done = judged(plan, "hipaa", "--json")
        assert done.returncode == 4
        assert item(json.loads(done.stdout), "§ 164.312(e)(2)(i)")["state"] == "NOT EVALUATED"

    def test_rules_that_found_nothing_to_judge_show_nothing(self) -> None:
        """A stack behind Front Door neither keeps nor breaks what is asked of a regional portal."""
        rule = "portal.gateway-tls-is-modern"
        standing = Standing(review(compliant(), ALL))
        alone = Requirement(id="x", title="x", says="x.", rules=(rule,))
        beside = Requirement(id="x", title="x", says="x.", rules=(rule, "storage.no-shared-keys"))
        assert standing.of(alone) is State.NOTHING
        assert not standing.could_not_judge(alone)
        assert standing.of(beside) is State.PASS

    def test_rules_that_were_not_asked_are_not_nothing_to_judge(self) -> None:
        """A run of one pack knows nothing of another's articles, and must not say that the plan holds nothing."""
        asked = tuple(rule for rule in ALL if rule.id != "portal.gateway-tls-is-modern")
        item = Requirement(id="x", title="x", says="x.", rules=("portal.gateway-tls-is-modern",))
        assert Standing(review(compliant(), asked)).of(item) is State.NOT_EVALUATED

    def test_a_value_that_is_not_known_is_not_nothing_to_judge(self) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", UNKNOWN)
        standing = Standing(review(plan, ALL))
        rules = [rule for rule in ALL if standing.of_rule(rule.id) is State.NOT_EVALUATED]
        item = Requirement(id="x", title="x", says="x.", rules=(rules[0].id, "portal.gateway-tls-is-modern"))
        assert standing.of(item) is State.NOT_EVALUATED

    def test_a_faulty_list_of_exemptions_fails_whatever_is_read(self) -> None:
        """It evidences no requirement, so that none would tell."""
        report = review(compliant(), ALL)
        fault = Finding(rule=IN_ORDER, state="refused", message="no such rule", urn=None, resource="the stack")
        standing = Standing(replace(report, findings=(*report.findings, fault)))
        assert standing.beside == [fault]

    def test_only_what_is_in_force_is_listed(self, judged: Judge) -> None:
        rows = json.loads(judged(compliant("uk-prod"), "--json").stdout)
        assert [row["id"] for row in rows] == ["iso27001", "nist-ai-rmf", "dspt", "uk-gdpr", "uk-nis"]
        assert all(row["states"]["REFUSED"] == 0 for row in rows)
        assert not [row for row in rows if "inForceBy" in row]

    def test_what_the_stacks_own_data_brings_is_listed_with_the_reason(self, judged: Judge) -> None:
        plan = with_payment(compliant("uk-prod"))
        why = "payment data is in scope: use case 'clinical-notes'"
        rows = {row["id"]: row for row in json.loads(judged(plan, "--json").stdout)}
        assert [row["inForceBy"] for row in rows.values() if "inForceBy" in row] == [rows["pci-dss"]["inForceBy"]]
        assert rows["pci-dss"]["inForceBy"] == why
        assert f"! pci-dss   in force: {why}" in judged(plan).stdout

    def test_and_read_by_itself_it_says_so_too(self, judged: Judge) -> None:
        plan = with_payment(compliant("uk-prod"))
        document = json.loads(judged(plan, "pci-dss", "--json").stdout)
        assert (document["inForce"], "payment data" in document["inForceBy"]) == (True, True)
        assert "in force: payment data is in scope" in judged(plan, "pci-dss").stdout
        assert "! not in force in uk" in judged(compliant("uk-prod"), "pci-dss").stdout

    def test_a_framework_without_a_catalogue_is_listed_last(self, judged: Judge, unwritten: None) -> None:
        rows = json.loads(judged(compliant("uk-prod"), "--json").stdout)
        assert [row["id"] for row in rows if "no catalogue" in row.get("state", "")] == ["uk-gdpr"] == [rows[-1]["id"]]

    def test_the_table_says_plainly_what_has_no_catalogue(self, judged: Judge, unwritten: None) -> None:
        text = judged(compliant("uk-prod")).stdout
        assert "? uk-gdpr   no catalogue: all of it is for a person to attest" in text
        assert text.startswith("id ")
        assert "not evaluated" in text.splitlines()[0]

    def test_one_that_is_not_in_force_says_so(self, judged: Judge) -> None:
        assert "hipaa" not in in_force(load("uk").frameworks)
        assert "! not in force in uk, by its frameworks" in judged(compliant("uk-prod"), "hipaa").stdout
