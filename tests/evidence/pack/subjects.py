"""Stacks to write evidence of: a compliant one, and one with exactly one thing refused."""

from dataclasses import replace
from datetime import date
from functools import lru_cache

from cli.planning import ROOT
from evidence.diff_verdict import VerdictChange
from evidence.pack.against import Against
from evidence.pack.locating import key_lines
from evidence.pack.provenance import Provenance
from evidence.pack.subject import Subject
from plan.diff.compare import difference
from plan.model import Plan
from policies.packs import PACKS
from policies.review import review
from policies.rules import ALL
from repository.commit import Commit
from tests.plans import changed, compliant

DAY = date(2026, 11, 22)
MADE = Provenance(
    commit=Commit(id="c0ffee" + "0" * 34, when="2026-11-22T08:00:00+01:00", subject="feat: <b>a change</b>"),
    tools={"bailiwick": "0.1.0", "pulumi": "3.272.0"},
    packs=dict.fromkeys(PACKS, "0" * 64),
    inputs={"Pulumi.eu-prod.yaml": "1" * 64},
)


def subject(plan: Plan, as_of: date = DAY) -> Subject:
    """A plan judged as of a day, with a provenance that doesn't change."""
    lines = key_lines(ROOT / f"Pulumi.{plan.stack}.yaml")
    return Subject(report=review(plan, ALL, as_of=as_of), provenance=MADE, lines=lines)


@lru_cache(maxsize=1)
def sound() -> Subject:
    """The compliant eu-prod."""
    return subject(compliant())


def weak_plan(stack: str = "eu-prod") -> Plan:
    """A stack with one storage account that takes TLS 1.0."""
    return changed(compliant(stack), "storage:StorageAccount", "minimumTlsVersion", "TLS1_0")


@lru_cache(maxsize=8)
def of(stack: str, *, weak: bool) -> Subject:
    """A committed stack, as it is or with one thing broken."""
    if stack == "eu-prod":
        return refused() if weak else sound()
    return subject(weak_plan(stack) if weak else compliant(stack))


@lru_cache(maxsize=1)
def refused() -> Subject:
    """eu-prod with one thing broken."""
    return subject(weak_plan())


def beside(plan: Plan) -> Subject:
    """A plan beside the compliant eu-prod, as a change to it."""
    judged = subject(plan)
    change = VerdictChange(before=sound().report, after=judged.report)
    against = Against(base="main (c0ffee)", difference=difference(compliant(), plan), verdict=change)
    return replace(judged, against=against)
