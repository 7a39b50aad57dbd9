"""Where Envoy passes on to: the guard, the models, and external providers where there are any."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from model_images.gateway.envoy import tls
from model_images.gateway.envoy.places import Places
from model_images.gateway.guard.route import cluster, outside
from model_images.gateway.guard.settings import Settings

OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
MOST_RETRIES = 64
"""At once: a server that is gone is asked elsewhere; when all are, the few that are left must not be asked twice."""
MOST_REQUESTS = 1_024
"""At once, to one server; more are refused at once rather than kept waiting."""


def guard(places: Places) -> dict[str, Any]:
    """The guard's socket."""
    return {
        "name": "guard",
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": _at("guard", {"pipe": {"path": str(places.guard)}}),
        "circuit_breakers": _breakers(4_096),
        "typed_extension_protocol_options": _http(),
    }


def models(settings: Settings) -> dict[str, str]:
    """Addresses by Envoy's name: every use case of every tenant, and candidates."""
    found = {cluster(name): url for name, url in settings.models.items()}
    for tenant, told in settings.tenants.items():
        found |= {cluster(name, tenant): url for name, url in told.models.items()}
    found |= {cluster(name, candidate=True): canary.url for name, canary in settings.canaries.items()}
    return found


def upstreams(settings: Settings, places: Places) -> Iterator[dict[str, Any]]:
    """Models, and external providers."""
    for name, url in models(settings).items():
        yield _upstream(name, url, lambda host: tls.model(host, places))
    for provider in settings.external_providers:
        yield _upstream(outside(provider.name), provider.url, lambda host: tls.client(host, str(places.outside)))


def _upstream(name: str, url: str, speaks: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """By name: a model's service has no address of its own, so that each of its pods is seen, and left out if it fails.

    On `http` nothing is encrypted; the plan has none, and a rule refuses one (workload.models-prove-themselves).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {
        "name": name,
        "type": "STRICT_DNS",
        "dns_lookup_family": "V4_PREFERRED",
        "connect_timeout": "2s",
        "load_assignment": _at(name, {"socket_address": {"address": host, "port_value": port}}),
        "circuit_breakers": _breakers(MOST_REQUESTS),
        # A server that fails is left alone for a while; where it is the only one, callers are told at once.
        "outlier_detection": {
            "consecutive_5xx": 5,
            "consecutive_gateway_failure": 3,
            "enforcing_consecutive_gateway_failure": 100,
            "interval": "5s",
            "base_ejection_time": "10s",
            "max_ejection_percent": 100,
        },
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "typed_extension_protocol_options": _http(),
        **({"transport_socket": speaks(host)} if parts.scheme == "https" else {}),
    }


def _at(name: str, address: dict[str, Any]) -> dict[str, Any]:
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}


def _breakers(most: int) -> dict[str, Any]:
    bounds = {"max_connections": most, "max_pending_requests": most, "max_requests": most, "max_retries": MOST_RETRIES}
    return {"thresholds": [{"priority": "DEFAULT", **bounds, "track_remaining": True}]}


def _http() -> dict[str, Any]:
    return {
        OPTIONS: {
            "@type": f"type.googleapis.com/{OPTIONS}",
            "common_http_protocol_options": {"idle_timeout": "30s"},
            "explicit_http_config": {"http_protocol_options": {}},
        }
    }
