"""Retrieval: what it is asked, by whom, whom it asks, and as whom it enters the database."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from plan.model import PlannedResource
from policies.require import items
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.rules.fine_policies import FINE, GATEWAY, NUMBERS, SPACE
from policies.types import DATABASE_ADMINISTRATOR, DATABASE_SERVER, DEPLOYMENT, IDENTITY, NAMESPACE, NETWORK_POLICY
from policies.verdict import PASSED, refused, refused_for

RETRIEVAL = "retrieval"
ROUTES = frozenset({"POST /v1/search", "GET /health"})
PORT = 5432
PROVEN: Mapping[str, str] = {
    "PGSSLMODE": "verify-full",
    "PGSSLROOTCERT": "system",
    "PGSSLMINPROTOCOLVERSION": "TLSv1.3",
}
"""postgresql.org/docs/17/libpq-envars, …/libpq-ssl: with less than verify-full, who answers is not asked who he is."""
STEERS = ("PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE", "PGHOSTADDR", "PGOPTIONS", "PGSSLCERT", "PGSSLKEY")
"""Each overrules what was chosen, or is a secret: PGOPTIONS sets a tenant before any question does."""


@stack_rule(
    "retrieval.answers-known-requests",
    title="Retrieval is asked by the gateway, to search; by the cluster's collector, for numbers; by nobody else",
    severity=Severity.CRITICAL,
    applies_to=(FINE, NETWORK_POLICY, NAMESPACE),
    fix="leave the policies to components/retrieval_entries.py",
    example="a policy that lets a model's pods search, or a plain policy that opens port 8000",
)
def known_requests(stack: StackUnderReview) -> Iterable[Judged]:
    """It believes the tenant that it is told: whoever may ask reads whichever tenant's passages he names."""
    models = {
        space.get("metadata.name")
        for space in stack.of_type(NAMESPACE)
        if str(space.get("metadata.name")).startswith("inference-")
    }
    for policy in stack.of_type(NETWORK_POLICY):
        plain = policy.get("metadata.namespace") == RETRIEVAL and items(policy.get("spec.ingress"))
        yield policy, refused("opens every route of retrieval's port") if plain else PASSED
    for policy in stack.of_type(FINE):
        space = policy.get("metadata.namespace")
        yield policy, PASSED if space in models else refused_for(_requests(policy, ours=space == RETRIEVAL))


def _requests(policy: PlannedResource, *, ours: bool) -> Iterator[str]:
    for index, row in enumerate(items(policy.get("spec.ingress"))):
        selectors = [one.get("matchLabels") for one in items(row.get("fromEndpoints"))]
        spaces = {one.get(SPACE) for one in selectors if isinstance(one, dict)}
        if not ours:
            if GATEWAY in spaces:
                yield f"ingress {index} lets the gateway in, which asks models and retrieval alone"
            continue
        if not spaces <= {GATEWAY, "kube-system"} or len(spaces) != 1:
            yield f"ingress {index} lets in {', '.join(sorted(map(str, spaces))) or 'everybody'}"
        allowed = ROUTES if spaces == {GATEWAY} else NUMBERS
        for port in items(row.get("toPorts")):
            rules = port.get("rules")
            asked = items(rules.get("http")) if isinstance(rules, dict) else []
            found = {f"{one.get('method')} {one.get('path')}" for one in asked}
            if not found or found - allowed:
                yield f"ingress {index} opens {', '.join(sorted(found - allowed)) or 'every request'}"


