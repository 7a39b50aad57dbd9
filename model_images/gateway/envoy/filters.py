"""What every request of a caller's passes before the guard sees it."""

import math
from collections.abc import Sequence
from typing import Any

from model_images.gateway.envoy.places import Places
from model_images.gateway.guard.reading import CLAIMS, MOST_BODY
from model_images.gateway.guard.settings import Callers

HTTP = "type.googleapis.com/envoy.extensions.filters.http"
EVERYBODY_PER_SECOND = 500
"""Requests of all callers to one replica."""
ALWAYS = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}


def limited(caller_per_minute: int) -> dict[str, Any]:
    """So many requests to a replica, and so many of one caller."""
    return {
        "name": "envoy.filters.http.local_ratelimit",
        "typed_config": {
            "@type": f"{HTTP}.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": "callers",
            "token_bucket": _bucket(EVERYBODY_PER_SECOND, EVERYBODY_PER_SECOND, 1),
            "filter_enabled": ALWAYS,
            "filter_enforced": ALWAYS,
            "max_dynamic_descriptors": 1_000,
            "descriptors": [
                {
                    "entries": [{"key": "caller"}],
                    "token_bucket": _each_minute(caller_per_minute),
                }
            ],
            "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
        },
    }


def _each_minute(most: int) -> dict[str, Any]:
    """Filled evenly: whoever finds it empty need not wait for a minute's end. Rounded to fewer, never to more."""
    return _bucket(most, most // 60, 1) if most >= 60 else _bucket(most, 1, math.ceil(60 / most))


def _bucket(most: int, each: int, seconds: int) -> dict[str, Any]:
    # Whole seconds: Envoy wants a descriptor's interval to be a multiple of the filter's own.
    return {"max_tokens": most, "tokens_per_fill": each, "fill_interval": f"{seconds}s"}


def by_caller() -> list[dict[str, Any]]:
    """Whose request it is, for the limit: the application in the token that was verified."""
    key = {"key": "envoy.filters.http.jwt_authn", "path": [{"key": "token"}, {"key": "azp"}]}
    return [{"actions": [{"metadata": {"descriptor_key": "caller", "metadata_key": key, "default_value": "nobody"}}]}]


def token(callers: Callers, places: Places, *, preflight: bool) -> dict[str, Any]:
    """Signature, issuer, audience, times: by keys that are mounted. Its claims replace any that a caller made up."""
    return {
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": f"{HTTP}.jwt_authn.v3.JwtAuthentication",
            "providers": {
                "issuer": {
                    "issuer": callers.issuer,
                    "audiences": [callers.audience],
                    "local_jwks": {
                        "filename": str(places.keys),
                        "watched_directory": {"path": str(places.certificates)},
                    },
                    "require_expiration": True,
                    "max_lifetime": f"{callers.max_age_seconds}s",
                    "clock_skew_seconds": 60,
                    "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
                    "forward": False,
                    "forward_payload_header": CLAIMS,
                    "payload_in_metadata": "token",
                }
            },
            "rules": [
                {"match": {"path": "/healthz"}},
                {"match": {"prefix": "/"}, "requires": {"provider_name": "issuer"}},
            ],
            "bypass_cors_preflight": preflight,
        },
    }


def whole() -> dict[str, Any]:
    """The guard gets a request once all of it is there: a slow sender holds a buffer here, and nothing behind it."""
    return {
        "name": "envoy.filters.http.buffer",
        "typed_config": {"@type": f"{HTTP}.buffer.v3.Buffer", "max_request_bytes": MOST_BODY},
    }


def cors() -> dict[str, Any]:
    """Answers browsers' preflights, by the policy of the virtual host."""
    return {"name": "envoy.filters.http.cors", "typed_config": {"@type": f"{HTTP}.cors.v3.Cors"}}


def cors_policy(origins: Sequence[str]) -> dict[str, Any]:
    """Pages of any tenant may ask whether they may; whose page it is, is known with the token: guard/authorise.py."""
    return {
        "envoy.filters.http.cors": {
            "@type": f"{HTTP}.cors.v3.CorsPolicy",
            "allow_origin_string_match": [{"exact": origin} for origin in origins],
            "allow_methods": "GET, POST",
            "allow_headers": "authorization, content-type",
            "expose_headers": "x-request-id",
            "max_age": "600",
            "allow_credentials": False,
            "forward_not_matching_preflights": False,
        }
    }


def router() -> dict[str, Any]:
    """The end of every chain."""
    return {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{HTTP}.router.v3.Router"}}
