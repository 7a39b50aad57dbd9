"""Formats that others define, held to what these others say of them."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evidence.formats.junit import junit
from evidence.formats.sarif import MOST, sarif
from evidence.pack.subject import Subject
from policies.review import Finding, Report
from policies.rules import ALL
from tests.evidence.pack import subjects

BOTH = pytest.mark.parametrize("subject", [subjects.sound, subjects.refused], ids=["compliant", "refused"])


class TestSarifIsTheStandards:
    """A code host drops a file that is not valid, and with it every finding.

    The models are generated from the standard's schema: they forbid unknown keys, and hold required ones, words and
    patterns. The official file can only be had over the network; nothing on PyPI ships it unchanged.
    """

    @BOTH
    def test_by_models_of_its_schema(self, subject: Callable[[], Subject]) -> None:
        _valid(json.loads(sarif(subject())))

    def test_an_unknown_key_is_seen(self) -> None:
        document = json.loads(sarif(subjects.refused()))
        document["runs"][0]["results"][0]["verdict"] = "refused"
        with pytest.raises(ValueError, match="verdict"):
            _valid(document)

    def test_a_level_that_is_none_is_seen(self) -> None:
        document = json.loads(sarif(subjects.refused()))
        document["runs"][0]["results"][0]["level"] = "critical"
        with pytest.raises(ValueError, match="level"):
            _valid(document)

    @BOTH
    def test_messages_have_words_and_sets_have_no_double(self, subject: Callable[[], Subject]) -> None:
        """Of the schema's rules these two are not in the models: `anyOf` of a message, and `uniqueItems`."""
        (run,) = json.loads(sarif(subject()))["runs"]
        for result in run["results"]:
            assert result["message"]["text"]
            for name in ("suppressions", "locations", "relatedLocations"):
                told = [json.dumps(item, sort_keys=True) for item in result.get(name, ())]
                assert len(told) == len(set(told))
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        assert all(len(set(rule["properties"]["tags"])) == len(rule["properties"]["tags"]) for rule in rules)


class TestGithubTakesIt:
    """What is over a hard limit is rejected whole; what is over a limit of the screen is not shown.

    docs.github.com/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit and file-too-large,
    docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
    """

    @BOTH
    def test_rules_are_shown_whole(self, subject: Callable[[], Subject]) -> None:
        (run,) = json.loads(sarif(subject()))["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert 0 < len(rules) <= 25_000
        for rule in rules:
            assert len(rule["name"]) <= 255
            assert 0 < len(rule["shortDescription"]["text"]) <= 1024
            assert 0 < len(rule["fullDescription"]["text"]) <= 1024
            # 20 are taken, and 10 shown.
            assert len(rule["properties"]["tags"]) <= 10
            assert 0 < float(rule["properties"]["security-severity"]) <= 10

    def test_a_plan_that_is_wrong_everywhere_is_still_taken(self) -> None:
        subject = subjects.refused()
        (one,) = subject.report.of_state("refused")
        urns = [resource.urn for resource in subject.plan.resources]
        many = tuple(replace(one, rule=rule, urn=urn) for urn in urns for rule in ALL)[: MOST + 1]
        written = sarif(_with(subject, many))
        document = json.loads(written)
        (run,) = document["runs"]
        assert len(run["results"]) == 25_000
        (told,) = run["invocations"][0]["toolExecutionNotifications"]
        assert told["message"]["text"].startswith("1 findings are left out")
        assert max(len(result["locations"]) for result in run["results"]) <= 100
        assert len(gzip.compress(written)) < 10 * 10**6
        run["results"] = run["results"][:10]
        _valid(document)


class TestJunitIsWhatServersRead:
    """There is no standard; the schema is pyEDAA's of what JUnit-like writers have in common (Any-JUnit.xsd)."""

    @BOTH
    def test_by_schema(self, subject: Callable[[], Subject], tmp_path: Path) -> None:
        _analyse(junit(subject()), tmp_path)

    def test_what_was_not_evaluated_is_valid_too(self, tmp_path: Path) -> None:
        subject = subjects.refused()
        found = tuple(replace(each, state="not-evaluated") for each in subject.report.findings)
        _analyse(junit(_with(subject, found)), tmp_path)

    def test_an_unknown_attribute_is_seen(self, tmp_path: Path) -> None:
        broken = junit(subjects.refused()).replace(b"<testcase ", b'<testcase verdict="refused" ', 1)
        with pytest.raises(Exception, match="validation error"):
            _analyse(broken, tmp_path)


def _valid(document: dict[str, Any]) -> None:
    """By the strict models. Raises ValueError.

    They were generated before the standard was final: `status` of a suppression was `state` then. sarif-schema-2.1.0
    .json of OASIS has `status`, with the three words that are held here.
    """
    model = pytest.importorskip("pydantic_sarif.model")
    read = json.loads(json.dumps(document))
    for run in read["runs"]:
        for result in run["results"]:
            for suppression in result.get("suppressions", ()):
                assert suppression["status"] in {"accepted", "underReview", "rejected"}
                suppression["state"] = suppression.pop("status")
    model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate_json(json.dumps(read), strict=True)


def _analyse(content: bytes, folder: Path) -> None:
    reader = pytest.importorskip("pyEDAA.Reports.Unittesting.JUnit")
    file = folder / "junit.xml"
    file.write_bytes(content)
    reader.Document(file).Analyze()


def _with(subject: Subject, findings: tuple[Finding, ...]) -> Subject:
    was = subject.report
    made = Report(
        stack=was.stack, rules=was.rules, evaluations=was.evaluations, findings=findings, evaluated=was.evaluated
    )
    return replace(subject, report=made)
