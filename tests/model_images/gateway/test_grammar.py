"""A schema is compiled by the model's server: one that takes it seconds keeps every tenant waiting."""

from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_images.gateway.guard.grammar import MOST, TooCostly, cost
from model_images.gateway.guard.pattern import Counted, counted
from tests.model_images.gateway.world import USE_CASE, World


def schema(pattern: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}


def body(place: str, *patterns: str) -> dict[str, Any]:
    asked: dict[str, Any] = {"model": USE_CASE, "messages": [{"role": "user", "content": "Hello"}]}
    if place == "format":
        told = {"name": "note", "schema": schema(patterns[0])}
        return {**asked, "response_format": {"type": "json_schema", "json_schema": told}}
    tools = [
        {"type": "function", "function": {"name": f"find_{at}", "parameters": schema(pattern)}}
        for at, pattern in enumerate(patterns)
    ]
    return {**asked, "tools": tools}


class TestCountsOfPatternsAreBounded:
    """In all schemas of a request together: ten tools cost as much as one ten times as dear."""

    @pytest.mark.parametrize("place", ["format", "tool"])
    @pytest.mark.parametrize(
        "pattern", ["^b{1,20000}$", "(a|a)*b{20000}", "^b{5000,}$", "^" + "b" * 2_000, "a{1,600}b{1,600}"]
    )
    def test_a_dear_one_is_refused(self, asked: World, place: str, pattern: str) -> None:
        answered = asked.ask(body(place, pattern))
        assert (answered.status, answered.code) == (400, "schema.value")
        assert asked.model.seen == []

    def test_many_cheap_ones_are_a_dear_one(self, asked: World) -> None:
        assert asked.ask(body("tool", *["^[a-z]{1,100}$"] * 10)).status == 200
        assert asked.ask(body("tool", *["^[a-z]{1,100}$"] * 11)).code == "schema.value"

    @pytest.mark.parametrize(
        "pattern", [r"^\d{4}-\d{2}-\d{2}$", "^[A-Z]{2}[0-9]{6}[A-D]$", "^(a+)+$", r"^\{x\}$", "^.{1,500}$"]
    )
    def test_what_people_write_passes(self, asked: World, pattern: str) -> None:
        assert asked.ask(body("format", pattern)).status == 200


def _json(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = ["pattern", "properties", "required", "maxLength", "minProperties", "maxProperties", "format", "anyOf", "x"]
    return st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(names), inner, max_size=4)


def spent(schema: Any) -> float:  # noqa: ANN401 JSON of any shape
    return cost(schema, set())


def object_of(many: int, *, required: bool = False, letters: int = 4, **more: object) -> dict[str, Any]:
    names = [f"{at:0{letters}d}" for at in range(many)]
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        **({"required": names} if required else {}),
        **more,
    }


class TestEveryShapeThatIsDearIsBounded:
    """Measured in xgrammar: each of these took a core from one second to over a minute, within the bounds of bytes."""

    DEAR: ClassVar[dict[str, dict[str, Any]]] = {
        "4,000 alternatives": {"anyOf": [{"const": f"v{at}"} for at in range(4_000)]},
        "2,500 alternatives with a property": {"anyOf": [object_of(1) for _ in range(2_500)]},
        "4,000 properties": object_of(4_000, required=True),
        "1,000 that may be absent": object_of(1_000),
        "400 with long names": object_of(400, letters=100),
        "100 of which ten at least": object_of(100, minProperties=1),
        "200 of which any hundred": object_of(200, maxProperties=100),
        "ten lengths": {f"p{at}": {"type": "string", "maxLength": 5_000 + at} for at in range(10)},
        "300 addresses": {f"p{at}": {"type": "string", "format": "email"} for at in range(300)},
        "80 letters that may be there": {"pattern": "[a-z]?" * 80},
        "40 short counts": {"pattern": "([a-z]{0,3})" * 40},
        "counts of counts": {"pattern": "(.{0,30}){0,30}"},
        "40 empty alternatives": {"pattern": "([a-z]|)" * 80},
        "names as patterns": {"patternProperties": {f"^{'[a-z]?' * 70}{at}$": {} for at in range(2)}},
    }

    @pytest.mark.parametrize("what", DEAR)
    def test_it_is_over(self, what: str) -> None:
        if what == "100 of which ten at least":
            assert spent(self.DEAR[what]) > MOST / 3
        else:
            assert spent(self.DEAR[what]) > MOST

    def test_and_is_refused_at_the_door(self, asked: World) -> None:
        told = {"name": "note", "schema": self.DEAR["4,000 alternatives"]}
        kind = {"type": "json_schema", "json_schema": told}
        messages = [{"role": "user", "content": "Hello"}]
        answered = asked.ask({"model": USE_CASE, "messages": messages, "response_format": kind})
        assert (answered.status, answered.code) == (400, "schema.value")
        assert "too long to compile" in answered.body.decode()
        assert asked.model.seen == []

    def test_parts_of_many_tools_add_up(self, asked: World) -> None:
        def tools(many: int) -> dict[str, Any]:
            made = [
                {"type": "function", "function": {"name": f"find_{at}", "parameters": object_of(290)}}
                for at in range(many)
            ]
            return {"model": USE_CASE, "messages": [{"role": "user", "content": "Hello"}], "tools": made}

        assert asked.ask(tools(2)).status == 200
        assert asked.ask(tools(12)).code == "schema.value"


