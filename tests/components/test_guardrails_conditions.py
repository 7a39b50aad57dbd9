"""What our own policy definitions would say to Azure: nothing to the plan, and no to each thing broken in it."""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.bootstrap_steps import steps_of
from cli.planning import stack_config
from components.guardrails_data import own, placeholders
from jurisdictions import load
from plan.arm_export import to_arm
from policies.rules import egress, egress_ways, encryption_keys, identity
from tests.cli.drill_run import rehearsed
from tests.components.policy_language import (
    MOST_COUNTS,
    MOST_DEEP,
    PLAIN,
    NotUnderstood,
    Resource,
    aliases_of,
    counts_of,
    meets,
)
from tests.plans import CORE, compliant

HERE = Path(__file__).parent
LISTED: Mapping[str, str] = yaml.safe_load((HERE / "policy_aliases.yaml").read_text(encoding="utf-8"))
ALIASES = {alias.lower(): path for alias, path in LISTED.items()}
BREACHES: Mapping[str, list[dict[str, Any]]] = yaml.safe_load((HERE / "breaches.yaml").read_text(encoding="utf-8"))
CASES = [(key, number) for key, breaches in BREACHES.items() for number in range(len(breaches))]
DEFINITIONS = (
    "azure-native:authorization:PolicyDefinition",
    "azure-native:authorization:PolicyDefinitionAtManagementGroup",
)
EXEMPTION = "azure-native:authorization:PolicyExemption"
OF_STACK = {key: item.mode for key, item in ((item.key, item) for item in own())}
NOT_INDEXED = ("Microsoft.Resources/resourceGroups", "Microsoft.Authorization/policyAssignments")
"""What has a location and is left out by mode Indexed, as it takes no tags or is a group."""


@lru_cache(maxsize=8)
def _bodies(stack: str) -> list[dict[str, Any]]:
    """The plan as Azure is asked for it."""
    found = to_arm(compliant(stack).resources, subscription_id="unused")["resources"]
    assert isinstance(found, list)
    return found


@lru_cache(maxsize=8)
def _conditions(stack: str) -> dict[str, Any]:
    """By key, with the stack's values in them, as they are deployed."""
    names = {f"-{item.key}": item.key for item in own()}
    found = {
        next(key for end, key in sorted(names.items(), key=lambda one: -len(one[0])) if name.endswith(end)): rule
        for definition in compliant(stack).of_type(*DEFINITIONS)
        if (name := str(definition.get("policyDefinitionName"))) and (rule := definition.get("policyRule.if"))
    }
    assert len(found) == len(compliant(stack).of_type(*DEFINITIONS))
    return found


def _exempt(stack: str) -> set[tuple[str, str]]:
    """Keys, and the groups that the jurisdiction's exceptions lift them from."""
    return {
        (str(item.get("policyAssignmentId")).rpartition("/bw-")[2], str(item.get("scope")).lower())
        for item in compliant(stack).of_type(EXEMPTION)
    }


def _denied(condition: Mapping[str, Any], body: Mapping[str, Any], mode: str = "All") -> bool:
    # Azure asks an Indexed definition about what has tags and a location.
    if mode == "Indexed" and ("location" not in body or body["type"] in NOT_INDEXED):
        return False
    return meets(condition, Resource(body=body, aliases=ALIASES))


