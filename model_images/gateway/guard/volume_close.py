"""Closes a breaker that the guard `volume` opened: `python -m model_images.gateway.guard.volume_close --help`.

For the person who has looked at why it opened. The order is signed with that person's own key, which the gateway's
settings name; the gateway writes it into its audit log, and then closes the breaker, within seconds.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from audit_log.note import BadKey, FileSigner
from model_images.gateway.guard import volume_order, volume_state
from model_images.gateway.guard.volume_order import NO_TICKET, REASONS, TICKET, Order

FAILED, USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Place the order; its exit code."""
    words = _words().parse_args(arguments)
    if words.ticket != NO_TICKET and not TICKET.fullmatch(words.ticket):
        return _wrong("--ticket is as OPS-12: capitals, a dash, up to seven digits", USAGE)
    try:
        signer = FileSigner(words.who, words.key.read_bytes())
        state = volume_state.read(words.state)
    except (BadKey, volume_state.BadState) as error:
        return _wrong(str(error), USAGE)
    except OSError as error:
        return _wrong(f"{words.key} can't be read: {error.strerror}", FAILED)
    opening = state.open.get(volume_state.key(words.tenant, words.caller))
    if opening is None:
        known = ", ".join(sorted(state.open)) or "none"
        return _wrong(f"no breaker of {words.tenant}/{words.caller} stands open; open are: {known}", USAGE)
    order = Order(opening.id, words.tenant, words.caller, words.who, words.why, words.ticket)
    try:
        path = volume_order.place(words.state, order, signer)
    except FileExistsError:
        return _wrong("an order to close it lies there already; the gateway's log says why it isn't followed", USAGE)
    except OSError as error:
        return _wrong(f"the order can't be written: {error.strerror}", FAILED)
    sys.stdout.write(
        f"{opening.seen} {opening.measure} in an hour, {opening.allowed} allowed by its {opening.limit}\n"
        f"ordered: {path.name}; the gateway follows within seconds if it knows the key {signer.verifier.vkey()}\n"
    )
    return 0


def _wrong(words: str, code: int) -> int:
    sys.stderr.write(f"error: {words}\n")
    return code


def _words() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="volume_close", description="Close a breaker that the guard 'volume' opened.")
    found.add_argument("--state", type=Path, required=True, help="the gateway's folder of breakers")
    found.add_argument("--tenant", required=True)
    found.add_argument("--caller", required=True, help="its application id; * for the tenant as a whole")
    found.add_argument("--who", required=True, help="your name, as your key has it in the gateway's settings")
    found.add_argument("--why", required=True, choices=REASONS)
    found.add_argument("--ticket", default=NO_TICKET, help="where the words are, as OPS-12")
    found.add_argument("--key", type=Path, required=True, help="your private key, PEM")
    return found


if __name__ == "__main__":
    sys.exit(main())
