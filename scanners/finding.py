"""What scanners find, in one form."""

from dataclasses import dataclass


class ScannerFailed(RuntimeError):
    """A scanner is missing, erred, or said what nobody can read. Nothing can be said of what it would have found."""


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """One thing that one scanner refuses."""

    scanner: str
    check: str
    """The scanner's own id of what it looks for, such as CKV_AZURE_206."""
    resource: str
    """What it is about: a resource, or a file of the tree; the same in every run, without a line number."""
    where: str
    """File, or file and line, for a person to look at."""
    what: str
    link: str = ""
    """The scanner's own page on the check, where it has one."""


class NotAsked(RuntimeError):
    """Somebody outside gave no answer; what was found before that stands."""