class TestNoPlanIsDenied:
    """A definition that refuses what the platform makes stops the deployment in the middle."""

    @pytest.mark.parametrize("stack", CORE)
    def test_each_definition_lets_the_whole_plan_pass(self, stack: str) -> None:
        lifted = _exempt(stack)
        told = [
            f"{key} denies {body['id']}"
            for key, condition in _conditions(stack).items()
            for body in _bodies(stack)
            if _denied(condition, body, OF_STACK[key])
            and not any(key == name and str(body["id"]).lower().startswith(group) for name, group in lifted)
        ]
        assert told == []

    @pytest.mark.parametrize("stack", CORE)
    def test_an_exemption_is_of_what_would_be_denied(self, stack: str) -> None:
        ours = [(key, group) for key, group in _exempt(stack) if key in OF_STACK]
        for key, group in ours:
            inside = [body for body in _bodies(stack) if str(body["id"]).lower().startswith(group)]
            assert any(_denied(_conditions(stack)[key], body, OF_STACK[key]) for body in inside), key

    def test_production_alone_is_held_to_what_is_asked_of_it_alone(self) -> None:
        only = {item.key for item in own() if item.prod}
        assert only
        assert _conditions("eu-prod").keys() - _conditions("eu-dev").keys() == only

    def test_what_the_cluster_makes_for_itself_is_let_pass(self) -> None:
        """The cluster's provider writes into the nodes' group: a security group of its own, and rights there."""
        nodes = "/subscriptions/x/resourceGroups/rg-bw-eu-prod-nodes/providers/Microsoft"
        group = {
            "type": "Microsoft.Network/networkSecurityGroups",
            "id": f"{nodes}.Network/networkSecurityGroups/aks-agentpool-nsg",
            "name": "aks-agentpool-nsg",
            "location": "westeurope",
            "properties": {"securityRules": []},
        }
        right = {
            "type": "Microsoft.Authorization/roleAssignments",
            "id": f"{nodes}.Authorization/roleAssignments/x",
            "name": "x",
            "properties": {
                "principalType": "ServicePrincipal",
                "roleDefinitionId": "/x/b24988ac-6180-42a0-ab88-20f7382dd24c",
            },
        }
        balancer = {"type": "Microsoft.Network/loadBalancers", "id": f"{nodes}.Network/loadBalancers/internal"}
        link = {"type": "Microsoft.Network/privateLinkServices", "id": f"{nodes}.Network/privateLinkServices/portal"}
        for body in (group, right, {**balancer, "name": "internal"}, {**link, "name": "portal"}):
            denied = [
                key
                for key, condition in _conditions("eu-prod").items()
                # The cluster hands its tags on to what it makes.
                if key != "mandatory-tags" and _denied(condition, body, OF_STACK[key])
            ]
            assert denied == [], body["id"]


class TestWhatTheVerbsMakeIsLetPass:
    """`drill` and `bootstrap` ask Azure past the plan; a policy that refuses them is found out on the day of need."""

    @pytest.mark.parametrize("stack", ["eu-prod", "uk-prod"])
    def test_of_a_restore_drill(self, stack: str) -> None:
        lines = rehearsed(stack)
        (account,) = [words for words in lines if words[1:4] == ["storage", "account", "create"]]
        (server,) = [words for words in lines if "PointInTimeRestore" in " ".join(words)]
        database = json.loads(server[server.index("--properties") + 1])
        database |= {"type": "Microsoft.DBforPostgreSQL/flexibleServers", "id": server[server.index("--id") + 1]}
        for body in (_account(account), {**database, "name": "drill"}):
            assert _denying(stack, body) == []

    def test_of_bootstrap_where_a_management_group_holds_already_what_all_stacks_share(self) -> None:
        steps = [["az", *step.make] for step in steps_of(stack_config("us-prod")).steps]
        (account,) = [words for words in steps if words[1:4] == ["storage", "account", "create"]]
        (vault,) = [words for words in steps if words[1:3] == ["keyvault", "create"]]
        shared = {item.key for item in own() if not item.of_stack}
        body = {
            "type": "Microsoft.KeyVault/vaults",
            "id": "/made/by/hand",
            "location": "centralus",
            "properties": {
                "sku": {"name": _option(vault, "--sku")},
                "softDeleteRetentionInDays": int(_option(vault, "--retention-days")),
                "accessPolicies": [],
            },
        }
        for made in (_account(account), body):
            assert set(_denying("us-prod", made)) & shared == set()


class TestEachThingBrokenIsDenied:
    """A denial of nothing reads like a denial in every list."""

    @pytest.mark.parametrize(("key", "number"), CASES, ids=[f"{key}-{number}" for key, number in CASES])
    def test_it_refuses(self, key: str, number: int) -> None:
        condition, body = _broken(key, BREACHES[key][number])
        assert _denied(condition, body, OF_STACK[key])

    def test_every_definition_has_its_breaches(self) -> None:
        assert BREACHES.keys() == {item.key for item in own()}

    @pytest.mark.parametrize("key", [item.key for item in own()])
    def test_every_branch_is_needed_by_one(self, key: str) -> None:
        """A branch whose removal nothing notices is one that was never tried."""
        broken = [_broken(key, breach) for breach in BREACHES[key]]
        for without in _thinned(broken[0][0]):
            stack_free = [meets(without, Resource(body=body, aliases=ALIASES)) for _, body in broken]
            assert not all(stack_free), json.dumps(without)[:2000]


