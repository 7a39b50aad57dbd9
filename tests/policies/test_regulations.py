"""The catalogues hold what their sources hold: every id, in order, with somebody or something that sees to it."""

import re
from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType

import pytest
import yaml

from cli.planning import ROOT
from jurisdictions import available as jurisdictions
from jurisdictions import load
from plan import stacks
from plan.model import jurisdiction_of
from policies import catalogue
from policies.catalogue import (
    CatalogueError,
    Regulation,
    Requirement,
    available,
    controls_of,
    in_force,
    parsed,
    regulations,
)
from policies.rules import ALL

FUNCTIONS = ("GOVERN", "MAP", "MEASURE", "MANAGE")
AREAS = re.findall(r"\w+", "OIS SP HR AM PS OPS IDM CRY COS PI DEV SSO SIM BCM COM INQ PSS")
ROMAN = ("i", "ii", "iii", "iv", "v")


def numbered(regulation_id: str, pattern: str) -> int:
    """How many of a catalogue's ids match, whole."""
    return sum(re.fullmatch(pattern, item.id) is not None for item in regulations()[regulation_id].requirements)


def place(regulation_id: str, requirement_id: str) -> tuple[tuple[int, int, str], ...]:
    """Where the source has it: numbers as numbers, functions and areas in the source's order, Roman ones by value."""
    words = re.findall(r"\d+|[A-Za-z]+", requirement_id)
    order = {"nist-ai-rmf": list(FUNCTIONS), "c5": AREAS}.get(regulation_id, [])
    found: list[tuple[int, int, str]] = []
    for index, word in enumerate(words):
        if word.isdigit():
            found.append((0, int(word), ""))
        elif word in order:
            found.append((1, order.index(word), ""))
        elif regulation_id == "hipaa" and index == 4:  # 164 . 308 (a) (1) (ii) (A)
            found.append((1, ROMAN.index(word), ""))
        else:
            found.append((2, 0, word))
    return tuple(found)


class TestEachCatalogueIsWhole:
    """A requirement that was left out is one that nobody sees to, and an auditor finds it first."""

    @pytest.mark.parametrize(("theme", "number"), [(5, 37), (6, 8), (7, 14), (8, 34)])
    def test_annex_a_has_93_controls_in_four_themes(self, theme: int, number: int) -> None:
        assert numbered("iso27001", rf"A\.{theme}\.\d+") == number
        assert len(regulations()["iso27001"].requirements) == 37 + 8 + 14 + 34 == 93

    @pytest.mark.parametrize(("function", "number"), list(zip(FUNCTIONS, (19, 18, 22, 13), strict=True)))
    def test_the_ai_rmf_has_72_subcategories_in_four_functions(self, function: str, number: int) -> None:
        assert numbered("nist-ai-rmf", rf"{function} \d\.\d+") == number
        assert len(regulations()["nist-ai-rmf"].requirements) == 72

    def test_article_21_2_of_nis2_has_ten_measures(self) -> None:
        assert numbered("nis2", r"Art\. 21\(2\)\([a-j]\)") == 10

    def test_c5_has_121_criteria_in_17_areas(self) -> None:
        items = regulations()["c5"].requirements
        areas = Counter(item.id.partition("-")[0] for item in items)
        assert list(areas) == AREAS
        assert list(areas.values()) == [7, 3, 6, 6, 7, 24, 9, 4, 8, 3, 10, 5, 5, 4, 4, 4, 12]
        assert len(items) == 121

    def test_hds_has_31_exigences(self) -> None:
        assert [item.id for item in regulations()["hds"].requirements] == [f"EXI {n:02}" for n in range(1, 32)]

    @pytest.mark.parametrize(("objective", "number"), list(zip("ABCDE", (9, 20, 7, 5, 8), strict=True)))
    def test_the_dspt_has_49_outcomes_in_five_objectives(self, objective: str, number: int) -> None:
        assert numbered("dspt", rf"{objective}\d\.[a-f]") == number
        assert len(regulations()["dspt"].requirements) == 49

    def test_pci_dss_has_63_requirements_under_its_twelve(self) -> None:
        assert numbered("pci-dss", r"\d+\.\d+") == 63
        assert {item.id.partition(".")[0] for item in regulations()["pci-dss"].requirements} == {
            str(number) for number in range(1, 13)
        }

    def test_fedramp_high_has_every_base_control_of_its_fourteen_families(self) -> None:
        families = Counter(item.id[:2] for item in regulations()["fedramp-high"].requirements if "(" not in item.id)
        # Counted in FedRAMP_rev5_HIGH-baseline_profile.json (fedramp2.1.0-oscal1.0.4).
        assert families == {
            "AC": 18,
            "AU": 12,
            "CA": 8,
            "CM": 13,
            "CP": 9,
            "IA": 10,
            "IR": 9,
            "MA": 6,
            "MP": 7,
            "RA": 6,
            "SA": 14,
            "SC": 21,
            "SI": 12,
            "SR": 10,
        }

    def test_the_security_rule_has_14_required_and_22_addressable_specifications(self) -> None:
        """Appendix A of Subpart C counts §§ 164.308, 310 and 312."""
        found = Counter(
            item.level for item in regulations()["hipaa"].requirements if re.match(r"§ 164\.3(08|10|12)", item.id)
        )
        assert (found["required"], found["addressable"]) == (14, 22)

    def test_safe_harbor_has_18_identifiers(self) -> None:
        assert numbered("hipaa", r"§ 164\.514\(b\)\(2\)\(i\)\([A-R]\)") == 18

    def test_the_rights_of_gdpr_are_for_a_person_to_attest(self) -> None:
        items = {item.id: item for item in regulations()["gdpr"].requirements}
        assert all(items[f"Art. {number}"].manual for number in range(12, 23))

    def test_the_rights_of_the_uk_gdpr_are_for_a_person_to_attest(self) -> None:
        items = {item.id: item for item in regulations()["uk-gdpr"].requirements}
        rights = ("12", "12A", *(str(number) for number in range(13, 22)), "22B", "22C")
        assert all(items[f"Art. {number}"].manual and not items[f"Art. {number}"].rules for number in rights)

    def test_the_nis_regulations_have_the_duties_of_operators(self) -> None:
        assert numbered("uk-nis", r"Reg\. 10\([1-4]\)") == 4
        assert numbered("uk-nis", r"Reg\. 11\(.+") == 4

    def test_the_ai_act_has_the_providers_and_the_deployers_duties(self) -> None:
        ids = " ".join(item.id for item in regulations()["eu-ai-act"].requirements)
        articles = {int(number) for number in re.findall(r"Art\. (\d+)", ids)}
        assert articles == {*range(8, 23), 25, 26, 27, 49, 50, 72, 73}

    @pytest.mark.parametrize("regulation_id", available())
    def test_ids_stand_in_the_sources_order(self, regulation_id: str) -> None:
        ids = [item.id for item in regulations()[regulation_id].requirements]
        assert ids == sorted(ids, key=lambda found: place(regulation_id, found))