class TestWhatPeopleWriteIsCheap:
    """A bound that a form in use meets refuses a clinic's work."""

    def test_a_form_with_everything(self) -> None:
        letter = {
            **object_of(40, letters=16),
            "$defs": {"code": {"enum": [f"C{at}" for at in range(500)]}},
            "required": ["0000000000000001"],
        }
        letter["properties"] |= {
            "born": {"type": "string", "format": "date"},
            "post": {"type": "string", "format": "email", "maxLength": 100},
            "title": {"type": "string", "minLength": 1, "maxLength": 100},
            "note": {"type": "string", "maxLength": 2_000},
            "pulse": {"type": "integer", "minimum": 0, "maximum": 300},
            "phone": {"type": "string", "pattern": r"^\+?[0-9]{1,3}[ -]?([0-9]{2,4}[ -]?){2}$"},
            "when": {
                "type": "string",
                "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$",
            },
            "many": {"type": "array", "maxItems": 5_000, "items": {"$ref": "#/$defs/code"}},
        }
        assert spent(letter) < MOST / 1.5

    def test_a_length_costs_once(self) -> None:
        texts = {f"p{at}": {"type": "string", "maxLength": 400} for at in range(100)}
        assert spent({"properties": texts, "required": list(texts)}) < MOST / 2

    def test_a_hundred_tools(self) -> None:
        assert sum(spent(object_of(12, letters=12)) for _ in range(100)) < MOST


NESTED: st.SearchStrategy[Any] = st.recursive(
    st.just({"pattern": "b{1,400}"}),
    lambda inner: st.one_of(
        st.builds(lambda one, key: {key: one}, inner, st.sampled_from(["items", "not", "anyOf"])),
        st.lists(inner, min_size=1, max_size=3),
    ),
)


class TestWhereverAPatternStands:
    """Schemas nest, and a pattern may be a name."""

    @given(NESTED)
    def test_it_is_counted(self, made: Any) -> None:  # noqa: ANN401 JSON of any shape
        assert spent(made) >= spent({"pattern": "b{1,400}"}) * str(made).count("b{1,400}")

    def test_as_a_name(self) -> None:
        assert spent({"patternProperties": {"^x{1,300}$": {}}}) > 1_000

    def test_a_property_of_that_name_is_none(self) -> None:
        assert spent({"properties": {"pattern": {"type": "string", "description": "b{1,9999}"}}}) < 10

    def test_a_number_without_end_is_one_too_many(self) -> None:
        assert spent({"pattern": f"b{{{'9' * 400}}}"}) > MOST
        assert spent({"maxProperties": 10**400, "minimum": -(10**400)}) < 10**12
        with pytest.raises(TooCostly):
            spent({"pattern": "b" * 1_001})

    def test_what_is_no_number_counts_as_the_largest(self) -> None:
        assert spent({"maxLength": float("nan")}) == spent({"maxLength": 10**9})

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), _json, max_leaves=20))
    def test_nothing_that_is_json_breaks_it(self, made: Any) -> None:  # noqa: ANN401 JSON of any shape
        assert spent(made) >= 0


class TestAPatternIsReadFarEnough:
    """Signs in classes and behind backslashes count for nothing; those on a group count for all in it."""

    @pytest.mark.parametrize(
        ("pattern", "repeats", "maybe"),
        [
            ("", 0, 0),
            ("abc", 0, 0),
            (r"[?*+|{2,9}()]\?\*\{3,7\}", 0, 0),
            (r"[]?*]x[^]?*]", 0, 0),
            ("a?b*c+", 0, 3),
            ("a{3}", 3, 0),
            ("a{3,}", 3, 1),
            ("a{0,500}", 500, 15),
            ("(a{0,3}b?){4}", 12, 16),
            ("(?:a|b|)(|c)", 0, 2),
            ("(a|b)|", 0, 1),
            ("((a?)?)?", 0, 3),
            ("a{x}", 0, 0),
            ("(a{2}", 2, 0),
            ("a)b{2}", 2, 0),
            ("{2}?", 2, 1),
        ],
    )
    def test_signs(self, pattern: str, repeats: int, maybe: int) -> None:
        assert counted(pattern) == Counted(repeats, maybe)

    @given(st.text(alphabet="ab()[]{}|?*+,\\0123456789^-:", max_size=60))
    def test_any_text_is_read_to_its_end(self, pattern: str) -> None:
        found = counted(pattern)
        assert 0 <= found.repeats <= 10_000
        assert 0 <= found.maybe <= 10_000
