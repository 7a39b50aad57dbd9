"""`bailiwick manifests`: YAML on stdout, a sentence where there can be none."""

from pathlib import Path

import pytest
import yaml

from plan.file import to_json
from plan.model import Plan
from tests.cli.test_command import run
from tests.plans import compliant, first_preview, without


def saved(plan: Plan, folder: Path) -> str:
    file = folder / "plan.json"
    file.write_text(to_json(plan), encoding="utf-8")
    return str(file)


class TestTheDocuments:
    """They are piped into a scanner, or into `kubectl apply --dry-run=server`."""

    def test_of_a_saved_plan(self, tmp_path: Path) -> None:
        done = run("manifests", saved(compliant(), tmp_path))
        assert done.returncode == 0
        assert done.stderr == ""
        documents = list(yaml.safe_load_all(done.stdout))
        assert documents[0]["kind"] == "Namespace"
        assert len(documents) == len(compliant().of_type("kubernetes:*"))

    def test_into_a_file(self, tmp_path: Path) -> None:
        plan, out = saved(compliant(), tmp_path), tmp_path / "manifests.yaml"
        assert run("manifests", plan, "--out", str(out)).stdout == ""
        assert out.read_text(encoding="utf-8") == run("manifests", plan).stdout


class TestWhereThereAreNone:
    """Half a set of manifests is worse than none."""

    @pytest.mark.parametrize("words", [("nowhere.json",), ("eu-prud",), ()])
    def test_bad_words_end_with_2(self, words: tuple[str, ...]) -> None:
        done = run("manifests", *words)
        assert done.returncode == 2
        assert done.stdout == ""

    def test_a_value_not_known_yet(self, tmp_path: Path) -> None:
        done = run("manifests", saved(first_preview(), tmp_path))
        assert done.returncode == 2
        assert done.stdout == ""
        assert "known only after deployment" in done.stderr

    def test_a_plan_without_a_cluster(self, tmp_path: Path) -> None:
        plan = compliant()
        kinds = [kind for kind in plan.types if kind.startswith("kubernetes:")]
        done = run("manifests", saved(without(plan, *kinds), tmp_path))
        assert done.returncode == 2
        assert "puts nothing into a cluster" in done.stderr

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        done = run("manifests", saved(compliant(), tmp_path), "--out", str(tmp_path / "not" / "there.yaml"))
        assert done.returncode == 2
        assert "nothing was written" in done.stderr
