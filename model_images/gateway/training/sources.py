"""The downloaded archives from which dictionary and name lists are made. Nothing of them is imported or run."""

import ast
import csv
import io
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path


class Archives:
    """Members of the downloaded archives, by package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def zip(self, package: str) -> zipfile.ZipFile:
        """The one wheel of a package."""
        (path,) = self.folder.glob(f"{package}-*.whl")
        return zipfile.ZipFile(path)

    def tar(self, package: str, ending: str) -> bytes:
        """A member of a package's source archive."""
        (path,) = self.folder.glob(f"{package}-*.tar.gz")
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.endswith(ending):
                    file = archive.extractfile(member)
                    if file is not None:
                        return file.read()
        raise FileNotFoundError(ending)

    def postal(self, country: str) -> Iterator[str]:
        """Names of places that have post of their own, of a country by its two letters, as its file has them."""
        with zipfile.ZipFile(self.folder / "postal-codes-json-xml-csv" / "data" / f"{country}.zip") as archive:
            rows = archive.read(f"zipcodes.{country.lower()}.csv").decode("utf-8")
        yield from (row["place"] for row in csv.DictReader(io.StringIO(rows)))


def literals(node: ast.AST) -> Iterator[str]:
    """Strings in a tuple, a list, or as the keys of (ordered) dictionaries, however they are nested and added."""
    for child in ast.walk(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value


def faker_lists(wheel: zipfile.ZipFile, provider: str, wanted: re.Pattern[str]) -> dict[str, dict[str, list[str]]]:
    """Lists of a provider by locale and name of the list, read from source without running it."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(wheel.namelist()):
        match = re.fullmatch(rf"faker/providers/{provider}/([a-z]{{2,3}}(?:_[A-Z]{{2}})?)/__init__\.py", path)
        if not match:
            continue
        lists = found.setdefault(match[1], {})
        for node in ast.walk(ast.parse(wheel.read(path))):
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            for target in targets:
                if isinstance(target, ast.Name) and wanted.fullmatch(target.id) and getattr(node, "value", None):
                    lists.setdefault(target.id, []).extend(literals(node.value))  # type: ignore[attr-defined]  # checked above
    return found
