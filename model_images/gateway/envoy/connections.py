"""One listener's connections: bounds on time and size, and what is written down of them."""

from collections.abc import Sequence
from typing import Any

from model_images.gateway.guard.reading import LISTENER

MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
STREAM_SECONDS = 150
"""As components/workload.py: the longest stream."""
AGAIN = {429: 1, 503: 2}
"""Seconds after which to ask again where Envoy itself says no; the guard's own are in guard/statuses.py."""
LOG = {
    "at": "%START_TIME%",
    "request": "%REQ(X-REQUEST-ID)%",
    "method": "%REQ(:METHOD)%",
    "route": "%ROUTE_NAME%",
    "status": "%RESPONSE_CODE%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "bytes_in": "%BYTES_RECEIVED%",
    "bytes_out": "%BYTES_SENT%",
    "milliseconds": "%DURATION%",
    "tls": "%DOWNSTREAM_TLS_VERSION%",
    "certificate": "%DOWNSTREAM_PEER_FINGERPRINT_256%",
}
"""Neither path nor query nor any header that a caller chooses; beside it stands which listener it is."""


def manager(
    name: str,
    *,
    filters: Sequence[dict[str, Any]],
    hosts: Sequence[dict[str, Any]],
    certificates: bool,
    outside: bool,
) -> dict[str, Any]:
    """The filter that reads HTTP."""
    listener = {"header": {"key": LISTENER, "value": name}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    strict: dict[str, Any] = {
        "use_remote_address": True,
        "xff_num_trusted_hops": 0,
        "skip_xff_append": True,
        "forward_client_cert_details": "SANITIZE_SET" if certificates else "SANITIZE",
        **({"set_current_client_cert_details": {"subject": True}} if certificates else {}),
        "always_set_request_id_in_response": True,
        "preserve_external_request_id": False,
        "early_header_mutation_extensions": [
            {
                "name": "envoy.http.early_header_mutation.header_mutation",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3"
                    ".HeaderMutation",
                    "mutations": [{"remove_on_match": {"key_matcher": {"prefix": "x-bailiwick-"}}}],
                },
            }
        ],
    }
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": MANAGER,
            "stat_prefix": name,
            "codec_type": "AUTO",
            "server_header_transformation": "PASS_THROUGH" if not outside else "OVERWRITE",
            "server_name": "bailiwick",
            "normalize_path": True,
            "merge_slashes": True,
            "path_with_escaped_slashes_action": "REJECT_REQUEST",
            "max_request_headers_kb": 24,
            # A sender that dawdles is cut, at each stage.
            "request_headers_timeout": "10s",
            "request_timeout": "30s",
            "stream_idle_timeout": f"{STREAM_SECONDS}s",
            "drain_timeout": f"{STREAM_SECONDS}s",
            "common_http_protocol_options": {
                "idle_timeout": "75s",
                "max_headers_count": 64,
                "headers_with_underscores_action": "REJECT_REQUEST",
            },
            "http2_protocol_options": {
                "max_concurrent_streams": 128,
                "initial_stream_window_size": 65_536,
                "initial_connection_window_size": 1_048_576,
                "override_stream_error_on_invalid_http_message": False,
            },
            **(strict if outside else {}),
            "http_filters": list(filters),
            "route_config": {
                "name": name,
                "virtual_hosts": list(hosts),
                **({"request_headers_to_add": [listener]} if outside else {}),
            },
            "local_reply_config": {
                "mappers": [_later(status, seconds) for status, seconds in AGAIN.items()],
                "body_format": {
                    "json_format": {
                        "error": {
                            "message": "%LOCAL_REPLY_BODY%",
                            "type": "refused",
                            "param": None,
                            "code": "envoy.%RESPONSE_CODE%",
                            "guard": "envoy",
                            "request_id": "%REQ(X-REQUEST-ID)%",
                        }
                    }
                },
            },
            "access_log": [
                {
                    "name": "envoy.access_loggers.stdout",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
                        "log_format": {"json_format": {**LOG, "listener": name}},
                    },
                }
            ],
        },
    }


def _later(status: int, seconds: int) -> dict[str, Any]:
    comparison = {"op": "EQ", "value": {"default_value": status, "runtime_key": f"local_reply.{status}"}}
    header = {"header": {"key": "retry-after", "value": str(seconds)}}
    return {"filter": {"status_code_filter": {"comparison": comparison}}, "headers_to_add": [header]}
