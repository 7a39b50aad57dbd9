"""What the gateway is told: `gateway.json`, which the plan writes, and the environment. Unknown keys are refused.

The form is the contract with `components/gateway.py`; tests hold the two against each other.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

DataClass = Literal["public", "confidential", "personal", "payment", "phi"]
ORDER: Sequence[DataClass] = ("public", "confidential", "personal", "payment", "phi")
"""From the least to the most that is to be protected."""


EVERYBODY = "shared"
"""In the place of a tenant, in a stack without tenants: in names of keys and in records."""


class BadSettings(ValueError):
    """The settings can't be used; the message says which key, and is safe to print."""


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """One section: its keys and no other."""


class Listener(_Section, frozen=True, rename=None):
    """How callers come in."""

    port: int
    client_certificate: Literal["required", "none"]
    """Asked of partners; neither portal can show one (docs/adr/0016)."""
    token: Literal["required", "none"]


class Health(_Section, frozen=True):
    """Where the cluster asks."""

    port: int
    path: str


class PromptStore(_Section, frozen=True):
    """Where pins and templates are read: App Configuration and a container, or a directory that is mounted."""

    configuration: str = ""
    """Host of the App Configuration store."""
    label: str = ""
    """Of its values: the environment."""
    texts: str = ""
    """Host of the storage account with the templates' texts."""
    directory: str = ""
    """In place of the stores: `<use case>.json` each, and the texts."""


class AuditStore(_Section, frozen=True):
    """Where the log is anchored: a container that is written once. Empty where a directory is all there is."""

    store: str = ""
    """Host of the storage account."""
    container: str = ""
    """In it."""


class TokenVault(_Section, frozen=True):
    """The database in which all replicas keep tokens. Left out, each keeps its own on its disk: at a clinic's site."""

    host: str
    """Of the server, which is proven by its name."""
    database: str
    user: str
    """The login that bears the name of the gateway's identity; its password is a token of Entra's."""
    resource: str
    """Host that such a token is for."""
    port: int = 5432


class Plugin(_Section, frozen=True):
    """A model for names that an operator brings: a container of its own in the pod, by digest."""

    socket: str
    """Its Unix socket."""
    model: str
    """Digest of its image, `sha256:…`, which its answers must name."""
    seconds: float = 1.0
    """After which it is late; that ends the request."""


class Ceilings(_Section, frozen=True, rename=None):
    """The most of an hour at all replicas together, whatever is usual."""

    bytes: int
    """Of requests and answers."""
    patients: int
    """Distinct records."""
    reidentified: int
    """Identifiers that were given back."""


class Volume(_Section, frozen=True):
    """The breaker: docs/runbooks/volume-breaker.md."""

    caller: Ceilings = Ceilings(bytes=1 << 30, patients=2_000, reidentified=100_000)
    """Of one application."""
    tenant: Ceilings = Ceilings(bytes=4 << 30, patients=8_000, reidentified=400_000)
    """Of all a tenant's applications."""
    operators: tuple[str, ...] = ()
    """Public keys of the people who may close one, as notes have them (c2sp.org/signed-note)."""
    former: tuple[str, ...] = ()
    """Keys of people who no longer may: what they closed stays closed."""


class Tenant(_Section, frozen=True):
    """One controller (GDPR Art. 4(7)): routes, cache salt, the most that it may ask, its own patterns."""

    models: Mapping[str, str]
    """Address of the model's server, by use case."""
    cache_salt: str
    """File with the key that keeps its prefix caches apart."""
    requests_per_minute: int
    """Of all replicas together."""
    origins: tuple[str, ...] = ()
    """Pages that may call from a browser."""
    patterns: tuple[tuple[str, str], ...] = ()
    """Identifiers of its own: a name and an expression each."""