class TestTheLanguage:
    """What Azure would not take is found out here, not in the middle of a deployment."""

    def test_every_alias_is_one_of_azures_and_none_is_listed_in_vain(self) -> None:
        used = {name for item in own() for name in aliases_of(item.condition) if name not in PLAIN}
        used -= {name for name in used if name.startswith("tags[")}
        assert used == set(LISTED)

    def test_counts_are_no_deeper_and_no_more_than_azures_own(self) -> None:
        for item in own():
            depths = list(counts_of(item.condition))
            assert max(depths, default=0) <= MOST_DEEP, item.key
            assert len(depths) <= MOST_COUNTS, item.key

    def test_only_what_azure_documents_is_understood(self) -> None:
        body = {"type": "x", "name": "a/b", "properties": {"subnets": [{"name": "s"}]}}
        subnet = "Microsoft.Network/virtualNetworks/subnets[*].name"
        for condition in (
            {"field": subnet, "equals": "s"},
            {"field": "type", "like": "*x*"},
            {"field": "type", "matches": "x"},
            {"field": "Microsoft.Network/virtualNetworks/nowhere", "exists": "true"},
            {"value": "[resourceGroup().name]", "equals": "x"},
        ):
            with pytest.raises(NotUnderstood):
                meets(condition, Resource(body=body, aliases=ALIASES))

    @pytest.mark.parametrize(
        ("condition", "holds"),
        [
            ({"field": "type", "equals": "X"}, True),
            ({"field": "name", "equals": "b"}, True),
            ({"field": "fullName", "equals": "a/b"}, True),
            ({"field": "tags['owner']", "notEquals": "me"}, True),
            ({"field": "tags['owner']", "notIn": ["me"]}, True),
            ({"field": "tags['owner']", "in": ["me"]}, False),
            ({"field": "tags['owner']", "exists": "false"}, True),
            ({"field": "location", "notLike": "west*"}, True),
            ({"not": {"field": "type", "contains": "x"}}, False),
            ({"count": {"field": "Microsoft.Network/virtualNetworks/subnets[*]"}, "greater": 0}, True),
            ({"count": {"field": "Microsoft.Network/virtualNetworks/subnets[*].serviceEndpoints[*]"}, "less": 1}, True),
            ({"count": {"field": "Microsoft.Network/routeTables/routes[*]"}, "equals": 0}, True),
        ],
    )
    def test_what_is_missing_is_neither_equal_nor_in_a_list(self, condition: dict[str, Any], holds: bool) -> None:  # noqa: FBT001 a table's column
        body = {"type": "x", "name": "a/b", "properties": {"subnets": [{"name": "s"}, {"name": "t"}]}}
        assert meets(condition, Resource(body=body, aliases=ALIASES)) is holds


class TestListsAreThoseOfTheRules:
    """The same list in two places drifts apart, and the looser one wins by hand."""

    def _texts(self, key: str) -> set[str]:
        (item,) = [item for item in own() if item.key == key]
        return set(_leaves(item.condition))

    def test_of_third_parties(self) -> None:
        found = self._texts("firewall-no-third-parties")
        assert set(egress.FOREIGN) == {text for text in found if "/" not in text and "*" not in text} - {"type"}
        assert {f"*.{host}" for host in egress.FOREIGN} <= found

    def test_of_wildcards_that_the_cluster_needs(self) -> None:
        assert {text for text in self._texts("firewall-no-wildcards") if text.startswith("*.")} == set(
            egress.CLUSTER_WILDCARDS
        )

    def test_of_subnets_that_azure_routes(self) -> None:
        free = {*egress_ways.AZURE_SUBNETS, *egress_ways.SELF_ROUTED}
        assert {text for text in self._texts("subnets-routed") if "/" not in text and "." not in text} >= free

    def test_of_broad_roles(self) -> None:
        assert set(identity.BROAD) <= self._texts("no-broad-roles")

    def test_of_what_keys_do(self) -> None:
        assert set(encryption_keys.USES) <= self._texts("keys-in-hardware")

    def test_values_of_the_jurisdiction_are_filled_from_it(self) -> None:
        asked = {name for item in own() for name in placeholders(item.condition)}
        assert {"countries", "node_sizes", "audit_days", "paired_regions"} <= asked
        text = json.dumps(_conditions("eu-prod"))
        assert set(load("eu").portal_countries) <= set(
            _leaves(_conditions("eu-prod")["waf-admits-permitted-countries"])
        )
        assert '"$' not in text


