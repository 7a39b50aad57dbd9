"""The image's bill of materials, CycloneDX 1.6: `python -m model_images.gateway.sbom > gateway.cdx.json`.

From what the image is built of, so it can be held against what a scanner finds in it, and made before the build. The
same sources make the same bytes: no time is in it, and its number is drawn from its contents.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

HERE = Path(__file__).parent
NAME = "bailiwick-gateway"
_FROM = re.compile(
    r"^FROM (?P<repository>[a-z0-9./-]+):(?P<tag>[\w.-]+)@sha256:(?P<digest>[0-9a-f]{64})(?: AS (?P<stage>\w+))?$",
    re.MULTILINE,
)
_PACKAGE = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)")
_VIA = re.compile(r"^    #(?: via)? +(?P<name>[a-z0-9-]+)$")
USED = {
    "envoy": "Its binary is copied.",
    "packages": "Installs the wheels; nothing else of it is in the image.",
    "": "What the image stands on.",
}
"""What each stage of the Dockerfile gives."""


@dataclass
class Package:
    """One line of requirements.txt: any of its files may be installed, by hash."""

    name: str
    version: str
    hashes: list[str]
    needed_by: list[str]

    @property
    def purl(self) -> str:
        """github.com/package-url/purl-spec"""
        return f"pkg:pypi/{self.name}@{self.version}"


@dataclass(frozen=True)
class Image:
    """One FROM."""

    repository: str
    tag: str
    digest: str
    stage: str

    @property
    def purl(self) -> str:
        """As purl names an image: by its digest, with the repository beside it."""
        name = self.repository.rpartition("/")[2]
        return f"pkg:oci/{name}@sha256%3A{self.digest}?repository_url={self.repository}&tag={self.tag}"


def packages(requirements: str) -> list[Package]:
    """What is installed."""
    found: list[Package] = []
    for line in requirements.splitlines():
        if head := _PACKAGE.match(line):
            found.append(Package(head["name"], head["version"], [], []))
        elif "--hash=sha256:" in line:
            found[-1].hashes.append(line.partition("sha256:")[2].rstrip("\\ "))
        elif via := _VIA.match(line):
            found[-1].needed_by.append(via["name"])
    return found


def images(dockerfile: str) -> list[Image]:
    """What it is built from. Raises ValueError where one is not pinned."""
    found = [
        Image(one["repository"], one["tag"], one["digest"], one["stage"] or "") for one in _FROM.finditer(dockerfile)
    ]
    if len(found) != len(re.findall(r"^FROM ", dockerfile, re.MULTILINE)):
        raise ValueError("an image is not pinned by tag and digest")
    return found


def bill(requirements: str, dockerfile: str, *, version: str) -> dict[str, Any]:
    """CycloneDX 1.6 (ECMA-424). `version`: of the image, the commit that it is built from."""
    installed, stood_on = packages(requirements), images(dockerfile)
    root = f"{NAME}@{version}"
    components = [*map(_image, stood_on), *map(_package, installed)]
    of = {one.name: one.purl for one in installed}
    needs: dict[str, list[str]] = {one.purl: [] for one in installed}
    for one in installed:
        for name in one.needed_by:
            if name in of:
                needs[of[name]].append(one.purl)
    direct = [one.purl for one in installed if not any(name in of for name in one.needed_by)]
    dependencies = [{"ref": root, "dependsOn": sorted([*(one.purl for one in stood_on), *direct])}]
    dependencies += [{"ref": purl, "dependsOn": sorted(on)} for purl, on in sorted(needs.items())]
    dependencies += [{"ref": one.purl, "dependsOn": []} for one in stood_on]
    number = uuid5(NAMESPACE_URL, json.dumps([version, components], sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "component": {
                "type": "container",
                "bom-ref": root,
                "name": NAME,
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": components,
        "dependencies": dependencies,
    }


def _image(one: Image) -> dict[str, Any]:
    return {
        "type": "container",
        "bom-ref": one.purl,
        "name": one.repository,
        "version": one.tag,
        "description": USED[one.stage],
        "scope": "excluded" if one.stage == "packages" else "required",
        "hashes": [{"alg": "SHA-256", "content": one.digest}],
        "purl": one.purl,
    }


def _package(one: Package) -> dict[str, Any]:
    # A hash each is of a file of the release, not of the release: which file fits is the installer's choice.
    files = [
        {
            "type": "distribution",
            "url": f"https://pypi.org/project/{one.name}/{one.version}/#files",
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }
        for digest in one.hashes
    ]
    return {
        "type": "library",
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "scope": "required",
        "purl": one.purl,
        "externalReferences": files,
    }


def written(made: dict[str, Any]) -> Iterator[str]:
    """As a file."""
    yield json.dumps(made, indent=1, ensure_ascii=False)
    yield "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Write it to stdout."""
    parser = argparse.ArgumentParser(prog="sbom", description="The gateway image's bill of materials.")
    parser.add_argument("--version", required=True, help="the commit that the image is built from")
    told = parser.parse_args(argv)
    requirements, dockerfile = (HERE / "requirements.txt").read_text(), (HERE / "Dockerfile").read_text()
    sys.stdout.writelines(written(bill(requirements, dockerfile, version=told.version)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
