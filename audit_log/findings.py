"""What a verification found: where, what, and how far the log is proved."""

from dataclasses import dataclass, field

MOST = 100
"""Findings that are kept; a log with more is wrong from end to end."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as the gateway wrote it."""

    file: str
    line: int
    """From 1; 0 where the file as a whole is meant."""
    index: int | None
    """Of the record that is concerned, or that was expected there."""
    what: str

    def __str__(self) -> str:
        """For people: where, which, what."""
        where = self.file + (f":{self.line}" if self.line else "")
        return f"{where}: " + (f"record {self.index}: " if self.index is not None else "") + self.what


@dataclass
class Report:
    """What was verified."""

    origin: str = ""
    first: int = 0
    """The first record that was there to be verified."""
    size: int = 0
    """One more than the last."""
    segments: int = 0
    checkpoints: int = 0
    anchors: int = 0
    """Anchored checkpoints that were held against the log."""
    earlier: int = 0
    """Anchored checkpoints of records before `first`, of which nothing can be said."""
    committed: int = 0
    """How many records, from the beginning, a checkpoint commits to."""
    torn: int = 0
    """Bytes after the last whole line: being written, or left by a crash; nobody was told that they are kept."""
    signatures: bool = False
    """Whether signatures were verified: without a key, whoever wrote the log could write it again."""
    bytes: int = 0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    """Findings past those that are kept."""

    @property
    def verdict(self) -> str:
        """`intact`, `tampered`, or `not-evaluated` where no key was given."""
        if self.findings:
            return "tampered"
        return "intact" if self.signatures else "not-evaluated"

    def add(self, finding: Finding) -> None:
        """Keep it."""
        if len(self.findings) < MOST:
            self.findings.append(finding)
        else:
            self.more += 1

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        document = {key: value for key, value in vars(self).items() if key != "findings"}
        return {"verdict": self.verdict, **document, "findings": [vars(item) for item in self.findings]}
