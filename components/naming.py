"""Names, computed from organisation, jurisdiction and environment, within Azure's limits.

Names are plain strings, so that a preview sees them. A name that must be unique in the whole cloud ends in a suffix:
computed where somebody is told the name before it exists, else from `pulumi-random`, and an Output.
Limits: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
Abbreviations: learn.microsoft.com/azure/cloud-adoption-framework, "Abbreviation recommendations"
"""

import re
from base64 import b32encode
from dataclasses import dataclass, field
from hashlib import sha256

from pulumi import Output, Resource, ResourceOptions
from pulumi_random import RandomString

SUFFIX_LENGTH = 4
"""Characters of randomness: a million names beside ours, and short enough for limits of 24 characters."""

_WORD = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")


class NameTooLong(ValueError):
    """A computed name exceeds Azure's limit: shorten the organisation or the role."""


class NameNotAllowed(ValueError):
    """A part of a name has characters that Azure does not take."""


@dataclass(frozen=True)
class Names:
    """The names of one stack.

    Raises NameTooLong and NameNotAllowed while the program runs, so that a preview fails and not a deployment.
    """

    organisation: str
    stack: str
    parent: Resource | None = field(default=None, compare=False)
    """Owner of the random suffixes."""

    def of(self, kind: str, role: str | None = None, *, limit: int = 63) -> str:
        """`nsg-bw-eu-prod-system`: kind, organisation, stack, role."""
        return _checked("-".join(part for part in (kind, self.organisation, self.stack, role) if part), limit)

    def resource_group(self, concern: str) -> str:
        """At most 90 characters."""
        return self.of("rg", concern, limit=90)

    def globally_unique(self, kind: str, role: str, *, limit: int, dashes: bool = False) -> Output[str]:
        """A name that is a DNS label of the cloud (storage account, vault): ends in a stable random suffix."""
        stem, dashes = self._stem(kind, role, limit, dashes=dashes)
        suffix = RandomString(
            f"suffix-{kind}-{role}",
            length=SUFFIX_LENGTH,
            special=False,
            upper=False,
            opts=ResourceOptions(parent=self.parent),
        )
        return Output.concat(stem, "-" if dashes else "", suffix.result)

    def known_unique(self, kind: str, role: str, *, subscription: str, limit: int) -> str:
        """Such a name without dashes, known before it exists: its suffix follows from the subscription, as ARM's
        `uniqueString` does. One that somebody else has already taken is changed by another organisation.
        """
        stem, _ = self._stem(kind, role, limit, dashes=False)
        drawn = b32encode(sha256("\n".join((subscription, self.stack, kind, role)).encode()).digest())
        return stem + drawn.decode().lower()[:SUFFIX_LENGTH]

    def _stem(self, kind: str, role: str, limit: int, *, dashes: bool) -> tuple[str, bool]:
        """What comes before the suffix, and whether there is room for dashes."""
        stem = self.of(kind, role, limit=limit + 9)
        # Dashes are for reading; a long stack's name does without them.
        dashes = dashes and len(stem) <= limit - SUFFIX_LENGTH - 1
        room = limit - SUFFIX_LENGTH - (1 if dashes else 0)
        stem = stem if dashes else stem.replace("-", "")
        # The role may lose letters, down to three: the suffix keeps names apart, and tags say the rest.
        over = len(stem) - room
        if 0 < over <= len(role) - 3:
            stem = stem[:room]
        stem = _checked(stem, room)
        return stem, dashes


def _checked(name: str, limit: int) -> str:
    if len(name) > limit:
        raise NameTooLong(
            f"'{name}' has {len(name)} characters; Azure takes {limit}. Shorten bailiwick:organisation or the role."
        )
    if not _WORD.match(name):
        raise NameNotAllowed(f"'{name}' may hold only lower-case letters, digits and single dashes between them")
    return name
