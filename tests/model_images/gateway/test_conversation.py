"""What goes in comes back, and only that: tokens of a conversation from its texts to its answers."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.spans import Span
from model_images.gateway.guard.tokens.conversation import Conversation
from model_images.gateway.guard.tokens.markers import ForeignToken
from model_images.gateway.guard.tokens.surrogates import Mode
from tests.model_images.gateway.conversations import SHARED, conversation, cut, luhn, spanned, tokens

MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MODES = st.sampled_from(Mode)
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def sent(talk: Conversation, text: str, spans: list[Span], mode: Mode) -> str:
    try:
        return talk.pseudonymised(text, spans, mode)
    except ForeignToken:
        assume(False)
        raise


class TestWhatGoesInComesBack:
    """A restored answer with one character wrong is a wrong record."""

    @MANY
    @given(spanned(), MODES)
    def test_the_whole_text(self, case: tuple[str, list[Span]], mode: Mode) -> None:
        talk = conversation()
        assert talk.restored(sent(talk, *case, mode)) == case[0]

    @MANY
    @given(spanned(), MODES, st.data())
    def test_at_any_chunking(self, case: tuple[str, list[Span]], mode: Mode, data: st.DataObject) -> None:
        talk = conversation()
        restorer_input = sent(talk, *case, mode)
        restorer = talk.restorer()
        said = [restorer.feed(chunk) for chunk in cut(data, restorer_input)]
        assert "".join(said) + restorer.close() == case[0]

    @MANY
    @given(st.lists(spanned(6), max_size=4), MODES)
    def test_texts_sent_together_and_one_after_another(self, cases: list[tuple[str, list[Span]]], mode: Mode) -> None:
        talk = conversation()
        try:
            together = talk.pseudonymised_all(cases, mode)
            alone = [talk.pseudonymised(*case, mode) for case in cases]
        except ForeignToken:
            assume(False)
            raise
        for case, one, other in zip(cases, together, alone, strict=True):
            assert talk.restored(one) == talk.restored(other) == case[0]

    @MANY
    @given(case=spanned(), mode=MODES, ascii_only=st.booleans(), data=st.data())
    def test_inside_a_tool_calls_arguments(
        self, case: tuple[str, list[Span]], mode: Mode, data: st.DataObject, *, ascii_only: bool
    ) -> None:
        text = case[0]
        # No parser of JSON hands out two halves of a pair side by side: they are one character, perhaps a letter.
        assume(PAIR.search(text) is None)
        talk = conversation()
        out = sent(talk, *case, mode)
        arguments = json.dumps({"note": out, out: [1, -2.5e3, True, None, out]}, ensure_ascii=ascii_only)
        restorer = talk.arguments_restorer()
        said = "".join(restorer.feed(chunk) for chunk in cut(data, arguments)) + restorer.close()
        assert json.loads(said) == {"note": text, text: [1, -2.5e3, True, None, text]}
        assert said == talk.restored_arguments(arguments)


class TestNothingOfTheIdentifierIsLeft:
    """The stretch that was found is what may not pass."""

    @MANY
    @given(st.text(alphabet="xyz ", max_size=9), st.text(alphabet="ABC", min_size=4, max_size=9), MODES)
    def test_a_found_stretch_is_gone(self, around: str, name: str, mode: Mode) -> None:
        text = f"{around}{name}{around}"
        out = conversation().pseudonymised(text, [Span(len(around), len(around) + len(name), Kind.OTHER, "r")], mode)
        assert name not in re.sub(r"\[\[[A-Z]+_[a-z0-9]+\]\]", "", out)

    def test_overlapping_spans_are_one_stretch(self) -> None:
        talk = conversation()
        out = talk.pseudonymised("Dr Ann Lee, Leeds", [Span(3, 10, Kind.NAME, "a"), Span(7, 17, Kind.PLACE, "b")])
        assert re.fullmatch(r"Dr \[\[PLACE_[a-z0-9]{7}\]\]", out)

    def test_a_span_outside_the_text_is_a_failure(self) -> None:
        with pytest.raises(GuardFailed):
            conversation().pseudonymised("Ann", [Span(0, 4, Kind.NAME, "a")])


class TestOneValueHasOneTokenInAConversation:
    """A model that meets two tokens sees two people."""

    def test_the_same_value_and_kind(self) -> None:
        talk = conversation()
        one, other = talk.pseudonymised_all([("Ann", [Span(0, 3, Kind.NAME, "a")])] * 2)
        assert one == other == talk.pseudonymised("Ann", [Span(0, 3, Kind.NAME, "a")])

    def test_another_conversation_has_another_token(self) -> None:
        span = [Span(0, 3, Kind.NAME, "a")]
        assert len({conversation().pseudonymised("Ann", span) for _ in range(20)}) == 20

    def test_across_requests_of_a_named_conversation(self) -> None:
        made = tokens()
        span = [Span(0, 3, Kind.NAME, "a")]
        first = made.conversation(tenant="north", use_case="letters", conversation="c-1", patient="p-1")
        out = first.pseudonymised("Ann", span)
        later = made.conversation(tenant="north", use_case="letters", conversation="c-1", patient="p-1")
        assert later.restored(out) == "Ann"
        assert later.pseudonymised("Ann", span) == out
        assert later.pseudonymised(f"I asked about {out}.", []) == f"I asked about {out}."


class TestATokenOfAnotherConversationIsBlocked:
    """A marker that turns up where it was not minted is another patient's, or somebody's probing."""

    def test_of_another_conversation_use_case_or_tenant(self) -> None:
        made = tokens()
        talk = made.conversation(tenant="north", use_case="letters", conversation="c-1")
        out = talk.pseudonymised("Ann", [Span(0, 3, Kind.NAME, "a")])
        for other in (
            made.conversation(tenant="north", use_case="letters", conversation="c-2"),
            made.conversation(tenant="north", use_case="triage", conversation="c-1"),
            made.conversation(tenant="south", use_case="letters", conversation="c-1"),
            made.conversation(tenant="north", use_case="letters"),
        ):
            for call in (other.restored, other.restored_arguments):
                with pytest.raises(ForeignToken):
                    call(f'"{out}"')
            with pytest.raises(ForeignToken):
                other.pseudonymised(f"Who is {out}?", [])

    def test_names_of_conversations_do_not_run_together(self) -> None:
        made = tokens()
        made.conversation(tenant="north", use_case="a", conversation="bc").pseudonymised(
            "X", [Span(0, 1, Kind.NAME, "a")]
        )
        assert not made.conversation(tenant="north", use_case="ab", conversation="c")._tokens

    def test_the_words_of_the_refusal_hold_nothing_of_the_text(self) -> None:
        with pytest.raises(Refused) as raised:
            conversation().restored("[[NAME_hunter2]] said")
        assert "hunter2" not in f"{raised.value!r}{raised.value.message}{raised.value.__context__}"


class TestNothingGoesAstrayBetweenThreads:
    """Thousands at once, of two tenants, over one store."""

    def test_each_conversation_restores_its_own(self) -> None:
        made = tokens()

        def talk(number: int) -> bool:
            tenant = ("north", "south")[number % 2]
            begin = partial(made.conversation, tenant=tenant, use_case="letters", conversation=f"c-{number % 40}")
            name, text = f"Name{number % 7}", f"Name{number % 7} of {number}"
            out = begin().pseudonymised(text, [Span(0, len(name), Kind.NAME, "r")])
            return "Name" not in out and begin().restored(out) == text

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(talk, range(600)))


class TestAFailureSaysNothingOfTheData:
    """An exception's words and its cause end up in a log."""

    def test_a_validator_that_throws(self) -> None:
        def throwing(value: str) -> bool:
            raise RuntimeError(value)

        talk = tokens({"odd": throwing}).conversation(tenant="north", use_case="letters")
        with pytest.raises(GuardFailed) as raised:
            talk.pseudonymised("hunter2-123456", [Span(0, 14, Kind.RECORD, "r", "odd")], Mode.FIELD)
        assert raised.value.__cause__ is raised.value.__context__ is None
        assert "hunter2" not in f"{raised.value!r}{raised.value.message}"

    def test_a_restorer_that_broke_says_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        restorer = conversation().restorer()
        monkeypatch.setattr(restorer, "_read", lambda *_, **__: 1 // 0)
        for _ in range(2):
            with pytest.raises(GuardFailed) as raised:
                restorer.feed("hunter2")
            assert raised.value.__context__ is None
            monkeypatch.undo()


class TestWithoutTheScopeTokensStay:
    """The caller may ask, and may not know."""

    @MANY
    @given(spanned(), MODES)
    def test_an_answer_passes_as_it_is(self, case: tuple[str, list[Span]], mode: Mode) -> None:
        talk = conversation(reidentify=False)
        out = sent(talk, *case, mode)
        assert talk.restored(out) == out
        assert talk.reidentified == 0

    def test_foreign_ones_are_blocked_all_the_same(self) -> None:
        with pytest.raises(ForeignToken):
            conversation(reidentify=False).restored("[[NAME_bcd2345]]")


class TestReidentificationsAreCounted:
    """The breaker opens on them."""

    def test_each_time_a_token_is_put_back(self) -> None:
        talk = conversation()
        out = talk.pseudonymised("Ann 2021-03-04", [Span(0, 3, Kind.NAME, "a"), Span(4, 14, Kind.DATE, "a")])
        talk.restored(out + " " + out)
        talk.restored_arguments(json.dumps([out]))
        assert talk.reidentified == 6


class TestASurrogateIsNeverAValidNumber:
    """A made-up number that is somebody's would be a disclosure about a stranger."""

    @settings(deadline=None)
    @given(st.integers(10**14, 10**15 - 1))
    def test_a_card_in_a_field(self, number: int) -> None:
        card = next(f"{number}{check}" for check in range(10) if luhn(f"{number}{check}"))
        talk = tokens({"luhn": luhn}).conversation(tenant="north", use_case="pay")
        out = talk.pseudonymised(card, [Span(0, 16, Kind.CARD, "pattern", "luhn")], Mode.FIELD)
        assert re.fullmatch(r"\d{16}", out)
        assert not luhn(out)
        assert talk.restored(out) == card

    @pytest.mark.parametrize(("scheme", "kind"), [("", Kind.CARD), ("xx-unknown", Kind.RECORD), ("", Kind.SSN)])
    def test_without_the_schemes_validator_it_is_a_marker(self, scheme: str, kind: Kind) -> None:
        out = conversation().pseudonymised("123456789", [Span(0, 9, kind, "pattern", scheme)], Mode.FIELD)
        assert out.startswith(f"[[{kind}_")

    def test_a_domain_below_a_million_gets_a_marker(self) -> None:
        assert conversation().pseudonymised("12345", [Span(0, 5, Kind.RECORD, "p")], Mode.FIELD).startswith("[[RECORD_")


class TestTwoValuesNeverShareASurrogate:
    """What comes back would be the one for the other."""

    def test_dates_of_two_orders_that_meet(self) -> None:
        talk = SHARED.conversation(tenant="north", use_case="letters", patient="p-1", locale="us")
        talk._surrogates.days = 20
        text = "13/04/2021 02/13/2021"  # day first, as there is no month 13; and month first
        out = talk.pseudonymised(text, [Span(0, 10, Kind.DATE, "p"), Span(11, 21, Kind.DATE, "p")])
        assert re.fullmatch(r"03/05/2021 \[\[DATE_[a-z0-9]{7}\]\]", out)
        assert talk.restored(out) == text


class TestWhatWouldNotComeBackIsNotSent:
    """The trial before the request goes on."""

    def test_it_is_a_failure_of_the_guard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        talk = conversation()
        monkeypatch.setattr(talk, "_comes_back", lambda *_: False)
        with pytest.raises(GuardFailed):
            talk.pseudonymised("Ann", [Span(0, 3, Kind.NAME, "a")])


class TestWhatCouldLeaveHasRandomMarkersOnly:
    """45 CFR 164.514(c): a code not derived from information about the individual."""

    def test_no_date_and_no_number_is_derived(self) -> None:
        text = "2021-03-04 12345678"
        out = conversation().pseudonymised(
            text, [Span(0, 10, Kind.DATE, "p"), Span(11, 19, Kind.RECORD, "p")], Mode.LEAVING
        )
        assert re.fullmatch(r"\[\[DATE_[a-z0-9]{7}\]\] \[\[RECORD_[a-z0-9]{7}\]\]", out)


class TestTheCallersOwnWordsAreNotMistakenForASurrogate:
    """A date that nobody found, equal to another one's surrogate, would come back as that other one."""

    def test_a_literal_of_an_earlier_text_that_stands_in_a_later_one(self) -> None:
        talk = conversation()
        out = talk.pseudonymised("2021-03-04", [Span(0, 10, Kind.DATE, "p")])
        assert out != "2021-03-04"
        later = talk.pseudonymised(f"see {out}", [])
        assert later.startswith("see [[DATE_")
        assert talk.restored(later) == f"see {out}"

    def test_a_literal_that_stands_in_the_same_text(self) -> None:
        surrogate = conversation().pseudonymised("2021-03-04", [Span(0, 10, Kind.DATE, "p")])
        text = f"2021-03-04 or {surrogate}"
        talk = conversation()
        out = talk.pseudonymised(text, [Span(0, 10, Kind.DATE, "p")])
        assert out.startswith("[[DATE_")
        assert talk.restored(out) == text
