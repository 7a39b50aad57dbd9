"""One comment for each stack on a pull request, written once and edited after that."""

import re
from typing import Protocol

LARGEST = 65_536
"""Characters of a comment on GitHub; Azure DevOps takes 150,000."""
CUT = "\n\n*Cut here: the whole report is among the files of this run.*\n"


class NotPosted(RuntimeError):
    """The comment was not written; the message says why, and repeats no token."""


class Board(Protocol):
    """A pull request's comments, wherever they are."""

    def find(self, mark: str) -> str | None:
        """The address of our own comment whose text starts with the mark."""

    def create(self, text: str) -> None:
        """A new comment."""

    def edit(self, address: str, text: str) -> None:
        """The same comment with another text."""


def mark_of(stack: str) -> str:
    """What nobody sees, and what the comment is found by."""
    return f"<!-- bailiwick:{stack} -->"


def text_of(stack: str, summary: str) -> str:
    """The comment: mark, then the summary, whose verdict stands first and so outlives a cut."""
    text = f"{mark_of(stack)}\n{summary.strip()}\n"
    if len(text) <= LARGEST:
        return text
    kept = text[: LARGEST - len(CUT) - _ROOM]
    kept = kept[: kept.rfind("\n")]
    # Within an open fence or <details>, the note would be part of it.
    fence = "\n```" if len(_FENCE.findall(kept)) % 2 else ""
    return kept + fence + "\n\n</details>" * (kept.count("<details") - kept.count("</details>")) + CUT


_FENCE = re.compile(r"^```", re.MULTILINE)
_ROOM = 1_000
"""Characters for what closes a fence and some dozens of open <details>."""


def post(board: Board, stack: str, summary: str) -> str:
    """Write or edit the stack's comment; what was done, in a word. Raises NotPosted."""
    text, known = text_of(stack, summary), board.find(mark_of(stack))
    if known is None:
        board.create(text)
        return "written"
    board.edit(known, text)
    return "edited"
