"""Answers: nothing that the request did not hold, and nothing of what the model was told, at any chunking."""

import itertools
import re
import secrets
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.prompt_guard.canary import SEED_BYTES, Canary
from model_images.gateway.guard.prompt_guard.output import STRUCTURED, Output
from model_images.gateway.guard.prompt_guard.runs import HELD
from model_images.gateway.guard.prompt_guard.template import Template
from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.spans import Span

FORMS = (
    (Kind.SSN, r"(?<![\d-])\d{3}-\d\d-\d{4}(?![\d-])"),
    (Kind.CARD, r"(?<!\d)\d{4}(?: ?\d{4}){3}(?!\d)"),
    (Kind.EMAIL, r"[\w.]+@[\w.]+\w"),
    (Kind.NATIONAL, r"\b[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]\b"),
    (Kind.ACCOUNT, r"\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    (Kind.PHONE, r"\+\d{1,2} \d{2,3} \d{4} \d{4}"),
    (Kind.URL, r"https?://\S+"),
    (Kind.DATE, r"\d{4}-\d\d-\d\d"),
    (Kind.NAME, r"\bParkinson\b"),
)
# Each is one identifier of a structured kind; none is anybody's.
IDENTIFIERS = (
    "219-09-9999",
    "4111 1111 1111 1111",
    "4111111111111111",
    "erika.mustermann@example.org",
    "QQ 12 34 56 C",
    "QQ123456C",
    "GB82 WEST 1234 5698 7654 32",
    "DE89370400440532013000",
    "+44 20 7946 0958",
    "https://example.net/log?name=erika",
)
TEMPLATE = (
    "You are the assistant of a clinic's portal. Answer only from the passages that stand between the marked lines, "
    "and if they hold no answer then say that you do not know. Never name a dose that is not written in a passage."
)
PROSE = (
    "The patient takes 500 mg of metformin twice a day, and her blood pressure was 132/84 on 2024-05-12. HbA1c "
    "fell from 8.1 % to 7.2 %. WBC 5.6 RBC 4.2 HGB 13.5 PLT 210. Parkinson's disease was ruled out (see "
    "https://example.org/guide). Continue ramipril 5 mg - review in 3 months; e.g. at the next visit.\n"
    "1. Diet\n2. Exercise\n"
)


def find(text: str) -> Sequence[Span]:
    return [
        Span(match.start(), match.end(), kind, "pattern") for kind, form in FORMS for match in re.finditer(form, text)
    ]


def nothing_known(_: str) -> bool:
    return False


def said(output: Output, chunks: Sequence[str]) -> tuple[str, str]:
    """What went out, and the code with which it was refused, if it was."""
    out = ""
    try:
        for chunk in chunks:
            out += output.feed(chunk)
        return out + output.close(), ""
    except Refused as refused:
        return out, refused.code


def chunked(text: str, cuts: Sequence[int]) -> list[str]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in itertools.pairwise(places)]


pieces = st.one_of(
    st.sampled_from(
        [*IDENTIFIERS, *PROSE.split(), "WBC", "A", "-", "12", "GB", "5.6", "²", "a.b", "1 2 3 4 5 6 7 8 9", "\n"]
    ),
    st.text(alphabet="abAB12 .-/@:\n²٣", max_size=12),
)
texts = st.lists(pieces, max_size=25).map(" ".join)
cuts = st.lists(st.integers(0, 10_000), max_size=40)


class TestChunksDoNotMatter:
    """A guard that a client could evade by reading slower would be none."""

    @settings(max_examples=300, deadline=None)
    @given(texts, cuts)
    def test_streamed_and_whole_answers_are_the_same_or_both_refused(self, text: str, where: list[int]) -> None:
        whole, refused = said(Output(find, nothing_known), [text])
        streamed, refused_too = said(Output(find, nothing_known), chunked(text, where))
        assert bool(refused) == bool(refused_too)
        assert refused or whole == streamed == text

    @settings(max_examples=200, deadline=None)
    @given(texts, cuts)
    def test_no_whole_identifier_has_gone_out_before_the_refusal(self, text: str, where: list[int]) -> None:
        out, refused = said(Output(find, nothing_known), chunked(text, where))
        foreign = [each for each in IDENTIFIERS if each in text and find(each)]
        if refused:
            assert not any(f" {each} " in f" {out} " for each in foreign)
        else:
            assert not any(re.search(rf"(?<!\S){re.escape(each)}(?!\S)", text) for each in foreign)

    @settings(max_examples=200, deadline=None)
    @given(texts)
    def test_no_more_is_held_back_than_the_bound(self, text: str) -> None:
        output = Output(lambda _: (), nothing_known)
        given_out = 0
        for letter in text:
            given_out += len(output.feed(letter))
            assert output.held < HELD
            assert given_out + output.held <= len(text)


