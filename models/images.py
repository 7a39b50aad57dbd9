"""The catalogue of container images: `images.yaml`, read strictly. A faulty file knows no image, and says why."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from attrs import field, frozen

from models.checks import shaped, some, text
from models.reading import Fault, read, relied_on

FILE = Path(__file__).parent / "images.yaml"
NAME = "models/images.yaml"
REPOSITORY = re.compile(r"[a-z0-9][a-z0-9._/-]*")


@frozen(kw_only=True)
class ImageVersion:
    """One state of an image, to the byte."""

    version: str = field(metadata=text())
    digest: str = field(metadata=shaped("sha256:[0-9a-f]{64}", "sha256:<64 hex digits>"))
    example: bool = False
    """True where there is no such image: replace it before you deploy."""


@frozen(kw_only=True)
class Image:
    """One repository."""

    why: str = field(metadata=text())
    """What it is here for."""
    source: str = field(metadata=text())
    """Where its code is: an address, or a path of this project."""
    licence: str = field(metadata=shaped(r"[A-Za-z0-9.+-]+( (AND|OR) [A-Za-z0-9.+-]+)*", "an SPDX expression"))
    base: str = field(metadata=text())
    versions: tuple[ImageVersion, ...] = field(metadata=some())


@frozen(kw_only=True)
class Images:
    """The whole file."""

    format: Literal["bailiwick-images/1"]
    images: dict[str, Image]

    def known(self, repository: str, digest: str) -> ImageVersion | None:
        """What stands there of this digest, under this repository; None where nothing does."""
        image = self.images.get(repository)
        return next((item for item in image.versions if item.digest == digest), None) if image is not None else None


def across(images: Images) -> Iterator[tuple[str, str]]:
    """What no field can know by itself."""
    seen: dict[str, str] = {}
    for name, image in images.images.items():
        if not REPOSITORY.fullmatch(name):
            yield f"images.{name}", "is no repository: lower-case letters, digits, '.', '_', '-' and '/'"
        for index, item in enumerate(image.versions):
            if item.digest in seen:
                yield f"images.{name}.versions.{index}.digest", f"stands under {seen[item.digest]} already"
            seen[item.digest] = name


def parse(written: str, file: str = NAME) -> tuple[Images | None, tuple[Fault, ...]]:
    """The catalogue of a text and no fault, or none and every fault with its line."""
    return read(file, written, Images, across)


def load() -> Images:
    """The project's catalogue.

    Raises FaultyFile with every fault, OSError where it can't be read.
    """
    return relied_on(FILE, parse)
