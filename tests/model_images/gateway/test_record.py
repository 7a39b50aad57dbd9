"""What the caller said about the patient is found in every form that people write it in."""

from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard import normalise
from model_images.gateway.guard.detectors.combine import Deidentifier
from model_images.gateway.guard.detectors.edit_distance import within
from model_images.gateway.guard.detectors.record import Record
from model_images.gateway.guard.detectors.record_form import MOST_FACTS, RecordUnreadable, known
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Context

RECORD: dict[str, object] = {
    "names": [{"given": ["John", "Quincy"], "family": "Hartwell", "alias": "Jacko"}],
    "relatives": [{"given": "Anne-Marie", "family": "O'Brien", "maiden": "Lindqvist"}, "Müller, Jürgen"],
    "clinicians": [{"given": "Katarzyna", "family": "Wojciechowska"}, {"given": "Will", "family": "May"}],
    "birth_date": "1957-03-12",
    "addresses": [{"lines": ["12 Elmtree Street", "Bahnhofstraße 7"], "city": "Leeds", "postcode": "LS2 9JT"}],
    "ids": ["943 476 5919", {"system": "mrn", "value": "MRN-00123456"}],
    "phones": ["+44 20 7946 0958"],
    "emails": ["j.hartwell@example.org"],
    "employers": ["Acme Widgets Ltd"],
}
DETECTOR = Deidentifier([Record()])


def found(original: str, record: dict[str, object] = RECORD) -> list[tuple[str, Kind]]:
    return [(original[s.start : s.end], s.kind) for s in DETECTOR.find(original, Context(record=record))]


class TestNamesAreFoundInEveryForm:
    """The forms of a name in notes: recall on what is known must be all but complete."""

    @pytest.mark.parametrize(
        "form",
        [
            "John Hartwell", "JOHN HARTWELL", "john hartwell", "Hartwell, John", "Hartwell J", "J. Hartwell",
            "J Hartwell",
            "J.Q. Hartwell", "John Q. Hartwell", "John Quincy Hartwell", "Hartwell", "hartwell", "HARTWELL", "Quincy",
            "JohnHartwell", "john.hartwell", "john_hartwell", "John-Hartwell", "Hartwells", "Hartwel", "Hartwelll",
            "Hratwell", "Hartvell", "H\u00e4rtwell", "Hart\u200bwell", "Jacko", "Anne-Marie", "Anne Marie", "AnneMarie",
            "Annemarie", "O'Brien", "O’Brien", "OBrien", "O Brien", "obrien", "Lindqvist", "Müller", "Mueller",
            "Muller",
            "MÜLLER", "Jürgen Müller", "Wojciechowska", "Wojcichowksa", "Katarzina", "JQH", "J.H.", "Dr May",
            "Will May",
            "H4rtwell",
        ],
    )  # fmt: skip
    def test_it_is_a_name(self, form: str) -> None:
        for original in (f"Seen: {form}.", f"{form} was seen", f"saw {form}"):
            pieces = found(original)
            left = normalise.text(original).normal
            for piece, kind in pieces:
                assert kind is Kind.NAME
                left = left.replace(normalise.text(piece).normal, "", 1)
            for word in normalise.text(form).normal.replace(".", " ").replace("_", " ").replace("-", " ").split():
                assert word == "Dr" or word not in left.replace("_", " ").split(), (original, pieces)

    def test_the_possessive_keeps_its_ending(self) -> None:
        assert found("Hartwell's wife") in ([("Hartwell", Kind.NAME)], [("Hartwell's", Kind.NAME)])

    @settings(max_examples=150, deadline=None)
    @given(st.data())
    def test_one_slip_in_a_long_name_hides_nothing(self, data: st.DataObject) -> None:
        name = "Lindqvist"
        at = data.draw(st.integers(1, len(name) - 2))
        letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
        slip = data.draw(
            st.sampled_from(
                [
                    name[:at] + name[at + 1 :],
                    name[:at] + letter + name[at:],
                    name[:at] + letter + name[at + 1 :],
                    name[:at] + name[at + 1] + name[at] + name[at + 2 :],
                ]
            )
        )
        assert within(slip.lower(), name.lower(), 1)
        assert found(f"saw {slip} today") == [(slip, Kind.NAME)]


class TestNamesThatAreWordsNeedACapital:
    """May and Will are patients, months and verbs."""

    def test_the_verb_is_left(self) -> None:
        assert found("He may need it. May be given. Will need review. it will help") == []

    def test_the_name_is_found(self) -> None:
        assert [piece for piece, _ in found("I saw May, and then Will came, and mr will too")] == [
            "May",
            "Will",
            "will",
        ]

    def test_letters_that_notes_use_are_no_initials(self) -> None:
        record: dict[str, object] = {"names": [{"given": "Maria", "family": "Stone"}]}
        assert found("MS since 2010, MS relapse", record) == []
        assert found("signed M.S. today", record) == [("M.S", Kind.NAME)]


class TestDatesAreFoundInEveryForm:
    """A birth date is written in as many ways as there are clerks."""

    @pytest.mark.parametrize(
        "form",
        [
            "12/03/1957", "12.3.57", "1957-03-12", "12 March 1957", "12th of March 1957", "March 12th, 1957",
            "12MAR1957",
            "12-Mar-57", "03/12/1957", "3/12/57", "12. März 1957", "12 mars 1957", "12 de marzo de 1957",
            "12 maart 1957",
            "19570312", "12031957", "12 March", "March 12", "12 03 1957",
        ],
    )  # fmt: skip
    def test_it_is_a_date(self, form: str) -> None:
        assert (form, Kind.DATE) in found(f"born {form} in")


