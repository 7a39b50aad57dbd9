"""Markers: known in every spelling that a model gives them, and never taken for another's."""

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.tokens import markers
from model_images.gateway.guard.tokens.lexicon import Lexicon
from model_images.gateway.guard.tokens.markers import ForeignToken, mint, well_formed
from model_images.gateway.guard.tokens.restore import Restorer

KINDS = st.sampled_from(Kind)


def restored(text: str, *known: tuple[str, str]) -> str:
    lexicon = Lexicon()
    for marker, value in known:
        lexicon.add_marker(marker, value)
    restorer = Restorer(lexicon)
    return restorer.feed(text) + restorer.close()


class TestAMarkerIsShortAndPlain:
    """Models repeat what looks like a name in code, and garble what looks like a number or a word."""

    @settings(deadline=None)
    @given(KINDS)
    def test_its_form(self, kind: Kind) -> None:
        marker = mint(kind)
        assert re.fullmatch(rf"\[\[{kind}_[b-df-hj-km-np-tv-z][023456789bcdfghjkmnpqrstvwxyz]{{6}}\]\]", marker)
        assert any(character.isdigit() for character in marker)
        assert marker.isascii()

    def test_its_characters_are_random(self) -> None:
        assert len({mint(Kind.NAME) for _ in range(2000)}) == 2000


class TestASlipIsNobodysMarker:
    """One character wrong must not be another patient."""

    @settings(deadline=None)
    @given(KINDS, st.integers(0, 6), st.sampled_from(markers.ALPHABET))
    def test_one_changed_character_does_not_check(self, kind: Kind, place: int, other: str) -> None:
        body = mint(kind)[-9:-2]
        changed = body[:place] + other + body[place + 1 :]
        assert changed == body or not well_formed(changed)

    @settings(deadline=None)
    @given(KINDS, st.integers(0, 6), st.integers(0, 6))
    def test_nor_two_that_changed_places(self, kind: Kind, one: int, other: int) -> None:
        body = list(mint(kind)[-9:-2])
        swapped = list(body)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        assert swapped == body or not well_formed("".join(swapped))

    @settings(max_examples=300, deadline=None)
    @given(st.integers(0, 15), st.sampled_from(string.ascii_letters + string.digits + "_[] "), st.sampled_from("rid"))
    def test_one_edit_gives_the_value_or_none(self, place: int, character: str, edit: str) -> None:
        mine, other = mint(Kind.NAME), mint(Kind.NAME)
        after = mine[place + 1 :] if edit == "r" else mine[place:]
        text = mine[:place] + ("" if edit == "d" else character) + (mine[place + 1 :] if edit == "d" else after)
        try:
            out = restored(text, (mine, "MINE"), (other, "OTHER"))
        except ForeignToken:
            return
        assert "OTHER" not in out


class TestEverySpellingIsUnderstood:
    """Models and Markdown change case, spaces, brackets and underscores."""

    SPELLINGS = (
        "[[{kind}_{body}]]",
        "[[{lower}_{body}]]",
        "[[{kind}_{upper}]]",
        "[[ {kind}_{body} ]]",
        "[ [{kind}_{body}] ]",
        r"\[\[{kind}\_{body}\]\]",
        r"[[{kind}\_{body}]]",
        "[[{kind}-{body}]]",
        "[[{kind}: {body}]]",
        "[[{kind} {body}]]",
        "[[{kind}\u2011{body}]]",
        "[{kind}_{body}]",
        r"\[{kind}_{body}\]",
        "[[{kind}_{body}",
        "[{kind}_{body}",
        "{kind}_{body}",
        r"{kind}\_{body}",
        "{lower}_{upper}",
        "{kind}-{body}",
        "{kind} {body}",
    )

    @pytest.mark.parametrize("spelling", SPELLINGS)
    @pytest.mark.parametrize("around", ["{}", "({}),", "**{}**", "_{}_", "`{}`", "{}'s", "is {}.", "[{}](x)", '"{}"'])
    def test_inside_ordinary_writing(self, spelling: str, around: str) -> None:
        for kind in Kind:
            marker = mint(kind)
            body = marker[-9:-2]
            text = spelling.format(kind=kind, lower=kind.lower(), body=body, upper=body.upper())
            if around.startswith("[") and "]]" not in text and r"]\]" not in text:
                continue  # a lost bracket, and a link's: which is whose can't be told
            assert restored(around.format(text), (marker, "Ann Lee")) == around.format("Ann Lee")

    def test_not_as_a_part_of_a_longer_word(self) -> None:
        marker = mint(Kind.NAME)
        for text in (f"x{marker[2:-2]}", f"{marker[2:-2]}x", f"{marker[2:-2]}7"):
            assert restored(text, (marker, "Ann")) == text


class TestTheReservedFormIsBlockedUnlessMinted:
    """`[[KIND_…]]` is the gateway's own; nobody writes it by chance."""

    @pytest.mark.parametrize("spelling", ["[[{}]]", "[[ {}]]", r"\[\[{}\]\]", "[[{}", "x[[{}"])
    @pytest.mark.parametrize(
        "inner", ["NAME_1", "NAME_bcd2345", r"DATE\_x", "date_2021", "NAME _ 7", "IP_abcdefghijklmnop"]
    )
    def test_in_two_brackets_whatever_the_characters(self, spelling: str, inner: str) -> None:
        with pytest.raises(ForeignToken):
            restored(spelling.format(inner))

    @pytest.mark.parametrize("spelling", ["[{}]", "{}", "x {} y", "_{}_"])
    def test_with_fewer_only_where_the_characters_check(self, spelling: str) -> None:
        foreign = mint(Kind.NAME)[2:-2]
        with pytest.raises(ForeignToken):
            restored(spelling.format(foreign), (mint(Kind.NAME), "Ann"))
        wrong = next(character for character in markers.ALPHABET if character != foreign[-1])
        plain = spelling.format(foreign[:-1] + wrong)
        assert restored(plain, (mint(Kind.NAME), "Ann")) == plain

    def test_of_another_kind(self) -> None:
        marker = mint(Kind.NAME)
        with pytest.raises(ForeignToken):
            restored(marker.replace("NAME", "PLACE"), (marker, "Ann"))

    @pytest.mark.parametrize(
        "text",
        [
            "[1]",
            "[[1]]",
            "[[wiki link]]",
            "[NAME]",
            "[[NAME]]",
            "[DATE: 2021]",
            "[Age: 45]",
            "NAME_OF_FIELD",
            r"a\[b\]",
        ],
    )
    def test_ordinary_brackets_pass(self, text: str) -> None:
        assert restored(text) == text
