"""A page over two stacks and one that can't be planned, as `evidence --all` writes it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from evidence.dashboard.data import Ending, Fleet, Judged, Unplanned
from evidence.dashboard.page import page
from evidence.dashboard.summary import facts, summarised
from evidence.dashboard.writing import write_page
from evidence.pack.writing import Written, write
from policies.catalogue import regulations
from policies.rules import ALL
from tests.evidence.pack import subjects
from weights.signature import Signer

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>&amp;"


def fleet(*stacks: Judged) -> Fleet:
    """These stacks, or the one with one thing refused, and one that can't be planned."""
    judged = stacks or (summarised(subjects.refused()),)
    return Fleet(judged=subjects.DAY, stacks=judged, unplanned=(Unplanned(stack="cn-prod", faults="no region known"),))


def hostile() -> Fleet:
    """Whatever a plan's writer may choose, chosen badly."""
    was = summarised(subjects.refused())
    found = tuple(replace(each, resource=HOSTILE, message=HOSTILE) for each in was.findings)
    named = tuple((token, HOSTILE, HOSTILE) for token, _, _ in was.resources)
    ending = Ending(stack=was.stack, what=HOSTILE, approver=HOSTILE, until=date(2026, 12, 1))
    made = replace(was, findings=found, resources=named, endings=(ending,))
    return replace(fleet(made), unplanned=(Unplanned(stack="cn-prod", faults=HOSTILE),))


def html_of(told: Fleet) -> str:
    """The page of a fleet."""
    return page(told, [facts(rule) for rule in ALL], regulations()).decode()


def written(folder: Path, signer: tuple[Signer, str] | None = None) -> Written:
    """The whole tree on disk."""
    write(subjects.refused(), folder / "eu-prod", signer)
    return write_page(fleet(), folder, signer)
