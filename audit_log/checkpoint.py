"""Checkpoints: the tree's size and root, signed. c2sp.org/tlog-checkpoint.

Three extension lines of ours follow. The specification advises against any, as monitors can't audit them; these can be:
the chain's head and the hash of the checkpoint before are computed again by `audit_log.verify`, and times must rise.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from audit_log import merkle
from audit_log.note import BadNote, Signer, Verifier, divided, opened, sign

NONE_BEFORE = "0" * 64
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_HEX = re.compile(r"[0-9a-f]{64}")
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True)
class Checkpoint:
    """What a log committed to."""

    origin: str
    size: int
    root: bytes
    at: datetime
    chain: str
    """Hash of the last record's line."""
    previous: str
    """Hash of the note of the checkpoint before; zeros for the first."""

    def text(self) -> str:
        """The note's text."""
        root = base64.b64encode(self.root).decode()
        at = self.at.astimezone(UTC).strftime(_TIME)
        return f"{self.origin}\n{self.size}\n{root}\ntime {at}\nchain {self.chain}\nprevious {self.previous}\n"

    def signed(self, signer: Signer) -> str:
        """As a signed note."""
        return sign(self.text(), signer)

    @classmethod
    def of(cls, text: str) -> "Checkpoint":
        """From a note's text. Raises BadNote."""
        lines = text.split("\n")
        if len(lines) != 7 or lines.pop():
            raise BadNote("a checkpoint has six lines")
        origin, size, root, *more = lines
        words = [line.partition(" ") for line in more]
        if [word for word, _, _ in words] != ["time", "chain", "previous"] or not origin:
            raise BadNote("a checkpoint's lines are origin, size, root, time, chain, previous")
        at, chain, previous = (value for _, _, value in words)
        if not _SIZE.fullmatch(size) or not _HEX.fullmatch(chain) or not _HEX.fullmatch(previous):
            raise BadNote("size or hash of a checkpoint is not as it has to be")
        try:
            found = cls(
                origin=origin,
                size=int(size),
                root=base64.b64decode(root, validate=True),
                at=datetime.strptime(at, _TIME).replace(tzinfo=UTC),
                chain=chain,
                previous=previous,
            )
        except (binascii.Error, ValueError):
            raise BadNote("root or time of a checkpoint is not as it has to be") from None
        # One form only, so that nothing can be changed without a trace.
        if len(found.root) != merkle.HASH_BYTES or found.text() != text:
            raise BadNote("a checkpoint is not in its one form")
        return found


def trusted(note: str, keys: Sequence[Verifier]) -> Checkpoint:
    """A checkpoint that a known key signed. Raises BadNote."""
    return Checkpoint.of(opened(note, keys))


def unverified(note: str) -> Checkpoint:
    """A checkpoint whose signature nobody looked at. Raises BadNote."""
    return Checkpoint.of(divided(note)[0])


def digest(note: str) -> str:
    """By which the next one names it."""
    return hashlib.sha256(note.encode()).hexdigest()
