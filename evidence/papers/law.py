"""Which law asks for a paper here, as the frameworks in force say."""

from collections.abc import Mapping
from typing import Final

from evidence.pack.subject import Subject

_GENERAL: Final[Mapping[str, str]] = {"gdpr": "GDPR", "uk-gdpr": "UK GDPR"}


def asked_by(subject: Subject, article: str) -> str:
    """`GDPR Art. 30`, or that nothing in force asks for it in this form."""
    found = [f"{short} {article}" for name, short in _GENERAL.items() if name in subject.stack.frameworks]
    if found:
        return f"Asked for by {' and '.join(found)}."
    return (
        f"No framework in force for this stack asks for it in this form; it is laid out as GDPR {article} has it, and "
        "kept as good order."
    )
