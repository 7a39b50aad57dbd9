"""`bailiwick evidence diff`: what a pipeline sees of it, the exit code first."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from evidence.pack.manifest import FILE, SIGNED, statement
from evidence.pack.writing import write
from intake.signing import Signing, from_file
from tests.cli.test_command import run
from tests.evidence.pack import subjects


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Signing:
    """A reviewer's key."""
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return from_file(path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, signing: Signing) -> Path:
    """Evidence of the compliant stack, signed."""
    folder = tmp_path_factory.mktemp("was") / "eu-prod"
    write(subjects.sound(), folder, (signing.sign, signing.id))
    return folder


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory, signing: Signing) -> Path:
    """Evidence of the stack with one thing broken, signed."""
    folder = tmp_path_factory.mktemp("now") / "eu-prod"
    write(subjects.refused(), folder, (signing.sign, signing.id))
    return folder


class TestTheExitCodeSaysWhetherItIsWorse:
    """A pipeline that compares with the last release stops on it."""

    def test_the_same_twice(self, sound: Path) -> None:
        done = run("evidence", "diff", str(sound), str(sound))
        assert done.returncode == 0
        assert done.stdout.splitlines()[-1] == "nothing changed in the verdict"

    def test_refused_and_was_not(self, sound: Path, refused: Path) -> None:
        done = run("evidence", "diff", str(sound), str(refused))
        assert done.returncode == 3
        assert "eu-prod: compliant → refused" in done.stdout
        assert "why: the resource changed: minimumTlsVersion" in done.stdout
        assert "\x1b" not in done.stdout

    def test_mended(self, sound: Path, refused: Path) -> None:
        assert run("evidence", "diff", str(refused), str(sound)).returncode == 0

    def test_json_has_each_reason(self, sound: Path, refused: Path) -> None:
        done = run("evidence", "diff", str(sound), str(refused), "--json")
        document = json.loads(done.stdout)
        (change,) = document["findings"]
        assert done.returncode == 3
        assert document["worse"] is True
        assert (change["reason"]["kind"], change["reason"]["names"]) == ("resource-changed", ["minimumTlsVersion"])
        assert {each["now"] for each in document["requirements"]} == {"REFUSED"}


class TestOnlyWhatIsWholeIsCompared:
    """Who could change a folder could write any difference into it."""

    def test_a_changed_file_is_refused(self, sound: Path, refused: Path, tmp_path: Path) -> None:
        broken = shutil.copytree(refused, tmp_path / "broken")
        (broken / "verdict.json").write_text("{}")
        done = run("evidence", "diff", str(sound), str(broken))
        assert done.returncode == 3
        assert done.stdout == ""
        assert "verdict.json is not what it was" in done.stderr

    def test_unsigned_is_fine_and_is_said(self, sound: Path, refused: Path, tmp_path: Path) -> None:
        bare = shutil.copytree(refused, tmp_path / "bare")
        (bare / SIGNED).unlink()
        done = run("evidence", "diff", str(bare), str(sound))
        assert done.returncode == 0
        assert done.stdout.count("NOT SIGNED, or not asked") == 2

    def test_with_a_key_both_must_be_signed(self, sound: Path, refused: Path, signing: Signing, tmp_path: Path) -> None:
        public = tmp_path / "public.pem"
        public.write_text(signing.public)
        done = run("evidence", "diff", str(refused), str(sound), "--key", str(public))
        assert done.returncode == 0
        assert done.stdout.count("signed by a key that you named") == 2
        bare = shutil.copytree(refused, tmp_path / "bare")
        (bare / SIGNED).unlink()
        done = run("evidence", "diff", str(bare), str(sound), "--key", str(public))
        assert done.returncode == 3
        assert "nobody has signed this" in done.stderr

    def test_two_stacks(self, sound: Path, tmp_path: Path) -> None:
        other = _rewritten(
            sound, tmp_path / "other", lambda text: text.replace('"stack": "eu-prod"', '"stack": "uk-prod"'), "uk-prod"
        )
        done = run("evidence", "diff", str(sound), str(other))
        assert done.returncode == 2
        assert "is of stack eu-prod" in done.stderr
        assert "hint: " in done.stderr

    def test_evidence_of_an_older_tool(self, sound: Path, tmp_path: Path) -> None:
        older = _without(sound, tmp_path / "older", "verdict.json")
        done = run("evidence", "diff", str(older), str(sound))
        assert done.returncode == 2
        assert "hint: write it again at its commit" in done.stderr

    def test_without_plans_it_still_compares(self, sound: Path, refused: Path, tmp_path: Path) -> None:
        was, now = (_without(path, tmp_path / path.parent.name, "plan.json") for path in (sound, refused))
        done = run("evidence", "diff", str(was), str(now))
        assert done.returncode == 3
        assert "what changed in the plan is not told" in done.stdout
        assert "why: nothing that the evidence records differs" in done.stdout

    @pytest.mark.parametrize("text", ["", "[]", '{"format": "bailiwick-verdict/2"}', "\ud800", '{"findings": 1}'])
    def test_a_verdict_of_another_form(self, sound: Path, tmp_path: Path, text: str) -> None:
        strange = _rewritten(sound, tmp_path / "strange", lambda _: text)
        done = run("evidence", "diff", str(sound), str(strange))
        assert done.returncode == 2
        assert "verdict.json is no bailiwick-verdict/1" in done.stderr

    def test_a_verdict_that_is_not_the_manifests(self, sound: Path, tmp_path: Path) -> None:
        """Of two words for one verdict neither is believed."""
        swapped = _rewritten(
            sound, tmp_path / "swapped", lambda text: text.replace('"verdict": "compliant"', '"verdict": "refused"')
        )
        done = run("evidence", "diff", str(sound), str(swapped))
        assert done.returncode == 2
        assert "name two verdicts" in done.stderr


class TestNobodyElseWaitsForIt:
    """Readers of OSCAL and bills of materials are not on the way of a check."""

    def test_help_and_check_import_none_of_it(self) -> None:
        code = (
            "import sys, cli.main, cli.check, cli.judging, cli.evidence\n"
            "try: cli.main.main(['evidence', 'diff', '--help'])\n"
            "except SystemExit: pass\n"
            "heavy = ('evidence.pack', 'evidence.formats', 'evidence.registers', 'trestle', 'msgspec')\n"
            "print([name for name in sys.modules if name.startswith(heavy)])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.splitlines()[-1] == "[]"


def _rewritten(folder: Path, to: Path, change: Callable[[str], str], stack: str = "eu-prod") -> Path:
    """A copy with another verdict.json, and a manifest that agrees: somebody made it so."""
    shutil.copytree(folder, to)
    text = change((to / "verdict.json").read_text())
    (to / "verdict.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    return _agreed(to, stack)


def _without(folder: Path, to: Path, name: str) -> Path:
    shutil.copytree(folder, to)
    (to / name).unlink()
    return _agreed(to)


def _agreed(folder: Path, stack: str = "eu-prod") -> Path:
    said = {**json.loads((folder / FILE).read_text())["predicate"], "stack": stack}
    (folder / SIGNED).unlink(missing_ok=True)
    (folder / FILE).unlink()
    (folder / FILE).write_bytes(statement({path.name: path.read_bytes() for path in folder.iterdir()}, said))
    return folder
