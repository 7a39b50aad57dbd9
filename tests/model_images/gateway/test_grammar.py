"""A schema is compiled by the model's server: one that takes it seconds keeps every tenant waiting."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_images.gateway.guard.grammar import MOST, TooCostly, counted
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
        assert counted(made) == 400 * str(made).count("b{1,400}")

    def test_as_a_name(self) -> None:
        assert counted({"patternProperties": {"^x{1,300}$": {}}}) == 300

    def test_a_property_of_that_name_is_none(self) -> None:
        assert counted({"properties": {"pattern": {"type": "string", "description": "b{1,9999}"}}}) == 0

    def test_a_number_without_end_is_one_too_many(self) -> None:
        assert counted({"pattern": f"b{{{'9' * 400}}}"}) == MOST + 1
        with pytest.raises(TooCostly):
            counted({"pattern": "b" * 1_001})
