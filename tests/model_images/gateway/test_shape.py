"""What requests are like is counted, in closed sets, and nothing of what they say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_images.gateway.guard.language import WORDS, language_of
from model_images.gateway.guard.shape import FINISHES, finish_of
from tests.model_images.gateway.world import USE_CASE, World

NOTE = "The patient was seen for a cough and has no fever, she is well. Contact Mrs Zebediah Quartermaine."


def count(world: World, name: str, **labels: str) -> float:
    """What Prometheus reads, of what is served."""
    wanted = {"use_case": USE_CASE, "variant": "stable", **labels}
    total = 0.0
    for line in world.numbers().splitlines():
        if line.startswith(name + "{") and all(f'{key}="{value}"' in line for key, value in wanted.items()):
            total += float(line.rpartition(" ")[2])
    return total


class TestEveryAnsweredRequestIsCountedOnce:
    """Of a stream as of a whole answer."""

    @pytest.mark.parametrize("stream", [False, True])
    def test_by_language_record_length_and_finish(self, asked: World, stream: bool) -> None:  # noqa: FBT001
        names = {
            "bailiwick_gateway_prompt_languages_total": {"language": "en"},
            "bailiwick_gateway_prompt_records_total": {"record": "without"},
            "bailiwick_gateway_prompt_characters_count": {},
            "bailiwick_gateway_request_identifiers_count": {},
            "bailiwick_gateway_answer_tokens_count": {},
            "bailiwick_gateway_answer_finishes_total": {"reason": "stop"},
        }
        before = {name: count(asked, name, **labels) for name, labels in names.items()}
        assert asked.chat(NOTE, stream=stream).status == 200
        assert {name: count(asked, name, **labels) - before[name] for name, labels in names.items()} == dict.fromkeys(
            names, 1.0
        )

    def test_a_refusal_is_no_shape(self, asked: World) -> None:
        before = count(asked, "bailiwick_gateway_prompt_characters_count")
        assert asked.chat("x", temperature="warm").status == 400
        assert count(asked, "bailiwick_gateway_prompt_characters_count") == before

    def test_no_label_holds_a_word_of_it(self, asked: World) -> None:
        asked.chat(NOTE)
        shapes = "\n".join(
            line for line in asked.numbers().splitlines() if "gateway_prompt" in line or "answer" in line
        )
        assert "Quartermaine" not in shapes
        values = set(re.findall(r'language="([^"]*)"', shapes))
        assert values <= {*WORDS, "other"}


class TestTheLanguageIsRoughlyKnown:
    """For counting alone: nothing is decided on it."""

    @pytest.mark.parametrize(
        ("text", "language"),
        [
            (NOTE, "en"),
            ("Die Patientin wurde mit Husten und Fieber von der Praxis auf Station verlegt.", "de"),
            ("Le patient est suivi pour une toux depuis deux semaines, avec des antécédents.", "fr"),
            ("El paciente refiere tos por dos semanas y no se ha tratado con antibióticos.", "es"),
            ("De patiënt werd gezien met een hoest en het gaat niet goed.", "nl"),
            ("Il paziente è seguito per una tosse che non passa con la terapia della notte.", "it"),
            ("O paciente foi visto por uma tosse que não passa com os medicamentos da noite.", "pt"),
            ("5 mg 10 mg", "other"),
            ("", "other"),
        ],
    )
    def test_by_its_small_words(self, text: str, language: str) -> None:
        assert language_of(text) == language

    @given(text=st.text(max_size=200))
    def test_of_any_text_it_is_one_of_the_set(self, text: str) -> None:
        assert language_of(text) in {*WORDS, "other"}


class TestWhyAModelStopped:
    """In its own word, and counted under one of five."""

    def test_of_chat_and_of_responses(self) -> None:
        assert finish_of({"choices": [{"finish_reason": "length"}]}) == "length"
        assert finish_of({"status": "incomplete"}) == "incomplete"
        assert finish_of({}) == ""
        assert set(FINISHES.values()) == {"stop", "length", "tool_calls", "content_filter"}
