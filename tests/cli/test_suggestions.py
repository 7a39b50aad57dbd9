"""`--fix-suggestions`: the diff that a person would apply, words where there is none, and nothing changed."""

import json
from pathlib import Path

import pytest

from plan.file import to_json
from plan.model import Plan
from tests.cli.test_command import run
from tests.plans import changed, compliant


def _two_faults() -> Plan:
    weak = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", "TLS1_0")
    return changed(weak, "storage:StorageAccount", "sku.name", "Standard_GRS")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A plan with one fault that has a safe fix, and one that a person has to decide."""
    path = tmp_path / "plan.json"
    path.write_text(to_json(_two_faults()))
    return path


class TestWhatWouldMendIsPrinted:
    """Who is refused should not have to look up what to write."""

    def test_a_safe_fix_is_a_diff_of_the_resources_inputs(self, saved: Path) -> None:
        text = saved.read_text()
        done = run("check", str(saved), "--fix-suggestions")
        urn = _two_faults().of_type("azure-native:storage:StorageAccount")[0].urn
        assert done.returncode == 3
        lines = done.stdout.splitlines()
        at = lines.index(f"--- a/{urn}")
        assert lines[at + 1] == f"+++ b/{urn}"
        hunk = lines[at + 2 : lines.index("For a person to decide:")]
        assert [line for line in hunk if line.startswith(("+", "-"))] == [
            '-  "minimumTlsVersion": "TLS1_0",',
            '+  "minimumTlsVersion": "TLS1_2",',
        ]
        assert saved.read_text() == text

    def test_the_rest_has_the_rules_own_words(self, saved: Path) -> None:
        out = run("check", str(saved), "--fix-suggestions").stdout
        after = out.partition("For a person to decide:")[2].splitlines()[1]
        assert after.startswith("  residency.storage-redundancy-inside-region (1): use Standard_ZRS")

    def test_a_pipe_gets_plain_text_and_the_verdict_comes_last(self, saved: Path) -> None:
        out = run("check", str(saved), "--fix-suggestions").stdout
        assert "\x1b" not in out
        assert out.splitlines()[-1].startswith("✗ eu-prod: refused")

    def test_json_has_them_under_a_key_of_their_own(self, saved: Path) -> None:
        document = json.loads(run("check", str(saved), "--fix-suggestions", "--json").stdout)
        mended, *left = document["suggestions"]
        assert mended["rules"] == ["encryption.storage-in-transit"]
        assert '+  "minimumTlsVersion": "TLS1_2",' in mended["diff"]
        assert [rule for words in left for rule in words["rules"]] == [
            "residency.storage-redundancy-inside-region",
            "storage.survives-a-zone",
        ]
        assert "suggestions" not in json.loads(run("check", str(saved), "--json").stdout)

    def test_nothing_to_mend_says_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "plan.json"
        path.write_text(to_json(compliant("eu-dev")))
        done = run("check", str(path), "--fix-suggestions")
        assert done.returncode == 0
        assert "mend" not in done.stdout

    def test_preview_takes_it_for_one_stack(self) -> None:
        assert run("preview", "--all", "--fix-suggestions").returncode == 2
        assert run("preview", "eu-dev", "--quiet", "--fix-suggestions").returncode == 0
