"""The page over all stacks, and the manifest that binds it and every stack's own manifest."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from evidence.dashboard.data import Fleet
from evidence.dashboard.page import page
from evidence.dashboard.summary import facts
from evidence.pack.manifest import FILE, INDEX_KIND, SIGNED, signed, statement
from evidence.pack.writing import Occupied, Written, check, keep
from policies.catalogue import regulations
from policies.rules import ALL
from weights.signature import Signer

PAGE: Final = "index.html"


def room_for(folder: Path, stacks: Iterable[str]) -> None:
    """Raises Occupied where `folder` holds what is neither the page nor evidence of one of these stacks."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise Occupied(f"{folder} is no folder")
    known = {*stacks, PAGE, FILE, SIGNED}
    beside = sorted(path.name for path in folder.iterdir() if path.name not in known) if folder.is_dir() else []
    if beside:
        raise Occupied(f"{folder} holds {', '.join(beside[:5])}: no evidence of any stack, and left as it is")
    for stack in stacks:
        check(folder / stack)


def write_page(fleet: Fleet, folder: Path, signer: tuple[Signer, str] | None = None) -> Written:
    """Write the page and its manifest beside the stacks' folders, and take away evidence of what can't be planned now.

    Raises OSError.
    """
    for item in fleet.unplanned:
        if (folder / item.stack / FILE).is_file():
            # Of an earlier run: beside a page that says the stack can't be planned it would be evidence of nothing.
            shutil.rmtree(folder / item.stack)
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, tuple[int, str]] = {}
    content = page(fleet, [facts(rule) for rule in ALL], regulations())
    bound = {f"{each.stack}/{FILE}": (folder / each.stack / FILE).read_bytes() for each in fleet.stacks}
    told = statement({PAGE: content, **bound}, _predicate(fleet), INDEX_KIND)
    envelope = signed(told, *signer) if signer is not None else None
    (folder / SIGNED).unlink(missing_ok=True)
    keep(folder, PAGE, content, written)
    keep(folder, FILE, told, written)
    if envelope is not None:
        keep(folder, SIGNED, envelope, written)
    return Written(folder=folder, files=written)


def _predicate(fleet: Fleet) -> Mapping[str, object]:
    return {
        "judgedAsOf": fleet.judged.isoformat(),
        "stacks": [{"stack": each.stack, "verdict": each.verdict, "commit": each.commit} for each in fleet.stacks],
        "notPlanned": [{"stack": each.stack, "faults": each.faults.splitlines()} for each in fleet.unplanned],
    }
