"""The descriptions: nothing passes that they don't name, and everything that carries text is found."""

import pytest

from model_images.gateway.guard.endpoints import ENDPOINTS, Endpoint
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.schema import check
from model_images.gateway.guard.slots import Walk
from model_images.gateway.guard.spec import Array, Choice, Dropped, Either, Free, Node, Number, Object, Tagged
from tests.model_images.gateway.planting import PLANT, Planted, least, planted

REQUESTS = [(endpoint, one) for endpoint in ENDPOINTS.values() for one in planted(endpoint.request)]


def exchange(endpoint: Endpoint = ENDPOINTS["/v1/chat/completions"]) -> Exchange:
    return Exchange(request_id="0" * 32, endpoint=endpoint, listener="", origin="", claims={}, bytes_in=0)


def walked(endpoint: Endpoint, body: object) -> tuple[object, Walk]:
    walk = Walk()
    return endpoint.request.check(body, "", walk, {}, ""), walk


def nodes(node: Node) -> list[Node]:
    below: list[Node] = []
    match node:
        case Object():
            below = list(node.fields.values())
        case Array():
            below = [node.item]
        case Tagged():
            below = list(node.of.values())
        case Either():
            below = [node.text, node.other]
    return [node, *(found for one in below for found in nodes(one))]


class TestWhatIsNotDescribedDoesNotPass:
    """An allow-list: what a new version of a client sends is refused until somebody has looked at it."""

    @pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda one: one.name)
    def test_the_least_request_passes(self, endpoint: Endpoint) -> None:
        made, _ = walked(endpoint, least(endpoint.request))
        assert made == least(endpoint.request)

    @pytest.mark.parametrize(
        ("endpoint", "case"),
        [
            pair
            for pair in REQUESTS
            if pair[1].fate == "refused" and "as a name" not in pair[1].at and "<key>" not in pair[1].at
        ],
        ids=lambda one: str(getattr(one, "name", one)),
    )
    def test_each_field_takes_its_own_kind_alone(self, endpoint: Endpoint, case: Planted) -> None:
        with pytest.raises(Refused) as refusal:
            walked(endpoint, case.body)
        assert refusal.value.guard == "schema"
        assert PLANT not in refusal.value.message
        assert "Zebediah" not in str(refusal.value)

    def test_no_request_lets_an_unknown_field_go_by(self) -> None:
        assert not [
            one for end in ENDPOINTS.values() for one in nodes(end.request) if isinstance(one, Object) and one.drop
        ]

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{",
            b"[]",
            b'"a"',
            b"nul",
            b'{"model": NaN}',
            b"\xff\xfe{}",
            b'{"model": "\xed\xa0\x80"}',
            b"[" * 100_000,
        ],
    )
    def test_what_is_no_json_object_in_utf8(self, raw: bytes) -> None:
        with pytest.raises(Refused) as refusal:
            check(exchange(), raw, "application/json")
        assert refusal.value.code in ("schema.malformed", "schema.type")

    @pytest.mark.parametrize("media", ["", "text/plain", "multipart/form-data", "application/xml"])
    def test_another_content_type(self, media: str) -> None:
        with pytest.raises(Refused, match=r"schema\.content-type"):
            check(exchange(), b"{}", media)


class TestEveryPlaceThatCarriesTextIsFound:
    """A text that no slot holds would go to the model as it is."""

    @pytest.mark.parametrize(
        ("endpoint", "case"),
        [pair for pair in REQUESTS if pair[1].fate != "refused"],
        ids=lambda one: str(getattr(one, "name", one)),
    )
    def test_overwriting_every_slot_leaves_nothing(self, endpoint: Endpoint, case: Planted) -> None:
        made, walk = walked(endpoint, case.body)
        for slot in sorted(walk.slots, key=lambda one: one.is_key):
            slot.write("-")
        walk.finish()
        assert "Zebediah" not in repr(made)
        assert "9434765919" not in repr(made)

    def test_a_path_never_repeats_what_the_caller_chose(self) -> None:
        for endpoint, case in REQUESTS:
            if case.fate == "replaced":
                _, walk = walked(endpoint, case.body)
                assert not [slot.path for slot in walk.slots if "Zebediah" in slot.path]

    def test_numbers_are_bounded_so_that_none_is_somebodys(self) -> None:
        found = [one for end in ENDPOINTS.values() for one in nodes(end.request) if isinstance(one, Number)]
        assert found
        assert all(one.most < 1_000_000 for one in found)


class TestAnswersPassTheSameWay:
    """What a server adds to its answers is not passed on until somebody has looked at it."""

    def test_every_object_of_an_answer_leaves_out_what_it_does_not_name(self) -> None:
        found = [one for end in ENDPOINTS.values() for one in nodes(end.answer) if isinstance(one, Object)]
        assert found
        assert all(one.drop for one in found)

    def test_no_answer_holds_json_of_any_shape(self) -> None:
        assert not [one for end in ENDPOINTS.values() for one in nodes(end.answer) if isinstance(one, (Free, Dropped))]

    def test_choices_and_numbers_hold_no_text(self) -> None:
        for endpoint in ENDPOINTS.values():
            for one in nodes(endpoint.answer):
                if isinstance(one, Choice):
                    assert all(not isinstance(value, str) or len(value) < 32 for value in one.allowed)
