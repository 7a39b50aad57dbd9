"""Write `plan/diff/create_only.yaml`: what Azure takes when a resource is made, and never again.

    uv pip install --target ../azure-mgmt --no-deps azure-mgmt-storage==25.3.0 azure-mgmt-keyvault==14.1.0 …
    uv run python -m tools.create_only ../azure-mgmt

Azure's own clients say of each property in which operations it may be sent (`visibility`), as its REST specifications
do by `x-ms-mutability`, from which pulumi-azure-native learns what forces a replacement. Packages that are written in
the older form don't say it: their types are left out, and a diff tells that it doesn't know. The clients are read as
text; nothing of them is run. `PACKAGES` names what was read.
"""

import ast
import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import yaml
from pulumi._types import input_type_py_to_pulumi_names

from plan.arm_types import arm_types

TARGET = Path(__file__).resolve().parent.parent / "plan" / "diff" / "create_only.yaml"
PACKAGES: Mapping[str, str] = {
    "Microsoft.App": "appcontainers",
    "Microsoft.Cdn": "cdn",
    "Microsoft.Compute": "compute",
    "Microsoft.ContainerRegistry": "containerregistry",
    "Microsoft.ContainerService": "containerservice",
    "Microsoft.DBforPostgreSQL": "postgresqlflexibleservers",
    "Microsoft.Dashboard": "dashboard",
    "Microsoft.DataProtection": "dataprotection",
    "Microsoft.HybridCompute": "hybridcompute",
    "Microsoft.KeyVault": "keyvault",
    "Microsoft.Kubernetes": "hybridkubernetes",
    "Microsoft.Network": "network",
    "Microsoft.OperationalInsights": "loganalytics",
    "Microsoft.Storage": "storage",
}
"""ARM provider to the folder of its client below azure/mgmt."""
APART: Mapping[str, str] = {":privatedns:": "privatedns", ":frontdoor:": "frontdoor"}
"""Part of a token to the client that has it: Microsoft.Network too."""
CALLED: Mapping[str, str] = {
    "azure-native:cdn:AFDCustomDomain": "AFDDomain",
    "azure-native:dashboard:Grafana": "ManagedGrafana",
    "azure-native:dashboard:ManagedPrivateEndpoint": "ManagedPrivateEndpointModel",
    "azure-native:dataprotection:BackupInstance": "BackupInstanceResource",
    "azure-native:dataprotection:BackupPolicy": "BaseBackupPolicyResource",
    "azure-native:dataprotection:BackupVault": "BackupVaultResource",
    "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra": "AdministratorMicrosoftEntra",
    "azure-native:frontdoor:Policy": "WebApplicationFirewallPolicy",
    "azure-native:hybridcompute:PrivateLinkScope": "HybridComputePrivateLinkScope",
    "azure-native:network:NetworkSecurityPerimeterAccessRule": "NspAccessRule",
    "azure-native:network:NetworkSecurityPerimeterAssociation": "NspAssociation",
    "azure-native:network:NetworkSecurityPerimeterProfile": "NspProfile",
    "azure-native:privatedns:PrivateRecordSet": "RecordSet",
    "azure-native:storage:BlobContainerImmutabilityPolicy": "ImmutabilityPolicy",
}
"""Types that their client calls otherwise."""
ENDINGS = ("", "CreateParameters", "CreateOrUpdateParameters")
DEEPEST = 6


@dataclass(frozen=True)
class Field:
    """One property of a client's model."""

    create_only: bool
    inner: str | None
    """Model of its value, or of its elements."""
    is_list: bool


class Client:
    """The models of one client."""

    def __init__(self, path: Path) -> None:
        self._classes = {
            node.name: node
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ClassDef)
        }

    def has(self, name: str) -> bool:
        """Whether there is a model of this name."""
        return name in self._classes

    def fields(self, name: str) -> dict[str, Field]:
        """Properties by their name on the wire, with those of the models that it is made of."""
        node = self._classes.get(name)
        if node is None:
            return {}
        found: dict[str, Field] = {}
        for base in node.bases:
            found |= self.fields(ast.unparse(base).rpartition(".")[2])
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.value, ast.Call):
                found |= _field(item, item.value)
        return found


