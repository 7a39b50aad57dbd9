"""One object before one policy."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

from tests.cluster.client import Object

Change = Callable[[Any], object]
Made = Callable[[], Object]
"""Made when it is asked for: to list the cases, no plan is recorded."""
P = ParamSpec("P")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One object, before one policy."""

    policy: str
    what: str
    make: Made
    says: str = ""
    """Part of our message; empty where the object is taken."""

    @property
    def object(self) -> Object:
        """What is sent."""
        return self.make()

    def __str__(self) -> str:
        """As pytest names it."""
        return f"{self.policy}: {self.what}"


def later(make: Callable[P, Object | Made]) -> Callable[P, Made]:
    """What a builder would make now, it makes when it is asked for."""

    @wraps(make)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Made:
        def now() -> Object:
            found = make(*args, **kwargs)
            return found() if callable(found) else found

        return now

    return wrapped


def bad(policy: str, says: str, cases: Mapping[str, Made]) -> Iterator[Case]:
    """Cases of one policy that are refused in the same words."""
    return (Case(policy=policy, what=what, make=made, says=says) for what, made in cases.items())
