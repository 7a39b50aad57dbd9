"""A stand-in for `az` that knows one stack: it writes down what it is told, keeps groups and blobs, and may fail."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """#!{python} -SE
import json, os, pathlib, sys
words = sys.argv[1:]
home = pathlib.Path({home!r})
said = " ".join(words)
with (home / "log").open("a") as log:
    log.write(json.dumps(words) + "\\n")
state = json.loads((home / "state.json").read_text())
def option(name):
    return words[words.index(name) + 1] if name in words else ""
for part, reason in state["fails"].items():
    if part in said:
        sys.exit("ERROR: " + reason)
group = home / "groups" / (option("--name") or "-")
if words[:2] == ["group", "exists"]:
    print("true" if group.exists() else "false")
elif words[:2] == ["group", "create"]:
    group.touch()
elif words[:2] == ["group", "delete"]:
    group.unlink()
elif words[:3] == ["storage", "blob", "upload"]:
    (home / "uploaded").write_bytes(pathlib.Path(option("--file")).read_bytes())
elif words[:3] == ["storage", "blob", "download"]:
    pathlib.Path(option("--file")).write_text(state["restored"])
else:
    for part, answer in state["answers"].items():
        if part in said:
            print(answer if isinstance(answer, str) else json.dumps(answer))
            break
"""
TOKEN = "token-that-nobody-may-see"
STAMP = "%Y%m%dT%H%M%SZ"


def ago(**time: float) -> datetime:
    """A time in the past."""
    return datetime.now(UTC) - timedelta(**time)


class FakeAz:
    """What it answers may be changed before the drill runs."""

    def __init__(self, home: Path, stack: str = "eu-prod") -> None:
        self.home = home
        (home / "groups").mkdir(parents=True)
        (home / "log").touch()
        program = home / "bin" / "az"
        program.parent.mkdir()
        program.write_text(PROGRAM.format(python=sys.executable, home=str(home)))
        program.chmod(0o755)
        plain = f"bw{stack.replace('-', '')}"
        put = ago(days=30).strftime(STAMP)
        self.canary = f"drill/canary-{put}.txt"
        self.restored = f"bailiwick drill canary of {stack}, {put}\n"
        self.fails: dict[str, str] = {}
        self.answers: dict[str, Any] = {
            "account show": {"user": {"name": "drill@hospital.example", "type": "user"}},
            "account get-access-token": TOKEN,
            "storage account list": [self._store(f"st{plain}{role}ab12") for role in ("patient", "weights", "audit")],
            "--prefix drill/": [{"name": self.canary}, {"name": "drill/somebody-elses.txt"}],
            "recovery-point list": [point("old", ago(days=2)), point("new", ago(hours=7))],
            "backup-vault show": {"identity": {"principalId": "11111111-0000-0000-0000-000000000000"}},
            "initialize-for-item-recovery": {"recovery_point_id": "new"},
            "restore trigger": {"jobId": "/jobs/1"},
            "job show": {"properties": {"status": "Completed"}},
            "metrics list": lag([4, None, 90]),
            f"psql-bw-{stack}-2 ": {"properties": {"replica": {"replicationState": "Active"}}},
            "resource show": {
                "sku": {"name": "Standard_E8ds_v5", "tier": "MemoryOptimized"},
                "properties": {
                    "dataEncryption": {"primaryKeyURI": "https://key", "primaryUserAssignedIdentityId": "/ids/database"}
                },
            },
            "resource create": {"properties": {"fullyQualifiedDomainName": "psql-drill.invalid"}},
            "or-policy list": [
                {"policyId": "vaults", "destinationAccount": "/subscriptions/0/resourceGroups/azure/backup"},
                {
                    "policyId": "ours",
                    "destinationAccount": f"/subscriptions/1/resourceGroups/rg-bw-{stack}-2-continuity/providers/x",
                },
            ],
            "blob show": status("Complete"),
            "lastModified": [{"name": "a/1", "put": ago(days=9).isoformat()}, {"name": "b/2", "put": "2025-01-01"}],
        }

    @staticmethod
    def _store(name: str) -> dict[str, Any]:
        return {
            "name": name,
            "encryption": {
                "keyVaultProperties": {"keyVaultUri": "https://hsm", "keyName": "patient"},
                "encryptionIdentity": {"encryptionUserAssignedIdentity": "/ids/patient"},
            },
        }

    def on_path(self, patch: pytest.MonkeyPatch) -> None:
        """Stand where `az` would."""
        patch.setenv("PATH", f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}")
        self.ready()

    def ready(self) -> None:
        """Take what was changed."""
        state = {"fails": self.fails, "answers": self.answers, "restored": self.restored}
        (self.home / "state.json").write_text(json.dumps(state))

    @property
    def told(self) -> list[list[str]]:
        """Every command, word by word."""
        return [json.loads(line) for line in (self.home / "log").read_text().splitlines()]

    @property
    def said(self) -> list[str]:
        """Every command as one line."""
        return [" ".join(words) for words in self.told]

    @property
    def groups(self) -> list[str]:
        """Resource groups that were made and not deleted."""
        return [path.name for path in (self.home / "groups").iterdir()]


def point(name: str, taken: datetime) -> dict[str, Any]:
    return {"name": name, "properties": {"recoveryPointTime": taken.isoformat()}}


def lag(seconds: list[float | None]) -> dict[str, Any]:
    return {"value": [{"timeseries": [{"data": [{"maximum": value} for value in seconds]}]}]}


def status(ours: str | None) -> dict[str, Any]:
    """The vault's own policy has copied it: that must not read as ours."""
    policies = [{"policyId": "vaults", "rules": [{"status": "Complete"}]}]
    if ours:
        policies.append({"policyId": "ours", "rules": [{"status": ours}]})
    return {"objectReplicationSourceProperties": policies}
