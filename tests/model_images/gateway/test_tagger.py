"""Names and places in text that nobody labelled for the tagger."""

import json
import threading
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import deidentify as benchmark
from benchmarks.deidentify import Labelled, Score, generated, measured, read, wilson
from model_images.gateway.guard.detectors import dictionary, weights
from model_images.gateway.guard.detectors.lexicon import MEDICINE_ENDINGS
from model_images.gateway.guard.detectors.marks import (
    ADDRESS_WORDS,
    ANNOUNCES,
    ANNOUNCING,
    CANDIDATE,
    CANDIDATES,
    COLON,
    COLONS,
    DIGIT,
    PHRASE,
    PHRASES,
    STREET,
    STREET_WORDS,
)
from model_images.gateway.guard.detectors.tagger import (
    BIAS,
    PAIRS,
    PLACE_BIAS,
    REMEMBERED,
    USUAL_BIAS,
    Tagger,
    eased,
)
from model_images.gateway.guard.detectors.words import EDGE, TOKENS, bare, capitals_of, kind_of, split
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.refusal import GuardFailed
from model_images.gateway.guard.spans import Context, Text
from model_images.gateway.training import corpus, train
from model_images.gateway.training.generator import generate
from tests.model_images.gateway.tagging import TAGGER, findings

PIECES = (
    "Mr.",
    "de",
    "la",
    "Rue",
    "12",
    ",",
    "Street\n",
    "O'",
    "St",
    "Foley",
    "-",
    "A.",
    "MÜLLER",
    "straße",
    "x1",
    "Anna's",
)


def found(text: str, tagger: Tagger = TAGGER) -> list[tuple[Kind, str]]:
    """Kind and words of each span."""
    return [(span.kind, text[span.start : span.end]) for span in findings(text, tagger).spans]


def stripped(text: str) -> str:
    """The text without what was found."""
    for _, words in found(text):
        text = text.replace(words, "…")
    return text


class TestNamesAreFound:
    """A missed name is a disclosure. No sentence here is a template of the generator."""

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("The patient's daughter, Oluwaseun Adeyemi-Clarke, collected the tablets.", "Oluwaseun Adeyemi-Clarke"),
            ("Yesterday Mrs Featherstonehaugh fell on the stairs again.", "Featherstonehaugh"),
            ("DISCUSSED WITH DR KARUNARATNE BEFORE THEATRE", "KARUNARATNE"),
            ("Frau Szczepaniak wurde gestern nach Hause entlassen.", "Szczepaniak"),
            ("Sehr geehrter Herr Dr. Wolkenstein,", "Wolkenstein"),
            ("Madame Delacroix-Benoît se plaint de vertiges.", "Delacroix-Benoît"),
            ("La señora Etxeberria vive sola.", "Etxeberria"),
            ("De heer Van den Broeck is opgenomen.", "Broeck"),
            ("La signora Bevilacqua è stata dimessa.", "Bevilacqua"),
            ("pt maria kowalski called about her results", "maria kowalski"),
            ("O'Shaughnessy, Niamh\nDOB 01/02/1950", "O'Shaughnessy"),
            ("Reviewed by J.R. Ramanathan, registrar", "Ramanathan"),
        ],
    )
    def test_of_many_peoples_and_in_many_ways(self, text: str, name: str) -> None:
        assert not any(part in stripped(text) for part in name.split())

    @pytest.mark.parametrize(
        "text",
        ["Frau Fuß wurde operiert.", "Mr Ward was seen by Dr Price.", "Please ring Mrs Day and Miss Rose Hill."],
    )
    def test_names_that_are_words_are_found_by_their_titles(self, text: str) -> None:
        left = stripped(text)
        assert not any(word in left for word in ("Fuß", "Ward", "Price", "Day", "Rose", "Hill"))

    def test_a_name_found_once_is_found_wherever_it_stands(self) -> None:
        text = (
            "Patient: Anneke Thorvaldsdottir\nSeen on the ward. Thorvaldsdottir tolerated lunch. THORVALDSDOTTIR HOME."
        )
        assert "horvaldsdottir" not in stripped(text).lower()


