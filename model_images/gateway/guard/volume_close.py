"""Signs the order to close a breaker: `python -m model_images.gateway.guard.volume_close --help`.

For the person who has looked at why it opened. The order is signed with that person's own key, which the gateway's
settings name; it goes into the stack's file, and with the next deployment beside the gateway's settings. Each gateway
writes it into its audit log, and then closes the breaker, within seconds.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from audit_log.note import BadKey, BadNote, FileSigner
from model_images.gateway.guard import volume_order
from model_images.gateway.guard.volume_order import MOST_HOURS, NO_TICKET, OPENING, REASONS, TICKET, Order

FAILED, USAGE = 1, 2
HOURS = 24


def main(arguments: Sequence[str] | None = None) -> int:
    """Sign the order, and print it; its exit code."""
    words = _words().parse_args(arguments)
    wrong = _faults(words)
    if wrong:
        return _wrong(wrong, USAGE)
    try:
        signer = FileSigner(words.who, words.key.read_bytes())
        until = volume_order.until(datetime.now(UTC), words.hours)
        order = Order(words.opening, words.tenant, words.caller, words.who, words.why, until, words.ticket)
        note = volume_order.signed(order, signer)
    except (BadKey, BadNote) as error:
        return _wrong([str(error)], USAGE)
    except OSError as error:
        return _wrong([f"{words.key} can't be read: {error.strerror}"], FAILED)
    if words.out is None:
        sys.stdout.write(_listed(note))
        sys.stderr.write("put it under bailiwick:gateway, volumeOrders, of the stack's file, and deploy\n")
    else:
        try:
            sys.stdout.write(f"{volume_order.place(words.out, order, note)}\n")
        except FileExistsError:
            return _wrong(
                ["an order to close it lies there already; the gateway's log says why it isn't followed"], USAGE
            )
        except OSError as error:
            return _wrong([f"the order can't be written: {error.strerror}"], FAILED)
    sys.stderr.write(
        f"good until {until:%Y-%m-%d %H:%M} UTC, once, if the gateway's settings name {signer.verifier.vkey()}\n"
    )
    return 0


def _faults(words: argparse.Namespace) -> list[str]:
    found = []
    if words.ticket != NO_TICKET and not TICKET.fullmatch(words.ticket):
        found.append("--ticket is as OPS-12: capitals, a dash, up to seven digits")
    if not OPENING.fullmatch(words.opening):
        found.append("--opening is the opening's id, 32 hex digits: the gateway's log has it where the breaker opens")
    if not 1 <= words.hours <= MOST_HOURS:
        found.append(f"--hours is from 1 to {MOST_HOURS}")
    return found


def _listed(note: str) -> str:
    """As an item of a list in YAML."""
    lines = (f"  {line}".rstrip() for line in note.removesuffix("\n").split("\n"))
    return "\n".join(("- |", *lines)) + "\n"


def _wrong(faults: Sequence[str], code: int) -> int:
    sys.stderr.write("".join(f"error: {words}\n" for words in faults))
    return code


def _words() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="volume_close", description="Close a breaker that the guard 'volume' opened.")
    found.add_argument("--opening", required=True, help="its id, as the gateway's log has it")
    found.add_argument("--tenant", required=True)
    found.add_argument("--caller", required=True, help="its application id; * for the tenant as a whole")
    found.add_argument("--who", required=True, help="your name, as your key has it in the gateway's settings")
    found.add_argument("--why", required=True, choices=REASONS)
    found.add_argument("--ticket", default=NO_TICKET, help="where the words are, as OPS-12")
    found.add_argument("--hours", type=int, default=HOURS, help=f"how long the order holds, {HOURS} if not said")
    found.add_argument("--key", type=Path, required=True, help="your private key, PEM")
    found.add_argument("--out", type=Path, help="a folder to put it into, beside a gateway's settings, instead of YAML")
    return found


if __name__ == "__main__":
    sys.exit(main())
