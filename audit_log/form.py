"""The log on disk: a folder of segments, and beside each the checkpoints made while it was open.

    00000000000000000000.jsonl               header, then one record a line
    00000000000000000000.checkpoints.jsonl   one signed note a line
    00000000000000004096.jsonl               named by the index of its first record

A line is JSON, and its last field is the SHA-256 of all that stands before it: whoever reads it can tell a changed line
by itself, and the line names the one before. A segment's header has the tree's frontier at its beginning, so that a
reader (and the gateway, when it starts) need not begin at the first record ever written.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from audit_log.merkle import Tree

FORMAT = "bailiwick-audit-log/1"
BEGINNING = "0" * 64
"""What the first record follows."""
MOST_LINE = 1 << 20
"""A longer line is not read: whatever it is, the gateway did not write it."""
SEGMENT, CHECKPOINTS = ".jsonl", ".checkpoints.jsonl"

_HASH = b',"hash":"'
_TAIL = len(_HASH) + 64 + 2
_HEX = re.compile(r"[0-9a-f]{64}")
_LINE = re.compile(rb'\{"index":(0|[1-9][0-9]{0,18}),"previous":"([0-9a-f]{64})","record":(\{.*\})')


class BadLine(ValueError):
    """A line is not what the gateway writes; the message repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record's line, read."""

    index: int
    previous: str
    record: bytes
    """JSON, as it was written."""
    hash: str


@dataclass(frozen=True, slots=True)
class Header:
    """How a segment begins."""

    origin: str
    first: int
    previous: str
    frontier: tuple[bytes, ...]

    def tree(self) -> Tree:
        """The tree as it was. Raises ValueError where the frontier does not fit the size."""
        return Tree(self.first, self.frontier)


def sealed(index: int, previous: str, record: bytes) -> tuple[bytes, str]:
    """A line without its end, and its hash."""
    body = b'{"index":%d,"previous":"%s","record":%s' % (index, previous.encode(), record)
    return _closed(body)


def read(line: bytes) -> Line:
    """A line without its end. Raises BadLine."""
    body, found = _opened(line)
    match = _LINE.fullmatch(body)
    if match is None:
        raise BadLine("not a record's line")
    return Line(int(match[1]), match[2].decode(), match[3], found)


def header(head: Header) -> bytes:
    """A segment's first line, without its end."""
    document = {
        "format": FORMAT,
        "origin": head.origin,
        "first": head.first,
        "previous": head.previous,
        "frontier": [item.hex() for item in head.frontier],
    }
    return _closed(_compact(document)[:-1])[0]


def read_header(line: bytes) -> Header:
    """A segment's first line, without its end. Raises BadLine."""
    body, _ = _opened(line)
    try:
        document = json.loads(body + b"}")
        if document.pop("format") != FORMAT:
            raise BadLine(f"not of format {FORMAT}")
        first, previous = document["first"], document["previous"]
        if (
            type(first) is not int
            or first < 0
            or not _HEX.fullmatch(previous)
            or not isinstance(document["origin"], str)
        ):
            raise BadLine("not a segment's header")
        document["frontier"] = tuple(bytes.fromhex(item) for item in document["frontier"])
        found = Header(**document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadLine("not a segment's header") from None
    if header(found) != line:
        raise BadLine("a header not in its one form")
    return found


def noted(note: str) -> bytes:
    """A checkpoint's line, without its end."""
    return _compact({"note": note})


def read_note(line: bytes) -> str:
    """The note of a checkpoint's line. Raises BadLine."""
    try:
        note = json.loads(line)["note"]
        if not isinstance(note, str) or noted(note) != line:
            raise BadLine("a checkpoint's line not in its one form")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadLine("not a checkpoint's line") from None
    return note


def segment(folder: Path, first: int) -> Path:
    """Where the segment lies that begins with this record."""
    return folder / f"{first:020d}{SEGMENT}"


def checkpoints(path: Path) -> Path:
    """Where a segment's checkpoints lie."""
    return path.with_name(path.name.removesuffix(SEGMENT) + CHECKPOINTS)


def segments(folder: Path) -> list[Path]:
    """The folder's segments, in their order."""
    return sorted(path for path in folder.glob("*" + SEGMENT) if not path.name.endswith(CHECKPOINTS))


def _closed(body: bytes) -> tuple[bytes, str]:
    found = hashlib.sha256(body).hexdigest()
    return b'%s,"hash":"%s"}' % (body, found.encode()), found


def _opened(line: bytes) -> tuple[bytes, str]:
    body, tail = line[:-_TAIL], line[-_TAIL:]
    found = hashlib.sha256(body).hexdigest()
    if tail != b'%s%s"}' % (_HASH, found.encode()):
        raise BadLine("its hash is not that of what it holds")
    return body, found


def _compact(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def frontier_of(tree: Tree, origin: str, previous: str) -> Header:
    """The header of a segment that goes on from here."""
    return Header(origin, tree.size, previous, tuple(tree.frontier))
