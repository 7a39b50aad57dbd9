"""A difference as a comment on a pull request: verdict first, details folded, cut where GitHub would refuse it."""

from collections.abc import Iterator, Sequence
from typing import Final

from evidence import diff_words as words
from evidence.diff_verdict import VerdictChange
from evidence.document.markdown import escape
from plan.diff.model import Difference, Kind, ResourceChange
from policies.review import Finding

LARGEST: Final = 65_536
"""Characters of a comment: docs.github.com/graphql and the API's own error, `body is too long (maximum is 65536)`."""
_SPARE: Final = 400
"""For the line that says what was left out, and what closes a fold."""


def as_markdown(found: Difference, title: str, verdict: VerdictChange, *, largest: int = LARGEST) -> str:
    """At most `largest` characters; what does not fit is counted in the last line.

    The first line is a mark by which a pipeline finds its comment again, to edit it in place.
    """
    bad = verdict.after.verdict != "compliant" or bool(found.losses)
    page = _Page(largest - _SPARE)
    page.add(f"<!-- bailiwick-diff:{found.after.stack} -->\n")
    page.add(f"### {'❌' if bad else '✅'} {code(title)}: {verdict.says}\n")
    page.add(f"{words.tally(found)} · {len(verdict.new)} findings new, {len(verdict.gone)} gone\n")
    if found.losses:
        page.add(f"\n**❌ Data is lost: {len(found.losses)}**\n\n")
        for change in found.losses:
            page.entry(_entry(change))
    _findings(page, "New findings", verdict.new)
    _findings(page, "Findings gone", verdict.gone)
    for kind in (Kind.REPLACED, Kind.DELETED, Kind.CREATED, Kind.CHANGED):
        rest = [change for change in found.of_kind(kind) if not change.loses_data]
        page.fold(f"{kind.value.capitalize()}: {len(rest)}", [_entry(change) for change in rest])
    page.fold("Notes", [f"- {escape(line)}\n" for line in words.remarks(found)])
    return page.text()


def _entry(change: ResourceChange) -> str:
    lines = [
        f"- `{words.mark(change)}` **{change.kind.value}** {code(change.resource.label)} {code(change.resource.type)}"
    ]
    lines += [f"  - {escape(line)}" for line in words.about(change)]
    lines += [
        f"  - {code(path)}: {code(before)} → {code(after)}{f' **{escape(effect)}**' if effect else ''}"
        for path, before, after, effect in words.properties(change)
    ]
    return "\n".join(lines) + "\n"


def _findings(page: "_Page", title: str, findings: Sequence[Finding]) -> None:
    page.fold(
        f"{title}: {len(findings)}",
        [
            f"- {finding.state.replace('-', ' ')} {code(finding.rule.id)} {code(finding.resource)}: "
            f"{code(finding.message)}\n"
            for finding in findings
        ],
    )


def code(text: str) -> str:
    """A code span that nothing in the text can leave: no markup, no mention, no line of its own."""
    flat = " ".join(text.split())
    longest = max((len(run) for run in _ticks(flat)), default=0)
    fence, gap = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{gap}{flat}{gap}{fence}"


def _ticks(text: str) -> Iterator[str]:
    run = ""
    for sign in f"{text} ":
        if sign == "`":
            run += sign
        elif run:
            yield run
            run = ""


class _Page:
    """Adds whole entries as long as they fit; once one does not, none does."""

    def __init__(self, room: int) -> None:
        self._parts: list[str] = []
        self._room = room
        self._left_out = 0

    def add(self, text: str) -> None:
        """Text that is always short."""
        self._parts.append(text)
        self._room -= len(text)

    def entry(self, text: str) -> None:
        """One entry, or its count."""
        if self._left_out or len(text) > self._room:
            self._left_out += 1
        else:
            self.add(text)

    def fold(self, title: str, entries: Sequence[str]) -> None:
        """Entries that are seen when somebody asks; nothing where there are none."""
        if not entries:
            return
        frame = (f"\n<details><summary>{escape(title)}</summary>\n\n", "\n</details>\n")
        if self._left_out or sum(map(len, frame)) > self._room:
            self._left_out += len(entries)
            return
        self._room -= len(frame[1])
        self.add(frame[0])
        for item in entries:
            self.entry(item)
        self._parts.append(frame[1])

    def text(self) -> str:
        """The page, and what is not on it."""
        if self._left_out:
            self._parts.append(
                f"\n**{self._left_out} entries left out, to stay below {LARGEST} characters: "
                "`bailiwick diff` prints all.**\n"
            )
        return "".join(self._parts)
