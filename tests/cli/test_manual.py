"""The reference reads as a manual, and nothing in it is made up."""

import shlex

import pytest

from cli.planning import ROOT
from docs.manual import cli, leaves, manual

LEAVES = dict(leaves())
EXAMPLES = [(words, line) for words, page in manual()["verbs"].items() for line in page.get("examples", {})]


class TestEveryVerbHasItsPage:
    """A verb that is in no manual is found by nobody."""

    def test_with_an_example_each_and_no_page_for_what_is_not_there(self) -> None:
        assert set(LEAVES) == set(manual()["verbs"])
        assert all(page.get("examples") for page in manual()["verbs"].values())

    def test_in_the_order_of_a_man_page(self) -> None:
        text = "\n".join(cli())
        for words in LEAVES:
            page = text.partition(f"### bailiwick {words}\n")[2].partition("\n### ")[0]
            titles = ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT CODES", "EXAMPLES", "FILES", "ENVIRONMENT")
            found = [title for title in page.splitlines() if title in titles]
            assert found == [title for title in titles if title in found]
            assert {"NAME", "SYNOPSIS", "OPTIONS", "EXIT CODES", "EXAMPLES"} <= set(found)


class TestNothingInItIsMadeUp:
    """Who copies an example into a terminal at three in the morning does not want to debug it."""

    @pytest.mark.parametrize(("words", "line"), EXAMPLES, ids=[line[:60] for _, line in EXAMPLES])
    def test_every_example_is_one_that_the_verb_takes(self, words: str, line: str) -> None:
        command = line[line.index("bailiwick ") :].partition(" > ")[0].partition(" | ")[0].removesuffix(')"')
        given = shlex.split(command)[1:]
        verb = words.split()
        # `bailiwick evidence eu-prod` is short for `bailiwick evidence write eu-prod`.
        rest = given[len(verb) :] if given[: len(verb)] == verb else given[1:]
        assert given[0] == verb[0]
        context = LEAVES[words]
        parsed, left, _ = context.command.make_parser(context).parse_args(list(rest))
        assert left == []
        missing = [item.name for item in context.command.params if item.required and not parsed.get(item.name or "")]
        assert missing == []

    def test_every_file_it_names_is_there(self) -> None:
        pages = [manual()["common"], *manual()["verbs"].values()]
        for name in (name for page in pages for name in page.get("files", {}) if "<" not in name):
            assert (ROOT / name).exists() or name == "changes/", name

    def test_the_codes_it_explains_are_those_that_there_are(self) -> None:
        for page in manual()["verbs"].values():
            assert set(page.get("codes", {})) <= set(range(6))

    def test_what_a_verb_says_of_its_codes_is_in_its_page(self) -> None:
        """`Ends with 3` in a verb's help, and no 3 on its page, would be two truths."""
        for words, context in LEAVES.items():
            help_text = context.command.help or ""
            for code in (3, 4, 5):
                if f"nds with {code}" in help_text or f"xits with {code}" in help_text:
                    assert code in manual()["verbs"][words].get("codes", {}), f"{words}: {code}"


def test_help_of_every_verb_fits_a_terminal() -> None:
    for context in LEAVES.values():
        assert all(len(line) <= 100 for line in context.command.get_help(context).splitlines())
