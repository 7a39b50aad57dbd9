"""checkov (Prisma Cloud's checks, offline): ARM templates, Kubernetes manifests, Dockerfiles."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scanners.finding import Finding, ScannerFailed
from scanners.ground import Ground, parsed


def arm(ground: Ground) -> Iterator[Finding]:
    """Every stack's Azure resources."""
    yield from _folder(ground, "arm", "checkov-arm")


def manifests(ground: Ground) -> Iterator[Finding]:
    """What every stack puts into its cluster."""
    yield from _folder(ground, "kubernetes", "checkov-kubernetes", "manifests")


def edge(ground: Ground) -> Iterator[Finding]:
    """What an edge site runs, as it lies in edge/."""
    said = _run(ground, "kubernetes", "--directory", "edge")
    yield from read(said, "checkov-edge", least=1, where="edge/{}")


def dockerfiles(ground: Ground) -> Iterator[Finding]:
    """The images' Dockerfiles."""
    files = ground.named("Dockerfile")
    said = _run(ground, "dockerfile", *(word for file in files for word in ("--file", file)))
    yield from read(said, "checkov-dockerfile", least=len(files))


def _folder(ground: Ground, framework: str, scanner: str, name: str = "arm") -> Iterator[Finding]:
    folder = ground.exports / name
    files = len(list(folder.iterdir()))
    said = _run(ground, framework, "--directory", str(folder))
    for finding in read(said, scanner, least=files):
        # The export is gone when somebody reads this; what it was made of is not.
        yield replace(finding, where=f"Pulumi.{Path(finding.where).stem}.yaml")


def _run(ground: Ground, framework: str, *where: str) -> str:
    # 1 is checkov's code for findings. Without an API key nothing is sent; --skip-download asks for no list of checks.
    return ground.run(
        "checkov",
        *("--framework", framework, "--skip-download", "--compact", "--quiet", "--output", "json", *where),
        fine=(0, 1),
        more={"LOG_LEVEL": "ERROR"},
    )


def read(text: str, scanner: str, *, least: int, where: str = "{}") -> Iterator[Finding]:
    """Findings of one run; `where` puts checkov's path into its place.

    Raises ScannerFailed where a file was not understood, or fewer than `least` resources were seen: checkov passes
    what it can't read.
    """
    document = parsed(text, scanner)
    if not isinstance(document, dict) or "summary" not in document:
        # A list where several frameworks ran, and bare numbers where nothing was there to look at.
        raise ScannerFailed(f"{scanner} looked at nothing")
    summary = document["summary"]
    if summary["parsing_errors"] or summary["resource_count"] < least:
        raise ScannerFailed(
            f"{scanner} saw {summary['resource_count']} resources in {least} files, "
            f"and could not read {summary['parsing_errors']}"
        )
    for one in document["results"]["failed_checks"]:
        yield Finding(
            scanner=scanner,
            check=one["check_id"],
            resource=one["resource"].removesuffix("."),
            where=where.format(one["file_path"].lstrip("/")),
            what=one["check_name"],
            link=one.get("guideline") or "",
        )
