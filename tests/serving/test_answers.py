"""Real vLLM behind the real gateway: what clinicians send is pseudonymised going in, and restored coming out."""

import json
from typing import Any

import openai
import pytest

from tests.model_images.gateway.world import EVERYTHING, USE_CASE
from tests.serving.whole import Platform

NAME = "Zebediah Hartwell"
TEXT = f"Patient: {NAME}, MRN: 00412873. Write the letter."
SPOKEN: Any = {
    "type": "json_schema",
    "json_schema": {"name": "letter", "schema": {"type": "string", "enum": [f"Dear {NAME}, all is well."]}},
}
"""A random model says nothing of sense; held to a grammar, it says what the grammar has: here a name's token."""


def letter(platform: Platform, **more: object) -> dict[str, object]:
    return {
        "model": USE_CASE,
        "messages": [{"role": "user", "content": TEXT}],
        "max_tokens": 120,
        "temperature": 0,
        "response_format": SPOKEN,
        **more,
    }


class TestAnAnswerComesFromARealModel:
    """Everything between caller and weights is what the image holds, but for the GPU."""

    def test_what_the_model_says_is_restored_for_who_may_see_it(self, platform: Platform) -> None:
        answered = platform.gateway.ask(letter(platform))
        assert answered.status == 200, answered.body
        assert json.loads(answered.json["choices"][0]["message"]["content"]) == f"Dear {NAME}, all is well."
        assert answered.json["usage"]["completion_tokens"] > 20

    def test_and_also_piece_by_piece(self, platform: Platform) -> None:
        answered = platform.gateway.ask(letter(platform, stream=True))
        assert answered.status == 200, answered.body
        assert json.loads(answered.said) == f"Dear {NAME}, all is well."
        # The tokenizer has bytes alone: the answer came in many pieces, a name's token in more than one.
        assert len(answered.events) > 10
        assert answered.events[-1] == "[DONE]"

    def test_no_server_was_told_who_the_patient_is(self, platform: Platform) -> None:
        platform.gateway.ask(letter(platform))
        heard = b"".join(bytes(server.tee.heard) for server in platform.servers)
        assert b"Write the letter" in heard
        for secret in (b"Zebediah", b"Hartwell", b"00412873"):
            assert secret not in heard

    def test_who_may_not_see_it_gets_the_token(self, platform: Platform) -> None:
        token = platform.gateway.issuer.token(*(role for role in EVERYTHING if not role.startswith("re-identify")))
        answered = platform.gateway.ask(letter(platform), token=token)
        assert answered.status == 200, answered.body
        said = answered.json["choices"][0]["message"]["content"]
        assert "Hartwell" not in said
        assert said.startswith('"Dear [[')

    def test_the_official_client_talks_to_it_unchanged(self, platform: Platform) -> None:
        world = platform.gateway
        client = openai.OpenAI(
            base_url=f"https://127.0.0.1:{world.port}/v1",
            api_key=world.issuer.token(*EVERYTHING),
            max_retries=0,
            http_client=openai.DefaultHttpxClient(verify=world.context(world.caller)),
        )
        pieces = client.chat.completions.create(
            model=USE_CASE,
            messages=[{"role": "user", "content": TEXT}],
            max_tokens=120,
            temperature=0,
            response_format=SPOKEN,
            stream=True,
        )
        said = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
        assert json.loads(said) == f"Dear {NAME}, all is well."

    def test_a_fault_of_the_servers_own_words_repeats_nothing(self, platform: Platform) -> None:
        """vLLM's refusals quote what they refuse; the gateway's don't."""
        answered = platform.gateway.ask(letter(platform, max_tokens=4_000_000))
        assert answered.status in (400, 502), answered.body
        assert NAME.encode() not in answered.body
        assert b"4000000" not in answered.body


class TestNumbersAreThere:
    """Dashboards, scaling and service levels read them."""

    @pytest.mark.parametrize("name", ["vllm:num_requests_waiting", "vllm:kv_cache_usage_perc"])
    def test_what_scaling_asks_for_is_among_them(self, name: str, platform: Platform) -> None:
        status, told = platform.stable[0].numbers()
        assert status == 200
        assert f"\n{name}{{" in told

    def test_first_tokens_were_timed_by_both(self, platform: Platform) -> None:
        platform.gateway.ask(letter(platform, stream=True))
        assert sum(server.counted("vllm:time_to_first_token_seconds_count") for server in platform.servers) > 0
        counted = [
            line for line in platform.gateway.numbers().splitlines() if line.startswith("bailiwick_gateway_first")
        ]
        assert any(f'use_case="{USE_CASE}"' in line and line.split()[-1] != "0.0" for line in counted), counted
