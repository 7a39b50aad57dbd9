"""The whole of Envoy's configuration, from the settings. Methods and paths are listed on both ways; all else is 404."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from model_images.gateway.envoy import clusters, filters, tls
from model_images.gateway.envoy.connections import STREAM_SECONDS, manager
from model_images.gateway.envoy.places import Places
from model_images.gateway.guard.endpoints import ALIVE, DETECTOR, ENDPOINTS, ERASURES, FEEDBACK, NAMED
from model_images.gateway.guard.route import outside
from model_images.gateway.guard.settings import Callers, Settings
from model_images.gateway.guard.upstream import ROUTE

MOST_CONNECTIONS = 10_000
GONE = "x-bailiwick-server-gone"
ELSEWHERE = {
    # Gone before it answered: nobody has seen a word of it yet. The header is of a pod's proxy whose server is gone
    # (model_images/vllm/proxy); a server that is full says so itself, and is not asked for more by another way.
    "retry_on": "connect-failure,refused-stream,reset,retriable-headers",
    "retriable_headers": [{"name": GONE, "present_match": True}],
    "num_retries": 1,
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
            },
        }
    ],
    "host_selection_retry_max_attempts": "5",
    "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
}
"""What a server that fell did not answer, another is asked, once: what brings servers down must not go round them all.
A stream that began is not asked again, nor is what a server itself refused or failed at."""
READS = ("/v1/models", "/openapi.json")
PROBE = "/healthz"


def bootstrap(settings: Settings, callers: Callers, places: Places) -> dict[str, Any]:
    """As Envoy reads it (envoyproxy.io/docs, v3 API)."""
    listeners = [_callers(name, settings, callers, places) for name in settings.listeners]
    return {
        "node": {"id": "gateway", "cluster": "gateway"},
        "admin": {"address": {"pipe": {"path": str(places.admin), "mode": 0o600}}},
        "static_resources": {
            "listeners": [*listeners, _cluster_only(settings, places), _way_out(settings, places)],
            "clusters": [clusters.guard(places), *clusters.upstreams(settings, places)],
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3"
                        ".DownstreamConnectionsConfig",
                        "max_active_downstream_connections": MOST_CONNECTIONS,
                    },
                }
            ]
        },
    }


def write(settings: Settings, callers: Callers, places: Places) -> str:
    """Write it, with the files of secrets that it refers to; the configuration's path."""
    for name, secret in tls.secrets(places).items():
        held = {"resources": [secret]}
        (places.run / f"{name}.json").write_text(json.dumps(held), encoding="utf-8")
    path = places.run / "envoy.json"
    path.write_text(json.dumps(bootstrap(settings, callers, places), indent=1), encoding="utf-8")
    return str(path)


def _match(method: str, path: str) -> dict[str, Any]:
    return {"path": path, "headers": [{"name": ":method", "string_match": {"exact": method}}]}


def _passed(name: str, method: str, path: str, to: str = "guard", **more: Any) -> dict[str, Any]:  # noqa: ANN401 Envoy's own fields
    action = {"cluster": to, "timeout": "0s", "max_stream_duration": {"max_stream_duration": f"{STREAM_SECONDS}s"}}
    return {"name": name, "match": _match(method, path), "route": {**action, **more}}


def _named() -> dict[str, Any]:
    """A model by its name in the path: the one route that is not a fixed text."""
    route = _passed("model", "GET", "")
    del route["match"]["path"]
    route["match"]["safe_regex"] = {"regex": NAMED}
    return route


def _nothing() -> dict[str, Any]:
    return {
        "name": "nothing",
        "match": {"prefix": "/"},
        "direct_response": {"status": 404, "body": {"inline_string": "Nothing is served there."}},
    }


def _origins(settings: Settings) -> list[str]:
    return sorted({*settings.origins, *(origin for one in settings.tenants.values() for origin in one.origins)})


