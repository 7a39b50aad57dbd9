"""The command's word and its exit code are what a pipeline goes by."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanners import __main__ as main
from scanners.accepted import NAME
from scanners.finding import Finding, NotAsked, ScannerFailed
from scanners.ground import Ground

FOUND = Finding(scanner="hadolint", check="DL1", resource="model_images/x/Dockerfile", where="x:1", what="w")
ENTRY = """accepted:
  - {scanner: hadolint, check: DL1, resources: [model_images/x/Dockerfile], reason: r, approver: a,
     approved: 2026-11-22, expires: 2027-11-22}
"""


def _nothing(_: Ground) -> Iterable[Finding]:
    return ()


def _one(_: Ground) -> Iterable[Finding]:
    return (FOUND,)


def _missing(_: Ground) -> Iterable[Finding]:
    raise ScannerFailed("hadolint is not there")


def _strange(_: Ground) -> Iterator[Finding]:
    yield FOUND
    raise KeyError("results")


def _silent(_: Ground) -> Iterator[Finding]:
    yield from ()
    raise NotAsked("nobody answered")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scanners").mkdir()
    (tmp_path / NAME).write_text("accepted: []\n", encoding="utf-8")
    monkeypatch.setattr(main, "ROOT", tmp_path)
    monkeypatch.setattr(main, "OF_PLANS", {})
    monkeypatch.delenv("BAILIWICK_REQUIRE_AUDIT", raising=False)
    return tmp_path


def _run(monkeypatch: pytest.MonkeyPatch, scan: object, *words: str) -> Result:
    monkeypatch.setattr(main, "EVERY", {"hadolint": scan})
    return CliRunner().invoke(main.command, words)


class TestHowItEnds:
    """Nothing found is green only where everybody looked."""

    @pytest.mark.parametrize(
        ("scan", "code", "word"),
        [
            (_nothing, 0, "clean"),
            (_one, 3, "✗ hadolint DL1: model_images/x/Dockerfile"),
            (_missing, 1, "hadolint is not there"),
            (_strange, 1, "hadolint said what nobody reads"),
            (_silent, 0, "! nobody answered"),
        ],
    )
    def test_by_what_one_scanner_did(
        self, tree: Path, monkeypatch: pytest.MonkeyPatch, scan: object, code: int, word: str
    ) -> None:
        result = _run(monkeypatch, scan)
        assert result.exit_code == code
        assert word in result.output

    def test_silence_fails_where_an_answer_is_required(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BAILIWICK_REQUIRE_AUDIT", "1")
        assert _run(monkeypatch, _silent).exit_code == 1

    @pytest.mark.parametrize(("scan", "code"), [(_one, 0), (_nothing, 3), (_silent, 0), (_missing, 1)])
    def test_an_acceptance_is_needless_only_where_its_scanner_looked(
        self, tree: Path, monkeypatch: pytest.MonkeyPatch, scan: object, code: int
    ) -> None:
        (tree / NAME).write_text(ENTRY, encoding="utf-8")
        result = _run(monkeypatch, scan)
        assert result.exit_code == code
        assert ("matches nothing" in result.output) is (scan is _nothing)

    def test_a_faulty_list_is_usage_and_nothing_runs(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tree / NAME).write_text("accepted: [1]\n", encoding="utf-8")
        result = _run(monkeypatch, _missing)
        assert result.exit_code == 2
        assert "an entry has exactly" in result.output

    def test_as_json_and_as_sarif(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tree / NAME).write_text(ENTRY, encoding="utf-8")
        result = _run(monkeypatch, _one, "--json", "--sarif", str(tree / "s.sarif"))
        document = json.loads(result.output)
        assert (document["verdict"], document["accepted"][0]["approver"]) == ("clean", "a")
        (run,) = json.loads((tree / "s.sarif").read_text(encoding="utf-8"))["runs"]
        assert run["results"][0]["suppressions"][0]["justification"] == "r"
