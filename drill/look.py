"""Look at restored databases with the migrations' own eyes: nothing pending, and what each promises holds.

They run against the drill's server alone, and whatever they would change there is deleted with it.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping

from drill.az import AzFailed
from drill.ground import Ground, Result

PORT = 5432
DATABASES: Mapping[str, str] = {"retrieval": "retrieval.migrate", "token-vault": "token_vault.migrate"}
"""Each database of the server, and the module that brings it to its schema."""
RUN = (sys.executable, "-m")
REACH_SECONDS = 10


def look_at(ground: Ground, host: str, facts: Mapping[str, object]) -> Result:
    """`done` only where the migrations could look; a server that came up proves nothing about what is in it."""
    az, place = ground.az, ground.place
    login = place.of("id", "migrations")
    user = os.environ.get("PGUSER") or (login if az.dry else None)
    unseen = None
    if user is None:
        unseen = f"PGUSER names no login; the database's administrator is {login}"
    elif not az.dry and not _reached(host):
        unseen = f"{host} can't be reached from here"
    if user is None or unseen is not None:
        return Result(
            outcome="not measured",
            says=f"restored, but not looked at: {unseen}",
            line=f"PGUSER={login} PGPASSWORD=<its token> bailiwick drill {place.config.stack} --only database"
            "   # from a job in the network",
            facts=facts,
        )
    # Whoever may make resources need not be whoever may migrate: the latter's token is then handed in.
    token = os.environ.get("PGPASSWORD") or az.text(
        *("account", "get-access-token", "--resource-type", "oss-rdbms"),
        *("--query", "accessToken", "--output", "tsv", *place.subscription),
    )
    if az.dry:
        for database, module in DATABASES.items():
            az.note(f"PGHOST={host} PGDATABASE={database} PGUSER={user} PGPASSWORD=<token> python -m {module}")
        return Result(outcome="done", says="dry run")
    behind = [
        f"{database}: {line}"
        for database, module in DATABASES.items()
        for line in _applied(host, database, module, user, token)
    ]
    if behind:
        return Result(outcome="failed", says=f"what was restored was behind: {', '.join(behind)}", facts=facts)
    return Result(
        outcome="done",
        says=f"restored to {facts['restoredTo']}; nothing pending, tenants are kept apart, the vault is shut",
        facts=facts,
    )


def _applied(host: str, database: str, module: str, user: str, token: str) -> list[str]:
    # PGHOSTADDR, PGSERVICE and their like could lead to the server that serves: none of them is handed on.
    surroundings = {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {
        "PGSSLROOTCERT": os.environ.get("PGSSLROOTCERT", "system"),
        "PGHOST": host,
        "PGPORT": str(PORT),
        "PGDATABASE": database,
        "PGUSER": user,
        "PGPASSWORD": token,
    }
    done = subprocess.run(  # noqa: S603 no shell; the token is in the surroundings alone
        (*RUN, module), env=surroundings, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise AzFailed(f"python -m {module}, against the restored database {database}: {reason}")
    return [line for line in done.stdout.splitlines() if line.startswith("applied ")]


def _reached(host: str) -> bool:
    try:
        with socket.create_connection((host, PORT), timeout=REACH_SECONDS):
            return True
    except OSError:
        return False