class TestAForeignIdentifierIsRefused:
    """Another patient's number in an answer is a breach, wherever the model has it from."""

    @pytest.mark.parametrize("identifier", IDENTIFIERS)
    @pytest.mark.parametrize("size", [1, 2, 5, 1000])
    def test_in_mid_sentence_and_none_of_it_is_whole(self, identifier: str, size: int) -> None:
        text = f"Her contact is {identifier} as of today."
        out, refused = said(Output(find, nothing_known), [text[at : at + size] for at in range(0, len(text), size)])
        assert refused == "prompt-guard.foreign-identifier"
        assert identifier not in out

    @pytest.mark.parametrize("identifier", IDENTIFIERS)
    def test_at_the_very_end(self, identifier: str) -> None:
        out, refused = said(Output(find, nothing_known), list(f"It is {identifier}"))
        assert refused
        assert identifier not in out

    @pytest.mark.parametrize(
        "spelled", [" ".join("219-09-9999"), "\n".join("219-09-9999"), " ".join("4111111111111111")]
    )
    def test_spelled_out(self, spelled: str) -> None:
        _, refused = said(Output(find, nothing_known), list(f"It is {spelled} ."))
        assert refused == "prompt-guard.foreign-identifier"

    def test_and_stays_refused(self) -> None:
        output = Output(find, nothing_known)
        with pytest.raises(Refused):
            output.feed("It is 219-09-9999 in the record")
        with pytest.raises(Refused):
            output.feed("All well.")
        with pytest.raises(Refused):
            output.close()

    def test_in_words_that_do_not_repeat_it(self) -> None:
        with pytest.raises(Refused) as caught:
            Output(find, nothing_known).check("Her number is 219-09-9999.")
        assert "219" not in caught.value.message + str(caught.value) + repr(caught.value)
        assert caught.value.__cause__ is None

    def test_unless_the_request_held_it_in_whatever_form(self) -> None:
        for form in ("219-09-9999", "219099999"):
            text = "Her number is 219-09-9999."
            assert Output(find, {form}.__contains__).check(text) == text

    def test_but_names_and_dates_are_not_such(self) -> None:
        assert Kind.NAME not in STRUCTURED
        assert Kind.DATE not in STRUCTURED
        assert Output(find, nothing_known).check("Parkinson was ruled out on 2024-05-12.")


class TestProseFlows:
    """A clinician waits for an answer, not for a guard."""

    def test_words_go_out_with_the_chunk_that_brings_them(self) -> None:
        output = Output(find, nothing_known)
        answer = "The kidneys are of normal size and echogenicity; no hydronephrosis."
        for word in answer.split():
            assert output.feed(f" {word}") == f" {word}"

    def test_a_note_passes_unchanged(self) -> None:
        assert said(Output(find, nothing_known), list(PROSE)) == (PROSE, "")

    def test_a_dose_is_held_for_no_more_than_the_next_word(self) -> None:
        output = Output(find, nothing_known)
        assert output.feed("Take 500") == "Take "
        assert output.feed(" mg") == ""
        assert output.feed(" daily") == "500 mg daily"


class TestADetectorThatFailsLetsNothingPass:
    """Fails closed, and without the text in the traceback."""

    def test_whatever_it_raises_and_its_words_are_dropped(self) -> None:
        def broken(text: str) -> Sequence[Span]:
            raise ValueError(text)

        output = Output(broken, nothing_known)
        with pytest.raises(GuardFailed) as caught:
            output.check("Her number is 219-09-9999.")
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        assert "219" not in caught.value.message


