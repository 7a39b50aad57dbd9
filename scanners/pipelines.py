"""Linters of pipelines: actionlint and zizmor for GitHub's workflows, published schemas for both kinds."""

from collections.abc import Iterator

from scanners.finding import Finding, ScannerFailed
from scanners.ground import PROGRAMS, Ground, parsed

WORKFLOWS, DEPENDABOT = ".github/workflows/", ".github/dependabot.yml"
SCHEMAS = {
    WORKFLOWS: "vendor.github-workflows",
    DEPENDABOT: "vendor.dependabot",
    "azure-pipelines": "vendor.azure-pipelines",
}
"""Start of a file's name to the schema of check-jsonschema's own copies: nothing is fetched."""


def _workflows(ground: Ground) -> list[str]:
    found = [name for name in ground.named(".yml", ".yaml") if name.startswith(WORKFLOWS)]
    if not found:
        raise ScannerFailed(f"there is no workflow in {WORKFLOWS}")
    return found


def actionlint(ground: Ground) -> Iterator[Finding]:
    """Workflows: syntax, expressions, types, and by shellcheck the scripts inside."""
    shellcheck = str(ground.root / PROGRAMS / "shellcheck")
    words = ("-format", "{{json .}}", "-no-color", "-shellcheck", shellcheck, "-pyflakes", "")
    yield from read_actionlint(ground.run("actionlint", *words, *_workflows(ground), fine=(0, 1)))


def read_actionlint(text: str) -> Iterator[Finding]:
    """Of its JSON."""
    for one in parsed(text, "actionlint"):
        file = one["filepath"]
        yield Finding(
            scanner="actionlint", check=one["kind"], resource=file, where=f"{file}:{one['line']}", what=one["message"]
        )


def zizmor(ground: Ground) -> Iterator[Finding]:
    """Workflows and their keeper: what an attacker could use. Offline; the strictest persona but one."""
    words = ("--offline", "--no-progress", "--persona", "pedantic", "--format", "json-v1", "--quiet")
    # 11 to 14 are its codes for findings, by severity: docs.zizmor.sh/usage, exit codes.
    files = (*_workflows(ground), *ground.named(DEPENDABOT))
    yield from read_zizmor(ground.run("zizmor", *words, *files, fine=(0, 11, 12, 13, 14)))


def read_zizmor(text: str) -> Iterator[Finding]:
    """Of its JSON."""
    for one in parsed(text, "zizmor"):
        primary = next(place for place in one["locations"] if place["symbolic"]["kind"] == "Primary")
        file = primary["symbolic"]["key"]["Local"]["verbatim_path"]
        line = primary["concrete"]["location"]["start_point"]["row"] + 1
        what = f"{one['desc']}: {primary['symbolic']['annotation']}"
        where = f"{file}:{line}"
        yield Finding(scanner="zizmor", check=one["ident"], resource=file, where=where, what=what, link=one["url"])


def schemas(ground: Ground) -> Iterator[Finding]:
    """Both kinds of pipeline against their makers' published schemas."""
    for start, schema in SCHEMAS.items():
        names = [name for name in ground.named(".yml", ".yaml") if name.startswith(start)]
        if names:
            # Azure's schema has expressions in an older dialect, and its templates' `${{ each }}` are no part of it.
            azure = ("--regex-variant", "nonunicode", "--data-transform", "azure-pipelines")
            words = ("--builtin-schema", schema, "--output-format", "json", *(azure if "azure" in schema else ()))
            yield from read_schemas(ground.run("check-jsonschema", *words, *names, fine=(0, 1)))


def read_schemas(text: str) -> Iterator[Finding]:
    """Of check-jsonschema's JSON. A file that it can't parse is a finding too."""
    document = parsed(text, "check-jsonschema")
    for one in document.get("errors", ()):
        # Of alternatives that all fail, the one that fails deepest is meant; the whole document is no message.
        deepest = one.get("best_deep_match") or one
        what = f"{deepest['path']}: {deepest['message'][:300]}"
        yield Finding(scanner="schemas", check="schema", resource=one["filename"], where=one["filename"], what=what)
    for one in document.get("parse_errors", ()):
        name, what = one["filename"], one["message"]
        yield Finding(scanner="schemas", check="not-read", resource=name, where=name, what=what)