class TestWhatEachOneSays:
    """Several of these texts may not be copied, and a sentence that stands twice says nothing of either."""

    def test_nothing_is_said_twice(self) -> None:
        said = Counter(item.says for regulation in regulations().values() for item in regulation.requirements)
        assert [text for text, number in said.items() if number > 1] == []

    def test_every_sentence_ends_and_breaks_no_table(self) -> None:
        for regulation in regulations().values():
            for item in regulation.requirements:
                assert item.says.endswith("."), f"{regulation.id} {item.id}"
                assert not item.manual or item.manual.endswith("."), f"{regulation.id} {item.id}"
                assert "|" not in item.title + item.says + item.manual

    @pytest.mark.parametrize("regulation_id", available())
    def test_a_catalogue_says_its_scope_and_what_it_was_held_against(self, regulation_id: str) -> None:
        regulation = regulations()[regulation_id]
        assert regulation.id == regulation_id
        assert regulation.scope
        assert regulation.verified
        assert regulation.version
        assert regulation.source.startswith("https://")


class TestInForce:
    """A refusal cites the law of the place, not every law there is."""

    def test_every_rule_has_a_control_where_some_committed_stack_stands(self) -> None:
        in_use = {name for stack in stacks.available(ROOT) for name in in_force(frameworks(stack))}
        cited = {rule for name in in_use for item in regulations()[name].requirements for rule in item.rules}
        assert {rule.id for rule in ALL} <= cited

    @pytest.mark.parametrize("stack", stacks.available(ROOT))
    def test_every_rule_has_a_control_in_each_committed_stack(self, stack: str) -> None:
        assert [rule.id for rule in ALL if not controls_of(rule.id, frameworks(stack))] == []

    def test_only_the_law_of_the_place_is_cited(self) -> None:
        cited = controls_of("residency.region-inside-jurisdiction", load("de").frameworks)
        assert "C5 PSS-12" in cited
        assert not [control for control in cited if control.startswith(("HIPAA", "HDS", "DSPT", "FedRAMP"))]

    def test_a_line_begins_with_the_core_wherever_it_is_printed(self) -> None:
        cited = controls_of("residency.region-inside-jurisdiction", load("eu").frameworks)
        assert cited == controls_of("residency.region-inside-jurisdiction")
        assert cited[0] == "GDPR Art. 44"

    def test_a_framework_without_a_catalogue_is_named_so(self) -> None:
        assert catalogue.without_catalogue(["gdpr", "lgpd", "dspt"]) == ("lgpd",)

    @pytest.mark.parametrize("jurisdiction", jurisdictions())
    def test_no_jurisdiction_names_a_framework_that_nobody_wrote_down(self, jurisdiction: str) -> None:
        assert catalogue.without_catalogue(load(jurisdiction).frameworks) == ()

    def test_what_holds_everywhere_holds_without_being_named(self) -> None:
        assert in_force([]) == ("iso27001", "nist-ai-rmf")


