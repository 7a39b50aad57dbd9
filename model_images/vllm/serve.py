"""The container's entry: settings, then weights, then GPUs, and only then vLLM, in this process's place.

Exit status 2: the arguments can't be used. 3: the weights are not what the plan pins. 1: they can't be served here.
Each says what, where and what would help.
"""

import os
import sys
import time
from collections.abc import Sequence

from model_images.vllm import checkpoint, choice, settings
from model_images.vllm.checkpoint import Unservable
from model_images.vllm.command import command, environment
from model_images.vllm.devices import NoDevices, gpus
from model_images.vllm.words import installed
from weights.signature import Unsigned, public
from weights.verify import Pinned, Verdict, verify

FAILED, USAGE, REFUSED = 1, 2, 3
EVERY = 10.0
"""Seconds between two lines of progress."""


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: RET503 the last line does not return
    """Does not return where the server starts."""
    started = time.monotonic()
    installed()
    try:
        told = settings.read(sys.argv[1:] if arguments is None else arguments)
        keys = trusted(told)
    except settings.BadSettings as error:
        _say(str(error))
        return USAGE
    verdict = verified(told, keys)
    if not verdict.sound:
        _say(
            f"the weights in {told.folder} are not what the plan pins, and nothing was started:\n"
            + "\n".join(f"  {fault}" for fault in verdict.faults)
            + "\n  hint: `bailiwick models verify <folder>` says the same of the store; import them again, or pin these"
        )
        return REFUSED
    seconds = time.monotonic() - started
    _say(f"verified {choice.gib(verdict.hashed)} in {seconds:.1f} s ({verdict.hashed / seconds / 1e6:.0f} MB/s)")
    try:
        found = checkpoint.read(told.folder)
        chosen = choice.choose(told, found, gpus(confidential=told.confidential) if told.gpus else [])
    except (Unservable, NoDevices) as error:
        _say(f"{told.name} can't be served here: {error}")
        return FAILED
    _say(chosen.told)
    told.socket.unlink(missing_ok=True)
    words = command(told, chosen)
    # The socket is for the proxy in the pod, which runs as the same user.
    os.umask(0o077)
    os.execve(words[0], words, environment(told, os.environ))  # noqa: S606 our own interpreter, and no shell is in the image


def trusted(told: settings.Settings) -> list[str]:
    """Keys of those who may stand for weights. Raises BadSettings where there is none."""
    try:
        text = told.weights_keys.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise settings.BadSettings(
            f"--weights-keys={told.weights_keys} can't be read: {type(error).__name__}"
        ) from None
    end = "-----END PUBLIC KEY-----"
    keys = [f"{part.strip()}\n{end}\n" for part in text.split(end) if part.strip()]
    try:
        for key in keys:
            public(key)
    except Unsigned as error:
        raise settings.BadSettings(f"--weights-keys={told.weights_keys}: {error}") from None
    if not keys:
        raise settings.BadSettings(f"--weights-keys={told.weights_keys} holds no key: nobody could stand for weights")
    return keys


def verified(told: settings.Settings, keys: Sequence[str]) -> Verdict:
    """Every file against the manifest, with a line of progress now and then; a second start reads none again."""
    seen, last = 0, time.monotonic()

    def progress(count: int) -> None:
        nonlocal seen, last
        seen += count
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            _say(f"verified {choice.gib(seen)} …")

    pinned = Pinned(name=told.name, revision=told.revision, sha256=told.manifest_sha256, keys=keys)
    notes = told.home / "hashed"
    return verify(told.folder, pinned, notes=notes, threads=told.threads, told=progress)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
