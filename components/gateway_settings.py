"""What the gateway is told: `gateway.json`, in the form that model_images/gateway/guard/settings.py reads.

Hosts are named before they exist, so that a first preview sees the whole text, and without a scheme: an address in it
is one of the cluster's own (components/admission_objects.yaml), or a page's that may call from a browser.
"""

from components import database, detector
from components.canary import routed, weight_host
from components.gateway_entries import HEALTH_PORT, listeners
from components.model_store import AUDIT
from components.prompt_store import PromptStore
from components.retrieval_entries import URL as RETRIEVAL_URL
from components.scope import Scope
from components.storage_account import StorageAccount
from components.tenancy import models, tenants
from config import StackConfig
from config.tenants import SHARED

MODEL_PORT = 8000
HEALTH_PATH = "/healthz"
"""Answered on the health port for the cluster, and on every listener for what stands before it."""
ALIVE_PATH = "/livez"
"""Answers while the process lives, whatever stores can't be read: what can't serve is not started anew for it."""


def settings(
    scope: Scope, *, prompts: PromptStore, weights: StorageAccount, audit: StorageAccount
) -> dict[str, object]:
    """Everything in the file."""
    config = scope.config
    return {
        # Its log's name begins with it: a standby's is another.
        "stack": config.stack,
        "jurisdiction": scope.jurisdiction.id,
        "environment": scope.environment,
        "host": config.gateway.host,
        "listeners": listeners(config),
        "health": {"port": HEALTH_PORT, "path": HEALTH_PATH},
        # With tenants, nobody is routed who speaks for none of them.
        "models": {} if config.tenants else models(config.served, SHARED, MODEL_PORT),
        "tenants": tenants(config, MODEL_PORT),
        "origins": list(config.gateway.origins),
        "retrieval": RETRIEVAL_URL,
        # A tenant's number of requests holds for all replicas together; each holds its part.
        "replicas": config.gateway.replicas_max,
        # What is tried, and the most that it may get: docs/runbooks/canary.md.
        "canaries": routed(config.use_cases, MODEL_PORT, weight_host(scope)),
        # Pins by use case, and the texts that they name by path and checksum.
        "prompts": {"configuration": prompts.host, "label": scope.environment, "texts": weights.host},
        # Where the log is anchored, as it is written: docs/adr/0036.
        "audit": {"store": audit.host, "container": AUDIT},
        # Where all replicas keep tokens, sealed, as their own login: docs/adr/0043.
        "vault": {
            "host": database.host(scope),
            "database": database.VAULT,
            "user": scope.names.of("id", "gateway"),
            "resource": database.RESOURCE[scope.jurisdiction.cloud.name],
        },
        "callerPerMinute": config.gateway.caller_per_minute,
        # Its hard ceilings, and who may close it: docs/runbooks/volume-breaker.md.
        "volume": _breaker(config),
        # The model beside it, by the digest of its image: docs/concepts/de-identification.md.
        **(detector.told(config.gateway.detector) if config.gateway.detector else {}),
        # No external provider is configured: the guard would not use one for health data, and none is reachable.
        "external_providers": [],
    }


def _breaker(config: StackConfig) -> dict[str, object]:
    told = config.gateway
    people = {"operators": list(told.volume_operators), "former": list(told.former_volume_operators)}
    return {**told.ceilings.model_dump(), **{who: keys for who, keys in people.items() if keys}}


def orders(config: StackConfig) -> dict[str, str]:
    """Files beside `gateway.json`: signed orders to close a volume breaker, by the opening's id.

    Their form is that of model_images/gateway/guard/volume_order.py, which the gateway verifies.
    """
    return {f"{note.split(chr(10), 2)[1]}.order": note for note in config.gateway.volume_orders}
