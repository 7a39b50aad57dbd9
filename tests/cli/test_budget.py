"""The budget as it is asked for and written: one line of the file, and an exit code that CI can hold."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.planning import ROOT
from cli.stack_line import CannotChange, replace_unchanged, with_number
from tests.cli.test_command import run
from tests.plans import changed, compliant

SECTION = "bailiwick:budget"
NUMBERS = st.integers(1, 10**9)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of eu-dev in a folder of its own; the plan is the recorded one, with the file's budget."""
    path = tmp_path / "Pulumi.eu-dev.yaml"
    path.write_bytes((ROOT / path.name).read_bytes())
    # Recorded before the project's folder is another.
    recorded = {stack: compliant(stack) for stack in ("eu-dev", "usgov-prod")}

    def plan(stack: str) -> object:
        monthly = yaml.safe_load((tmp_path / f"Pulumi.{stack}.yaml").read_text())["config"][SECTION]["monthly"]
        return changed(recorded[stack], "consumption:Budget", "amount", monthly), ()

    monkeypatch.setattr("cli.planning.ROOT", tmp_path)
    monkeypatch.setattr("cli.planning.plan_stack", plan)
    return path


def _set(file: Path, monthly: int) -> None:
    file.write_text(with_number(file.read_text(), SECTION, "monthly", monthly))


class TestTheExitCodeHoldsTheBudget:
    """CI needs no reader."""

    @pytest.mark.parametrize(("monthly", "says", "code"), [(1, "too low", 3), (9_999_999, "too high", 3)])
    def test_out_of_bounds_is_refused_with_the_line_that_fixes_it(
        self, file: Path, monthly: int, says: str, code: int
    ) -> None:
        _set(file, monthly)
        done = run("budget", "eu-dev")
        assert done.returncode == code
        assert f"✗ eu-dev: {says}   " in done.stdout
        assert done.stdout.splitlines()[-1] == "  hint: bailiwick budget eu-dev --write"
        assert "\x1b[" not in done.stdout

    def test_a_budget_that_was_written_fits(self, file: Path) -> None:
        _set(file, 1)
        done = run("budget", "eu-dev", "--write")
        assert done.returncode == 0
        assert " is written" in done.stdout.splitlines()[-1]
        again = run("budget", "eu-dev")
        assert again.returncode == 0
        assert "✓ eu-dev: fits" in again.stdout

    def test_what_nobody_can_judge_is_neither_fine_nor_written(self, file: Path) -> None:
        other = file.with_name("Pulumi.usgov-prod.yaml")
        before = (ROOT / other.name).read_bytes()
        other.write_bytes(before)
        assert run("budget", "usgov-prod", "--write").returncode == 4
        assert other.read_bytes() == before

    def test_json_is_json_and_nothing_else(self, file: Path) -> None:
        _set(file, 1)
        done = run("budget", "eu-dev", "--json", "--rate", "0.92", "--headroom", "10")
        document = json.loads(done.stdout)
        assert done.returncode == 3
        assert (document["judgement"], document["rate"], document["headroom"]) == ("too low", 0.92, 10.0)

    @pytest.mark.parametrize("words", [("--rate", "0"), ("--rate", "nan"), ("--headroom", "-1"), ("--rate", "€")])
    def test_a_number_that_is_none_is_a_fault_of_usage(self, words: tuple[str, str]) -> None:
        done = run("budget", "eu-dev", *words)
        assert done.returncode == 2
        assert f"'{words[1]}' is no number from" in done.stderr

    def test_a_mistyped_stack_is_guessed(self) -> None:
        done = run("budget", "eu-porod")
        assert done.returncode == 2
        assert "did you mean eu-prod?" in done.stderr


