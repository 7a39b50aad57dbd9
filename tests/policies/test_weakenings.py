"""The packs are tested as code is: what is made weaker must be refused, or say why it may pass."""

from datetime import UTC, datetime
from functools import lru_cache

import pytest
import yaml

from cli.planning import ROOT
from cli.rules import COVERING
from policies.coverage import Experiment, Trial, unspoken, ways_for
from policies.mutants import Breeder
from policies.review import review
from policies.rules import ALL
from policies.weakening import FACETS, WeakeningError, families, read, steps_of
from tests.plans import STACKS, compliant

SEED = 20261001


def _experiment(stack: str = "eu-prod") -> Experiment:
    return Experiment(base=compliant(stack), rules=ALL, as_of=datetime.now(UTC).date())


@lru_cache(maxsize=1)
def _sampled() -> tuple[Trial, ...]:
    """One weakening of every type of eu-prod, drawn by the seed."""
    experiment, trials = _experiment(), []
    ways = sorted(ways_for(experiment.base), key=lambda way: hash_of(way.type, way.path, way.change, str(way.value)))
    for token in experiment.base.types:
        own = [way for way in ways if way.type == token]
        trials += next((found for way in own if (found := list(experiment.run([way], most=1, seed=SEED)))), [])
    return tuple(trials)


def hash_of(*parts: str) -> int:
    """The same order in every process, unlike Python's own."""
    return sum((index + SEED) * ord(letter) for index, letter in enumerate("".join(parts))) % 7919


class TestWhatIsWeakerIsRefused:
    """A rule set is as good as what it lets through: every survivor is a new rule, or a reason that somebody wrote."""

    def test_one_weakening_of_every_type_of_eu_prod_is_refused_or_harmless(self) -> None:
        assert [(t.type, t.resource, t.what) for t in _sampled() if t.outcome == "gap"] == []

    @pytest.mark.slow
    def test_every_weakening_of_every_resource_of_eu_prod_is_refused_or_harmless(self) -> None:
        experiment = _experiment()
        trials = list(experiment.run(ways_for(experiment.base)))
        assert len(trials) > 5000
        assert [(t.type, t.resource, t.what) for t in trials if t.outcome == "gap"] == []


class TestTheShortcutIsNoVerdictOfItsOwn:
    """Rules that can't see a change are not asked: then their silence must be what a whole review says too."""

    def test_a_whole_review_refuses_what_the_shortcut_says_is_refused_and_passes_what_it_says_survives(self) -> None:
        plan, experiment, breeder = compliant(), _experiment(), Breeder(compliant())
        ways = [way for way in ways_for(plan) if way.change != "appear"][:: len(ways_for(plan)) // 12]
        for way in ways:
            for mutant in list(breeder.of(way))[:1]:
                found = set(experiment.refusals(mutant))
                whole = {finding.rule.id for finding in review(mutant.plan(plan), ALL).of_state("refused")}
                assert found <= whole, mutant.what
                assert bool(found) == bool(whole), mutant.what


class TestEveryTypeIsSpokenOf:
    """A type without a weakening looks covered, because nothing was tried."""

    @pytest.mark.parametrize("stack", COVERING)
    def test_every_type_that_is_planned_has_a_family_by_its_own_name(self, stack: str) -> None:
        assert unspoken(compliant(stack)) == ()

    @pytest.mark.slow
    @pytest.mark.parametrize("stack", STACKS)
    def test_the_stacks_that_the_report_weakens_plan_every_type_of_any_stack(self, stack: str) -> None:
        covered = {token for name, adds in COVERING.items() for token in (adds or compliant(name).types)}
        planned = {resource.type for resource in compliant(stack).resources if not resource.is_component}
        assert planned <= covered


class TestTheSecondWallIsWrittenDown:
    """A policy that is on no list is missed by nobody on the day that it is gone."""

    @pytest.mark.parametrize("stack", COVERING)
    def test_every_built_in_definition_that_is_assigned_is_in_second_wall_yaml(self, stack: str) -> None:
        listed = yaml.safe_load((ROOT / "policies" / "second_wall.yaml").read_text(encoding="utf-8"))["assigned"]
        assigned = {
            str(assignment.get("policyDefinitionId")).rpartition("/")[2]
            for assignment in compliant(stack).of_type("azure-native:authorization:PolicyAssignment")
        }
        assert {name for name in assigned if not name.startswith("policy-")} - set(listed) == set()


class TestAMutantDiffersInOneThing:
    """Two changes at once would show that some rule refuses, and not which property it holds."""

    def test_every_other_resource_is_the_very_same_object(self) -> None:
        plan, breeder = compliant(), Breeder(compliant())
        for way in ways_for(plan)[::97]:
            for mutant in list(breeder.of(way))[:1]:
                weaker = mutant.plan(plan)
                kept = {id(resource) for resource in weaker.resources}
                changed = [resource for resource in plan.resources if id(resource) not in kept]
                assert len(changed) == (0 if way.change == "appear" else 1)
                assert abs(len(weaker.resources) - len(plan.resources)) <= 1

    def test_the_base_is_left_as_it_was(self) -> None:
        plan = compliant()
        before = repr(plan.resources)
        for way in ways_for(plan)[::301]:
            for mutant in list(Breeder(plan).of(way))[:1]:
                mutant.plan(plan)
        assert repr(plan.resources) == before


class TestAFileThatCantBeReadIsRefused:
    """A misspelt facet would be a property that nobody weakens."""

    def test_an_unknown_facet_is_named(self) -> None:
        with pytest.raises(WeakeningError, match="no facet encrption"):
            list(read("x.yaml", {"azure-native:a:B": {"encrption": {"x": ["y"]}}}))

    def test_a_type_without_anything_needs_a_reason(self) -> None:
        with pytest.raises(WeakeningError, match="neither a weakening nor"):
            list(read("x.yaml", {"azure-native:a:B": {"inert": ["x"]}}))

    def test_a_path_may_quote_a_key_and_look_into_json(self) -> None:
        path = "metadata.labels['a.b/c'][*].x|y.z"
        assert steps_of(path) == ("metadata", "labels", "a.b/c", "*", "x", "|", "y", "z")

    def test_every_harmless_weakening_says_why_in_words(self) -> None:
        for family in families():
            for way in family.weakenings:
                assert way.facet in FACETS
                assert way.harmless == "" or len(way.harmless.split()) >= 3, f"{way.type} {way.path}"

    def test_every_rule_that_a_weakening_asks_for_is_there(self) -> None:
        known = {rule.id for rule in ALL}
        assert {rule for family in families() for way in family.weakenings for rule in way.by} <= known
