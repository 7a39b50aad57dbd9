"""Breaches of the rules on tenants, in uk-prod, which has two."""

import json
from collections.abc import Mapping
from typing import Any

from plan.model import Plan
from tests.plans import changed, where
from tests.policies.mutation import Mutation

STACK = "uk-prod"
CONFIG, ASSIGNED = "kubernetes:core/v1:ConfigMap", "azuread:index/appRoleAssignment:AppRoleAssignment"


def told(plan: Plan, tenant: str, **changes: object) -> Plan:
    """Other settings of the gateway for one tenant."""
    config = next(item for item in plan.of_type(CONFIG) if item.get("metadata.name") == "gateway")
    data: Any = config.get("data")
    settings = json.loads(data["gateway.json"])
    settings["tenants"][tenant] |= changes
    return changed(
        plan, CONFIG, "data", {**data, "gateway.json": json.dumps(settings)}, where(metadata__name="gateway")
    )


def to_another(plan: Plan) -> Plan:
    """One tenant's requests, answered by the other's servers."""
    url = "https://vllm.inference-southern-clinical-notes.svc.cluster.local:8000"
    return told(plan, "northern", models={"clinical-notes": url, "clinic-letters": url})


def for_both(plan: Plan) -> Plan:
    """One caller's role for a class of data becomes a second tenant's."""
    other = next(item for item in plan.of_type(ASSIGNED) if item.name.endswith("southern-portal-tenant.southern"))
    return changed(
        plan,
        ASSIGNED,
        "appRoleId",
        other.get("appRoleId"),
        lambda found: found.name.endswith("northern-epr-data-class.personal"),
    )


def one_key(plan: Plan) -> Plan:
    """Both under the key of one."""
    return changed(
        plan,
        "storage:StorageAccount",
        "encryption.keyVaultProperties.keyName",
        "patient-northern",
        lambda found: found.get("tags.tenant") == "southern",
    )


TENANTS: Mapping[str, Mutation] = {
    "tenancy.routes-stay-with-their-tenant": Mutation(breaks=to_another, stack=STACK),
    "tenancy.caches-are-salted": Mutation(
        breaks=lambda plan: told(plan, "southern", cacheSalt="/run/certificates/salt-northern"), stack=STACK
    ),
    "tenancy.callers-speak-for-one": Mutation(breaks=for_both, stack=STACK),
    "tenancy.stores-have-keys-of-their-own": Mutation(breaks=one_key, stack=STACK),
}
