"""Secrets in clear: a stack file lies in git, and git forgets nothing."""

import re
from collections.abc import Iterator, Mapping

from config.faults import Fault

_SHAPES = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a storage or service bus connection string": re.compile(r"(AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{20,}"),
    "a shared access signature": re.compile(r"[?&]?sig=[A-Za-z0-9%+/]{20,}"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\."),
    "an Entra client secret": re.compile(r"\b[A-Za-z0-9_.~-]{3}[78]Q~[A-Za-z0-9_.~-]{31,34}"),
    "a hub token": re.compile(r"\b(hf_[A-Za-z0-9]{30,}|gh[pousr]_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9]{20,})"),
}
_NAMES = re.compile(
    r"(password|passwd|secret|apikey|api_key|accesskey|connectionstring|privatekey|token)$", re.IGNORECASE
)

HIDDEN = "(not repeated here)"
"""Stands for the value of a secret in messages."""


def named_as_secret(key: str) -> bool:
    """Whether a key's name says that its value is a secret."""
    return _NAMES.search(key) is not None


def clear_secrets(values: Mapping[str, object]) -> Iterator[Fault]:
    """Faults for values that are, or are named as, secrets in clear. `secure:` values are not secrets in clear."""
    for key, value in values.items():
        yield from _walk(key, value)


def _walk(key: str, value: object) -> Iterator[Fault]:
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            return
        for name, inner in value.items():
            yield from _walk(f"{key}.{name}", inner)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _walk(f"{key}.{index}", inner)
    elif isinstance(value, str) and value:
        found = next((what for what, shape in _SHAPES.items() if shape.search(value)), None)
        if found is None and _NAMES.search(key):
            found = "a secret, by its name"
        if found is not None:
            yield Fault(
                key=key,
                value=HIDDEN,
                problem=f"{found}, in clear",
                allowed="no secret at all: workloads use managed identities, certificates come from Key Vault",
                consequence="whoever reads the repository has it, now and in every old commit",
                hint="revoke it, remove the line, and rewrite the commit that brought it",
                law=("GDPR Art. 32", "ISO 27001 A.5.17"),
            )
