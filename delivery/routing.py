"""The live weight: a value by use case in a store of its own, which the job writes and the gateway reads.

Azure App Configuration's data plane: learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value. Not in the
cluster: no pod here reaches the API server, and a store keeps earlier values and logs who wrote them (docs/adr/0031).
The gateway takes no weight that is older than `STALE_MINUTES`, that is not a whole number from 0 to the ceiling of its
own settings, or of another change than those name: it is 0 then. So a job that no longer runs is a rollback.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from delivery.course import Course
from delivery.decide import Decision
from delivery.state import BadState, State
from delivery.web import Unreachable, ask

API = "2023-11-01"
"""The newest version of the data plane that its documentation lists as stable."""
MEDIA = "application/vnd.microsoft.appconfig.kv+json"
STALE_MINUTES = 15
"""A run is missed now and then, and the gateway looks every half minute."""


def key_of(use_case: str) -> str:
    """Its key in the store."""
    return f"routing:{use_case}"


def written(decision: Decision, state: State | Course, at: datetime) -> str:
    """What stands there."""
    told = {
        "change": state.change,
        "weight": decision.weight,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "state": state.as_json(),
    }
    return json.dumps(told, sort_keys=True)


def kept(text: str | None) -> State | None:
    """Where a change stands; None where none was begun. Raises BadState."""
    if text is None:
        return None
    try:
        document = json.loads(text)
        return State.of(document["state"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadState(str(error)) from error


def kept_course(text: str | None, change: str) -> Course | None:
    """How it goes with what is active, as `change` watches it; None where that has not begun. Raises BadState.

    What another change left behind, a trial's state among them, is no course of this one: its record goes on.
    """
    if text is None:
        return None
    try:
        document = json.loads(text)
        if document["change"] != change:
            return None
        return Course.of(document["state"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadState(str(error)) from error


@dataclass(frozen=True, kw_only=True)
class Routing:
    """The store, as the pod's identity."""

    url: str
    token: str | None = None

    def read(self, use_case: str) -> tuple[str | None, str | None]:
        """The value and its tag; None where there is none. Raises Unreachable."""
        found: Any = ask("GET", self._at(use_case), token=self.token, headers={"Accept": MEDIA}, absent=(404,))
        if found is None:
            return None, None
        try:
            return str(found["value"]), str(found["etag"])
        except (KeyError, TypeError) as error:
            raise Unreachable(f"{self.url} did not answer as a store does: {type(error).__name__}") from error

    def write(self, use_case: str, value: str, tag: str | None) -> None:
        """Put the value there, if nobody did meanwhile. Raises Unreachable."""
        body = json.dumps({"value": value, "content_type": "application/json"}).encode()
        condition: Mapping[str, str] = {"If-Match": f'"{tag}"'} if tag is not None else {"If-None-Match": "*"}
        ask("PUT", self._at(use_case), body=body, token=self.token, headers={"Content-Type": MEDIA, **condition})

    def _at(self, use_case: str) -> str:
        return f"{self.url.rstrip('/')}/kv/{quote(key_of(use_case), safe='')}?api-version={API}"


def scope_of(url: str) -> str:
    """What a token for a store is asked for: the cloud's own name for all of them."""
    return f"https://{(urlsplit(url).hostname or '').partition('.')[2]}/.default"
