"""One comment for a stack, whose verdict stands first; a dozen of them would be read by nobody."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.comment import LARGEST, text_of
from tests.pipeline.board import TOKEN, Service, service


@pytest.fixture
def there() -> Iterator[Service]:
    with service() as made:
        yield made


@pytest.fixture(params=["github", "azure"])
def run(request: pytest.FixtureRequest, there: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A run of a pull request, on one service or the other."""
    for name in ("GITHUB_TOKEN", "SYSTEM_ACCESSTOKEN", "GITHUB_EVENT_PATH", "GITHUB_API_URL", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    variables = {
        "github": {
            "GITHUB_API_URL": there.url,
            "GITHUB_REPOSITORY": "hospital/platform",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_TOKEN": TOKEN,
        },
        "azure": {
            "SYSTEM_COLLECTIONURI": f"{there.url}/hospital/",
            "SYSTEM_TEAMPROJECTID": "p",
            "BUILD_REPOSITORY_ID": "r",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
            "SYSTEM_ACCESSTOKEN": TOKEN,
        },
    }
    for name, value in variables[request.param].items():
        monkeypatch.setenv(name, value)
    return there


def _comment(tmp_path: Path, summary: str, stack: str = "eu-prod") -> int:
    file = tmp_path / "summary.md"
    file.write_text(summary, encoding="utf-8")
    try:
        main(["comment", stack, str(file)])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


class TestItIsWrittenOnce:
    """And edited after that, each stack's own."""

    def test_a_second_run_edits_it(self, run: Service, tmp_path: Path) -> None:
        assert _comment(tmp_path, "✗ refused") == 0
        assert _comment(tmp_path, "✓ compliant") == 0
        assert [one["body"] for one in run.comments.values()] == ["<!-- bailiwick:eu-prod -->\n✓ compliant\n"]

    def test_each_stack_has_its_own(self, run: Service, tmp_path: Path) -> None:
        for stack in ("eu-prod", "eu-prod-b", "eu-prod"):
            assert _comment(tmp_path, f"of {stack}", stack) == 0
        assert len(run.comments) == 2

    def test_it_is_found_behind_many_others(self, run: Service, tmp_path: Path) -> None:
        for number in range(1, 251):
            run.comments[number] = {"body": "talk", "user": {"login": "somebody"}}
        assert _comment(tmp_path, "first") == 0
        assert _comment(tmp_path, "second") == 0
        assert len(run.comments) == 251
        assert "second" in run.comments[251]["body"]

    def test_who_is_refused_says_so_and_repeats_no_token(
        self, run: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run.refuses = True
        assert _comment(tmp_path, "x") == 1
        said = capsys.readouterr().err
        assert "answered 403" in said
        assert TOKEN not in said


class TestSomebodyElsesMark:
    """Whoever writes our mark into a comment must not have the verdict put under their own name."""

    def test_on_github(self, there: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from pipeline.github import GitHub

        there.comments[1] = {"body": "<!-- bailiwick:eu-prod -->\n✓", "user": {"login": "mallory"}}
        board = GitHub(api=there.url, repository="a/b", number=7, token=TOKEN)
        assert board.find("<!-- bailiwick:eu-prod -->") is None


class TestNoPullRequest:
    """A comment has to have a place."""

    def test_it_says_what_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GITHUB_TOKEN", raising=False)
        monkeypatch.delenv("SYSTEM_ACCESSTOKEN", raising=False)
        assert _comment(tmp_path, "x") == 1

    @pytest.mark.parametrize("stack", ["eu-prod -->", "../x", "", "EU"])
    def test_a_name_that_is_none(self, stack: str, tmp_path: Path) -> None:
        assert _comment(tmp_path, "x", stack) == 2


class TestItsSize:
    """GitHub takes 65,536 characters, and refuses the whole of one more."""

    def test_a_small_one_is_whole(self) -> None:
        assert text_of("eu-prod", "✓\n") == "<!-- bailiwick:eu-prod -->\n✓\n"

    @pytest.mark.parametrize("line", ["a resource\n", "é" * 50 + "\n", "<details><summary>x</summary>\n"])
    def test_a_large_one_keeps_its_verdict_and_says_that_it_is_cut(self, line: str) -> None:
        text = text_of(
            "eu-prod", "✗ refused\n\n<details><summary>all</summary>\n\n```diff\n" + line * 40 + "x" * LARGEST
        )
        assert len(text) <= LARGEST
        assert text.startswith("<!-- bailiwick:eu-prod -->\n✗ refused")
        assert text.endswith("among the files of this run.*\n")
        assert text.count("```") % 2 == 0
        assert text.count("<details") == text.count("</details>")
