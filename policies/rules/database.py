"""The retrieval database: private, without passwords, under the operator's key, in two zones, quiet about content."""

from collections.abc import Iterable

from plan.model import UNKNOWN, PlannedResource
from policies.require import require, when
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.types import DATABASE_PARAMETER, DATABASE_SERVER
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

REQUIRED = {
    "require_secure_transport": "on",
    "ssl_min_protocol_version": "TLSv1.3",
    "pgaudit.log_parameter": "off",
    "log_parameter_max_length_on_error": "0",
    "log_connections": "on",
}
"""Parameters that must be so; the last but one keeps what patients said out of the log."""
EXTENSIONS = frozenset({"VECTOR", "PGAUDIT", "PG_STAT_STATEMENTS"})
"""Extensions that may be created. Many others read files or open connections."""


@rule(
    "database.takes-no-passwords",
    title="The database is entered with a token",
    severity=Severity.CRITICAL,
    applies_to=DATABASE_SERVER,
    fix="set authConfig.passwordAuth to Disabled and activeDirectoryAuth to Enabled",
    example="a flexible server with passwordAuth Enabled",
    # Not the sign-in by Entra: where there is none yet, nobody could sign in.
    remediate=("authConfig.passwordAuth",),
)
def no_passwords(server: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A password is copied, kept, and never changed."""
    return all_of(
        [
            require(server, "authConfig.passwordAuth", equals="Disabled"),
            require(server, "authConfig.activeDirectoryAuth", equals="Enabled"),
            require(server, "administratorLoginPassword", absent=True),
        ]
    )


@rule(
    "database.has-no-public-address",
    title="The database has no public address",
    severity=Severity.CRITICAL,
    applies_to=DATABASE_SERVER,
    fix="set network.publicNetworkAccess to Disabled",
    example="a flexible server with network.publicNetworkAccess Enabled",
    remediate=True,
)
def no_public_address(server: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Vectors give back much of the text that they were made of."""
    return require(server, "network.publicNetworkAccess", equals="Disabled")


@rule(
    "database.uses-customer-key",
    title="The database is encrypted with a key the operator holds",
    severity=Severity.CRITICAL,
    applies_to=DATABASE_SERVER,
    fix="pass key=keys.of['database'] to the database",
    example="a flexible server with dataEncryption.type SystemManaged",
)
def customer_key(server: PlannedResource, stack: StackUnderReview) -> Verdict:
    """It can't be changed once the server stands."""
    return require(server, "dataEncryption.type", equals="AzureKeyVault")


@rule(
    "database.stands-in-two-zones",
    title="In prod the database survives a zone, and keeps five weeks of backups",
    severity=Severity.MEDIUM,
    applies_to=DATABASE_SERVER,
    fix="set highAvailability.mode to ZoneRedundant",
    example="a prod server with highAvailability.mode Disabled",
)
def two_zones(server: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Without retrieval the model answers from memory, which is worse than not at all."""
    region = stack.jurisdiction.regions.get(str(server.get("location")))
    zones = len(region.zones) if region else 0
    return when(
        # A replica keeps no backups, and has no second of its own: it is one.
        stack.is_prod and server.get("createMode") != "Replica",
        all_of(
            [
                when(zones > 1, require(server, "highAvailability.mode", equals="ZoneRedundant")),
                require(server, "backup.backupRetentionDays", at_least=35),
            ]
        ),
    )


@rule(
    "database.backups-stay-inside",
    title="The database's backups stay inside the jurisdiction",
    severity=Severity.CRITICAL,
    applies_to=DATABASE_SERVER,
    fix="set backup.geoRedundantBackup to Disabled, or take a region whose pair lies inside",
    example="a server in a region without a pair inside, with geoRedundantBackup Enabled",
)
def backups_inside(server: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Azure copies to the region's pair, wherever that is."""
    region = stack.jurisdiction.regions.get(str(server.get("location")))
    if region is not None and region.pair is not None:
        return PASSED
    return require(server, "backup.geoRedundantBackup", equals="Disabled", default="Disabled")


@stack_rule(
    "database.speaks-tls-and-keeps-silent",
    title="The database speaks TLS 1.3, audits, and logs no content",
    severity=Severity.HIGH,
    applies_to=(DATABASE_SERVER, DATABASE_PARAMETER),
    fix="leave PARAMETERS of components/database.py as they are",
    example="a server whose parameter pgaudit.log_parameter is on",
)
def tls_and_silence(stack: StackUnderReview) -> Iterable[Judged]:
    """The parameters of a statement are what somebody asked about a patient."""
    own = stack.parts(DATABASE_PARAMETER, "serverName", DATABASE_SERVER, "serverName")
    for server in stack.of_type(DATABASE_SERVER):
        if server.get("createMode") == "Replica":
            # A replica takes its source's parameters, and can be given none of its own before it is promoted.
            continue
        values = {str(item.get("configurationName")): item.get("value") for item in own.get(server.urn, ())}
        verdicts = [_is(values.get(name), name, wanted) for name, wanted in REQUIRED.items()]
        audited = values.get("shared_preload_libraries")
        verdicts.append(
            PASSED if isinstance(audited, str) and "pgaudit" in audited else refused("pgaudit is not preloaded")
        )
        extensions = set(str(values.get("azure.extensions", "")).upper().split(","))
        if extensions - EXTENSIONS:
            verdicts.append(refused(f"allows extensions {', '.join(sorted(extensions - EXTENSIONS)) or 'unlisted'}"))
        yield server, all_of(verdicts)


def _is(value: object, name: str, wanted: str) -> Verdict:
    if value is UNKNOWN:
        return not_evaluated(f"{name} is known only after deployment")
    same = isinstance(value, str) and value.casefold() == wanted.casefold()
    return PASSED if same else refused(f"{name} is {value!r}, not '{wanted}'")
