"""The whole of the proxy's configuration. Methods and paths are listed; all else is 404, and nobody passes unproven.

vLLM's key guards a part of its routes only: /tokenize, /pause, /update_weights, /metrics and others answer whoever
connects. So it answers on a Unix socket alone, and this is the one process that knows it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PORT, NUMBERS_PORT = 8000, 8001
ASKED = (
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/responses"),
    ("POST", "/v1/embeddings"),
    ("GET", "/v1/models"),
    ("GET", "/health"),
)
"""What the gateway asks. Others load adapters, put a model to sleep, take or give tokens: docs.vllm.ai, serving."""
NUMBERS = (("GET", "/metrics"), ("GET", "/health"))
"""For the collector and the kubelet, without a certificate, on a port of its own; the network policy says who."""
STREAM_SECONDS = 150
"""As components/workload.py: the longest stream."""
GONE = "x-bailiwick-server-gone"
"""A header of an answer: the pod's server is not there. As model_images/gateway/envoy/bootstrap.py reads it."""
NOTED = "x-bailiwick-request"
"""The gateway's id of a request, for the log: under its own name it is taken away before the log is written."""
MOST_REQUESTS = 1_024
MOST_HEADERS_KB = 24
TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
HTTP = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
CIPHERS = ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384")
CURVES = ("X25519", "P-256", "P-384")
LOG = {
    "at": "%START_TIME%",
    "request": f"%REQ({NOTED.upper()})%",
    "route": "%ROUTE_NAME%",
    "status": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "bytes_in": "%BYTES_RECEIVED%",
    "bytes_out": "%BYTES_SENT%",
    "milliseconds": "%DURATION%",
    "certificate": "%DOWNSTREAM_PEER_FINGERPRINT_256%",
}
"""Neither a path nor a header that a caller chooses, nor anything of a body."""


ORDERS = ["authorization", "x-data-parallel-rank", "x-session-id", "x-request-id", "cookie"]
"""Headers from which vLLM takes orders (a key, a data-parallel rank, a session): none is the gateway's to give."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where things lie in the container; tests put them elsewhere."""

    certificates: Path
    """`server`, PEM with its key, and `authority`, whose certificates callers show: files that the vault's driver
    replaces while the proxy runs."""
    socket: Path
    """The server's."""
    run: Path
    """What is written at start."""
    caller: str
    """DNS name in the certificate of the one caller."""
    address: str = "0.0.0.0"  # noqa: S104 a pod has one address, and its network policy says who reaches it
    port: int = PORT
    numbers_port: int = NUMBERS_PORT


def bootstrap(places: Places) -> dict[str, Any]:
    """As Envoy reads it (envoyproxy.io/docs, v3 API)."""
    return {
        "node": {"id": "model-proxy", "cluster": "model-proxy"},
        "admin": {"address": {"pipe": {"path": str(places.run / "admin.sock"), "mode": 0o600}}},
        "static_resources": {
            "listeners": [_asked(places), _numbers(places)],
            "clusters": [_server(places)],
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3"
                        ".DownstreamConnectionsConfig",
                        "max_active_downstream_connections": 2_000,
                    },
                }
            ]
        },
    }


def write(places: Places) -> Path:
    """Write it with the files of secrets that it refers to; the configuration's path."""
    places.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, secret in _secrets(places).items():
        (places.run / f"{name}.json").write_text(json.dumps({"resources": [secret]}), encoding="utf-8")
    path = places.run / "envoy.json"
    path.write_text(json.dumps(bootstrap(places), indent=1), encoding="utf-8")
    return path


def _secrets(places: Places) -> dict[str, dict[str, Any]]:
    watched = {"path": str(places.certificates)}
    server, authority = (str(places.certificates / name) for name in ("server", "authority"))
    return {
        "server": {
            "@type": f"{TLS}.Secret",
            "name": "server",
            "tls_certificate": {
                "certificate_chain": {"filename": server},
                "private_key": {"filename": server},
                "watched_directory": watched,
            },
        },
        "caller": {
            "@type": f"{TLS}.Secret",
            "name": "caller",
            "validation_context": {
                "trusted_ca": {"filename": authority},
                # The authority signs servers' certificates too: a model must not ask another model.
                "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": places.caller}}],
                "watched_directory": watched,
            },
        },
    }


def _from_file(places: Places, name: str) -> dict[str, Any]:
    path = {"path": str(places.run / f"{name}.json")}
    return {"name": name, "sds_config": {"resource_api_version": "V3", "path_config_source": path}}


