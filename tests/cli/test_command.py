"""The command as it is typed: words out, exit codes, and never a traceback."""

import io
import json
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from cli.main import main
from cli.planning import ROOT
from evidence.terminal import print_report
from plan.file import to_json
from policies.review import review
from policies.rules import ALL
from tests.plans import changed, compliant


@dataclass
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(*words: str) -> Done:
    """The command as its script calls it, in this process: importing the SDK once is enough for all of them."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stop:
        main(list(words))
    assert "Traceback" not in err.getvalue()
    return Done(int(stop.value.code or 0), out.getvalue(), err.getvalue())


def run_apart(*words: str, cwd: Path) -> Done:
    """The command in a process and a project folder of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project whose stack files may be broken."""
    unneeded = shutil.ignore_patterns(".git", ".venv", ".tools", ".*cache", "tests", "docs")
    shutil.copytree(ROOT, tmp_path / "p", ignore=unneeded)
    return tmp_path / "p"


def dial(project: Path, stack: str, key: str, value: object) -> None:
    """Set one dial of a stack file, by dotted path."""
    path = project / f"Pulumi.{stack}.yaml"
    document = yaml.safe_load(path.read_text())
    section, _, rest = key.partition(".")
    if rest:
        document["config"][f"bailiwick:{section}"][rest] = value
    else:
        document["config"][f"bailiwick:{section}"] = value
    path.write_text(yaml.safe_dump(document))


class TestPreview:
    """The newcomer's first command."""

    def test_a_compliant_stack_ends_with_its_verdict_and_zero(self) -> None:
        done = run("preview", "eu-dev")
        assert done.returncode == 0
        assert "eu-dev: compliant" in done.stdout.splitlines()[-1]
        assert "azure-native:containerservice:ManagedCluster" in done.stdout
        assert "\x1b[" not in done.stdout

    def test_json_is_json_and_nothing_else(self) -> None:
        document = json.loads(run("preview", "eu-dev", "--json").stdout)
        assert document["verdict"] == "compliant"
        assert document["evaluations"] > document["rules"] >= 40

    def test_a_region_outside_is_refused_with_law_resource_and_fix(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dial(project, "eu-prod", "region", "eastus")
        monkeypatch.setattr("cli.planning.ROOT", project)
        done = run("preview", "eu-prod", "--quiet")
        assert done.returncode == 3
        assert "✗ residency.region-inside-jurisdiction   critical   GDPR Art. 44" in done.stdout
        assert "is in 'eastus'; jurisdiction eu allows westeurope" in done.stdout
        assert "hint: set bailiwick:region in Pulumi.eu-prod.yaml to one of these" in done.stdout
        readme = (ROOT / "README.md").read_text()
        lines = done.stdout.splitlines()
        at = next(index for index, line in enumerate(lines) if line.startswith("✗ residency.region-inside"))
        assert lines[-1] in readme, "the README's transcript is out of date"
        assert next(line for line in lines[at:] if line.startswith("  … and ")) in readme

    def test_all_faults_come_at_once(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        dial(project, "eu-prod", "organisation", "FAR-TOO-LONG")
        dial(project, "eu-prod", "gateway.image", "gateway:latest")
        dial(project, "eu-prod", "network.podCidr", "10.40.0.0/16")
        dial(project, "eu-prod", "regoin", "westeurope")
        monkeypatch.setattr("cli.planning.ROOT", project)
        done = run("preview", "eu-prod")
        assert done.returncode == 2
        for words in ("organisation", "a tag can be moved", "overlaps", "did you mean region?"):
            assert words in done.stderr

    def test_a_mistyped_stack_is_guessed(self) -> None:
        done = run("preview", "eu-porod")
        assert done.returncode == 2
        assert "did you mean eu-prod?" in done.stderr

    def test_one_stack_or_all_must_be_named(self) -> None:
        assert run("preview").returncode == 2
        assert run("preview", "eu-dev", "--all").returncode == 2

    @pytest.mark.slow
    def test_a_jurisdiction_is_two_new_files_and_no_edit(self, project: Path) -> None:
        law = (project / "jurisdictions" / "uk.yaml").read_text()
        (project / "jurisdictions" / "xx.yaml").write_text(law.replace("id: uk\n", "id: xx\n", 1))
        stack = (project / "Pulumi.uk-prod.yaml").read_text()
        renamed = stack.replace("jurisdiction: uk", "jurisdiction: xx").replace("uk-prod", "xx-prod")
        (project / "Pulumi.xx-prod.yaml").write_text(renamed)
        # And what it serves has a life of its own there: docs/guides/add-a-region.md.
        shutil.copytree(project / "lifecycle" / "uk-prod", project / "lifecycle" / "xx-prod")
        for record in (project / "lifecycle" / "xx-prod").rglob("*.yaml"):
            record.write_text(record.read_text().replace("uk-prod", "xx-prod"))
        done = run_apart("preview", "xx-prod", "--quiet", cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_the_readmes_last_line_is_what_a_newcomer_sees(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_report(review(compliant("eu-prod"), ALL))
        assert capsys.readouterr().out.splitlines()[-1] in (ROOT / "README.md").read_text()


class TestCheck:
    """A saved plan, or a deployed stack, judged without any SDK."""

    def test_a_saved_plan_gets_the_verdict_of_its_preview(self, tmp_path: Path) -> None:
        path = tmp_path / "plan.json"
        path.write_text(to_json(compliant("eu-dev")))
        assert run("check", str(path)).returncode == 0

    def test_a_tampered_plan_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "plan.json"
        path.write_text(to_json(changed(compliant(), "storage:StorageAccount", "allowSharedKeyAccess", True)))
        done = run("check", str(path), "--json")
        assert done.returncode == 3
        (finding,) = [item for item in json.loads(done.stdout)["findings"] if item["state"] == "refused"]
        assert finding["rule"] == "storage.no-shared-keys"
        assert "GDPR Art. 32(1)(a)" in finding["controls"]

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "bailiwick-plan/9"}', "not json"])
    def test_what_is_no_plan_is_a_clear_error(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "plan.json"
        path.write_text(text)
        done = run("check", str(path))
        assert done.returncode == 2
        assert "plan.json" in done.stderr

    def test_a_jurisdiction_that_nobody_knows_is_not_compliant(self, tmp_path: Path) -> None:
        text = to_json(compliant("eu-dev")).replace('"jurisdiction": "eu"', '"jurisdiction": "atlantis"')
        path = tmp_path / "plan.json"
        path.write_text(text.replace('"stack": "eu-dev"', '"stack": "atlantis-dev"'))
        done = run("check", str(path))
        assert done.returncode == 2
        assert "no jurisdiction 'atlantis'" in done.stderr

    def test_it_imports_no_sdk(self, tmp_path: Path) -> None:
        path = tmp_path / "plan.json"
        path.write_text(to_json(compliant("eu-dev")))
        probe = (
            "import sys\nfrom cli.main import main\n"
            f"try: main(['check', {str(path)!r}])\n"
            "except SystemExit: pass\n"
            "print([m for m in sys.modules if m.startswith(('pulumi', 'grpc'))])"
        )
        done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"


class TestRules:
    """The reviewer's dictionary."""

    def test_a_rule_is_explained_with_law_fix_and_example(self) -> None:
        done = run("rules", "residency.region-inside-jurisdiction")
        assert done.returncode == 0
        for words in ("GDPR Art. 44", "fix ", "refuses, for example", "owner: data protection officer"):
            assert words in done.stdout

    def test_a_rule_says_whether_its_fix_is_safe(self) -> None:
        assert "safe: `check --fix-suggestions`" in run("rules", "storage.no-shared-keys").stdout
        assert "safe: " not in run("rules", "residency.region-inside-jurisdiction").stdout

    def test_a_mistyped_rule_verb_or_pack_is_guessed(self) -> None:
        assert "Did you mean egress.no-nat-gateway?" in run("rules", "egress.no-nat-gatway").stderr
        assert "did you mean preview?" in run("preveiw").stderr
        assert "Did you mean sovereignty?" in run("rules", "--pack", "soverignty").stderr

    def test_json_lists_every_rule_with_its_controls(self) -> None:
        rules = json.loads(run("rules", "--json").stdout)
        assert all(rule["controls"] and rule["pack"] for rule in rules)
        assert {rule["safe_fix"] for rule in rules} == {True, False}


class TestExport:
    """Outside eyes on the plan."""

    def test_arm_resources_are_written(self, tmp_path: Path) -> None:
        path = tmp_path / "arm.json"
        assert run("export", "eu-dev", "--arm", "--out", str(path)).returncode == 0
        assert all(
            {"id", "type", "apiVersion", "name"} <= set(item) for item in json.loads(path.read_text())["resources"]
        )

    def test_without_a_format_it_says_which_there_are(self) -> None:
        done = run("export", "eu-dev")
        assert done.returncode == 2
        assert "--arm" in done.stderr