class TestNumbersAndPlacesAreFoundInEveryForm:
    """Separators come and go."""

    @pytest.mark.parametrize(
        ("form", "kind"),
        [
            ("943-476-5919", Kind.RECORD), ("9434765919", Kind.RECORD), ("943\n476 5919", Kind.RECORD),
            ("00123456", Kind.RECORD), ("MRN 00123456", Kind.RECORD), ("123456", Kind.RECORD), ("9434765991",
            Kind.RECORD),
            ("020 7946 0958", Kind.PHONE), ("(020) 7946-0958", Kind.PHONE), ("0044 20 7946 0958", Kind.PHONE),
            ("12 Elmtree St", Kind.PLACE), ("12, elmtree street", Kind.PLACE), ("Elmtree Street 12", Kind.PLACE),
            ("Bahnhofstr. 7", Kind.PLACE), ("Bahnhofstrasse 7", Kind.PLACE), ("Leeds", Kind.PLACE), ("leeds",
            Kind.PLACE),
            ("ls29jt", Kind.POSTCODE), ("LS2 9JT", Kind.POSTCODE), ("J.Hartwell@Example.org", Kind.EMAIL),
            ("ACME widgets LTD", Kind.OTHER),
        ],
    )  # fmt: skip
    def test_it_is_found_as_its_kind(self, form: str, kind: Kind) -> None:
        pieces = found(f"see {form} there")
        assert len(pieces) == 1
        assert pieces[0][1] is kind
        assert form.strip("().") in pieces[0][0] + "()" or form.lstrip("(") in pieces[0][0]

    def test_a_part_of_a_longer_number_is_not_it(self) -> None:
        assert found("1943476591988 no94347659190077") == []


class TestAFhirResourceIsReadAsItStands:
    """Callers have Patients, not our form."""

    PATIENT: ClassVar[dict[str, object]] = {
        "resourceType": "Patient",
        "id": "pat-88213",
        "name": [{"use": "official", "given": ["Ada"], "family": "Quistgaard"}, {"text": "Adi Q"}],
        "birthDate": "1957-03-12",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9434765919"}],
        "telecom": [{"system": "phone", "value": "020 7946 0958"}, {"system": "email", "value": "a@example.org"}],
        "address": [{"line": ["12 Elmtree Street"], "city": "Leeds", "postalCode": "LS2 9JT"}],
        "contact": [{"name": {"given": ["Bo"], "family": "Fjellstad"}}],
        "generalPractitioner": [{"display": "Dr Wren Okonkwo"}],
        "gender": "female",
    }

    @pytest.mark.parametrize(
        "original",
        [
            "A. Quistgaard", "quistgaard", "pat-88213", "12.3.1957", "943 476 5919", "02079460958", "a@example.org",
            "12 Elmtree St", "Leeds", "LS29JT", "Fjellstad", "Okonkwo",
        ],
    )  # fmt: skip
    def test_all_of_it_is_found(self, original: str) -> None:
        assert found(f"saw {original} then", self.PATIENT)
        bundle: dict[str, object] = {"resourceType": "Bundle", "entry": [{"resource": self.PATIENT}]}
        assert found(f"saw {original} then", bundle)

    def test_what_identifies_nobody_is_left(self) -> None:
        assert found("a female, saw Dr once", self.PATIENT) == []


class TestARecordThatIsNotUnderstoodIsRefused:
    """What nobody reads, nobody strips."""

    @pytest.mark.parametrize(
        "record",
        [
            {"nickname": "Hartwell"},
            {"names": [{"firstname": "Hartwell"}]},
            {"names": 7},
            {"birth_date": "12 Hartwell 1957"},
            {"addresses": [{"street": "Hartwell"}]},
            {"resourceType": "Observation"},
            {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Observation"}}]},
            {"names": ["Hartwell"] * (MOST_FACTS + 1)},
            {"other": ["Hartwell" * 100]},
        ],
    )
    def test_it_says_so_without_a_value(self, record: dict[str, object]) -> None:
        with pytest.raises(RecordUnreadable) as refused:
            known(record)
        assert "Hartwell" not in str(refused.value)

    def test_without_a_record_nothing_is_found_and_all_is_read(self) -> None:
        text = normalise.text("John Hartwell")
        assert Record().find(text, Context()).read == len(text.normal)
        assert not Record().find(text, Context()).spans


class TestSlipsAreCountedAsDamerauDid:
    """One letter more, less, other, or two exchanged."""

    def test_known_distances(self) -> None:
        assert within("smith", "smiht", 1)
        assert within("smith", "smyth", 1)
        assert not within("smith", "sythm", 1)
        assert within("kitten", "sitting", 3)
        assert not within("kitten", "sitting", 2)

    @settings(max_examples=200, deadline=None)
    @given(st.text("abc", max_size=6), st.text("abc", max_size=6), st.integers(0, 3))
    def test_it_is_symmetrical_and_agrees_with_the_plain_table(self, first: str, second: str, most: int) -> None:
        assert within(first, second, most) == within(second, first, most) == (plain(first, second) <= most)


def plain(first: str, second: str) -> int:
    rows = [[i + j if i * j == 0 else 0 for j in range(len(second) + 1)] for i in range(len(first) + 1)]
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            rows[i][j] = min(
                rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (first[i - 1] != second[j - 1])
            )
            if i > 1 and j > 1 and first[i - 1] == second[j - 2] and first[i - 2] == second[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]
