"""What a runbook tells somebody to type at three in the morning exists."""

from pathlib import Path

import pytest

from tests.docs.commands import PAGES, ROOT, Command, broken_links, commands, faults, slugs

NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


class TestEveryCommandExists:
    """A verb that was renamed lives on in the page that is read when nothing else works."""

    @pytest.mark.parametrize("page", PAGES, ids=NAMES)
    def test_with_its_options_targets_and_modules(self, page: Path) -> None:
        found = [
            f"{' '.join(command.words)}\n    {fault}"
            for command in commands(page.read_text(encoding="utf-8"))
            for fault in faults(command)
        ]
        assert not found, "\n".join(found)

    def test_runbooks_and_guides_are_read_and_name_many(self) -> None:
        read = {page.relative_to(ROOT).parts[:2] for page in PAGES}
        assert {("docs", "runbooks"), ("docs", "guides")} <= read
        every = [command for page in PAGES for command in commands(page.read_text(encoding="utf-8"))]
        assert sum(command.words[0] == "bailiwick" for command in every) > 90
        assert sum(command.words[0] == "make" for command in every) > 20
        assert sum(command.whole for command in every) > 40


class TestAWrongOneIsFound:
    """A check of documentation that passes everything would be believed."""

    @pytest.mark.parametrize(
        ("page", "told"),
        [
            ("run `bailiwick brech eu-prod`", "no such verb"),
            ("run `bailiwick audit verfy log/`", "no such verb"),
            ("run `bailiwick audit verify log/ --keys X`", "no option --keys"),
            ("```\nbailiwick preview eu-prod --safe plan.json\n```", "--safe"),
            ("```bash\nbailiwick breach eu-prod\n```", "--known-at"),
            ("```bash\nbailiwick breach eu-prod --known-at yesterday\n```", "no moment"),
            ("```bash\nbailiwick breach eu-prod \\\n  --known-att now\n```", "--known-att"),
            ("```console\n$ bailiwick drill eu-prod --only everything\n```", "--only"),
            ('```\nx="$(bailiwick canary rolback eu-prod)"\n```', "no such verb"),
            ("```\ncd here && bailiwick chek plan.json | tail\n```", "no such verb"),
            ("`make test-all`", "no such target"),
            ("`make preview STAK=eu-prod`", "asks for no STAK"),
            ("```\nmake chek test\n```", "no such target"),
            ("`python -m retrieval.migrat`", "no such module"),
        ],
    )
    def test_and_told(self, page: str, told: str) -> None:
        found = [fault for command in commands(page) for fault in faults(command)]
        assert any(told in fault for fault in found), found

    def test_what_is_right_is_left_alone(self) -> None:
        block = "```bash\nbailiwick breach <stack> --known-at 2026-11-22T08:00Z --json > x # why\n```\n"
        page = block + "`bailiwick:useCases` `make help` `make it what is served`"
        every = list(commands(page))
        assert every == [
            Command(("bailiwick", "breach", "X", "--known-at", "2026-11-22T08:00Z", "--json"), True),
            Command(("make", "help"), False),
            Command(("make", "it", "what", "is", "served"), False),
        ]
        assert not [fault for command in every for fault in faults(command)]


class TestLinks:
    """A link to the page that has the answer, which is not there, costs the minutes that were left."""

    @pytest.mark.parametrize("page", PAGES, ids=NAMES)
    def test_lead_to_files_and_headings(self, page: Path) -> None:
        assert not list(broken_links(page))

    def test_a_broken_one_is_found(self, tmp_path: Path) -> None:
        (tmp_path / "there.md").write_text("# A `name`, and more\n", encoding="utf-8")
        page = tmp_path / "page.md"
        page.write_text(
            "[a](there.md#a-name-and-more) [b](there.md#other) [c](gone.md) [d](https://x.org)", encoding="utf-8"
        )
        assert list(broken_links(page)) == ["there.md#other: no such heading", "gone.md: no such file"]

    def test_every_runbook_is_in_the_index(self) -> None:
        index = (ROOT / "docs/runbooks/README.md").read_text(encoding="utf-8")
        missing = [page.name for page in (ROOT / "docs/runbooks").glob("*.md") if f"({page.name}" not in index]
        assert missing == ["README.md"]

    def test_a_heading_with_signs_has_githubs_anchor(self) -> None:
        assert slugs("## It says ✗\n") == {"it-says-"}
