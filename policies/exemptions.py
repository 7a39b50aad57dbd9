"""Exemptions: one rule, lifted from one resource of one stack, by somebody, for at most 180 days.

How `exemptions.yaml` is read is in `policies/exemption_form.py`; what an entry comes to in a plan, in
`policies/exempting.py`. A faulty entry lifts nothing and fails every verdict: a list that nobody can read is not a list
that nobody needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources as package_files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.exemption_form import Exemption, Fault

WHERE = "policies/exemptions.yaml"
DAYS = 180
"""The longest that anything is exempted; who needs it longer asks again, and somebody answers again."""


@dataclass(frozen=True, kw_only=True)
class Exemptions:
    """The list as it was read: sound entries, and the faults of the rest."""

    entries: "tuple[Exemption, ...]" = ()
    faults: "tuple[Fault, ...]" = ()

    def of(self, stack: str, rule_id: str) -> "Iterator[Exemption]":
        """Entries that speak of a rule in a stack."""
        return (entry for entry in self.entries if entry.rule == rule_id and entry.stack == stack)


NONE = Exemptions()


@lru_cache(maxsize=1)
def load() -> Exemptions:
    """The list of this project; in a published pack, the copy that travels in it."""
    try:
        text = (package_files.files("policies") / "exemptions.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        from policies.exemption_form import Fault

        return Exemptions(faults=(Fault(1, f"can't be read: {error}"),))
    # The usual list is empty, and a check need not wait for YAML to say so.
    written = [line for line in text.splitlines() if line and not line.startswith("#")]
    return NONE if written == ["exemptions: []"] else parse(text)


def parse(text: str) -> Exemptions:
    """Entries of a text, and every fault at once with its line."""
    from policies.exemption_form import read  # the usual list is empty

    return read(text)
