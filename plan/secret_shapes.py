"""What a secret looks like: a table of shapes.

A shape's expression is compiled where one of its needles was met: a clean text costs one pass of `NEEDLES` alone.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from plan.secret_values import decoded, may_be_password, may_be_secret, opens_token, stands_for_a_value

Match = re.Match[str]

_BARE = re.compile(r"(?=.{12})(?=.*[0-9])[A-Za-z0-9+/=_~!@#%^&*-]+")
_MADE_UP = re.compile(r"pass|pwd", re.IGNORECASE)
"""What people make up themselves."""


@dataclass(frozen=True)
class Shape:
    """One kind of secret. Every match of `pattern` holds one of `needles`; group `value` is the secret."""

    id: str
    what: str
    needles: tuple[str, ...]
    pattern: str
    valid: Callable[[Match], bool] | None = None

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern, compiled on first use."""
        return re.compile(self.pattern)


def fits(name: str, value: str, *, quoted: bool) -> bool:
    """Whether a value can be what its name calls it. Without quotes it may be a program's word, and must show more."""
    if not quoted and not _BARE.fullmatch(value):
        return False
    return may_be_password(value) if _MADE_UP.match(name) else may_be_secret(value)


def _assigned(match: Match) -> bool:
    return fits(match["name"], match["value"], quoted=bool(match["quote"]))


def _no_example(match: Match) -> bool:
    return not match[0].endswith("EXAMPLE")


def _not_referred(match: Match) -> bool:
    return not stands_for_a_value(match["value"])


def _holds_pair(match: Match) -> bool:
    return ":" in (decoded(match["value"]) or "")


def _is_token(match: Match) -> bool:
    return opens_token(match[0])


_WORDS = (
    "password", "passwd", "passphrase", "pwd", "secret", "token", "api[_-]?key", "access[_-]?key", "account[_-]?key",
    "shared[_-]?key", "signing[_-]?key", "secret[_-]?key", "master[_-]?key", "private[_-]?key",
    "connection[_-]?string",
)  # fmt: skip
_SPELT = r"(?i:(?<!publickey)(?<!skip)(?<!validation)(?:" + "|".join(_WORDS) + "))"
"""`publicKeyToken`, `$skipToken` and the `validationToken` of a domain are published."""
NAME = re.compile(_SPELT + "$")


def _spellings() -> Iterator[str]:
    for word in _WORDS:
        for gap in ("", "_", "-") if "[_-]?" in word else ("",):
            plain = word.replace("[_-]?", gap)[1:]
            yield from (plain, plain.upper())
        first, _, second = word.partition("[_-]?")
        if second:
            yield from (first[1:] + second.title(), first[1:].upper() + second.title())


NAMED = Shape(
    "named-secret",
    "a value that its name calls a secret",
    tuple(_spellings()),
    rf"(?P<name>{_SPELT})\\?[\"']?\]?[ \t]*(?::=|=>|[:=])[ \t]*(?P<quote>\\?[\"'`])?(?P<value>[^\s\"'`,;\\]{{8,512}})",
    _assigned,
)
_EDGE = r"(?<![A-Za-z0-9+/_=-])"
_END = r"(?![A-Za-z0-9+/_=-])"

