"""Tokens: where the gateway keeps them, and as whom it comes there."""

import re
from collections.abc import Iterable, Iterator

from policies.config_maps import CONFIG, each_gateway
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.rules.fine_policies import GATEWAY
from policies.rules.retrieval import own_hosts
from policies.types import DATABASE_ADMINISTRATOR, DATABASE_SERVER, FEDERATED
from policies.verdict import Verdict, refused, refused_for

DATABASE = "azure-native:dbforpostgresql:Database"
SUBJECT = "system:serviceaccount:gateway:gateway"
KEYS = frozenset({"host", "database", "user", "resource"})
RESOURCE = re.compile(r"ossrdbms-aad\.database\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)")
"""Azure/azure-cli, azure-cli-core, cloud.py, ossrdbms_resource_id."""


@stack_rule(
    "tokens.kept-in-the-stacks-own-database",
    title="All replicas of the gateway keep tokens in the stack's own database, each as the gateway's own login",
    severity=Severity.CRITICAL,
    applies_to=(CONFIG, DATABASE_SERVER, DATABASE, DATABASE_ADMINISTRATOR, FEDERATED),
    fix="leave `vault` in gateway.json to components/gateway_settings.py",
    example="a vault whose login is the migrations' identity, which owns the rows; or a gateway without a vault",
)
def own_vault(stack: StackUnderReview) -> Iterable[Judged]:
    """A conversation goes on at any replica; and who erases a patient erases them at all. Only sealed rows lie there,
    but whose login it is decides who else can remove them."""
    return each_gateway(stack, lambda settings: _kept(settings.get("vault"), stack), GATEWAY)


def _kept(told: object, stack: StackUnderReview) -> Verdict:
    if told is None:
        return refused("gateway.json names no vault: each replica would keep tokens of its own, on its disk")
    if not isinstance(told, dict) or set(told) != KEYS:
        return refused(f"the vault in gateway.json must have {', '.join(sorted(KEYS))}, and nothing else")
    return refused_for(_faults({key: str(value) for key, value in told.items()}, stack))


def _faults(told: dict[str, str], stack: StackUnderReview) -> Iterator[str]:
    if not RESOURCE.fullmatch(told["resource"]):
        yield f"asks for a token for {told['resource']}, which is no database's"
    if told["user"] in {str(one.get("principalName")) for one in stack.of_type(DATABASE_ADMINISTRATOR)}:
        yield f"enters as {told['user']}, which administers the database"
    if stack.partial:
        return
    if told["host"] not in own_hosts(stack):
        yield f"keeps tokens at {told['host']}, which is no database server of the plan"
    if told["database"] not in {str(one.get("databaseName")) for one in stack.of_type(DATABASE)}:
        yield f"keeps tokens in {told['database']}, which is no database of the plan"
    if told["database"] == "retrieval":
        yield "keeps tokens among retrieval's passages, so that one login enters both"
    own = {str(one.get("resourceName")) for one in stack.of_type(FEDERATED) if one.get("subject") == SUBJECT}
    if told["user"] not in own:
        yield f"enters as {told['user']}, which is not the identity of the gateway's pods"
