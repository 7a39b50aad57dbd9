"""A stack that a change touches and nobody looked at is deployed unseen."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cli.planning import ROOT, known_stacks
from config.loading import parse
from pipeline.changed import NOT_PLANNED, CannotTell, files_since, touched
from plan.stacks import values

STACKS = ("eu-dev", "eu-prod", "eu-prod-b", "uk-prod")


def _names(*files: str) -> list[str]:
    return [stack.name for stack in touched(files, STACKS)]


class TestWhatAFileTouches:
    """Its own stacks, or nobody, or all: where nobody knows, all."""

    @pytest.mark.parametrize(
        ("file", "stacks"),
        [
            ("Pulumi.uk-prod.yaml", ["uk-prod"]),
            ("Pulumi.eu-prod.yaml", ["eu-prod"]),
            ("jurisdictions/eu.yaml", ["eu-dev", "eu-prod", "eu-prod-b"]),
            ("lifecycle/eu-prod/notes/a.yaml", ["eu-prod"]),
            ("Pulumi.gone-prod.yaml", []),
            ("docs/guides/ci.md", []),
            ("README.md", []),
            ("tests/plans.py", []),
            ("scanners/accepted.yaml", []),
            ("Pulumi.yaml", list(STACKS)),
            ("jurisdictions/model.py", list(STACKS)),
            ("jurisdictions/clouds/public.yaml", list(STACKS)),
            ("components/network.py", list(STACKS)),
            ("policies/exemptions.yaml", list(STACKS)),
            ("uv.lock", list(STACKS)),
            ("a-folder-of-tomorrow/x.py", list(STACKS)),
        ],
    )
    def test_by_its_place(self, file: str, stacks: list[str]) -> None:
        assert _names(file) == stacks

    @given(
        some.lists(some.sampled_from(["Pulumi.uk-prod.yaml", "docs/x", "components/a.py", "lifecycle/eu-dev/a/b.yaml"]))
    )
    def test_more_files_never_touch_fewer_stacks(self, files: list[str]) -> None:
        for one in files:
            assert set(_names(one)) <= set(_names(*files))

    def test_what_a_pipeline_is_told_of_one(self) -> None:
        (stack,) = touched(["Pulumi.uk-prod.yaml"], STACKS)
        assert stack.as_json() == {"stack": "uk-prod", "jurisdiction": "uk", "environment": "prod"}

    def test_every_top_folder_without_effect_is_there(self) -> None:
        from pipeline.changed import WITHOUT_EFFECT

        folders = [pattern.removesuffix("/*") for pattern in WITHOUT_EFFECT if pattern.endswith("/*")]
        assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []

    def test_what_plans_and_judges_has_an_effect(self) -> None:
        for folder in ("components", "config", "jurisdictions", "plan", "policies", "models", "records", "evidence"):
            assert [stack.name for stack in touched([f"{folder}/x.py"], known_stacks())] == list(known_stacks())


class TestWhatGitSays:
    """The past is asked of git, and where it is not there nothing is guessed."""

    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        def git(*words: str) -> None:
            who = ("-c", "user.name=a", "-c", "user.email=a@example", "-c", "commit.gpgsign=false")
            subprocess.run(["git", *who, "-C", str(tmp_path), *words], check=True, capture_output=True)

        git("init", "--initial-branch=main")
        for name in ("Pulumi.eu-prod.yaml", "Pulumi.uk-prod.yaml"):
            (tmp_path / name).write_text("a: 1\n" * 9, encoding="utf-8")
        git("add", "-A")
        git("commit", "-m", "first")
        git("checkout", "-b", "change")
        (tmp_path / "Pulumi.eu-prod.yaml").rename(tmp_path / "Pulumi.fr-prod.yaml")
        git("add", "-A")
        git("commit", "-m", "renamed")
        git("checkout", "main")
        (tmp_path / "Pulumi.uk-prod.yaml").write_text("a: 2\n", encoding="utf-8")
        git("commit", "-am", "meanwhile")
        git("checkout", "change")
        return tmp_path

    def test_both_names_of_a_renamed_file_and_nothing_of_the_other_branch(self, tree: Path) -> None:
        assert sorted(files_since(tree, "main")) == ["Pulumi.eu-prod.yaml", "Pulumi.fr-prod.yaml"]

    @pytest.mark.parametrize("base", ["no-such-branch", "--output=/tmp/x", "0" * 40, ""])
    def test_a_revision_that_is_none(self, tree: Path, base: str) -> None:
        with pytest.raises(CannotTell, match="hint: fetch it first"):
            files_since(tree, base)


class TestARefusedStackHoldsNobodyUp:
    """A required review that can never pass keeps every change of shared code from being merged."""

    def test_the_list_is_of_stacks_that_cant_be_planned_and_of_all_of_them(self) -> None:
        refused = {stack for stack in known_stacks() if _faulty(stack)}
        assert refused == set(NOT_PLANNED)

    def test_they_are_among_none(self) -> None:
        done = _pipeline("changed", "--all", "--format", "lines")
        assert set(done.stdout.split()) == set(known_stacks()) - set(NOT_PLANNED)

    def test_who_asks_for_one_is_told_why(self) -> None:
        done = _pipeline("changed", "--all", "--only", next(iter(NOT_PLANNED)))
        assert done.returncode == 2
        assert "can't be planned" in done.stderr


def _faulty(stack: str) -> bool:
    return parse(stack, values(ROOT, stack))[0] is None


def _pipeline(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pipeline", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
