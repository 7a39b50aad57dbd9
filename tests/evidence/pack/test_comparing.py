"""Two packs of one stack: what changed in the verdict, and the one reason for each change."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.formats.verdict import source_digest, verdict
from evidence.pack.compared import as_json
from evidence.pack.comparing import Change, Comparison, Unlike, compare
from evidence.pack.manifest import predicate
from evidence.pack.reading import Pack, Told, ToldFinding
from evidence.pack.reasons import Why
from evidence.pack.subject import Subject
from policies.exemptions import parse
from policies.review import review
from policies.rules import ALL
from tests.evidence.pack import subjects
from tests.plans import compliant, swapped

RULE = "encryption.storage-in-transit"


def pack_of(subject: Subject) -> Pack:
    """What a folder of this subject is read as, without the folder."""
    told = msgspec.json.decode(verdict(subject), type=Told)
    said = json.loads(json.dumps(predicate(subject)))
    return Pack(folder=subject.name, signed=False, predicate=said, told=told, plan=subject.plan)


@lru_cache(maxsize=1)
def sound() -> Pack:
    """Of the compliant stack."""
    return pack_of(subjects.sound())


@lru_cache(maxsize=1)
def refused() -> Pack:
    """Of the one with one thing broken."""
    return pack_of(subjects.refused())


def only(found: Comparison) -> Change:
    """The one change of a finding."""
    (change,) = found.changes
    return change


def with_inputs(pack: Pack, **digests: str) -> Pack:
    """A pack of which some inputs had another content; `__` stands for a slash and ends in `.yaml`."""
    inputs = {f"{name.replace('__', '/')}.yaml": {"sha256": digest} for name, digest in digests.items()}
    return replace(pack, predicate={**pack.predicate, "inputs": {**pack.predicate["inputs"], **inputs}})


def told(pack: Pack, **changes: Any) -> Pack:  # noqa: ANN401 of whatever the field is
    """A pack that says something else."""
    return replace(pack, told=msgspec.structs.replace(pack.told, **changes))


class TestNothingChangedIsNothingTold:
    """A comparison that always finds something is one that nobody reads."""

    @pytest.mark.parametrize("pack", [sound, refused], ids=["compliant", "refused"])
    def test_with_itself(self, pack: Any) -> None:  # noqa: ANN401 either function
        found = compare(pack(), pack())
        assert found.same
        assert not found.worse
        assert (found.changes, found.requirements, found.grounds) == ((), (), ())

    def test_an_exemptions_line_may_move(self) -> None:
        found = [msgspec.structs.replace(each, exemption=_ticket("A-1", line)) for line in (3, 9) for each in _some(1)]
        before, after = (told(sound(), findings=(each,)) for each in found)
        assert compare(before, after).same

    def test_two_stacks_are_not_compared(self) -> None:
        with pytest.raises(Unlike, match=r"eu-prod.*uk-prod"):
            compare(sound(), told(sound(), stack="uk-prod"))


class TestTheReasonIsTheNearestDifference:
    """Who reads that something is refused now asks why; who guesses mends the wrong thing."""

    def test_the_resource_changed_and_in_what(self) -> None:
        found = compare(sound(), refused())
        change = only(found)
        assert (change.kind, change.finding.rule) == ("new", RULE)
        assert (change.reason.why, change.reason.names) == (Why.RESOURCE_CHANGED, ("minimumTlsVersion",))
        assert found.worse
        assert {each.now for each in found.requirements} == {"REFUSED"}

    def test_it_is_mended_for_the_same_reason(self) -> None:
        found = compare(refused(), sound())
        change = only(found)
        assert (change.kind, change.reason.why) == ("gone", Why.RESOURCE_CHANGED)
        assert not found.worse

    def test_the_resource_is_new_or_gone(self) -> None:
        urn = _broken_urn()
        account = refused().plan
        assert account is not None
        bare = replace(account, resources=tuple(each for each in account.resources if each.urn != urn))
        before = told(replace(refused(), plan=bare), findings=sound().told.findings, verdict="compliant")
        assert only(compare(before, refused())).reason.why is Why.RESOURCE_NEW
        assert only(compare(refused(), before)).reason.why is Why.RESOURCE_GONE

    def test_the_rule_is_new_or_gone(self) -> None:
        rules = {name: rule for name, rule in sound().told.by_rule.items() if name != RULE}
        before = told(replace(sound(), plan=refused().plan), by_rule=rules)
        assert only(compare(before, refused())).reason.why is Why.RULE_NEW
        assert only(compare(refused(), before)).reason.why is Why.RULE_GONE

    def test_the_check_changed(self) -> None:
        rule = msgspec.structs.replace(sound().told.by_rule[RULE], sha256="0" * 64)
        before = told(replace(sound(), plan=refused().plan), by_rule={**sound().told.by_rule, RULE: rule})
        assert only(compare(before, refused())).reason.why is Why.RULE_CHANGED

    def test_another_resource_that_the_rule_looks_at_changed(self) -> None:
        plan = refused().plan
        assert plan is not None
        other = next(each for each in plan.of_type("azure-native:storage:StorageAccount") if each.urn != _broken_urn())
        touched = swapped(plan, other, replace(other, inputs={**other.inputs, "kind": "BlobStorage"}))
        change = only(compare(replace(sound(), plan=touched), refused()))
        assert (change.reason.why, change.reason.names) == (Why.RELATED_CHANGED, (other.urn,))

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("jurisdictions__eu", Why.LAW_CHANGED),
            ("models__models", Why.INPUTS_CHANGED),
            ("policies__exemptions", Why.INPUTS_CHANGED),
        ],
    )
    def test_a_file_changed(self, name: str, why: Why) -> None:
        change = only(compare(with_inputs(_same_plan(), **{name: "9" * 64}), refused()))
        assert (change.reason.why, change.also) == (why, ())

    def test_what_the_packs_rules_share_changed(self) -> None:
        packs = {**refused().predicate["packs"], "patient_data": {"rulesSha256": "9" * 64}}
        before = replace(_same_plan(), predicate={**refused().predicate, "packs": packs})
        assert only(compare(before, refused())).reason.why is Why.PACK_CHANGED

    def test_a_tools_version_changed(self) -> None:
        tools = {**refused().predicate["tools"], "pulumi": "3.1.0"}
        before = replace(_same_plan(), predicate={**refused().predicate, "tools": tools})
        assert only(compare(before, refused())).reason.why is Why.TOOLS_CHANGED

    def test_the_day(self) -> None:
        before = told(_same_plan(), judged_as_of=date(2026, 11, 21))
        assert only(compare(before, refused())).reason.why is Why.DAY

    def test_what_nothing_explains_says_so(self) -> None:
        assert only(compare(_same_plan(), refused())).reason.why is Why.UNEXPLAINED

    def test_without_a_plan_the_resource_is_not_the_reason(self) -> None:
        assert only(compare(replace(sound(), plan=None), refused())).reason.why is Why.UNEXPLAINED


class TestSomebodysWordIsAReason:
    """An exemption hides a refusal until a day; on the next the plan is refused, and nobody changed anything."""

    def test_an_exception_that_has_ended(self) -> None:
        found = compare(sound(), _after_the_exceptions())
        (change,) = [each for each in found.changes if each.kind == "state"]
        assert change.worse
        assert (change.reason.why, change.reason.names) == (Why.ENDED, ("front-door-edge",))
        assert ("front-door-edge", "ended") in {(each.name, each.change) for each in found.grounds}
        # What else has run out by then has run out by the day alone.
        assert {each.reason.why for each in found.changes if each is not change} == {Why.DAY}

    def test_an_exemption_that_was_approved(self) -> None:
        found = compare(refused(), _exempted())
        change = only(found)
        assert (change.reason.why, change.reason.names) == (Why.GRANTED, ("RISK-9",))
        assert (found.was.told.verdict, found.now.told.verdict) == ("refused", "compliant")
        (ground,) = found.grounds
        assert (ground.change, str(ground.until)) == ("begun", "2027-01-31")

    def test_an_exemption_that_was_taken_away(self) -> None:
        found = compare(_exempted(), refused())
        assert only(found).reason.why is Why.ENDED
        assert found.worse


class TestWorse:
    """A pipeline reads the exit code and nothing else."""

    def test_one_more_refusal_is_worse_though_both_are_refused(self) -> None:
        one, two = _some(2)
        assert compare(told(refused(), findings=(one,)), told(refused(), findings=(one, two))).worse
        assert not compare(told(refused(), findings=(one, two)), told(refused(), findings=(one,))).worse

    def test_what_can_not_be_judged_any_more_is_less_known(self) -> None:
        found = compare(sound(), told(sound(), verdict="not-evaluated"))
        assert (found.worse, found.less_known) == (False, True)


FINDINGS = st.lists(
    st.builds(
        ToldFinding,
        rule=st.sampled_from([RULE, "egress.firewall-stands", "workload.lives-in-own-namespaces", "no.such-rule"]),
        state=st.sampled_from(["refused", "not-evaluated", "exempt"]),
        severity=st.sampled_from(["critical", "low"]),
        urn=st.sampled_from([None, "urn:a", "urn:b"]),
        resource=st.just("a thing"),
        message=st.sampled_from(["is wrong", "is worse"]),
        exception=st.sampled_from([None, "front-door-edge"]),
    ),
    max_size=7,
)


class TestWhateverChanges:
    """Of any two lists of findings."""

    @given(before=FINDINGS, after=FINDINGS)
    @settings(max_examples=150, deadline=None)
    def test_every_finding_is_told_once_and_has_one_reason(
        self, before: list[ToldFinding], after: list[ToldFinding]
    ) -> None:
        was, now = told(sound(), findings=tuple(before)), told(refused(), findings=tuple(after))
        found = compare(was, now)
        gone = Counter(_said(each.was) for each in found.changes if each.was is not None)
        new = Counter(_said(each.now) for each in found.changes if each.now is not None)
        assert Counter(map(_said, before)) - gone + new == Counter(map(_said, after))
        assert not gone - Counter(map(_said, before))
        for each in as_json(found)["findings"]:
            assert each["reason"]["kind"] in set(Why)
            assert each["reason"]["words"]
            assert each["was"] != each["now"] or each["change"] == "words"

    @given(before=FINDINGS, after=FINDINGS)
    @settings(max_examples=50, deadline=None)
    def test_backwards_it_is_the_mirror(self, before: list[ToldFinding], after: list[ToldFinding]) -> None:
        was, now = told(sound(), findings=tuple(before)), told(sound(), findings=tuple(after))
        forth = Counter(each.kind for each in compare(was, now).changes)
        back = Counter(each.kind for each in compare(now, was).changes)
        assert (forth["new"], forth["gone"]) == (back["gone"], back["new"])
        assert (forth["state"], forth["words"]) == (back["state"], back["words"])


class TestTheDigestOfACheck:
    """It is how two packs tell that a rule is another one under the same name."""

    def test_no_two_rules_share_one_and_it_stays(self) -> None:
        made = {rule.id: source_digest(rule) for rule in ALL}
        assert len(set(made.values())) == len(made) == len(ALL)
        assert made == {rule.id: source_digest(rule) for rule in ALL}

    def test_it_is_of_the_checks_own_text(self) -> None:
        """Two rules that differ in nothing but the function."""
        one = next(rule for rule in ALL if rule.resource_check is not None)
        two = next(rule for rule in ALL if rule.resource_check not in (None, one.resource_check))
        assert source_digest(replace(one, resource_check=two.resource_check)) != source_digest(one)


def _said(finding: ToldFinding | None) -> tuple[object, ...]:
    assert finding is not None
    return (finding.rule, finding.urn, finding.state, finding.severity, finding.message, finding.exception)


def _same_plan() -> Pack:
    """The refused plan, before it was refused: nothing that is on record says why."""
    return replace(sound(), plan=refused().plan)


def _some(count: int) -> tuple[ToldFinding, ...]:
    (one,) = [each for each in refused().told.findings if each.rule == RULE]
    return tuple(msgspec.structs.replace(one, urn=f"urn:{number}") for number in range(count))


def _broken_urn() -> str:
    return str(next(each.urn for each in refused().told.findings if each.rule == RULE))


def _ticket(name: str, line: int) -> Mapping[str, str]:
    return {"ticket": name, "entry": f"policies/exemptions.yaml:{line}"}


@lru_cache(maxsize=1)
def _after_the_exceptions() -> Pack:
    return pack_of(subjects.subject(compliant(), date(2027, 12, 1)))


@lru_cache(maxsize=1)
def _exempted() -> Pack:
    """The refused plan, with an approved exemption for what is refused."""
    plan = subjects.weak_plan()
    resource = plan.by_urn(_broken_urn())
    assert resource is not None
    entry = {
        "stack": plan.stack,
        "rule": RULE,
        "resource": resource.urn,
        "reason": "an old device",
        "compensating_control": "it is shut off",
        "approver": "ciso@hospital.example",
        "ticket": "RISK-9",
        "approved": date(2026, 11, 1),
        "expires": date(2027, 1, 31),
    }
    report = review(plan, ALL, as_of=subjects.DAY, exemptions=parse(yaml.safe_dump({"exemptions": [entry]})))
    return pack_of(replace(subjects.refused(), report=report))
