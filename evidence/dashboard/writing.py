"""The page over all stacks, and the manifest that binds it and every stack's own manifest."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from evidence.dashboard.data import Earlier, Fleet
from evidence.dashboard.page import page
from evidence.dashboard.summary import facts
from evidence.pack.manifest import FILE, INDEX_KIND, SIGNED, signed, statement
from evidence.pack.verifying import verified
from evidence.pack.writing import Occupied, Written, check, keep, own_files, partial_of
from policies.catalogue import regulations
from policies.rules import ALL
from weights.signature import Signer

PAGE: Final = "index.html"


def room_for(folder: Path, stacks: Sequence[str]) -> None:
    """Raises Occupied where `folder` holds what is neither the page nor evidence of one of these stacks."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise Occupied(f"{folder} is no folder")
    known = {*stacks, *(partial_of(folder / stack).name for stack in stacks), PAGE, FILE, SIGNED}
    beside = sorted(path.name for path in folder.iterdir() if path.name not in known) if folder.is_dir() else []
    if beside:
        raise Occupied(f"{folder} holds {', '.join(beside[:5])}: no evidence of any stack, and left as it is")
    for stack in stacks:
        check(folder / stack)


def earlier(folder: Path) -> Earlier | None:
    """What the evidence in a stack's folder says of itself; None where there is none. Raises OSError."""
    if not (folder / FILE).is_file():
        return None
    found = verified(folder, [])
    commit = found.predicate.get("commit")
    changed = "+" if isinstance(commit, dict) and commit.get("dirty") else ""
    return Earlier(
        verdict=str(found.predicate.get("verdict", "not told")),
        judged_as_of=str(found.predicate.get("judgedAsOf", "a day not told")),
        commit=f"{str(commit.get('id'))[:12]}{changed}" if isinstance(commit, dict) else "none",
        whole=not found.faults and found.predicate.get("stack") == folder.name,
    )


def page_files(folder: Path, stacks: Sequence[str]) -> frozenset[Path]:
    """Whole paths of the evidence that lies in `folder`: the page's, and every stack's."""
    own = frozenset({folder.resolve() / PAGE}) if (folder / FILE).is_file() else frozenset()
    return own.union(own_files(folder), *(own_files(folder / stack) for stack in stacks))


def write_page(fleet: Fleet, folder: Path, signer: tuple[Signer, str] | None = None) -> Written:
    """Write the page and its manifest beside the stacks' folders; earlier evidence of what can't be planned stays.

    Raises OSError.
    """
    for item in fleet.unplanned:
        shutil.rmtree(partial_of(folder / item.stack), ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, tuple[int, str]] = {}
    content = page(fleet, [facts(rule) for rule in ALL], regulations())
    held = [*(each.stack for each in fleet.stacks), *(each.stack for each in fleet.unplanned if each.earlier)]
    bound = {f"{stack}/{FILE}": (folder / stack / FILE).read_bytes() for stack in held}
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
        "notPlanned": [each.told for each in fleet.unplanned],
    }