STORAGE_OPTIONS = {
    "--allow-shared-key-access": "properties.allowSharedKeyAccess",
    "--allow-blob-public-access": "properties.allowBlobPublicAccess",
    "--allow-cross-tenant-replication": "properties.allowCrossTenantReplication",
    "--default-action": "properties.networkAcls.defaultAction",
    "--bypass": "properties.networkAcls.bypass",
    "--encryption-key-source": "properties.encryption.keySource",
    "--sku": "sku.name",
    "--location": "location",
}
"""What az sends for an option, as far as definitions of ours look at it."""


def _account(words: Sequence[str]) -> dict[str, Any]:
    """The storage account that a command of az asks for."""
    group = _option(words, "--resource-group")
    body: dict[str, Any] = {
        "type": "Microsoft.Storage/storageAccounts",
        "id": f"/subscriptions/x/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/x",
    }
    for option, path in STORAGE_OPTIONS.items():
        if option in words:
            _put(body, path.split("."), _option(words, option))
    return body


def _option(words: Sequence[str], option: str) -> str:
    return words[words.index(option) + 1]


def _denying(stack: str, body: Mapping[str, Any]) -> list[str]:
    """Tags are left out: how a command writes them is its own tests' matter."""
    found = _conditions(stack).items()
    return [key for key, rule in found if key != "mandatory-tags" and _denied(rule, body, OF_STACK[key])]


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(inner)


def _thinned(condition: Any) -> Iterator[Any]:  # noqa: ANN401 JSON of any shape
    """Copies, each without one member of one `anyOf`."""
    if isinstance(condition, Mapping):
        for key, value in condition.items():
            if key == "anyOf":
                for number in range(len(value)):
                    yield {"anyOf": [*value[:number], *value[number + 1 :]]}
            for thinner in _thinned(value):
                yield {**condition, key: thinner}
    elif isinstance(condition, list | tuple):
        for number, value in enumerate(condition):
            for thinner in _thinned(value):
                yield [*condition[:number], thinner, *condition[number + 1 :]]


def _broken(key: str, breach: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """A definition's condition, and a body of the plan with one thing broken."""
    kind = str(breach["of"])
    if breach.get("only"):
        body: dict[str, Any] = {"type": kind, "id": f"/made/by/hand/{kind}", "name": "by-hand", **breach.get("set", {})}
        return _conditions("eu-prod")[key], body
    for stack in ("eu-prod", "uk-prod"):
        for found in _bodies(stack):
            if f"/{found['type']}".lower().endswith(f"/{kind}".lower().replace("//", "/")) or str(
                found["type"]
            ).lower().endswith(f".{kind}".lower()):
                if breach.get("at", "") not in str(found["id"]):
                    continue
                body = copy.deepcopy(found)
                for path, value in breach.get("set", {}).items():
                    _put(body, path.split("."), value)
                for path, value in breach.get("add", {}).items():
                    _at(body, path).append(value)
                if drop := breach.get("drop"):
                    kept = [rule for rule in _at(body, drop["from"]) if not _is(rule["properties"], drop["where"])]
                    _put(body, drop["from"].split("."), kept)
                return _conditions(stack)[key], body
    raise AssertionError(f"no plan has a {kind}")


def _is(properties: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(properties.get(name) == value for name, value in wanted.items())


def _at(body: Any, path: str) -> Any:  # noqa: ANN401 JSON of any shape
    for part in path.split("."):
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body


def _put(value: Any, parts: list[str], wanted: object) -> None:  # noqa: ANN401 JSON of any shape
    part, rest = (int(parts[0]) if isinstance(value, list) else parts[0]), parts[1:]
    if rest:
        if isinstance(value, dict):
            value.setdefault(part, {})
        _put(value[part], rest, wanted)
    elif wanted is None:
        value.pop(part, None)
    else:
        value[part] = wanted
