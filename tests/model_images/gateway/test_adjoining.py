"""A name is stripped whole, and what stands beside it is left."""

import pytest

from model_images.gateway.guard.detectors.adjoining import go_on
from tests.model_images.gateway.tagging import TAGGER, stretches


def judged(text: str, name: str) -> list[str]:
    """Words that are names after `go_on`, where the tagger had found `name` alone."""
    reading, _ = TAGGER._read(text)
    for i, piece in enumerate(reading.pieces):
        reading.labels[i] = int(piece == name)
    go_on(reading)
    return [piece for piece, label in zip(reading.pieces, reading.labels, strict=True) if label]


class TestANameGoesOnOverWhatOnlyANameHasBesideIt:
    """Half a name is found again by the other half."""

    @pytest.mark.parametrize(
        ("text", "name", "whole"),
        [
            ("Seen: Michelle van der Vlugtenhoek today", "Michelle", ["Michelle", "van", "der", "Vlugtenhoek"]),
            ("We met Rogerio dos Quintanilhos there", "Quintanilhos", ["Rogerio", "dos", "Quintanilhos"]),
            ("asked Hayden Pellegrinettere again", "Hayden", ["Hayden", "Pellegrinettere"]),
            ("replacing Stuart Okonjolawe on drums", "Okonjolawe", ["Stuart", "Okonjolawe"]),
        ],
    )
    def test_over_particles_and_unknown_words(self, text: str, name: str, whole: list[str]) -> None:
        assert judged(text, name) == whole

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("Anna zur Kontrolle einbestellt", "Anna"),
            ("Smith went home", "Smith"),
            ("Smith, Discharge planned", "Smith"),
            ("Dr Lindqvist Cardiology", "Lindqvist"),
            ("Lindqvist Metoprolol 5 mg", "Lindqvist"),
        ],
    )
    def test_not_over_words_that_stand_beside_names_anyhow(self, text: str, name: str) -> None:
        assert judged(text, name) == [name]


class TestWhoSpeaksIsAName:
    """Chats name their authors at each line's beginning, by first names and nicknames that no list has."""

    def test_who_speaks_twice(self) -> None:
        text = "Zibbo: is bed 4 free\nQuenna: no\nZibbo: ok\nQuenna: later"
        assert stretches(text).count("Zibbo") == stretches(text).count("Quenna") == 2

    def test_a_heading_is_not_somebody(self) -> None:
        text = "Plan: rest\nLabs: pending\nPlan: walk\nLabs: done"
        assert stretches(text) == []


class TestATurnedNameGoesWhole:
    """Forms print surname, comma, first name."""

    @pytest.mark.parametrize("text", ["Rx for WHITLOCK, ZEBADIJAH today.", "Pt: Vandersloot, Jebediah"])
    def test_with_the_first_name_behind(self, text: str) -> None:
        surname, first = text.replace("Rx for ", "").replace("Pt: ", "").split(" ")[:2]
        assert {surname.strip(","), first} <= set(judged(text, surname.strip(",")))

    @pytest.mark.parametrize("text", ["Whitlock, Cardiology, agrees", "WHITLOCK, METOPROLOL, ASPIRIN"])
    def test_but_no_department_and_no_medicine(self, text: str) -> None:
        assert len(judged(text, text.split(",")[0])) == 1


class TestTwoPeopleAreTwoSpans:
    """One marker for two people would make one person of them."""

    @pytest.mark.parametrize("between", ["and", "und", "et", "y", "e", "en"])
    def test_what_joins_them_is_left(self, between: str) -> None:
        text = f"Seen with Mr Kowalczyk {between} Mrs Okonkwo."
        assert not any(f" {between} " in found for found in stretches(text))


class TestASalutationIsNoPartOfTheName:
    """Behind a key and its colon `Dear Anna` looks like two names: the model would be told that nobody is addressed."""

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("content: Dear Zebediah Hartwell, all is well.", "Zebediah Hartwell"),
            ("enum: DEAR ZEBEDIAH HARTWELL, all is well.", "ZEBEDIAH HARTWELL"),
            ("letter: Hello Margaret Thornbury, all is well.", "Margaret Thornbury"),
        ],
    )
    def test_whatever_key_stands_before_it(self, text: str, name: str) -> None:
        assert stretches(text) == [name]

    def test_of_a_name_that_goes_on_with_such_a_word_nothing_is_left(self) -> None:
        assert "".join(stretches("Patient: Margaret Dear Thornbury, seen today.")).count("Dear") == 1
