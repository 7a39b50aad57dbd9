"""`bailiwick flows`: the map, the path, and the exit code of a plan that lets something out."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from plan.file import to_json
from tests.cli.test_command import run
from tests.plans import compliant
from tests.policies import open_paths


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compliant plan's file."""
    file = tmp_path_factory.mktemp("flows") / "plan.json"
    file.write_text(to_json(compliant()))
    return file


@pytest.fixture(scope="module")
def open_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a plan in which three settings open a way out."""
    file = tmp_path_factory.mktemp("flows") / "open.json"
    file.write_text(to_json(open_paths.straight_out(compliant())))
    return file


class TestTheMap:
    """What a reviewer asks first: who reaches the data, and what leaves."""

    def test_in_words_it_names_stores_and_what_leaves(self, saved: Path) -> None:
        done = run("flows", str(saved))
        assert done.returncode == 0
        assert "patient (2)   phi" in done.stdout
        leaves = done.stdout.partition("What leaves")[2]
        assert "management.azure.com" in leaves
        assert "✗" not in leaves

    def test_as_data_as_mermaid_and_as_a_picture(self, saved: Path, tmp_path: Path) -> None:
        assert json.loads(run("flows", str(saved), "--json").stdout)["format"] == "bailiwick-flows/1"
        assert run("flows", str(saved), "--mermaid").stdout.startswith("flowchart LR\n")
        picture = tmp_path / "map.svg"
        assert run("flows", str(saved), "--svg", "--out", str(picture)).returncode == 0
        assert ET.parse(picture).getroot().tag.endswith("svg")  # noqa: S314 our own text


class TestAPath:
    """Hop by hop, with the rule and the resource that open it."""

    def test_it_is_printed_whole(self, saved: Path) -> None:
        done = run("flows", str(saved), "--from", "gateway", "--to", "management.azure.com")
        assert done.returncode == 0
        assert "application rule 'base-3'" in done.stdout
        assert done.stdout.rstrip().endswith("1 path")

    def test_where_there_is_none_it_says_so(self, saved: Path) -> None:
        assert run("flows", str(saved), "--from", "inference", "--to", "eastus").returncode == 2
        done = run("flows", str(saved), "--from", "audit", "--to", "partners")
        assert "path" in done.stdout

    def test_a_place_that_is_not_there_gets_what_was_meant(self, saved: Path) -> None:
        done = run("flows", str(saved), "--from", "gatway")
        assert done.returncode == 2
        assert "Did you mean gateway?" in done.stderr

    def test_a_path_is_no_picture(self, saved: Path) -> None:
        assert run("flows", str(saved), "--from", "gateway", "--svg").returncode == 2


class TestAWayOutIsRefused:
    """CI reads the code before it reads the words."""

    def test_the_exit_code_says_so_and_the_map_marks_it(self, open_plan: Path) -> None:
        done = run("flows", str(open_plan))
        assert done.returncode == 3
        assert "✗ confidential (3) -> the internet" in done.stdout

    def test_its_path_names_the_rule_that_opens_it(self, open_plan: Path) -> None:
        done = run("flows", str(open_plan), "--to", "internet")
        assert "rule 'by-hand' (100)" in done.stdout


class TestBadInput:
    """A message, a code, and nothing lost."""

    def test_a_file_that_is_not_there(self) -> None:
        done = run("flows", "nowhere.json")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr

    def test_a_stack_that_is_not_there(self) -> None:
        done = run("flows", "eu-prdo")
        assert done.returncode == 2
        assert "eu-prod" in done.stderr

    def test_a_place_that_can_not_be_written(self, saved: Path) -> None:
        done = run("flows", str(saved), "--svg", "--out", "/nowhere/map.svg")
        assert done.returncode == 2
        assert "nothing was written" in done.stderr
