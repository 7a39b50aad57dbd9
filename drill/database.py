"""Restore the database to a moment, beside the one that serves.

`az postgres flexible-server restore` takes no tags (az 2.91), which the subscription's policy demands of every
resource: so the same request goes through `az resource create`, which waits for it as well. Its fields are those of
azure-mgmt-postgresqlflexibleservers, and of what that command sends (azure-cli, postgresql/commands/custom_commands.py,
`flexible_server_restore`). Not verified, for want of Azure: that the restored server keeps the Entra administrator.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from drill.az import dig
from drill.ground import Ground, Result
from drill.look import look_at

API = "2025-08-01"
"""The version that components/database.py is deployed with."""
KIND = "Microsoft.DBforPostgreSQL/flexibleServers"
BACK = timedelta(minutes=15)
"""Logs are shipped every five minutes at most; a moment before that can be restored for certain."""


def restore_database(ground: Ground) -> Result:
    """A second server from the first one's backups: private, same key, its endpoint in the same subnet."""
    place, az = ground.place, ground.az
    source_id = place.id_of(place.group("data"), KIND, place.of("psql"))
    target = place.id_of(place.drill_group, KIND, place.of("psql", "drill"))
    source = az.ask("resource", "show", "--ids", source_id, "--api-version", API, sample=_SAMPLE)
    ground.make_group()
    then = (datetime.now(UTC) - BACK).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = _body(ground, source_id, source, "<now, less 15 minutes>" if az.dry else then)
    made = az.ask(
        *("resource", "create", "--id", target, "--api-version", API, "--is-full-object"),
        *("--properties", json.dumps(body)),
        sample={"properties": {"fullyQualifiedDomainName": f"{place.of('psql', 'drill')}.<suffix>"}},
    )
    ground.make_endpoint("postgres", target, "postgresqlServer")
    facts: dict[str, object] = {"restoredTo": then, "server": place.of("psql", "drill")}
    return look_at(ground, str(dig(made, "properties", "fullyQualifiedDomainName")), facts)


_SAMPLE = {
    "sku": {"name": "<its size>", "tier": "<its tier>"},
    "properties": {
        "dataEncryption": {"primaryKeyURI": "<its key>", "primaryUserAssignedIdentityId": "<its key's identity>"}
    },
}


def _body(ground: Ground, source_id: str, source: Mapping[str, object], then: str) -> Mapping[str, object]:
    identity = str(dig(source, "properties", "dataEncryption", "primaryUserAssignedIdentityId"))
    return {
        "location": ground.place.config.region,
        "tags": dict(ground.place.tags),
        "sku": dig(source, "sku"),
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
        "properties": {
            "createMode": "PointInTimeRestore",
            "sourceServerResourceId": source_id,
            "pointInTimeUTC": then,
            "network": {"publicNetworkAccess": "Disabled"},
            "dataEncryption": {
                "type": "AzureKeyVault",
                "primaryKeyURI": dig(source, "properties", "dataEncryption", "primaryKeyURI"),
                "primaryUserAssignedIdentityId": identity,
            },
        },
    }