@stack_rule(
    "retrieval.asks-the-database-alone",
    title="Retrieval reaches the database's port and the directory's host, and nothing else",
    severity=Severity.HIGH,
    applies_to=(FINE, NETWORK_POLICY),
    fix="leave the policies to components/retrieval_entries.py",
    example="a policy that lets retrieval out to port 443 of the private endpoints, where the stores are",
)
def database_alone(stack: StackUnderReview) -> Iterable[Judged]:
    """Who has every tenant's passages has no business with a store, a model or another host."""
    for policy in stack.of_type(NETWORK_POLICY):
        if policy.get("metadata.namespace") == RETRIEVAL:
            yield policy, refused_for(_plain(policy))
    for policy in stack.of_type(FINE):
        if policy.get("metadata.namespace") == RETRIEVAL:
            yield policy, refused_for(_fine(policy, stack.jurisdiction.cloud.active_directory))


def _plain(policy: PlannedResource) -> Iterator[str]:
    for index, row in enumerate(items(policy.get("spec.egress"))):
        if [port.get("port") for port in items(row.get("ports"))] != [PORT]:
            yield f"egress {index} opens another port than {PORT}"
        if [set(peer) for peer in items(row.get("to"))] != [{"ipBlock"}]:
            yield f"egress {index} leads to more than the private endpoints"


def _fine(policy: PlannedResource, directory: str) -> Iterator[str]:
    for index, row in enumerate(items(policy.get("spec.egress"))):
        named = [host.get("matchName") for host in items(row.get("toFQDNs"))]
        labels = [one.get("matchLabels") for one in items(row.get("toEndpoints"))]
        resolver = [isinstance(one, dict) and one.get("k8s:k8s-app") == "kube-dns" for one in labels]
        strange = [host for host in named if host != directory]
        if strange or not all(resolver) or not (named or resolver):
            yield f"egress {index} leads to {', '.join(map(str, strange)) or 'others'}"


def own_hosts(stack: StackUnderReview) -> frozenset[str]:
    """Hosts of the plan's database servers: the whole of each, for a name of ours may stand before anybody's domain."""
    found = set()
    for server in stack.of_type(DATABASE_SERVER):
        with suppress(KeyError):  # a place that the cloud's file doesn't know has no zone, so no host of ours
            zone = stack.jurisdiction.cloud.zone("postgres", str(server.get("location")))
            found.add(f"{server.get('serverName')}.{zone.removeprefix('privatelink.')}")
    return frozenset(found)


@stack_rule(
    "retrieval.reads-as-its-own-login",
    title="Retrieval enters the stack's own database as itself, without a password, and asks it for its certificate",
    severity=Severity.CRITICAL,
    applies_to=(DEPLOYMENT, DATABASE_SERVER, DATABASE_ADMINISTRATOR, IDENTITY),
    fix="leave the environment to components/retrieval.py",
    example="PGUSER is the migrations' identity, which owns the tables; or PGSSLMODE is require",
)
def own_login(stack: StackUnderReview) -> Iterable[Judged]:
    """Row security binds readers; an administrator makes himself one of whatever tenant he likes."""
    servers = own_hosts(stack)
    identities = {str(identity.get("resourceName")) for identity in stack.of_type(IDENTITY)}
    administrators = {str(one.get("principalName")) for one in stack.of_type(DATABASE_ADMINISTRATOR)}
    for workload in stack.of_type(DEPLOYMENT):
        if workload.get("metadata.namespace") != RETRIEVAL:
            continue
        found = {
            str(variable.get("name")): str(variable.get("value"))
            for container in items(workload.get("spec.template.spec.containers"))
            for variable in items(container.get("env"))
        }
        told = [f"{key} is {found.get(key)}, not {value}" for key, value in PROVEN.items() if found.get(key) != value]
        told += [f"sets {key}" for key in STEERS if key in found]
        user, server = found.get("PGUSER", ""), found.get("PGHOST", "")
        if user in administrators:
            told.append(f"enters as {user}, which administers the database")
        if not stack.partial and user not in identities:
            told.append(f"enters as {user or 'nobody'}, which is no identity of the plan")
        if not stack.partial and server not in servers:
            told.append(f"asks {found.get('PGHOST')}, which is no database of the plan")
        yield workload, refused_for(told)