def _field(item: ast.AnnAssign, call: ast.Call) -> dict[str, Field]:
    if ast.unparse(call.func) not in ("rest_field", "rest_discriminator"):
        return {}
    given: dict[str, Any] = {word.arg: word.value for word in call.keywords if word.arg}
    name = ast.literal_eval(given["name"]) if "name" in given else ast.unparse(item.target)
    sent = ast.literal_eval(given["visibility"]) if "visibility" in given else ["create", "update"]
    kind = ast.unparse(item.annotation)
    inner = kind.partition("_models.")[2].rstrip("]'\"") if "_models." in kind and "Union" not in kind else None
    return {
        name: Field(
            create_only="create" in sent and "update" not in sent,
            inner=inner,
            is_list="list[" in kind.lower(),
        )
    }


def main(arguments: list[str]) -> int:
    """Write the file; 2 where no folder is named."""
    if len(arguments) != 1 or not Path(arguments[0], "azure", "mgmt").is_dir():
        sys.stderr.write("name the folder into which the clients were installed; it holds azure/mgmt\n")
        return 2
    folder = Path(arguments[0])
    types = dict(_types(folder / "azure" / "mgmt"))
    names = {*PACKAGES.values(), *APART.values()}
    TARGET.write_text(
        "# Generated by `python -m tools.create_only`; see there. Properties as azure-native's inputs are called.\n"
        "# replaces: top-level properties, which force a replacement. within: parts of one, which Azure does not\n"
        "# change in place and for which the provider does not replace the whole. What is not here was not read.\n"
        + yaml.safe_dump({"read": list(_versions(folder, names)), "types": types}, sort_keys=False, width=118),
        encoding="utf-8",
    )
    return 0


def _versions(folder: Path, names: set[str]) -> Iterator[str]:
    found: list[Distribution] = list(distributions(path=[str(folder)]))
    for item in sorted(found, key=lambda one: str(one.name)):
        if str(item.name).replace("_", "-").removeprefix("azure-mgmt-") in names:
            yield f"{str(item.name).replace('_', '-')} {item.version}"


def _types(mgmt: Path) -> Iterator[tuple[str, dict[str, list[str]]]]:
    clients: dict[str, Client] = {}
    for token, entry in sorted(arm_types().items()):
        apart = (package for part, package in APART.items() if part in token)
        package = next(apart, PACKAGES.get(entry.type.partition("/")[0]))
        path = mgmt / str(package) / "models" / "_models.py"
        if package is None or not path.is_file():
            continue
        client = clients.setdefault(package, Client(path))
        name = CALLED.get(token, token.rpartition(":")[2])
        roots = [name + ending for ending in ENDINGS if client.has(name + ending)]
        if not roots:
            sys.stderr.write(f"{token}: {package} has no model {name}\n")
            continue
        inputs = _inputs(token)
        found = {path for root in roots for path in _create_only(client, root, inputs)}
        yield (
            token,
            {
                kind: rows
                for kind, rows in (
                    ("replaces", sorted(path for path in found if path in inputs)),
                    ("within", sorted(path for path in found if path not in inputs)),
                )
                if rows
            },
        )


def _inputs(token: str) -> frozenset[str]:
    _, module, name = token.split(":")
    # Each part of azure-native is a module of its own, which takes seconds to load: one, not all.
    arguments = getattr(importlib.import_module(f"pulumi_azure_native.{module}"), f"{name}Args")
    # The same function by which Pulumi itself turns an Args into what goes over the wire.
    return frozenset(input_type_py_to_pulumi_names(arguments).values())


def _create_only(client: Client, root: str, inputs: frozenset[str]) -> Iterator[str]:
    for name, field in client.fields(root).items():
        if name == "properties" and field.inner and "properties" not in inputs:
            yield from (path for path in _create_only(client, field.inner, inputs))
        elif name in inputs:
            yield from _at(client, name, field, (root,))


def _at(client: Client, path: str, field: Field, above: tuple[str, ...]) -> Iterator[str]:
    if field.create_only:
        yield path
        return
    if field.inner is None or field.inner in above or len(above) > DEEPEST:
        return
    here = f"{path}[]" if field.is_list else path
    for name, inner in client.fields(field.inner).items():
        yield from _at(client, f"{here}.{name}", inner, (*above, field.inner))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
