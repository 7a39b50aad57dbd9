"""A code's status is a promise too: clients tell by it whether to ask again."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

import model_images.gateway.guard as guard
from model_images.gateway.guard.codes import CODES
from model_images.gateway.guard.rate import TooOften
from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.statuses import AGAIN, STATUSES, again

SOURCE = Path(guard.__file__).parent


def told() -> Iterator[tuple[str, int]]:
    """Ends of codes with the status beside them in the source, where both are constants."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            named = [
                word.value for word in node.keywords if word.arg == "status" and isinstance(word.value, ast.Constant)
            ]
            numbers = [arg for arg in (*node.args, *named) if isinstance(arg, ast.Constant) and type(arg.value) is int]
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("Refused", "_no", "gone", "__init__") and numbers and words:
                what = next((word for word in words if word in ENDS), None)
                if what is not None:
                    yield what, int(str(numbers[0].value))


ENDS = {code.partition(".")[2] for code in CODES}


class TestEveryCodeHasOneStatus:
    """A client that sees another than the reference says treats the refusal as something else."""

    def test_each_and_once(self) -> None:
        listed = list(chain.from_iterable(STATUSES.values()))
        assert sorted(listed) == sorted(CODES)

    def test_as_the_source_has_it(self) -> None:
        found = set(told())
        assert len(found) > 20
        known = {(code.partition(".")[2], status) for status, codes in STATUSES.items() for code in codes}
        assert not found - known

    @pytest.mark.parametrize("guard", sorted({code.partition(".")[0] for code in CODES if code.endswith(".failed")}))
    def test_a_guard_that_failed(self, guard: str) -> None:
        failed = GuardFailed(guard)
        assert failed.code in STATUSES[failed.status]


class TestWhetherToAskAgain:
    """What can't change by itself is not asked for three times."""

    def test_only_what_may_change_by_itself(self) -> None:
        assert {status for status, codes in STATUSES.items() for code in codes if code in AGAIN} <= {429, 502, 503}

    def test_within_the_minute_that_clients_wait(self) -> None:
        assert all(0 < seconds <= 60 for seconds in AGAIN.values())

    def test_headers(self) -> None:
        assert again(Refused("route", "busy", "", status=503)) == ((b"retry-after", b"1"),)
        assert again(Refused("prompt-guard", "canary", "", status=502)) == ((b"x-should-retry", b"false"),)
        assert again(Refused("classify", "caller", "")) == ()

    def test_a_tenant_waits_for_its_own_share(self) -> None:
        told = TooOften(6, 10)
        assert (told.code, again(told)) == ("volume.rate", ((b"retry-after", b"10"),))