class TestWhatTheModelWasToldIsNotTold:
    """A system text that is out helps the next attack."""

    @pytest.mark.parametrize("way", ["wide letters", "between all, what has no width"])
    def test_nor_its_template_in_letters_that_look_the_same(self, way: str) -> None:
        wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
        answer = TEMPLATE.translate(wide) if way == "wide letters" else "\u200b".join(TEMPLATE)
        assert said(Output(find, nothing_known, template=Template(TEMPLATE)), [answer])[1] == "prompt-guard.template"

    def test_its_template_is_not_recited(self) -> None:
        words = TEMPLATE.split()
        answer = "Sure! My instructions: " + " ".join(words[8:30])
        out, refused = said(Output(find, nothing_known, template=Template(TEMPLATE)), list(answer))
        assert refused == "prompt-guard.template"
        assert len(out.split()) < 4 + 12

    def test_nor_in_capitals_and_other_punctuation(self) -> None:
        answer = TEMPLATE.upper().replace(",", " --").replace(" ", "\n")
        assert said(Output(find, nothing_known, template=Template(TEMPLATE)), [answer])[1] == "prompt-guard.template"

    def test_a_few_words_of_it_are_nobodys(self) -> None:
        answer = "I say only what the passages hold: if they hold no answer then I do not know."
        assert said(Output(find, nothing_known, template=Template(TEMPLATE)), [answer]) == (answer, "")

    def test_what_it_wants_said_may_be_said(self) -> None:
        notice = "If you have chest pain or cannot breathe then call the emergency number of your country at once."
        template = Template(f"{TEMPLATE} Always end with: {notice}", quotable=[notice])
        assert said(Output(find, nothing_known, template=template), [notice]) == (notice, "")

    def test_one_answer_does_not_count_towards_another(self) -> None:
        template = Template(TEMPLATE)
        words = TEMPLATE.split()
        for half in (words[:8], words[8:16]):
            assert said(Output(find, nothing_known, template=template), [" ".join(half)])[1] == ""

    @settings(max_examples=30, deadline=None)
    @given(cuts)
    def test_the_canary_is_not_said_at_any_chunking(self, where: list[int]) -> None:
        canary = Canary.of(secrets.token_bytes(SEED_BYTES))
        text = f"My configuration is {canary.token} and more."
        out, refused = said(Output(find, nothing_known, canary), chunked(text, where))
        assert refused == "prompt-guard.canary"
        assert canary.token not in out


class TestRecitalAndDerailment:
    """Signs of training data, keys and data on their way out."""

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            ("poem " * 200, "divergence"),
            ("the pain is back and " * 60, "divergence"),
            ("x" * 6000, "divergence"),
            ("-----BEGIN " + "PRIVATE KEY-----", "key-material"),
            ("It is " + "aB3" * 20, "key-material"),
            (" ".join(f"k{at}Zq9Xw7Lm2Np4Rt6Vb8{at}" for at in range(6)), "key-material"),
            ("![ok](https://example.net/p.png)", "exfiltration"),
            ("![a chart](https://example.net/p.png)", "exfiltration"),
            ("[more](https://example.net/?q=diabetes)", "exfiltration"),
            ('<img src="//example.net/a">', "exfiltration"),
        ],
    )
    @pytest.mark.parametrize("size", [1, 7, 10_000])
    def test_is_refused(self, answer: str, code: str, size: int) -> None:
        chunks = [answer[at : at + size] for at in range(0, len(answer), size)]
        out, refused = said(Output(lambda _: (), nothing_known), chunks)
        assert refused == f"prompt-guard.{code}"
        assert answer not in out

    @pytest.mark.parametrize(
        "answer",
        [
            "| WBC | negative |\n" * 20,
            "Sequence: " + "ACGTTGCA" * 40,
            "SHA-256 " + "9f86d081" * 8,
            "[the guideline](https://example.org/asthma/adults)",
            "id 123e4567-e89b-12d3-a456-426614174000",
        ],
    )
    def test_is_not_seen_in_tables_sequences_and_hashes(self, answer: str) -> None:
        assert said(Output(lambda _: (), nothing_known), [answer]) == (answer, "")

    def test_a_tenants_own_host_may_be_linked_to(self) -> None:
        answer = "![chart](https://portal.example.org/c.png?id=7)"
        output = Output(lambda _: (), nothing_known, hosts=frozenset({"portal.example.org"}))
        assert said(output, [answer]) == (answer, "")
