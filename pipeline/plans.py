"""A saved plan between the job that previews and the job that applies: in the stack's own state account, by its hash.

Not among the orchestrator's artifacts: a plan says what a stack is made of, and those lie wherever they are kept.
`az storage blob`: learn.microsoft.com/cli/azure/storage/blob. Not run against Azure.
"""

import hashlib
import subprocess
from pathlib import Path

CONTAINER = "plans"


class NotKept(RuntimeError):
    """The plan was not kept, or is not the one that was reviewed; the message says which."""


def keep(account: str, name: str, file: Path) -> str:
    """Upload a plan under a name that nobody has used; its SHA-256. Raises NotKept."""
    digest = _sha256(file)
    # Without --overwrite a name is used once: who comes second is refused.
    _blob("upload", account, name, file, "--overwrite", "false", "--content-type", "application/json")
    return digest


def fetch(account: str, name: str, file: Path, sha256: str) -> None:
    """Download a plan. Raises NotKept, and leaves no file, where it is not the one with that hash."""
    _blob("download", account, name, file)
    if not sha256 or _sha256(file) != sha256:
        found = _sha256(file)
        file.unlink()
        raise NotKept(f"{name}: is not the plan that was reviewed: its SHA-256 is {found}, and not {sha256 or 'known'}")


def _sha256(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise NotKept(f"{file}: {error.strerror}; no plan is there") from error


def _blob(verb: str, account: str, name: str, file: Path, *more: str) -> None:
    words = ["az", "storage", "blob", verb, "--auth-mode", "login", "--only-show-errors", "--output", "none"]
    words += ["--account-name", account, "--container-name", CONTAINER, "--name", name, "--file", str(file), *more]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 no shell, our own words
    except OSError as error:
        raise NotKept(f"az: {error.strerror}; hint: Azure's command belongs on the runner") from error
    if done.returncode != 0:
        raise NotKept(f"az storage blob {verb} of {name}: {done.stderr.strip()}")
