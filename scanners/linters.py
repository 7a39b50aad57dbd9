"""Linters of single files: hadolint for Dockerfiles, yamllint for YAML, shellcheck for shell scripts."""

import re
from collections.abc import Iterator

from scanners.finding import Finding, ScannerFailed
from scanners.ground import Ground, parsed

_YAML_LINE = re.compile(r"^(?P<file>.+?):(?P<line>\d+):\d+: \[(?P<level>\w+)\] (?P<what>.+?) \((?P<check>[\w-]+)\)$")


def hadolint(ground: Ground) -> Iterator[Finding]:
    """Dockerfiles."""
    yield from read_hadolint(ground.run("hadolint", "--format", "json", *ground.named("Dockerfile"), fine=(0, 1)))


def read_hadolint(text: str) -> Iterator[Finding]:
    """Of its JSON."""
    for one in parsed(text, "hadolint"):
        yield _finding("hadolint", one["code"], one["file"], one["line"], one["message"])


def yamllint(ground: Ground) -> Iterator[Finding]:
    """Every YAML file, by .yamllint.yaml; a warning counts as an error."""
    said = ground.run("yamllint", "--strict", "--format", "parsable", *ground.named(".yaml", ".yml"), fine=(0, 1, 2))
    yield from read_yamllint(said)


def read_yamllint(text: str) -> Iterator[Finding]:
    """Of its lines. Raises ScannerFailed for a line that is not of its form."""
    for line in text.splitlines():
        found = _YAML_LINE.match(line)
        if found is None:
            raise ScannerFailed(f"yamllint said what nobody reads: {line}")
        yield _finding("yamllint", found["check"], found["file"], int(found["line"]), found["what"])


def shellcheck(ground: Ground) -> Iterator[Finding]:
    """Shell scripts, known by their first line. Those inside workflows are actionlint's."""
    names = [path.relative_to(ground.root).as_posix() for path in ground.files if _is_shell(path.read_bytes()[:64])]
    if not names:
        raise ScannerFailed("there is no shell script; .ci/run should be one")
    yield from read_shellcheck(ground.run("shellcheck", "--format", "json", *names, fine=(0, 1)))


def _is_shell(start: bytes) -> bool:
    return re.match(rb"#!\S*(/|env )(ba|da|k)?sh\b", start) is not None


def read_shellcheck(text: str) -> Iterator[Finding]:
    """Of its JSON."""
    for one in parsed(text, "shellcheck"):
        yield _finding("shellcheck", f"SC{one['code']}", one["file"], one["line"], one["message"])


def _finding(scanner: str, check: str, file: str, line: int, what: str) -> Finding:
    return Finding(scanner=scanner, check=check, resource=file, where=f"{file}:{line}", what=what)