class Canary(_Section, frozen=True):
    """A candidate beside what a use case serves (docs/adr/0031)."""

    change: str
    """The change that brings it."""
    url: str
    """Address of its model's server."""
    pinned: str
    """Key of its pin in the prompt store."""
    ceiling_percent: int
    """The most that it may get, whatever the weight says."""
    weight_store: str
    """Host of the store with its weight."""
    weight_key: str
    """Key of the weight in it."""
    refresh_seconds: int
    """How often the weight is read."""
    stale_minutes: int
    """After which a weight that could not be read again is nought."""


class External(_Section, frozen=True):
    """A model of somebody else's, for what is nobody's data."""

    name: str
    url: str
    """HTTPS; its certificate and name are checked."""
    models: Mapping[str, str]
    """By use case, what the provider calls the model that answers it."""
    key: str
    """File with the provider's key."""


class Settings(_Section, frozen=True, rename=None):
    """Everything in `gateway.json`."""

    stack: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    """Begins the name of every log, and of what is kept beside it: no two stacks may have one."""
    jurisdiction: str
    """Whose identifiers are looked for, and how dates and places are read."""
    environment: str
    host: str
    """Name that callers ask for."""
    listeners: Mapping[Literal["partners", "portal", "clinic"], Listener]
    health: Health
    models: Mapping[str, str]
    """Address of the model's server, by use case, in a stack without tenants."""
    tenants: Mapping[str, Tenant]
    retrieval: str
    """Address of the retrieval service, which is not asked yet: callers send passages of their own."""
    canaries: Mapping[str, Canary]
    """By use case."""
    external_providers: tuple[External, ...]
    prompts: PromptStore
    audit: AuditStore = AuditStore()
    vault: TokenVault | None = None
    replicas: int = 1
    """The most replicas there may be: tenants' numbers of requests are shared out among them."""
    caller_per_minute: Annotated[int, msgspec.Meta(ge=1)] = msgspec.field(name="callerPerMinute", default=6_000)
    """Requests of one caller's application to one replica; a tenant's own number stands with the tenant."""
    plugin: Plugin | None = None
    volume: Volume = Volume()
    detector_seconds: float = msgspec.field(name="detectorSeconds", default=2.0)
    """After which a detector that has not answered ends the request."""
    origins: tuple[str, ...] = ()
    """Pages that may call from a browser, in a stack without tenants."""


class Callers(msgspec.Struct, frozen=True, kw_only=True):
    """What tokens are held against: set in the environment by components/callers.py."""

    issuer: str
    audience: str
    max_age_seconds: int


def read(path: Path) -> Settings:
    """Read the file. Raises BadSettings."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Settings)
    except OSError as error:
        raise BadSettings(f"{path}: can't be read: {error.strerror}. It is mounted from the ConfigMap.") from None
    except msgspec.MsgspecError as error:
        raise BadSettings(f"{path}: {error}. The plan writes it: components/gateway.py.") from None
    open_ones = [provider.name for provider in found.external_providers if not provider.url.startswith("https://")]
    if open_ones:
        named = ", ".join(open_ones)
        raise BadSettings(f"{path}: external_providers: {named}: https:// alone, or anybody reads along.")
    return found


def callers(environment: Mapping[str, str]) -> Callers:
    """Read the environment. Raises BadSettings."""
    names = {"issuer": "TOKEN_ISSUER", "audience": "TOKEN_AUDIENCE", "max_age_seconds": "TOKEN_MAX_AGE_SECONDS"}
    missing = [name for name in names.values() if not environment.get(name)]
    if missing:
        raise BadSettings(f"{', '.join(missing)}: not set, so nobody's token could be checked. The plan sets them.")
    age = environment["TOKEN_MAX_AGE_SECONDS"]
    if not age.isdecimal() or not 0 < int(age) <= 900:
        raise BadSettings("TOKEN_MAX_AGE_SECONDS: must be from 1 to 900 seconds")
    return Callers(issuer=environment["TOKEN_ISSUER"], audience=environment["TOKEN_AUDIENCE"], max_age_seconds=int(age))
