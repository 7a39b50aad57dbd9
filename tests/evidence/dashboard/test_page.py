"""The page over all stacks, before a browser has it: what it says, and that it runs nothing but its own."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from evidence.dashboard.data import SOON, Ending
from evidence.dashboard.payload import STATES
from evidence.dashboard.summary import summarised
from evidence.document.style import COLOURS
from tests.evidence.dashboard import fleets
from tests.evidence.pack import subjects


class TestEveryStackIsTold:
    """Who looks at one page for all must not miss a stack."""

    def test_a_field_for_each_regulation_in_force_says_its_worst_state(self) -> None:
        page = fleets.html_of(fleets.fleet())
        for regulation in subjects.refused().regulations:
            worst = next(state for state, count in subjects.refused().states(regulation).items() if count)
            field = re.search(rf'data-regulation="{regulation.id}"><span class="tone \w+">(.*?)</span>', page)
            assert field is not None
            assert worst.value in field[1]

    def test_what_is_not_in_force_is_said(self) -> None:
        one = summarised(subjects.refused())
        other = replace(one, stack="uk-prod", states={"uk-gdpr": one.states["gdpr"]})
        page = fleets.html_of(fleets.fleet(one, other))
        assert page.count("not in force") == len(one.states) + 1

    def test_a_stack_that_can_not_be_planned_has_its_faults(self) -> None:
        page = fleets.html_of(fleets.fleet())
        assert "NOT PLANNED" in page
        assert "no region known" in page

    @pytest.mark.parametrize(("days", "told"), [(-1, True), (SOON.days, True), (SOON.days + 1, False)])
    def test_what_ends_within_ninety_days_is_told(self, days: int, *, told: bool) -> None:
        ending = Ending(stack="eu-prod", what="SOON-1", approver="someone", until=subjects.DAY + timedelta(days=days))
        page = fleets.html_of(fleets.fleet(replace(summarised(subjects.refused()), endings=(ending,))))
        assert ("SOON-1" in page) is told
        assert ('<span class="tone bad">ENDED' in page) is (days < 0)


class TestTheDataIsTheVerdict:
    """The page must not say anything that the stack's own evidence doesn't."""

    def test_states_of_articles_and_rules_are_the_reports(self) -> None:
        subject, data = subjects.refused(), _data(fleets.html_of(fleets.fleet()))
        (stack,) = data["stacks"]
        for place, regulation in enumerate(data["regulations"]):
            (own,) = [each for each in subject.regulations if each.id == regulation["id"]]
            told = [STATES[state] for state in stack["states"][place]]
            assert told == [subject.standing.of(item).value for item in own.requirements]
        for rule, state in zip(data["rules"], stack["rules"], strict=True):
            stands = subject.standing.of_rule(rule["id"])
            assert STATES[state] == ("NOTHING TO JUDGE" if stands is None else stands.value)

    def test_a_finding_has_its_resource_and_its_line(self) -> None:
        (stack,) = _data(fleets.html_of(fleets.fleet()))["stacks"]
        (found,) = [each for each in stack["findings"] if STATES[each["state"]] == "REFUSED"]
        assert stack["resources"][found["at"]][1] in found["resource"]
        assert re.fullmatch(r"[\w./-]+:\d+", found["where"])


class TestThePageRunsOnlyItsOwn:
    """Names in a plan are chosen by whoever writes it, and the page is opened by a reviewer."""

    def test_the_policy_names_the_hash_of_the_script_and_of_the_style(self) -> None:
        page = fleets.html_of(fleets.hostile())
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
        assert policy is not None
        assert "unsafe" not in policy[1]
        assert "default-src 'none'" in policy[1]
        (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
        (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        for text in (script, style):
            assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy[1]

    def test_words_of_a_plan_make_no_element(self) -> None:
        assert _elements(fleets.html_of(fleets.hostile())).isdisjoint({"img"})
        assert len(re.findall(r"<script", fleets.html_of(fleets.hostile()))) == 2
        (stack,) = _data(fleets.html_of(fleets.hostile()))["stacks"]
        assert stack["findings"][0]["message"] == fleets.HOSTILE

    def test_nothing_in_the_script_makes_markup_of_words(self) -> None:
        (script,) = re.findall(r"<script>(.*?)</script>", fleets.html_of(fleets.fleet()), re.DOTALL)
        for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "import("):
            assert sink not in script

    def test_the_same_fleet_is_the_same_bytes(self) -> None:
        again = subjects.subject(subjects.weak_plan())
        assert fleets.html_of(fleets.fleet(summarised(again))) == fleets.html_of(fleets.fleet())


class TestColoursCanBeRead:
    """WCAG 2.2, 1.4.3: 4.5 to 1, in light and in dark."""

    @pytest.mark.parametrize("scheme", [0, 1])
    def test_every_pair(self, scheme: int) -> None:
        block = re.findall(r":root\{([^}]*)\}", COLOURS)[scheme]
        colours = dict(re.findall(r"--([\w-]+):(#\w+)", block))
        tones = ("good", "bad", "open", "exempt", "plain")
        pairs = [(ink, ground) for ink in ("ink", "dim", "link") for ground in ("ground", "soft")]
        for ink, ground in [*pairs, *((tone, f"{tone}-bg") for tone in tones)]:
            assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def _data(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'id="data">(.*?)</script>', page, re.DOTALL)
    found: dict[str, Any] = json.loads(text)
    return found


def _elements(page: str) -> set[str]:
    found: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.add(tag)

    Reader().feed(page)
    return found


def _contrast(one: str, other: str) -> float:
    # www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    first, second = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(sign * 2 for sign in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
