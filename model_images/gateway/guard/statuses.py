"""Every code's HTTP status, and after how long it helps to ask again: what clients act on by themselves.

OpenAI's clients wait for `retry-after` (RFC 9110, 10.2.3) up to a minute, ask again twice after 408, 409, 429 and 5xx,
and obey `x-should-retry`. What stays refused says so: else a blocked answer would be made three times.
"""

from collections.abc import Mapping

from model_images.gateway.guard.refusal import Refused

STATUSES: Mapping[int, frozenset[str]] = {
    400: frozenset(
        {
            *(f"schema.{what}" for what in ("content-type", "malformed", "type", "value", "unknown-field")),
            *(f"schema.{what}" for what in ("unknown-kind", "missing-field", "too-long", "too-deep", "unicode")),
            "schema.extension",
            "template.own-instructions",
            "de-identify.identifier-in-name",
            "de-identify.record",
            *(f"prompt-guard.encoded-{what}" for what in ("blob", "bomb", "too-deep", "too-much")),
            *(f"prompt-guard.{what}" for what in ("hidden-text", "long-word", "mixed-scripts", "noise", "repetition")),
            *(f"prompt-guard.{what}" for what in ("stacked-marks", "too-long", "too-many-texts")),
            "route.model-refused",
        }
    ),
    401: frozenset({"authorise.token", "authorise.token-too-long", "authorise.token-expired"}),
    403: frozenset(
        {
            *(f"authorise.{what}" for what in ("person", "roles", "tenant", "purpose", "erase", "origin")),
            "volume.open",
            *(f"classify.{what}" for what in ("caller", "use-case", "stays-inside")),
            "tokens.foreign",
            *(f"prompt-guard.{what}" for what in ("override", "role", "refusal", "extraction", "markers", "tools")),
            *(f"prompt-guard.{what}" for what in ("forged", "instructions", "control", "shots", "suffix")),
            "prompt-guard.encoded-identifier",
        }
    ),
    404: frozenset({"authorise.answer", "authorise.use-case", "route.no-such-path", "route.no-provider"}),
    408: frozenset({"schema.body-late"}),
    413: frozenset({"schema.body-too-long", "tokens.too-many"}),
    429: frozenset({"volume.rate"}),
    499: frozenset({"route.client-left"}),
    502: frozenset(
        {
            "tokens.arguments",
            *(f"prompt-guard.{what}" for what in ("foreign-identifier", "canary", "template", "divergence")),
            *(f"prompt-guard.{what}" for what in ("exfiltration", "key-material")),
            *(f"route.{what}" for what in ("model-failed", "model-gone", "answer-malformed", "answer-too-long")),
        }
    ),
    503: frozenset(
        {
            *(f"{guard}.failed" for guard in ("schema", "authorise", "template", "volume", "classify", "de-identify")),
            *(f"{guard}.failed" for guard in ("tokens", "prompt-guard", "route")),
            *(f"{guard}.timeout" for guard in ("de-identify", "prompt-guard", "audit")),
            "template.not-pinned",
            "volume.unseen",
            *(f"tokens.{what}" for what in ("key-missing", "vault-unavailable", "vault-tampered")),
            *(f"route.{what}" for what in ("no-route", "no-salt", "not-ready", "busy", "model-busy")),
            *(f"audit.{what}" for what in ("unavailable", "full", "unanchored", "record", "closed")),
        }
    ),
    504: frozenset({"route.model-late"}),
}
AGAIN: Mapping[str, int] = {
    **{code: 1 for code in STATUSES[503] if code.endswith((".failed", ".timeout"))},
    "volume.rate": 1,
    "volume.unseen": 10,
    "route.busy": 1,
    "route.not-ready": 2,
    "route.model-busy": 2,
    "route.model-failed": 2,
    "route.model-gone": 2,
    "tokens.vault-unavailable": 5,
    "audit.full": 2,
    "audit.unavailable": 10,
    "audit.unanchored": 30,
    "audit.closed": 1,
}
"""Seconds after which to ask again; what isn't here stays refused until somebody changes something."""


def again(refusal: Refused) -> tuple[tuple[bytes, bytes], ...]:
    """Headers that tell a client whether, and when, to ask again."""
    seconds = getattr(refusal, "seconds", None) or AGAIN.get(refusal.code)
    if seconds is not None:
        return ((b"retry-after", str(seconds).encode()),)
    return ((b"x-should-retry", b"false"),) if refusal.status >= 500 else ()