class TestPlacesAreFound:
    """Everything smaller than a state: 45 CFR 164.514(b)(2)(i)(B)."""

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("She lives at 14 Larkspur Crescent, Ashby-de-la-Zouch.", ["Larkspur", "Zouch"]),
            (
                "Wohnhaft: Kastanienallee 17b, 79098 Freiburg im Breisgau",
                ["Kastanienallee", "17", "Freiburg", "Breisgau"],
            ),
            ("Adresse : 12 bis, rue des Capucines, 31000 Toulouse", ["Capucines", "rue", "12", "Toulouse"]),
            ("Domicilio: Calle de los Olmos 4, Salamanca", ["Olmos", "Salamanca"]),
            ("Moved here from Chattanooga last spring.", ["Chattanooga"]),
            ("PSC 802, Box 74, APO AE 09499", ["802", "APO"]),
        ],
    )
    def test_streets_with_their_numbers_and_towns(self, text: str, place: list[str]) -> None:
        left = stripped(text)
        assert not any(part in left for part in place)

    def test_a_country_may_stay(self) -> None:
        assert "Germany" in stripped("Born in Germany, speaks German at home.")


class TestWhatIsNoNameIsLeft:
    """A note without its diagnoses is of no use, and then people switch the guard off."""

    @pytest.mark.parametrize(
        "text",
        [
            "History of Parkinson's disease and Crohn's disease.",
            "Foley catheter removed, Babinski sign negative.",
            "Known Hodgkin lymphoma, Graves disease excluded.",
            "May need oxygen. Will review in March.",
            "Metformin 500 mg twice daily, lisinopril 10 mg.",
            "BRCA1 positive, EGFR wild type, Hb 9.8, CRP 112.",
            "Verdacht auf Morbus Crohn, Ausschluss Morbus Parkinson.",
            "Antécédent de maladie de Parkinson, sonde de Foley en place.",
        ],
    )
    def test_eponyms_drugs_genes_values_and_months(self, text: str) -> None:
        assert found(text) == []


class TestAClassOfWordsHoldsForWordsThatTrainingDidNotMeet:
    """New medicines come every month, and nobody trains for them."""

    @given(st.sampled_from(("brento", "zolbi", "marstuxa", "quelifa")), st.sampled_from(MEDICINE_ENDINGS))
    def test_what_ends_as_medicines_do_is_one(self, root: str, ending: str) -> None:
        assert len(root + ending) <= 7 or kind_of(root + ending) == "DRUG"

    @pytest.mark.parametrize("text", ["Started Brentolizumab 40 mg.", "On Keytruda and Ozempic.", "Babinski negative."])
    def test_and_is_left(self, text: str) -> None:
        assert found(text) == []

    @pytest.mark.parametrize("name", ["Parkinson", "Foley", "Graves", "Whipple", "Wegener", "Holter"])
    def test_but_a_title_makes_a_person_of_an_eponym(self, name: str) -> None:
        assert name not in stripped(f"Seen with Mrs {name} and her husband, Mr {name}.")


class TestFewCapitalsAreNotNone:
    """Where capitals mean nothing, words in small letters are judged as names; so this must not be said lightly."""

    def test_a_sentence_with_one_capital_is_written_as_usual(self) -> None:
        assert capitals_of("El paciente presenta dolor abdominal desde hace tres semanas, sin fiebre ni vomitos.") == [
            "x"
        ]

    def test_a_text_that_begins_small_has_none(self) -> None:
        assert capitals_of("pt maria kowalski called about her results and wants to be called back today please") == [
            "y"
        ]

    def test_time_is_linear_in_lines_that_are_empty(self) -> None:
        assert capitals_of("\n" * 200_000) == ["y"] * 200_001


class TestGeneratedTextOfTheOtherSide:
    """Far below what is measured (MODEL_CARD.md), to tell a broken feature from a bad day."""

    def test_recall_and_spoilt(self) -> None:
        score = Score()
        for labelled in generated(40, ("en-US", "de", "fr", "es"), seed=41):
            spans = TAGGER.find(Text(labelled.text, labelled.text, range(len(labelled.text) + 1)), Context()).spans
            score.add(labelled, [(s.start, s.end, s.kind.value) for s in spans])
        assert score.covered["NAME"] / score.wanted["NAME"] > 0.9
        assert score.covered["PLACE"] / score.wanted["PLACE"] > 0.85
        assert score.spoilt / score.negatives < 0.2


