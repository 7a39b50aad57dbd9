"""TLS as callers meet it: 1.2 with forward secrecy or 1.3, and for partners a certificate of their own."""

from pathlib import Path
from typing import Any

from model_images.gateway.envoy.places import Places

TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
CIPHERS = (
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
)
"""Of TLS 1.2; those of 1.3 are all good. As in components' rules on curves: nothing without forward secrecy."""
CURVES = ("X25519", "P-256", "P-384")


def secrets(places: Places) -> dict[str, dict[str, Any]]:
    """Files of secrets, by name: Envoy reads them again when the directory's contents are replaced."""
    watched = {"watched_directory": {"path": str(places.certificates)}}

    def shown(file: Path) -> dict[str, Any]:
        pair = {"certificate_chain": {"filename": str(file)}, "private_key": {"filename": str(file)}}
        return {"tls_certificate": {**pair, **watched}}

    def trusted(file: Path, **more: Any) -> dict[str, Any]:  # noqa: ANN401 Envoy's own fields
        return {"validation_context": {"trusted_ca": {"filename": str(file)}, **more, **watched}}

    found = {
        "server": shown(places.server),
        # The authority's own authority publishes seldom; what is shut out are callers.
        "callers": trusted(places.authority, crl={"filename": str(places.revoked)}, only_verify_leaf_cert_crl=True),
        "to-models": shown(places.to_models),
        "models": trusted(places.models_authority),
    }
    return {name: {"@type": f"{TYPE}.Secret", "name": name, **secret} for name, secret in found.items()}


def from_file(places: Places, name: str) -> dict[str, Any]:
    """How a listener refers to a secret."""
    path = {"path": str(places.run / f"{name}.json")}
    return {"name": name, "sds_config": {"resource_api_version": "V3", "path_config_source": path}}


def server(places: Places, *, client_certificate: bool) -> dict[str, Any]:
    """What a listener speaks."""
    common: dict[str, Any] = {
        "tls_params": {
            "tls_minimum_protocol_version": "TLSv1_2",
            "tls_maximum_protocol_version": "TLSv1_3",
            "cipher_suites": list(CIPHERS),
            "ecdh_curves": list(CURVES),
        },
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_certificate_sds_secret_configs": [from_file(places, "server")],
    }
    if client_certificate:
        common["validation_context_sds_secret_config"] = from_file(places, "callers")
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{TYPE}.DownstreamTlsContext",
            "require_client_certificate": client_certificate,
            # A resumed session is not asked for its certificate again: one revoked since would still come in.
            "disable_stateless_session_resumption": True,
            "disable_stateful_session_resumption": True,
            "common_tls_context": common,
        },
    }


def model(host: str, places: Places) -> dict[str, Any]:
    """To a model's server: each proves to the other who it is, by the platform's own authority."""
    common = {
        "tls_params": {
            "tls_minimum_protocol_version": "TLSv1_2",
            "tls_maximum_protocol_version": "TLSv1_3",
            "cipher_suites": list(CIPHERS),
            "ecdh_curves": list(CURVES),
        },
        "alpn_protocols": ["http/1.1"],
        "tls_certificate_sds_secret_configs": [from_file(places, "to-models")],
        "combined_validation_context": {
            "default_validation_context": {
                "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}]
            },
            "validation_context_sds_secret_config": from_file(places, "models"),
        },
    }
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {"@type": f"{TYPE}.UpstreamTlsContext", "sni": host, "common_tls_context": common},
    }


def client(host: str, trusted: str) -> dict[str, Any]:
    """To an external provider: its certificate and its name are checked against the authorities in `trusted`."""
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{TYPE}.UpstreamTlsContext",
            "sni": host,
            "common_tls_context": {
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                "validation_context": {
                    "trusted_ca": {"filename": trusted},
                    "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}],
                },
            },
        },
    }