def _asked(places: Places) -> dict[str, Any]:
    return {
        "name": "asked",
        "address": {"socket_address": {"address": places.address, "port_value": places.port}},
        "per_connection_buffer_limit_bytes": 1_048_576,
        "filter_chains": [
            {
                "filters": [_manager("asked", [_passed(method, path) for method, path in ASKED])],
                "transport_socket_connect_timeout": "10s",
                "transport_socket": {
                    "name": "envoy.transport_sockets.tls",
                    "typed_config": {
                        "@type": f"{TLS}.DownstreamTlsContext",
                        "require_client_certificate": True,
                        "disable_stateless_session_resumption": True,
                        "disable_stateful_session_resumption": True,
                        "common_tls_context": {
                            "tls_params": {
                                "tls_minimum_protocol_version": "TLSv1_2",
                                "tls_maximum_protocol_version": "TLSv1_3",
                                "cipher_suites": list(CIPHERS),
                                "ecdh_curves": list(CURVES),
                            },
                            "alpn_protocols": ["h2", "http/1.1"],
                            "tls_certificate_sds_secret_configs": [_from_file(places, "server")],
                            "validation_context_sds_secret_config": _from_file(places, "caller"),
                        },
                    },
                },
            }
        ],
    }


def _numbers(places: Places) -> dict[str, Any]:
    alive = {"name": "alive", "match": _match("GET", "/alive"), "direct_response": {"status": 200}}
    return {
        "name": "numbers",
        "address": {"socket_address": {"address": places.address, "port_value": places.numbers_port}},
        "filter_chains": [
            {"filters": [_manager("numbers", [alive, *(_passed(method, path) for method, path in NUMBERS)])]}
        ],
    }


def _match(method: str, path: str) -> dict[str, Any]:
    return {"path": path, "headers": [{"name": ":method", "string_match": {"exact": method}}]}


def _passed(method: str, path: str) -> dict[str, Any]:
    return {
        "name": f"{method} {path}",
        "match": _match(method, path),
        "route": {
            "cluster": "server",
            "timeout": "0s",
            "max_stream_duration": {"max_stream_duration": f"{STREAM_SECONDS}s"},
            "host_rewrite_literal": "model",
        },
        "request_headers_to_add": [
            {
                "header": {"key": NOTED, "value": "%REQ(X-REQUEST-ID)%"},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        ],
    }


def _manager(name: str, routes: list[dict[str, Any]]) -> dict[str, Any]:
    nothing = {"name": "nothing", "match": {"prefix": "/"}, "direct_response": {"status": 404}}
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": HTTP,
            "stat_prefix": name,
            "codec_type": "AUTO",
            "server_header_transformation": "OVERWRITE",
            "server_name": "bailiwick",
            "normalize_path": True,
            "merge_slashes": True,
            "path_with_escaped_slashes_action": "REJECT_REQUEST",
            "max_request_headers_kb": MOST_HEADERS_KB,
            "request_headers_timeout": "10s",
            "request_timeout": "30s",
            "stream_idle_timeout": f"{STREAM_SECONDS}s",
            "drain_timeout": f"{STREAM_SECONDS}s",
            "common_http_protocol_options": {
                "idle_timeout": "75s",
                "max_headers_count": 64,
                "headers_with_underscores_action": "REJECT_REQUEST",
            },
            # Of what the proxy says itself, and of nothing that the server says: the gateway then asks another server.
            "local_reply_config": {
                "mappers": [
                    {
                        "filter": {
                            "status_code_filter": {
                                "comparison": {"op": "EQ", "value": {"default_value": 503, "runtime_key": "gone.503"}}
                            }
                        },
                        "headers_to_add": [{"header": {"key": GONE, "value": "1"}}],
                    }
                ]
            },
            "http_filters": [
                {
                    "name": "envoy.filters.http.router",
                    "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
                }
            ],
            "route_config": {
                "name": name,
                # Of a route first, then of its host: what a route notes is still there.
                "virtual_hosts": [
                    {"name": name, "domains": ["*"], "routes": [*routes, nothing], "request_headers_to_remove": ORDERS}
                ],
                "response_headers_to_remove": ["x-envoy-upstream-service-time"],
            },
            "access_log": [
                {
                    "name": "envoy.access_loggers.stdout",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
                        "log_format": {"json_format": LOG},
                    },
                }
            ]
            if name == "asked"
            else [],
        },
    }


def _server(places: Places) -> dict[str, Any]:
    return {
        "name": "server",
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": "server",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": str(places.socket)}}}}]}],
        },
        "circuit_breakers": {
            "thresholds": [
                {
                    "max_connections": MOST_REQUESTS,
                    "max_pending_requests": MOST_REQUESTS,
                    "max_requests": MOST_REQUESTS,
                    "max_retries": 0,
                }
            ]
        },
        "typed_extension_protocol_options": {
            OPTIONS: {
                "@type": f"type.googleapis.com/{OPTIONS}",
                # uvicorn closes what is idle for five seconds: one that is used as it closes would fail.
                "common_http_protocol_options": {"idle_timeout": "4s"},
                "explicit_http_config": {"http_protocol_options": {}},
            }
        },
    }
