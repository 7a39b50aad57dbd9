"""A budget of privacy for each tenant, in a file: spent before anything is released, and never given back.

An answer that was given once is kept, and given again for nothing: asking twice must not average the noise away.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

FORMAT = "bailiwick-privacy-budget/1"


class BadBudget(ValueError):
    """The file is none, or has nothing for this tenant."""


class BudgetSpent(Exception):
    """What is left is less than what was asked for."""


def granted(path: Path, tenant: str, epsilon: Decimal) -> None:
    """Give a tenant its budget, once. Raises BadBudget, OSError."""
    with _held(path):
        document: dict[str, Any] = _read(path) if path.exists() else {"format": FORMAT, "tenants": {}}
        if tenant in document["tenants"]:
            raise BadBudget(f"{tenant} has a budget already; a new one is a new file, and a decision on paper")
        document["tenants"][tenant] = {"epsilon": str(epsilon), "spent": "0", "answers": {}}
        _write(path, document)


def left(path: Path, tenant: str) -> Decimal:
    """What a tenant has left. Raises BadBudget, OSError."""
    with _held(path):
        mine = _of(_read(path), tenant)
        return Decimal(mine["epsilon"]) - Decimal(mine["spent"])


def spend(
    path: Path, tenant: str, query: str, epsilon: Decimal, release: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """The answer to a query, and whether it was given before. Raises BudgetSpent, BadBudget, OSError.

    Whatever `release` raises, what it would have cost is spent: nobody knows what it has shown.
    """
    if not epsilon > 0:
        raise BadBudget("epsilon is more than nothing")
    with _held(path):
        document = _read(path)
        mine = _of(document, tenant)
        known = mine["answers"].get(query)
        if known is not None:
            return known, True
        spent = Decimal(mine["spent"]) + epsilon
        if spent > Decimal(mine["epsilon"]):
            have = Decimal(mine["epsilon"]) - Decimal(mine["spent"])
            raise BudgetSpent(f"{tenant} has {have} of its {mine['epsilon']} left, and {epsilon} was asked for")
        mine["spent"] = str(spent)
        _write(path, document)
        answer = release()
        mine["answers"][query] = answer
        _write(path, document)
        return answer, False


def _of(document: dict[str, Any], tenant: str) -> dict[str, Any]:
    mine = document["tenants"].get(tenant)
    if mine is None:
        raise BadBudget(f"the budget has nothing for tenant '{tenant}'")
    try:
        total, spent = Decimal(mine["epsilon"]), Decimal(mine["spent"])
        if not (total.is_finite() and spent.is_finite() and 0 <= spent <= total and isinstance(mine["answers"], dict)):
            raise BadBudget(f"the budget of '{tenant}' is not as this program writes it")
    except (KeyError, TypeError, InvalidOperation):
        raise BadBudget(f"the budget of '{tenant}' is not as this program writes it") from None
    found: dict[str, Any] = mine
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise BadBudget(f"{path} is no JSON") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadBudget(f"{path} is not of format {FORMAT}")
    if not isinstance(document.get("tenants"), dict):
        raise BadBudget(f"{path} has no tenants")
    return document


def _write(path: Path, document: dict[str, Any]) -> None:
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Alone with the budget. The lock is a file of its own, as the budget's is replaced."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)