class TestAnyTextIsReadToItsEnd:
    """A detector that stops early, or dies, has let the rest pass or refused a patient's request."""

    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=200))
    def test_whatever_it_holds(self, text: str) -> None:
        found = findings(text)
        assert found.read == len(text)
        assert all(0 <= span.start < span.end <= len(text) for span in found.spans)
        assert all(span.source == "tagger" and 0.5 <= span.score <= 1 for span in found.spans)
        assert {span.kind for span in found.spans} <= {Kind.NAME, Kind.PLACE}

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.sampled_from(PIECES)))
    def test_whatever_order_its_words_are_in(self, words: list[str]) -> None:
        text = " ".join(words)
        assert findings(text).read == len(text)

    def test_a_very_long_word_and_a_very_long_run(self) -> None:
        units = (
            "Address: 12345, Leeds, ",
            "Zib: so\n",
            "Anna de ",
            "12, ",
            "Leeds 12345 ",
            "s / n ",
            "mr. ",
            "nom: j.",
        )
        long = [unit * (60_000 // len(unit)) for unit in units]
        long += ["A" * 200_000, "Anna " * 20_000, "Rue " * 5_000 + "12", "de " * 20_000, "\n" * 20_000]
        for text in long:
            assert findings(text).read == len(text)

    @given(st.text())
    def test_every_letter_and_digit_is_in_a_piece(self, text: str) -> None:
        assert "".join(TOKENS.findall(text)) == "".join(c for c in text if c == "\n" or not c.isspace()) or any(
            c.isspace() for piece in TOKENS.findall(text) for c in piece
        )

    @given(st.text(alphabet=st.characters(max_codepoint=0x2100)))
    def test_every_piece_is_where_it_is_said_to_be(self, text: str) -> None:
        spaced, starts = split(text)
        assert [text[start : start + len(piece)] for piece, start in zip(spaced, starts, strict=True)] == spaced
        assert bare(spaced) == TOKENS.findall(text)


class TestARuleVisitsItsOwnWordsAlone:
    """A word without its mark is one that no rule looks at."""

    @given(st.lists(st.sampled_from(PIECES)), st.sampled_from("Uygx"))
    def test_whatever_was_asked_before(self, words: list[str], mode: str) -> None:
        tagger = Tagger()
        first = [tagger._remembered[mode][piece] for piece in bare(split(" ".join(words))[0])]
        assert first == [tagger.sums(piece, mode) for piece in bare(split(" ".join(words))[0])]

    def test_places_in_the_marks_are_those_of_the_bits(self) -> None:
        marks = bytes(range(256))
        for bits, found in (
            (CANDIDATE, CANDIDATES),
            (PHRASE, PHRASES),
            (STREET, STREET_WORDS),
            (ANNOUNCES | DIGIT, ADDRESS_WORDS),
            (ANNOUNCES, ANNOUNCING),
            (COLON, COLONS),
        ):
            places = [at for match in found.finditer(marks) for at in range(*match.span())]
            assert places == [mark for mark in marks if mark & bits]


class TestOneTaggerServesManyThreads:
    """Its memory of spellings is shared, and emptied when it is full."""

    def test_the_same_findings_from_all(self) -> None:
        texts = [sample.text for sample in generate(6, 30)]
        tagger = Tagger()
        wanted = [found(text) for text in texts]
        seen: list[list[list[tuple[Kind, str]]]] = []
        threads = [threading.Thread(target=lambda: seen.append([found(t, tagger) for t in texts])) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [wanted] * 4

    def test_memory_is_bounded(self) -> None:
        tagger = Tagger()
        text = " ".join(f"W{chr(97 + i % 26)}{i:x}z".replace("0", "o") for i in range(2 * REMEMBERED + 500))
        findings(text, tagger)
        assert all(max(len(one), len(one._older)) <= REMEMBERED for one in tagger._remembered.values())
        assert len(tagger._pairs) <= PAIRS

    def test_a_spelling_that_was_met_before_the_memory_turned_is_still_known(self) -> None:
        tagger = Tagger()
        met = tagger._remembered["x"]
        first = met["Thorvaldsdottir"]
        met._older = met.copy()
        met.clear()
        assert met["Thorvaldsdottir"] is first


class TestTheShippedWeightsAreTheOnesThatWereMeasured:
    """Weights are code: others find other things."""

    def test_changed_bytes_are_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        changed = tmp_path / "tagger.bin"
        changed.write_bytes(weights.WEIGHTS.read_bytes() + b"\0")
        monkeypatch.setattr(weights, "WEIGHTS", changed)
        weights.load.cache_clear()
        with pytest.raises(GuardFailed):
            weights.load()
        weights.load.cache_clear()

    def test_packing_is_undone_by_unpacking(self) -> None:
        model = weights.load()
        assert weights.unpack(weights.pack(model.features, model.transitions)) == model

    def test_weights_of_another_version_are_refused(self) -> None:
        data = zlib.compress(b"bailiwick-tagger 0\n0 0 0 0 0 0 0 0 0")
        with pytest.raises(GuardFailed):
            weights.unpack(data)

    def test_training_twice_gives_the_same_bytes(self) -> None:
        packed = [
            weights.pack(model.features, model.transitions) for model in (train.fitted(60, 5), train.fitted(60, 5))
        ]
        assert packed[0] == packed[1]

    def test_what_one_training_alone_learnt_counts_for_less(self) -> None:
        transitions = ((0.0, 1.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
        one = weights.Model({"both": (0.0, 2.0, 0.0), "one": (0.0, 0.0, 1.0), "little": (0.0, 0.03, 0.0)}, transitions)
        other = weights.Model({"both": (0.0, 4.0, 0.0)}, (weights.ZERO,) * 3)
        mean = train.averaged([one, other])
        assert mean.features == {"both": (0.0, 3.0, 0.0), "one": (0.0, 0.0, 0.5)}
        assert mean.transitions[0] == (0.0, 0.5, 0.0)


class TestTrainingReadsWhatServiceReads:
    """Weights are sums over features: a feature that only one of both sees is worth nothing."""

    def test_the_same_pieces_words_and_candidates(self) -> None:
        for sample in generate(8, 40):
            reading, *_ = corpus.reading_of(sample.text, dictionary.load())
            served, _ = TAGGER._read(sample.text)
            assert (reading.pieces, reading.starts, reading.marks) == (served.pieces, served.starts, served.marks)
            # What is kept of a word in service is without its features: their sum is kept instead.
            kept = [(word.bucket, word.shape, word.facts, word.bare) for word in reading.words]
            assert kept == [(word.bucket, word.shape, word.facts, word.bare) for word in served.words]

    def test_the_sum_of_a_row_is_the_emission(self) -> None:
        known, model = dictionary.load(), weights.load()
        for sample in generate(12, 10):
            _, read_words, _ = corpus.reading_of(sample.text, known)
            _, words = TAGGER._read(sample.text)
            padded = [TAGGER._edge, TAGGER._edge, *words, TAGGER._edge, TAGGER._edge]
            rows = [EDGE, EDGE, *read_words, EDGE, EDGE]
            for i, word in enumerate(read_words):
                if word.candidate:
                    outside, *inside = model.sum("", corpus.row(rows, i + 2, ""))
                    emission = TAGGER._emission(padded, i + 2, None)
                    assert emission[1:] == pytest.approx((inside[0], inside[1] + PLACE_BIAS))
                    assert emission[0] == pytest.approx(outside - BIAS.get(word.shape, USUAL_BIAS) + eased(word))


class TestTheMeasureMeasures:
    """A benchmark that flatters is worse than none."""

    def test_a_half_covered_name_is_missed(self) -> None:
        score = Score()
        score.add(Labelled("Anna Smith", [(0, 10, "NAME")]), [(0, 4, "NAME")])
        assert (score.wanted["NAME"], score.covered["NAME"]) == (1, 0)

    def test_a_name_stripped_as_something_else_is_stripped(self) -> None:
        score = Score()
        score.add(Labelled("Anna", [(0, 4, "NAME")], [(0, 4)]), [(0, 4, "PLACE")])
        assert score.covered["NAME"] == 1
        assert score.spoilt == 1
        assert (score.found["PLACE"], score.right["PLACE"]) == (1, 1)

    def test_a_text_is_read_twice_and_counted_once(self) -> None:
        read_texts: list[str] = []

        def find(text: str, _: str) -> list[tuple[int, int, str]]:
            read_texts.append(text)
            return []

        score = measured(find, [Labelled("Anna", [(0, 4, "NAME")])] * 3)
        assert len(read_texts) == 1 + 3 + 3  # once to start
        assert (score.wanted["NAME"], score.characters) == (3, 12)
        assert score.again > 0

    def test_a_pipeline_that_is_not_installed_is_not_downloaded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.argv", ["deidentify", "--presidio-model", "no_such_pipeline"])
        with pytest.raises(SystemExit):
            benchmark.main()

    def test_wilson_s_bound(self) -> None:
        assert wilson(10, 10) == pytest.approx(0.7225, abs=1e-4)  # n / (n + z²)
        assert wilson(0, 10) == pytest.approx(0, abs=1e-12)
        assert wilson(50, 100) == pytest.approx(0.4038, abs=1e-4)  # Newcombe, Stat Med 17:857 (1998) has such values

    def test_a_corpus_file_is_read(self, tmp_path: Path) -> None:
        file = tmp_path / "corpus.json"
        entry = {
            "text": "Anna",
            "spans": [{"start": 0, "end": 4, "kind": "NAME"}],
            "negatives": [[0, 1]],
            "locale": "de",
        }
        file.write_text(json.dumps([entry]))
        assert read(file) == [Labelled("Anna", [(0, 4, "NAME")], [(0, 1)], "de")]
