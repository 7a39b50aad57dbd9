"""Every verb and subverb, read from the command's own tree, with what people type by mistake.

Never a traceback, the code for usage, nothing on stdout, and on stderr what is wrong.
"""

import json
from pathlib import Path

import click
import pytest

from cli.main import TRACEBACK, VERBS, bailiwick
from plan.file import to_json
from tests.cli.test_command import Done, run
from tests.cli.verbs import ALL, FILES, OUT, ROOT, STACKS, Verb, good
from tests.plan.diff.made import plan, resource

GROUPS = [name for name in VERBS if type(bailiwick.get_command(ROOT, name)) is click.Group]
"""Not `evidence`, which takes a stack's name where a subverb could stand."""

WITH_STACKS = [verb for verb in ALL if any(item.name in STACKS for item in verb.command.params)]
READING = [
    (verb, item)
    for verb in ALL
    for item in verb.command.params
    if (isinstance(item.type, click.Path) or item.name in FILES) and item.name not in OUT
]
WRITING = [
    (verb, item)
    for verb in ALL
    for item in verb.command.params
    if isinstance(item.type, click.Path) and item.name in ("out", "save")
]
WITH_JSON = [verb for verb in ALL if any("--json" in item.opts for item in verb.command.params)]
PRINTS_DATA = frozenset(
    {
        "export",  # ARM's own JSON
        "completion",  # a shell's script
        "canary-decide",  # the record's lines, each JSON
        "canary-step",  # as that
        "canary-rollback",  # the value for az appconfig
        "lifecycle-begin",  # a record's YAML, which is to be written
        "lifecycle-promote",  # as that
        "audit-prove",  # JSON already
        "audit-statistics",  # JSON already
    }
)
"""What prints nothing for people: its output is the data."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what people name by mistake."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "empty").write_bytes(b"")
    (folder / "binary").write_bytes(bytes(range(256)) * 8)
    (folder / "list.json").write_text("[]")
    (folder / "object.json").write_text('{"a": 1}')
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "text.txt").write_text("words\n")
    (folder / "plan.json").write_text(to_json(plan(resource("azure-native:storage:StorageAccount", "a", {}))))
    (folder / "folder").mkdir()
    return folder


BAD_FILES = (
    "nowhere.json",
    "folder",
    "empty",
    "binary",
    "list.json",
    "object.json",
    "deep.json",
    "text.txt/below",
    "n" * 300,
)


def _held(done: Done, *, codes: tuple[int, ...] = (2,)) -> None:
    assert done.returncode in codes, (done.returncode, done.stderr, done.stdout[:300])
    assert TRACEBACK not in done.stderr, done.stderr
    assert "Error" in done.stderr or "✗" in done.stderr, done.stderr
    assert done.stdout == ""


def _ids(verbs: list[Verb]) -> list[str]:
    return [verb.id for verb in verbs]


class TestWordsThatAreNotThere:
    """A script with a typo must stop, and not do something else."""

    @pytest.mark.parametrize("verb", ALL, ids=_ids(ALL))
    def test_an_unknown_option(self, verb: Verb, made: Path) -> None:
        done = run(*verb.line(made), "--no-such-thing")
        _held(done)
        assert "--no-such-thing" in done.stderr

    @pytest.mark.parametrize("verb", ALL, ids=_ids(ALL))
    def test_an_option_that_is_nearly_right_is_guessed(self, verb: Verb, made: Path) -> None:
        names = [
            item.opts[0] for item in verb.command.params if isinstance(item, click.Option) and len(item.opts[0]) > 5
        ]
        for name in names[:2]:
            done = run(*verb.line(made), name[:-1] + "zz")
            _held(done)
            assert f"Did you mean '{name}'" in done.stderr or name in done.stderr

    @pytest.mark.parametrize("verb", ALL, ids=_ids(ALL))
    def test_an_option_without_its_value(self, verb: Verb, made: Path) -> None:
        for item in verb.options:
            done = run(*verb.line(made), item.opts[-1])
            _held(done)
            assert item.opts[-1] in done.stderr

    @pytest.mark.parametrize("verb", ALL, ids=_ids(ALL))
    def test_what_is_required_and_missing(self, verb: Verb) -> None:
        needed = [item for item in verb.command.params if item.required]
        if needed:
            _held(run(*verb.words))

    @pytest.mark.parametrize("verb", ALL, ids=_ids(ALL))
    def test_a_word_too_many(self, verb: Verb, made: Path) -> None:
        if all(item.nargs == 1 for item in verb.arguments):
            optional = [good(item, made) for item in verb.arguments if not item.required]
            _held(run(*verb.line(made), *optional, "one-too-many"))

    @pytest.mark.parametrize("group", GROUPS)
    def test_a_subverb_that_is_nearly_right_is_guessed(self, group: str) -> None:
        command = bailiwick.get_command(ROOT, group)
        assert isinstance(command, click.Group)
        for name in command.list_commands(ROOT):
            done = run(group, f"{name}x")
            _held(done)
            assert "Did you mean" in done.stderr
            assert name in done.stderr

    @pytest.mark.parametrize("verb", list(VERBS))
    def test_a_verb_that_is_nearly_right_is_guessed(self, verb: str) -> None:
        done = run(f"{verb}x")
        _held(done)
        assert f"did you mean {verb}?" in done.stderr


class TestNamesThatAreNotThere:
    """A stack in the wrong name is a deployment in the wrong country, or nothing at all."""

    @pytest.mark.parametrize("verb", WITH_STACKS, ids=_ids(WITH_STACKS))
    def test_a_stack_that_is_nearly_right_is_guessed(self, verb: Verb, made: Path) -> None:
        for item in (item for item in verb.command.params if item.name in STACKS):
            done = run(*verb.line(made, item, "eu-prdo"))
            _held(done)
            assert "eu-prod" in done.stderr
            assert "did you mean" in done.stderr.lower()

    @pytest.mark.parametrize(
        ("words", "meant"),
        [
            (["rules", "residency.region-inside-jurisdicton"], "residency.region-inside-jurisdiction"),
            (["rules", "--pack", "sovreignty"], "sovereignty"),
            (["regulations", "gdrp"], "gdpr"),
            (["models", "explain", "clinical-notes-4"], "clinical-notes-4b"),
            (["drill", "eu-prod", "--only", "databse"], "database"),
            (["completion", "zssh"], "zsh"),
            (["check", "{plan}", "--environment", "prd"], "prod"),
            (["check", "{export}", "--jurisdiction", "euu", "--environment", "prod"], "eu"),
            (["lifecycle", "promote", "{plan}", "--to", "activ", "--by", "x"], "active"),
            (["flows", "{plan}", "--from", "stroage"], ""),
        ],
    )
    def test_every_other_name_is_guessed(self, words: list[str], meant: str, made: Path) -> None:
        export = made / "export.json"
        item = {"urn": "urn:pulumi:shop::shop::a:b:C::x", "type": "a:b:C", "custom": True, "inputs": {}}
        export.write_text(json.dumps({"version": 3, "deployment": {"resources": [item]}}))
        done = run(*(word.format(plan=made / "plan.json", export=export) for word in words))
        _held(done)
        if meant:
            assert f"id you mean {meant}?" in done.stderr


class TestFilesThatAreNone:
    """Named by hand, by a shell's completion, by a script whose first step has failed."""

    @pytest.mark.parametrize(("verb", "item"), READING, ids=[f"{verb.id}-{item.name}" for verb, item in READING])
    def test_each_is_refused_with_words(self, verb: Verb, item: click.Parameter, made: Path) -> None:
        for name in BAD_FILES:
            done = run(*verb.line(made, item, str(made / name)))
            if verb.id == "secrets" and done.returncode == 0:
                continue  # any text is one that may be looked through
            # 3 where a verb's work is to say that a file is not what it should be.
            assert done.returncode in (2, 3), (name, done)
            assert TRACEBACK not in done.stderr, (name, done.stderr)
            assert done.stderr or done.returncode == 3, (name, done)

    @pytest.mark.parametrize(("verb", "item"), WRITING, ids=[f"{verb.id}-{item.name}" for verb, item in WRITING])
    def test_a_folder_is_no_place_for_a_file(self, verb: Verb, item: click.Parameter, made: Path) -> None:
        _held(run(*verb.line(made, item, str(made / "folder"))))


class TestJsonIsJsonOrNothing:
    """What reads stdout must not have to tell an error from a document."""

    @pytest.mark.parametrize("verb", WITH_JSON, ids=_ids(WITH_JSON))
    def test_an_error_leaves_stdout_empty(self, verb: Verb, made: Path) -> None:
        done = run(*verb.line(made), "--json", "--no-such-thing")
        _held(done)

    def test_every_verb_that_reads_has_it(self) -> None:
        without = {verb.id for verb in ALL} - {verb.id for verb in WITH_JSON}
        assert without <= PRINTS_DATA