def _callers(name: str, settings: Settings, callers: Callers, places: Places) -> dict[str, Any]:
    told = settings.listeners[name]  # type: ignore[index] # a name of its own keys
    certificates = told.client_certificate == "required"
    origins = [] if certificates else _origins(settings)
    asked = [_passed(one.name, "POST", path) for path, one in ENDPOINTS.items()]
    host = {
        "name": name,
        "domains": ["*"],
        "rate_limits": filters.by_caller(),
        "routes": [
            _passed("probe", "GET", PROBE),
            *(_passed(path.rpartition("/")[2], "GET", path) for path in READS),
            _named(),
            *asked,
            _passed(FEEDBACK.name, "POST", FEEDBACK.path),
            # Without a preflight: a system asks to erase, and no page in a browser.
            _passed(ERASURES.name, "POST", ERASURES.path),
            # The filter answers a preflight only where a route leads somewhere; what it leaves, the guard refuses.
            *(_passed("preflight", "OPTIONS", path) for path in (*READS, *ENDPOINTS, FEEDBACK.path) if origins),
            _nothing(),
        ],
        **({"typed_per_filter_config": filters.cors_policy(origins)} if origins else {}),
    }
    chain = [
        *([filters.cors()] if origins else []),
        filters.token(callers, places, preflight=bool(origins)),
        filters.limited(settings.caller_per_minute),
        filters.whole(),
        filters.router(),
    ]
    return {
        "name": name,
        "address": {"socket_address": {"address": places.address, "port_value": told.port}},
        "per_connection_buffer_limit_bytes": 32_768,
        "listener_filters": [
            {
                "name": "envoy.filters.listener.tls_inspector",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"
                },
            }
        ],
        "listener_filters_timeout": "5s",
        "filter_chains": [
            {
                "filters": [manager(name, filters=chain, hosts=[host], certificates=certificates, outside=True)],
                "transport_socket": tls.server(places, client_certificate=certificates),
                "transport_socket_connect_timeout": "10s",
            }
        ],
    }


def _cluster_only(settings: Settings, places: Places) -> dict[str, Any]:
    """Health for the cluster and numbers for its collector; the network policy says who reaches it."""
    told = [("probe", settings.health.path), ("alive", ALIVE), ("numbers", "/metrics")]
    told += [("detector", DETECTOR)] if settings.plugin is not None else []
    routes = [*(_passed(name, "GET", path) for name, path in told), _nothing()]
    host = {"name": "health", "domains": ["*"], "routes": routes}
    return {
        "name": "health",
        "address": {"socket_address": {"address": places.address, "port_value": settings.health.port}},
        "filter_chains": [{"filters": [_plain("health", [host])]}],
    }


def _way_out(settings: Settings, places: Places) -> dict[str, Any]:
    """From the guard to models: routes that ask a model something, and no other of its server's."""
    routes = [
        _out(name, path, urlsplit(url).netloc, retry_policy=ELSEWHERE)
        for name, url in clusters.models(settings).items()
        for path in ENDPOINTS
    ]
    # Somebody else's model is asked once: what leaves, leaves once.
    routes += [
        _out(outside(provider.name), path, urlsplit(provider.url).netloc)
        for provider in settings.external_providers
        for path in ENDPOINTS
    ]
    host = {"name": "models", "domains": ["*"], "routes": [*routes, _nothing()]}
    return {
        "name": "way-out",
        "address": {"pipe": {"path": str(places.upstream), "mode": 0o600}},
        "filter_chains": [{"filters": [_plain("way-out", [host])]}],
    }


def _out(name: str, path: str, host: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 Envoy's own fields
    route = _passed(name, "POST", path, name, host_rewrite_literal=host, **more)
    route["match"]["headers"].append({"name": ROUTE, "string_match": {"exact": name}})
    route["request_headers_to_remove"] = [ROUTE, "x-forwarded-for", "x-forwarded-proto", "user-agent"]
    return route


def _plain(name: str, hosts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return manager(name, filters=[filters.router()], hosts=hosts, certificates=False, outside=False)
