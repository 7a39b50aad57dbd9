"""What became of an answer is counted under the version that gave it, once, for whoever may ask that use case."""

import re

import pytest

from tests.model_images.gateway.test_streams import records
from tests.model_images.gateway.world import USE_CASE, World

PATH = "/v1/feedback"


def counted(world: World, variant: str, verdict: str) -> float:
    """What Prometheus reads."""
    label = f'bailiwick_gateway_drafts_total{{use_case="{USE_CASE}",variant="{variant}",verdict="{verdict}"}}'
    found = re.search(re.escape(label) + r" ([\d.]+)", world.numbers())
    return float(found[1]) if found else 0.0


def tell(world: World, answer: str, verdict: str = "accepted", **more: object) -> int:
    return world.ask({"model": USE_CASE, "id": answer, "verdict": verdict, **more}, PATH).status


class TestAVerdictIsCountedWhereItBelongs:
    """The canary's job weighs it: docs/runbooks/canary.md."""

    @pytest.mark.parametrize("verdict", ["accepted", "corrected"])
    def test_of_a_whole_answer_and_of_a_stream(self, asked: World, verdict: str) -> None:
        before = counted(asked, "stable", verdict)
        whole = asked.chat("Hello").json["id"]
        streamed = re.search(r'"id":"(chatcmpl-[^"]+)"', asked.chat("Hello", stream=True).body.decode())
        assert streamed is not None
        assert [tell(asked, one, verdict) for one in (whole, streamed[1])] == [200, 200]
        assert counted(asked, "stable", verdict) == before + 2

    def test_a_second_word_on_the_same_answer_counts_no_more(self, asked: World) -> None:
        answer = asked.chat("Hello").json["id"]
        assert tell(asked, answer) == 200
        before = counted(asked, "stable", "accepted"), counted(asked, "stable", "corrected")
        assert (tell(asked, answer), tell(asked, answer, "corrected")) == (200, 200)
        assert (counted(asked, "stable", "accepted"), counted(asked, "stable", "corrected")) == before

    @pytest.mark.parametrize(
        "body",
        [
            {"id": "chatcmpl-1"},
            {"id": f"chatcmpl-{'0' * 64}-whatever"},
            {"verdict": "good"},
            {"comment": "Mrs Smith liked it"},
            {"model": ["x"]},
        ],
    )
    def test_it_has_no_room_for_words(self, asked: World, body: dict[str, object]) -> None:
        told = {"model": USE_CASE, "id": f"chatcmpl-{'0' * 64}-stable", "verdict": "accepted", **body}
        answered = asked.ask(told, PATH)
        assert (answered.status, answered.code.partition(".")[0]) == (400, "schema")

    def test_nobody_tells_of_a_use_case_that_is_not_theirs(self, asked: World) -> None:
        token = asked.issuer.token("use-case.elsewhere.treatment")
        told = {"model": USE_CASE, "id": f"chatcmpl-{'0' * 64}-stable", "verdict": "accepted"}
        assert asked.ask(told, PATH, token=token).code == "authorise.use-case"

    def test_it_goes_to_no_model(self, asked: World) -> None:
        answer = asked.chat("Hello").json["id"]
        asked.model.reset()
        assert tell(asked, answer) == 200
        assert asked.model.seen == []

    def test_ids_that_the_gateway_did_not_give_count_for_nobody(self, asked: World) -> None:
        """Ten made up by a caller would take a good version back, or bring a bad one in."""
        answer = asked.chat("Hello").json["id"]
        before = counted(asked, "stable", "corrected"), counted(asked, "candidate", "corrected")
        made_up = f"chatcmpl-{'1' * 64}-stable"
        moved = answer.replace("-stable", "-candidate")
        other = answer[:9] + ("0" if answer[9] != "0" else "1") + answer[10:]
        for one in (made_up, moved, other):
            told = {"model": USE_CASE, "id": one, "verdict": "corrected"}
            answered = asked.ask(told, PATH)
            assert (answered.status, answered.code) == (404, "authorise.answer")
        assert (counted(asked, "stable", "corrected"), counted(asked, "candidate", "corrected")) == before


class TestHowAnAnswerEndedIsWrittenDown:
    """An answer that was cut is not one that stopped: who looks for half a discharge letter looks there."""

    @pytest.mark.parametrize("finish", ["stop", "length", "content_filter"])
    def test_as_the_model_said(self, asked: World, finish: str) -> None:
        message = {"role": "assistant", "content": "Half a"}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        asked.model.raw = lambda body: {
            "id": "x", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice]
        }  # fmt: skip
        assert asked.chat("Write it.").status == 200
        assert records(asked)[-1]["finish"] == finish


class TestWhatIsAskedOfTheGatewayItselfIsWrittenDownToo:
    """Every request, whatever it is for."""

    @pytest.mark.parametrize("endpoint", ["models", "feedback"])
    def test_with_who_asked(self, asked: World, endpoint: str) -> None:
        answer = asked.chat("Hello").json["id"]
        before = len([one for one in records(asked) if one.get("endpoint") == endpoint])
        if endpoint == "models":
            assert asked.ask({}, "/v1/models", method="GET").status == 200
        else:
            assert tell(asked, answer) == 200
        found = [one for one in records(asked) if one.get("endpoint") == endpoint]
        assert len(found) == before + 1
        assert found[-1]["caller"]
        assert found[-1]["decision"] == {"allowed": True, "guard": None, "what": None}