def frameworks(stack: str) -> Sequence[str]:
    """Of the stack's jurisdiction."""
    return load(jurisdiction_of(stack)).frameworks


class TestTheKingdomsLawIsShownAsTheUnionsIs:
    """The UK's articles began as the Union's: what shows one and not the other was forgotten in one of the files."""

    SUCCEEDED = MappingProxyType({"Art. 44": "Art. 44A"})
    """Articles that stand elsewhere since the Data (Use and Access) Act 2025, where rules evidence them."""
    GONE = frozenset({"Art. 22", "Art. 44", "Art. 45", "Art. 48"})

    def test_each_article_in_common_has_the_same_rules(self) -> None:
        union, kingdom = (_by_id(name) for name in ("gdpr", "uk-gdpr"))
        for article, item in union.items():
            own = self.SUCCEEDED.get(article, article)
            assert set(item.rules) == set(kingdom[own].rules if own in kingdom else ()), article

    def test_articles_that_are_no_longer_law_there_are_not_cited(self) -> None:
        assert self.GONE.isdisjoint(_by_id("uk-gdpr"))
        assert set(_by_id("gdpr")) - set(_by_id("uk-gdpr")) == self.GONE

    def test_what_shows_the_measures_of_nis2_shows_regulation_10(self) -> None:
        union = {rule for name, item in _by_id("nis2").items() if name.startswith("Art. 21(2)") for rule in item.rules}
        kingdom = {rule for name, item in _by_id("uk-nis").items() if name.startswith("Reg. 10") for rule in item.rules}
        assert union == kingdom

    def test_a_refusal_in_the_kingdom_cites_its_own_law(self) -> None:
        cited = controls_of("residency.region-inside-jurisdiction", load("uk").frameworks)
        assert {"UK GDPR Art. 44A", "UK NIS Reg. 10(1)"} <= set(cited)
        assert not [control for control in cited if control.startswith(("GDPR", "NIS2"))]


def _by_id(regulation_id: str) -> dict[str, Requirement]:
    return {item.id: item for item in regulations()[regulation_id].requirements}


class TestBothReadingsAgree:
    """Controls are read by the form of lines, because a verdict can't wait for YAML; nothing may hide from that."""

    @pytest.mark.parametrize("regulation_id", available())
    def test_every_citation_is_found(self, regulation_id: str) -> None:
        regulation = regulations()[regulation_id]
        expected: dict[str, list[str]] = {}
        for item in regulation.requirements:
            for rule_id in item.rules:
                expected.setdefault(rule_id, []).append(f"{regulation.short} {item.id}")
        found = catalogue._controls(regulation_id)
        assert {rule_id: list(controls) for rule_id, controls in found.items()} == expected

    def test_nobody_reads_yaml_for_a_control(self, monkeypatch: pytest.MonkeyPatch) -> None:
        catalogue._controls.cache_clear()
        monkeypatch.setattr(catalogue, "regulation", lambda _: pytest.fail("YAML was read"))
        assert controls_of("residency.region-inside-jurisdiction")


class TestAFaultyFileIsRefused:
    """A typo that is read as nothing is a duty that vanished."""

    def broken(self, **change: object) -> Regulation:
        document = yaml.safe_load((ROOT / "policies" / "regulations" / "nis2.yaml").read_text())
        document["requirements"][0].update(change)
        return parsed("nis2.yaml", document)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"rule": ["secrets.rotate"]}, "unexpected keyword argument 'rule'"),
            ({"rules": "secrets.rotate"}, "not a list of ids"),
            ({"rules": ["secrets.rotate", "secrets.rotate"]}, "names one twice"),
            ({"level": "recommended"}, "not one of required, addressable"),
            ({"unverified": "yes"}, "neither true nor false"),
            ({"says": ""}, "says is not a text"),
            ({"manual": ""}, "neither a rule nor a manual duty"),
            ({"id": "Art. 20(2)"}, "stands there twice"),
        ],
    )
    def test_with_the_file_and_the_fault(self, change: dict[str, object], says: str) -> None:
        with pytest.raises(CatalogueError, match=rf"policies/regulations/nis2\.yaml: .*{re.escape(says)}"):
            self.broken(**change)

    def test_an_id_that_is_not_there(self) -> None:
        with pytest.raises(CatalogueError, match="no catalogue 'gdrp'; there are gdpr"):
            catalogue.regulation("gdrp")
