"""detect-secrets (Yelp), beside our own `bailiwick secrets`: other patterns, other people's."""

from collections.abc import Iterator, Sequence

from scanners.finding import Finding
from scanners.ground import SECRETS, Ground, parsed

ADDRESSES = r"""(?i)\b\w*(sha-?256|digest|revision|commit|root_?hash)["']?\s*[:=@]"""
"""Lines that say themselves that what follows is the hash of something public."""
PULUMI = r"^\s*(secure:\s*[\"']?(v1:[A-Za-z0-9+/]{16}:|AAAB)|encryptedkey:|encryptionsalt:)"
"""What Pulumi wrote into a stack file is encrypted. `secure:` before anything else is not taken for it."""
WORDS = r"(?i)^((azure-native|azuread|kubernetes|random):.*|true|false|none|required|enabled|disabled)$"
"""Values that are words of a setting, or the name of a type, which Pulumi calls a token."""
MADE_UP = ("tests/", "pentest/", "policies/weakenings/", "benchmarks/")
"""Here passwords are made up by the dozen. What looks like a real key is sought, what is merely called one is not;
`bailiwick secrets` seeks both."""


def scan(ground: Ground) -> Iterator[Finding]:
    """Every tracked file but locks, which the scanner itself leaves out."""
    names = [path.relative_to(ground.root).as_posix() for path in ground.files]
    yield from _run(ground, [name for name in names if not name.startswith(MADE_UP)])
    yield from _run(ground, [name for name in names if name.startswith(MADE_UP)], "--disable-plugin", "KeywordDetector")


def _run(ground: Ground, names: Sequence[str], *more: str) -> Iterator[Finding]:
    words = ("scan", "--no-verify", "--exclude-lines", ADDRESSES, "--exclude-lines", PULUMI)
    said = ground.run("detect-secrets", *words, "--exclude-secrets", WORDS, *more, *names, programs=SECRETS)
    yield from read(said)


def read(text: str) -> Iterator[Finding]:
    """Of its JSON. The resource is file and SHA-1 of the value: another value in that file is another finding."""
    for file, found in parsed(text, "detect-secrets")["results"].items():
        for one in found:
            yield Finding(
                scanner="detect-secrets",
                check=one["type"].replace(" ", "-").lower(),
                resource=f"{file}#{one['hashed_secret']}",
                where=f"{file}:{one['line_number']}",
                what="looks like a secret; hint: revoke it, or accept its SHA-1",
            )
