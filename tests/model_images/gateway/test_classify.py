"""The class of the data: a word raises it, detection raises it further, and nothing lowers it."""

import itertools
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_images.gateway.guard import classify
from model_images.gateway.guard.endpoints import ENDPOINTS
from model_images.gateway.guard.exchange import Caller, Exchange
from model_images.gateway.guard.extension import Extension
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.pins import Model, Pin, Prompt
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import ORDER, DataClass

CLASSES = st.sampled_from(get_args(DataClass))


def pin(*classes: DataClass, external: bool = False) -> Pin:
    return Pin(
        model=Model(name="m", revision="1" * 40, sha256="2" * 64),
        prompt=Prompt(name="p", version="1.0.0", sha256="3" * 64, path="p"),
        data_classes=classes,
        external_allowed=external,
        first_token_milliseconds=500,
        accuracy_floor=0.9,
    )


def exchange(held: frozenset[str], extension: Extension, found: dict[Kind, int]) -> Exchange:
    made = Exchange(
        request_id="0" * 32,
        endpoint=ENDPOINTS["/v1/chat/completions"],
        listener="",
        origin="",
        claims={},
        bytes_in=0,
        extension=extension,
        found=found,
    )
    made.caller = Caller(
        application="a",
        token="t",  # noqa: S106 a token's id
        tenant="",
        use_case="u",
        purpose="treatment",
        data_classes=held,
        reidentifies=False,
    )
    return made


ALL = frozenset(ORDER)
FOUND = st.dictionaries(st.sampled_from(Kind), st.integers(1, 3), max_size=4)


class TestAWordRaisesAndNothingLowers:
    """Whatever is said and found."""

    @given(declared=CLASSES, found=FOUND, record=st.sampled_from([{}, {"names": ["Ann Lee"]}]))
    def test_what_is_decided_is_no_less_than_what_was_said_or_found(
        self, declared: DataClass, found: dict[Kind, int], record: dict[str, object]
    ) -> None:
        asked = exchange(ALL, Extension(data_class=declared, record=record), found)
        classify.check(asked, pin(*ORDER))
        assert asked.data_class is not None
        decided = ORDER.index(asked.data_class)
        assert decided >= ORDER.index(declared)
        assert not found or decided >= ORDER.index("personal")
        assert not record or asked.data_class == "phi"
        assert Kind.CARD not in found or decided >= ORDER.index("payment")

    def test_unsaid_is_the_most_that_the_caller_may_send(self) -> None:
        for held in itertools.combinations(ORDER, 2):
            asked = exchange(frozenset(held), Extension(), {})
            classify.check(asked, pin(*ORDER))
            assert asked.data_class == max(held, key=ORDER.index)

    @given(more=FOUND, found=FOUND, declared=CLASSES)
    def test_more_that_is_found_never_lowers_it(
        self, found: dict[Kind, int], more: dict[Kind, int], declared: DataClass
    ) -> None:
        one, other = (exchange(ALL, Extension(data_class=declared), each) for each in (found, {**found, **more}))
        for each in (one, other):
            classify.check(each, pin(*ORDER))
        assert one.data_class is not None
        assert other.data_class is not None
        assert ORDER.index(other.data_class) >= ORDER.index(one.data_class)


class TestNobodysDataAloneGoesOutside:
    """PHI never leaves, whatever a caller says."""

    @given(declared=CLASSES, found=FOUND, record=st.sampled_from([{}, {"names": ["Ann Lee"]}]), allowed=st.booleans())
    def test_whatever_is_said_and_found(
        self,
        declared: DataClass,
        found: dict[Kind, int],
        record: dict[str, object],
        allowed: bool,  # noqa: FBT001 drawn
    ) -> None:
        asked = exchange(ALL, Extension(data_class=declared, record=record, route="external"), found)
        nobodys = declared in ("public", "confidential") and not found and not record
        if nobodys and allowed:
            classify.check(asked, pin(*ORDER, external=allowed))
        else:
            with pytest.raises(Refused, match=r"classify\.stays-inside"):
                classify.check(asked, pin(*ORDER, external=allowed))


class TestWhoMayHaveWhat:
    """A token's classes and a use case's both hold."""

    @pytest.mark.parametrize("whose", ["caller", "use-case"])
    def test_cards_are_a_right_of_their_own(self, whose: str) -> None:
        without: tuple[DataClass, ...] = ("phi", "personal")
        held = frozenset(without) if whose == "caller" else ALL
        served = pin(*(without if whose == "use-case" else ORDER))
        with pytest.raises(Refused, match=rf"classify\.{whose}"):
            classify.check(exchange(held, Extension(), {Kind.CARD: 1}), served)

    def test_who_may_have_health_data_may_have_less(self) -> None:
        for declared in ("public", "confidential", "personal", "phi"):
            asked = exchange(frozenset({"phi"}), Extension(data_class=declared), {})
            classify.check(asked, pin("phi"))
            assert asked.data_class == declared

    def test_who_may_have_personal_data_may_not_have_health_data(self) -> None:
        with pytest.raises(Refused, match=r"classify\.caller"):
            classify.check(exchange(frozenset({"personal"}), Extension(), {Kind.RECORD: 1}), pin(*ORDER))