class TestOneLineOfTheFileChanges:
    """A stack file is reviewed line by line, and its comments are read by people."""

    @settings(deadline=None, max_examples=25)  # each example reads a whole file four times
    @given(st.sampled_from(sorted(path.name for path in ROOT.glob("Pulumi.*.yaml"))), NUMBERS)
    def test_every_other_line_of_every_committed_file_stays(self, name: str, monthly: int) -> None:
        before = (ROOT / name).read_bytes().decode()
        after = with_number(before, SECTION, "monthly", monthly)
        assert after.count("\n") == before.count("\n")
        pairs = zip(before.splitlines(keepends=True), after.splitlines(keepends=True), strict=True)
        differing = [pair for pair in pairs if pair[0] != pair[1]]
        assert len(differing) <= 1
        assert all("monthly" in old and new.strip() == f"monthly: {monthly}" for old, new in differing)
        assert yaml.safe_load(after)["config"][SECTION]["monthly"] == monthly

    @given(NUMBERS, st.sampled_from(["\n", "\r\n"]), st.text("äé #'🩺:", max_size=9), st.booleans())
    def test_line_ends_comments_and_flow_style_stay(self, monthly: int, end: str, words: str, flow: bool) -> None:  # noqa: FBT001 drawn
        section = (
            "{monthly: 7, contacts: [a@b.ch]}" if flow else f"{end}    monthly:   7  # {words}{end}    contacts: []"
        )
        text = f"# {words}{end}config:{end}  bailiwick:other: {{monthly: 7}}{end}  {SECTION}: {section}{end}# last"
        before, _, after = text.rpartition("7")
        assert with_number(text, SECTION, "monthly", monthly) == f"{before}{monthly}{after}"

    @pytest.mark.parametrize(
        "section",
        [
            "'{\"monthly\": 7}'",
            "{contacts: []}",
            "{monthly: &many 7, contacts: [*many]}",
            "{monthly: *seven}",
            "{monthly: [7]}",
        ],
    )
    def test_a_number_that_is_not_its_own_is_left(self, section: str) -> None:
        with pytest.raises(CannotChange):
            with_number(f"config:\n  a: &seven 7\n  {SECTION}: {section}\n", SECTION, "monthly", 8)

    def test_a_refused_write_says_what_where_and_the_line(self, file: Path) -> None:
        text = file.read_text().replace("    monthly: ", "    monthly: &sum ")
        file.write_text(text.replace("hsmAdministrators: []", "hsmAdministrators: [*sum]"))
        before = file.read_bytes()
        done = run("budget", "eu-dev", "--write")
        assert done.returncode == 2
        for words in ("Pulumi.eu-dev.yaml: ", "bound to another place", "allowed is ", "nothing was written", "hint: "):
            assert words in done.stderr
        assert file.read_bytes() == before

    def test_a_file_that_somebody_changed_meanwhile_is_left(self, tmp_path: Path) -> None:
        path = tmp_path / "Pulumi.eu-dev.yaml"
        path.write_bytes(b"theirs")
        with pytest.raises(CannotChange, match="somebody changed the file"):
            replace_unchanged(path, b"before", b"ours")
        assert path.read_bytes() == b"theirs"
        assert list(tmp_path.iterdir()) == [path]

    def test_the_files_rights_stay(self, tmp_path: Path) -> None:
        path = tmp_path / "Pulumi.eu-dev.yaml"
        path.write_bytes(b"a")
        path.chmod(0o640)
        replace_unchanged(path, b"a", b"b")
        assert path.read_bytes() == b"b"
        assert path.stat().st_mode & 0o777 == 0o640


class TestHelpDoesNotWaitForIt:
    """A verb that nobody asked for costs nothing."""

    def test_help_loads_neither_prices_nor_yaml(self) -> None:
        probe = (
            "import sys\nfrom cli.main import main\n"
            "try: main(['budget', '--help'])\n"
            "except SystemExit: pass\n"
            "print([m for m in sys.modules if m.startswith(('evidence', 'yaml', 'pulumi', 'pydantic'))])"
        )
        done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"
