"""What stands in the second region: how far behind the replica is, and whether copies have arrived. Only asked.

A blob's replication status: learn.microsoft.com/azure/storage/blobs/object-replication-configure, "Check the
replication status of a blob". `az storage blob show` prints it as `objectReplicationSourceProperties` (azure-cli,
storage/_transformers.py; azure-storage-blob, `ObjectReplicationPolicy`). Lag: metric
`physical_replication_delay_in_seconds`, learn.microsoft.com/azure/postgresql, "Monitor metrics".
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drill.az import AzFailed, TookTooLong, dig, minutes_since, moment
from drill.canary import CONTAINER, Canary
from drill.database import API, KIND
from drill.ground import HEALTH, Ground, Result

METRIC = "physical_replication_delay_in_seconds"
WELL = ("Active", "Catchup")
"""States of a replica that follows: azure-mgmt-postgresqlflexibleservers, `ReplicationState`."""
WAIT_MINUTES = 60
"""How long a canary is waited for, where nothing is promised."""
_NOT_HERE = Result(outcome="not here", says="this stack copies nothing to a second region")


def look_at_replica(ground: Ground) -> Result:
    """The replica's state, and the worst of its lag in the last hour. It is never promoted: that can't be undone."""
    place, az = ground.place, ground.az
    if not place.has_second_region:
        return _NOT_HERE
    replica = place.id_of(place.second_group, KIND, place.of("psql", second=True))
    server = az.ask(
        *("resource", "show", "--ids", replica, "--api-version", API),
        sample={"properties": {"replica": {"replicationState": "Active"}}},
    )
    state = str(dig(server, "properties", "replica", "replicationState"))
    if state not in WELL:
        return Result(outcome="failed", says=f"the replica is {state}", line=f"az resource show --ids {replica}")
    metrics = az.ask(
        *("monitor", "metrics", "list", "--resource", replica, "--metrics", METRIC),
        *("--aggregation", "Maximum", "--interval", "PT1M", "--offset", "1h"),
        sample={"value": [{"timeseries": [{"data": [{"maximum": 0}]}]}]},
    )
    seconds = [
        float(point["maximum"])
        for metric in dig(metrics, "value")
        for series in metric.get("timeseries") or ()
        for point in series.get("data") or ()
        if point.get("maximum") is not None
    ]
    if not seconds:
        return Result(outcome="not measured", says=f"{state}; no lag was recorded in the last hour")
    worst = max(seconds)
    return Result(
        outcome="done",
        says=f"{state}; at most {worst:.0f} s behind in the last hour",
        lag=dict.fromkeys(HEALTH, worst / 60),
        facts={"replicationState": state, "lagSeconds": worst},
    )


def look_at_copies(ground: Ground, canary: Canary | None) -> Result:
    """Whether the canary that was just put, and the newest weights, have arrived."""
    place = ground.place
    if not place.has_second_region:
        return _NOT_HERE
    if canary is None:
        raise AzFailed("no canary could be put, so that nothing new can be looked for")
    lag: dict[str, float] = {}
    says = []
    minutes = _arrives(ground, ground.place.patient, CONTAINER, canary.name, canary.put, wait=True)
    lag |= dict.fromkeys(HEALTH, minutes)
    says.append(f"{CONTAINER}: {canary.name} {_said(minutes)}")
    newest = _newest(ground, "weights", "weights")
    if newest is None:
        says.append("weights: nothing there yet")
    else:
        name, put = newest
        lag["confidential"] = minutes = _arrives(ground, "weights", "weights", name, put, wait=False)
        says.append(f"weights: {name} {_said(minutes)}")
    return Result(outcome="done", says="; ".join(says), lag=lag)


def _said(minutes: float) -> str:
    return f"after {minutes:.1f} min" if minutes else "is there"


def _arrives(ground: Ground, role: str, container: str, blob: str, put: datetime, *, wait: bool) -> float:
    """Minutes until the blob was there; 0 where it is and nobody watched; its age where it isn't."""
    store, az = ground.store(role), ground.az
    policy = _policy(ground, str(dig(store, "name")))
    words = (
        *("storage", "blob", "show", "--account-name", str(dig(store, "name")), "--container-name", container),
        *("--name", blob, "--auth-mode", "login", *ground.place.subscription),
    )
    sample = {"objectReplicationSourceProperties": [{"policyId": policy, "rules": [{"status": "Complete"}]}]}

    def settled(answer: object) -> bool:
        return not wait or _status(answer, policy) is not None

    try:
        found = _status(az.until(settled, *words, minutes=_patience(ground), sample=sample), policy)
    except TookTooLong:
        found = None
    if found == "failed":
        raise AzFailed(f"the copy of {container}/{blob} failed", words)
    if found == "complete":
        return minutes_since(put) if wait and not az.dry else 0
    return max(minutes_since(put), float(_patience(ground) + 1) if wait else 0.0)


def _patience(ground: Ground) -> int:
    """As long as the strictest promise for health data: whatever comes later has broken it."""
    promised = [item.rpo_minutes for item in ground.place.config.continuity.objectives if item.data_class in HEALTH]
    return min(promised, default=WAIT_MINUTES)


def _status(answer: object, policy: str) -> str | None:
    """`complete`, `failed`, or None while it waits. The vault's own backup copies by a policy too: not ours."""
    found: Any = answer.get("objectReplicationSourceProperties") if isinstance(answer, dict) else None
    for item in found or ():
        if isinstance(item, Mapping) and item.get("policyId") == policy:
            states = {str(rule.get("status", "")).lower() for rule in item.get("rules") or ()}
            for state in ("failed", "complete"):
                if state in states:
                    return state
    return None


def _policy(ground: Ground, account: str) -> str:
    place = ground.place
    words = (
        *("storage", "account", "or-policy", "list", "--account-name", account),
        *("--resource-group", place.group("data"), *place.subscription),
    )
    group = f"/resourceGroups/{place.second_group}/"
    found = ground.az.ask(*words, sample=[{"policyId": "<policy>", "destinationAccount": group}])
    for item in found or ():
        inner = item.get("properties") or item
        if group.lower() in str(inner.get("destinationAccount", "")).lower():
            return str(dig(inner, "policyId"))
    raise AzFailed(f"no replication policy leads from {account} to {place.second_group}", words)


def _newest(ground: Ground, role: str, container: str) -> tuple[str, datetime] | None:
    account = str(dig(ground.store(role), "name"))
    found = ground.az.ask(
        *("storage", "blob", "list", "--account-name", account, "--container-name", container),
        *("--auth-mode", "login", "--num-results", "*", *ground.place.subscription),
        *("--query", "[].{name: name, put: properties.lastModified}"),
        sample=[{"name": "<newest weights>", "put": "2026-01-01T00:00:00Z"}],
    )
    blobs = [(moment(dig(item, "put")), str(dig(item, "name"))) for item in found or ()]
    if not blobs:
        return None
    put, name = max(blobs)
    return name, put
