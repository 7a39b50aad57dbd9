"""What the server writes of what happens to it: where, and of which kind, and nothing that a caller said.

An exception's own words may hold a prompt (a parser's do), and so may a message's arguments; so neither is written.
What is left is the place in the code and the message as its author wrote it, cut short: with the code at hand, that is
enough to find out. vLLM's dump of what it was at when its engine fell is switched off (logging.json).
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

MOST = 160
"""Characters of a message: an author may have put values into it before the logger saw it."""


class Words(logging.Formatter):
    """One line of JSON for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """Without arguments, and of an exception its kind and its places."""
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "where": f"{record.name}:{record.lineno}",
            "process": record.process,
        }
        # Its author's own text, unless values were put in before; of an error even that is the kind and the place only.
        if record.levelno < logging.ERROR or record.args:
            told["message"] = str(record.msg)[:MOST]
        if record.exc_info and record.exc_info[0] is not None:
            told["kinds"] = _kinds(record.exc_info[1])
            told["frames"] = [
                f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno}"
                for frame in traceback.extract_tb(record.exc_info[2])[-12:]
            ]
        return json.dumps(told)


def _kinds(error: BaseException | None) -> list[str]:
    found: list[str] = []
    while error is not None and len(found) < 8:
        found.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return found


def installed() -> None:
    """For what nobody catches in this process: its kind and its places, too."""
    sys.excepthook = _uncaught


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    record = logging.LogRecord("uncaught", logging.CRITICAL, __file__, 0, "ended", (), (kind, error, trace))
    print(Words().format(record), file=sys.stderr, flush=True)
