"""Names of resources in a runbook are those that a stack has: in an incident nobody looks them up."""

import json
import re
from pathlib import Path

import pytest

from components.keys import PURPOSES
from tests.docs.commands import ROOT
from tests.plans import compliant

RUNBOOKS = sorted([*ROOT.glob("docs/runbooks/*.md"), *ROOT.glob("docs/guides/*.md")])
_NAME = re.compile(r"([a-z]+)-(?:<org>|\$org)-(?:<stack>|\$stack)((?:-(?:[a-z0-9]+|<[^<>]+>|\$[a-z]+|…))*)")
MADE_BESIDE = {
    "rg-bw-eu-prod-drill": "the drill makes and removes it",
    "pls-bw-eu-prod-b-portal": "of the standby's stack",
    "pls-bw-eu-prod-b-partners": "of the standby's stack",
    "appcs-bw-eu-prod-routing": "of a stack that tries a candidate",
}
"""Names that are not in the plan of eu-prod, and why."""


def names(page: str) -> set[str]:
    """Names on a page, as eu-prod has them; up to the first part that is the reader's own."""
    found = set()
    for kind, rest in _NAME.findall(page):
        own = re.split(r"[<$…]", rest)[0].rstrip("-")
        found.add(f"{kind}-bw-eu-prod{own}")
    return found


def planned(name: str, plan: str) -> bool:
    return re.search(rf'["/]{re.escape(name)}(?:["/-]|$)', plan) is not None


@pytest.fixture(scope="module")
def plan() -> str:
    """What eu-prod's resources hold, as text."""
    resources = compliant("eu-prod").resources
    return "\n".join(json.dumps([dict(item.inputs), dict(item.outputs)], default=str) for item in resources)


class TestNamesAreThoseOfThePlan:
    """A group that is called otherwise costs the minutes of looking for it."""

    @pytest.mark.parametrize("page", RUNBOOKS, ids=[page.name for page in RUNBOOKS])
    def test_on_every_page(self, page: Path, plan: str) -> None:
        missing = [
            name
            for name in sorted(names(page.read_text(encoding="utf-8")))
            if name not in MADE_BESIDE and not planned(name, plan)
        ]
        assert not missing

    def test_a_wrong_one_is_found(self, plan: str) -> None:
        (name,) = names("look at `rg-<org>-<stack>-secrets`")
        assert not planned(name, plan)
        assert planned("rg-bw-eu-prod-security", plan)

    def test_many_are_named(self) -> None:
        every = {name for page in RUNBOOKS for name in names(page.read_text(encoding="utf-8"))}
        assert len(every) > 20
        assert set(MADE_BESIDE) <= every


class TestKeysAreThoseOfThePlan:
    """A key that is made and used by nothing looks, in a breach, like one that somebody relied on."""

    def test_every_one_is_used_by_what_it_is_for(self) -> None:
        resources = compliant("eu-prod").resources
        by_name = {item.name: item for item in resources}
        for purpose in PURPOSES:
            identity = by_name[f"keys-id-{purpose}"]
            others = (json.dumps(dict(item.inputs), default=str) for item in resources if item is not identity)
            assert any(str(identity.id) in text for text in others), purpose

    @pytest.mark.parametrize(
        ("page", "line"),
        [
            ("docs/guides/first-deployment.md", r"one for each purpose: (.*?): `az keyvault key create"),
            ("docs/runbooks/key-rotation.md", r"for key in (.*?); do\n  az keyvault key rotation-policy update"),
        ],
    )
    def test_pages_name_every_purpose_and_no_other(self, page: str, line: str) -> None:
        found = re.search(line, (ROOT / page).read_text(encoding="utf-8"))
        assert found
        named = set(re.findall(r"[a-z]+", re.sub(r"\([^)]*\)", "", found[1])))
        assert named == {*PURPOSES, "patient"}
