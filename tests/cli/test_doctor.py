"""What is missing on a machine, told before it is missed."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from cli import machine
from cli.machine import NEEDS, OLDEST
from cli.planning import ROOT
from tests.cli.test_command import run

OFFLINE = [need for need in NEEDS if need.offline]


class TestTheCodeSaysWhetherThisMachineWillDo:
    """A fresh runner in CI finds out in a second, and not in the middle of a deployment."""

    def test_this_one_does(self) -> None:
        done = run("doctor")
        assert done.returncode == 0
        assert "what the offline verbs need is here" in done.stdout

    def test_without_git_it_does_not_and_says_what_to_do(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        done = run("doctor")
        assert done.returncode == 1
        assert "✗ git" in done.stdout
        assert "hint: apt-get install git" in done.stdout

    def test_what_only_a_deployment_needs_is_no_fault(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        git = tmp_path / "git"
        git.write_text("#!/bin/sh\n")
        git.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        done = run("doctor")
        assert done.returncode == 0
        assert "– Azure CLI" in done.stdout

    def test_json_has_every_need_with_the_same_verdict(self) -> None:
        document = json.loads(run("doctor", "--json").stdout)
        assert document["sound"] is True
        assert [row["name"] for row in document["needs"]] == [need.name for need in NEEDS]


class TestTheEnvironmentIsHeldAgainstTheLock:
    """A preview by another version of the SDK is a preview of another plan."""

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (None, "can't be read"),
            ("[[package", "can't be read"),
            ('[[package]]\nname = "click"\nversion = "0.1"\n', "click is "),
            (
                '[[package]]\nname = "bailiwick"\ndependencies = [{name = "no-such-thing"}]\n',
                "no-such-thing is not installed",
            ),
        ],
    )
    def test_what_is_out_of_step_is_named(
        self, text: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if text is not None:
            (tmp_path / "uv.lock").write_text(text)
        monkeypatch.setattr(machine, "ROOT", tmp_path)
        done = run("doctor")
        assert done.returncode == 1
        assert says in done.stdout
        assert "make setup" in done.stdout


class TestWhatItSaysIsSo:
    """A hint that names a command which isn't there is worse than none."""

    def test_every_make_verb_it_names_is_one(self) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        named = {
            word
            for need in NEEDS
            for text in (need.get, need.needed_by)
            for word in re.findall(r"make ([a-z-]+)", text)
        }
        assert named <= targets

    def test_the_oldest_python_is_the_projects(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert project["requires-python"] == f">={'.'.join(map(str, OLDEST))}"

    def test_it_looks_where_the_cluster_tests_look(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from tools.places import program

        (tmp_path / "etcd").write_text("")
        (tmp_path / "etcd").chmod(0o755)
        monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
        look = next(need.look for need in NEEDS if need.name == "etcd")
        assert look().says == str(program("etcd"))
