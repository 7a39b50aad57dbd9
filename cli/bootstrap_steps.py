"""The steps that make a state store, each with the question whether it is done already.

Settings are those of the platform's own stores: no shared keys, no public access, versions kept, a key in an HSM.
`az` commands: learn.microsoft.com/cli/azure. They were not run against Azure.
"""

import hashlib
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click

from cli.exits import ToolFailed
from config import StackConfig

CONTAINER = "state"
DAYS = "90"
"""Soft delete of blobs and of the vault: a state that was deleted is found again."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to make."""

    title: str
    exists: tuple[str, ...]
    """Arguments of `az` that succeed where it is there already."""
    make: tuple[str, ...]

    def shown(self) -> str:
        """The command, as a person would type it."""
        return shlex.join(("az", *self.make))

    def as_json(self) -> dict[str, object]:
        """For a machine."""
        return {"title": self.title, "exists": ["az", *self.exists], "make": ["az", *self.make]}


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """What is made for one stack, and what to type afterwards."""

    account: str
    key_url: str
    steps: Sequence[Step]
    afterwards: Sequence[str]


def steps_of(config: StackConfig) -> Bootstrap:
    """The steps for a stack; names are computed, and the same each time."""
    # Drawn from the subscription, and not at random: a second run must find what the first one made.
    suffix = hashlib.sha256(f"{config.subscription_id}/{config.stack}/state".encode()).hexdigest()[:6]
    plain = config.stack.replace("-", "")
    account = f"st{config.organisation}{plain}"[:17] + f"s{suffix}"
    vault = f"kv-{config.organisation}-{plain}"[:16].rstrip("-") + f"-{suffix}"
    group = f"rg-{config.organisation}-{config.stack}-state"
    suffixes = config.jurisdiction.cloud.suffixes
    subscription = ("--subscription", config.subscription_id)
    tags = (
        "--tags",
        f"jurisdiction={config.jurisdiction.id}",
        f"environment={config.environment}",
        "data-classification=confidential",
        f"owner={config.owner}",
        f"cost-centre={config.cost_centre}",
        "managed-by=bailiwick",
    )
    in_group = ("--resource-group", group, *subscription)
    zones = config.region_facts.zones
    account_id = (
        f"/subscriptions/{config.subscription_id}/resourceGroups/{group}"
        f"/providers/Microsoft.Storage/storageAccounts/{account}"
    )
    steps = (
        Step(
            title=f"resource group {group} in {config.region}",
            exists=("group", "show", "--name", group, *subscription),
            make=("group", "create", "--name", group, "--location", config.region, *subscription, *tags),
        ),
        Step(
            title=f"storage account {account}: no keys, no public access, TLS 1.2",
            exists=("storage", "account", "show", "--name", account, *in_group),
            make=(
                *("storage", "account", "create", "--name", account, *in_group, "--location", config.region),
                *("--kind", "StorageV2", "--sku", "Standard_ZRS" if zones else "Standard_LRS"),
                *("--allow-shared-key-access", "false", "--allow-blob-public-access", "false"),
                *("--public-network-access", "Disabled", "--default-action", "Deny", "--bypass", "None"),
                *("--min-tls-version", "TLS1_2", "--https-only", "true", "--require-infrastructure-encryption", "true"),
                *("--allow-cross-tenant-replication", "false", *tags),
            ),
        ),
        Step(
            title="versions and soft delete of blobs",
            exists=(
                *("storage", "account", "blob-service-properties", "show", "--account-name", account, *in_group),
                *("--query", "isVersioningEnabled && deleteRetentionPolicy.enabled || null", "--output", "tsv"),
            ),
            make=(
                *("storage", "account", "blob-service-properties", "update", "--account-name", account, *in_group),
                *("--enable-versioning", "true", "--enable-delete-retention", "true"),
                *("--delete-retention-days", DAYS),
            ),
        ),
        Step(
            title=f"container {CONTAINER}",
            exists=("storage", "container-rm", "show", "--name", CONTAINER, "--storage-account", account_id),
            make=("storage", "container-rm", "create", "--name", CONTAINER, "--storage-account", account_id),
        ),
        Step(
            title="a lock, so that nobody deletes it by hand",
            exists=("lock", "show", "--name", "state", *in_group),
            make=("lock", "create", "--name", "state", "--lock-type", "CanNotDelete", *in_group),
        ),
        Step(
            title=f"vault {vault}: Premium, roles, purge protection",
            exists=("keyvault", "show", "--name", vault, *in_group),
            make=(
                *("keyvault", "create", "--name", vault, *in_group, "--location", config.region),
                *("--sku", "premium", "--enable-rbac-authorization", "true", "--enable-purge-protection", "true"),
                *("--retention-days", DAYS, "--public-network-access", "Disabled", *tags),
            ),
        ),
        Step(
            title="key `state`, in the vault's HSM",
            exists=("keyvault", "key", "show", "--vault-name", vault, "--name", CONTAINER, *subscription),
            make=(
                *("keyvault", "key", "create", "--vault-name", vault, "--name", CONTAINER, *subscription),
                *("--kty", "RSA-HSM", "--size", "3072", "--ops", "encrypt", "decrypt", "wrapKey", "unwrapKey"),
            ),
        ),
    )
    host = f"{vault}.{suffixes['vault']}"
    key_url = f"azurekeyvault://{host}/keys/{CONTAINER}"
    return Bootstrap(
        account=account,
        key_url=key_url,
        steps=steps,
        afterwards=(
            f"pulumi login 'azblob://{CONTAINER}?storage_account={account}'",
            f"pulumi stack init {config.stack} --secrets-provider='{key_url}'",
        ),
    )


def run(plan: Bootstrap, *, tell: Callable[[str], None]) -> None:
    """Make what is not there. Raises click.ClickException without `az`, ToolFailed where a step fails."""
    az = shutil.which("az")
    if az is None:
        raise click.ClickException("Azure's command `az` is not on PATH; --dry-run prints what it would be told")
    for step in plan.steps:
        if _az(az, step.exists).stdout.strip():
            tell(f"there already: {step.title}")
            continue
        done = _az(az, step.make)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ToolFailed(
                f"{step.title}: {reason}\nhint: what is made stays; mend it and run the same command again\n"
                f"      {step.shown()}"
            )
        tell(f"made: {step.title}")


def _az(az: str, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    # Words are a list, never a shell's text: nothing in a stack file can become a command.
    return subprocess.run([az, *words], capture_output=True, text=True, check=False)  # noqa: S603 no shell