SHAPES: tuple[Shape, ...] = (
    Shape(
        "private-key",
        "a private key",
        ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:\s*\Z|(?:\\[rn]|[\s\"',+|>]|[A-Z][A-Za-z-]{2,20}: ?[^\n\\]{0,80}(?:\n|\\n)){0,40}"
        r"[A-Za-z0-9+/]{16}[A-Za-z0-9+/=\s\\]*)",
    ),
    Shape("age-key", "an age private key", ("AGE-SECRET-KEY-",), r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    Shape(
        "ssh-putty-key",
        "a PuTTY private key",
        ("PuTTY-User-Key",),
        r"PuTTY-User-Key-File-\d[\s\S]{0,4000}Private-Lines",
    ),
    Shape(
        "azure-connection-string",
        "the key of an Azure connection string",
        ("AccountKey=", "AccessKey=", "SharedSecret="),
        r"(?:AccountKey|SharedAccessKey|AccessKey|SharedSecret)=(?P<value>[A-Za-z0-9+/]{20,}={0,2})",
    ),
    Shape(
        "azure-identifiable-key",
        "an Azure account key",
        (
            "APIM",
            "ACDb",
            "+ABa",
            "+AMC",
            "+ASt",
            "AIoT",
            "+ASb",
            "+AEh",
            "+ARm",
            "AzSe",
            "AzCa",
            "+ACR",
            "AzFu",
            "JQQJ9",
        ),
        _EDGE + r"(?:[A-Za-z0-9+/]{76}(?:APIM|ACDb|\+(?:ABa|AMC|ASt))[A-Za-z0-9+/]{5}[AQgw]=="
        r"|[A-Za-z0-9+/]{33}(?:AIoT|\+(?:ASb|AEh|ARm))[A-P][A-Za-z0-9+/]{5}="
        r"|[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}|[A-Za-z0-9]{33}AzCa[A-P][A-Za-z0-9]{5}="
        r"|[A-Za-z0-9+/]{42}\+ACR[A-D][A-Za-z0-9+/]{5}|[A-Za-z0-9_-]{44}AzFu[A-Za-z0-9_-]{5}[AQgw]=="
        r"|[A-Za-z0-9]{52}JQQJ9[9DH][A-Za-z0-9]{26}(?:[A-Za-z0-9]{2}==)?)" + _END,
    ),
    Shape("azure-account-key", "an Azure account key", ("==",), _EDGE + r"[A-Za-z0-9+/]{85}[AQgw]==" + _END),
    Shape(
        "azure-sas",
        "a shared access signature",
        ("sig=",),
        r"(?:(?<![A-Za-z0-9])|\\u0026)sig=(?P<value>(?:[A-Za-z0-9+/_-]|%[0-9A-Fa-f]{2}){40,}={0,2})",
    ),
    Shape(
        "azure-devops-token",
        "an Azure DevOps token",
        ("AZDO",),
        _EDGE + r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}" + _END,
    ),
    Shape(
        "entra-client-secret",
        "an Entra client secret",
        ("Q~",),
        r"(?<![A-Za-z0-9_.~-])[A-Za-z0-9_.~-]{3}[0-9]Q~[A-Za-z0-9_.~-]{31,34}(?![A-Za-z0-9_~-])",
    ),
    Shape(
        "json-web-token",
        "a JSON web token",
        ("eyJ",),
        r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]{10,}",
        _is_token,
    ),
    Shape(
        "github-token",
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})",
    ),
    Shape(
        "gitlab-token",
        "a GitLab token",
        ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-", "gloas-"),
        r"(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-[A-Za-z0-9_-]{20,}",
    ),
    Shape(
        "aws-key-id",
        "an AWS access key id",
        ("AKIA", "ASIA", "ABIA", "ACCA"),
        _EDGE + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}" + _END,
        _no_example,
    ),
    Shape(
        "google-key",
        "a Google key",
        ("AIza", "ya29.", "GOCSPX-"),
        r"(?<![A-Za-z0-9_-])(?:AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{28})",
    ),
    Shape(
        "slack-token",
        "a Slack token",
        ("xox", "xapp-", "hooks.slack"),
        r"(?<![A-Za-z0-9])(?:xox[abeprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,})"
        r"|hooks\.slack\.com/services/(?P<value>T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,})",
    ),
    Shape(
        "hugging-face-token",
        "a Hugging Face token",
        ("hf_", "api_org_"),
        r"(?<![A-Za-z0-9])(?:hf_|api_org_)[A-Za-z0-9]{30,}",
    ),
    Shape(
        "model-provider-key",
        "a model provider's key",
        ("sk-",),
        r"(?<![A-Za-z0-9])sk-(?:ant-[A-Za-z0-9_-]{24,}|(?:proj|svcacct|admin)-[A-Za-z0-9_-]{24,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{40,})",
    ),
    Shape(
        "registry-token",
        "a package registry's, Docker's, Vault's, Stripe's or Pulumi's token",
        ("npm_", "pypi-", "dckr_", "hvs.", "pul-", "_live_"),
        r"(?<![A-Za-z0-9])(?:npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{50,}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"
        r"|hvs\.[A-Za-z0-9_-]{24,}|pul-[0-9a-f]{40}|[rs]k_live_[A-Za-z0-9]{20,})",
    ),
    Shape(
        "docker-credentials",
        "a registry's user and password",
        ('auth"', "auth'", 'auth\\"'),
        r"\\?[\"']auth\\?[\"']\s*:\s*\\?[\"'](?P<value>[A-Za-z0-9+/]{8,}={0,2})",
        _holds_pair,
    ),
    Shape(
        "kubernetes-credentials",
        "a key of a kubeconfig",
        ("client-key-data",),
        r"client-key-data\\?[\"']?:\s*\\?[\"']?(?P<value>[A-Za-z0-9+/]{40,}={0,2})",
    ),
    Shape(
        "bearer-token",
        "a bearer token",
        ("earer ", "EARER "),
        r"(?i:\bbearer) +(?P<value>(?=[A-Za-z._~+/-]*[0-9])[A-Za-z0-9._~+/-]{20,}={0,2})",
        lambda match: may_be_secret(match["value"]),
    ),
    Shape(
        "password-in-address",
        "a password in an address",
        ("://",),
        r"://[^\s:/?#@\"'`<>]{0,128}:(?P<value>[^\s/?#@\"'`]{3,256})@[A-Za-z0-9\[{$<]",
        _not_referred,
    ),
    NAMED,
)
"""The more telling shapes first."""


def _any_of(needles: set[str]) -> str:
    # Grouped by their first letter: where a text has another, one comparison does for the group.
    firsts = sorted({needle[0] for needle in needles})
    groups = ([re.escape(n[1:]) for n in sorted(needles) if n[0] == first] for first in firsts)
    return "|".join(f"{re.escape(first)}(?:{'|'.join(group)})" for first, group in zip(firsts, groups, strict=True))


NEEDLES = re.compile(_any_of({needle for shape in SHAPES for needle in shape.needles}))
"""Every needle of every shape."""
