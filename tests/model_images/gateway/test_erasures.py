"""Erasure on request, through the real door: what was minted for a patient goes for good, and nobody else's does."""

import re
import secrets
from typing import Any

import pytest

from tests.model_images.gateway.planting import NAME
from tests.model_images.gateway.test_streams import records
from tests.model_images.gateway.world import EVERYTHING, USE_CASE, Answered, World

PATH = "/v1/erasures"
ERASER = (f"use-case.{USE_CASE}.treatment", f"use-case.{USE_CASE}.operations", f"erase.{USE_CASE}")
OTHER = "Ottilie Featherstonehaugh"


def erase(world: World, *roles: str, **told: object) -> Answered:
    return world.ask({"model": USE_CASE, **told}, PATH, token=world.issuer.token(*(roles or ERASER)))


def fresh() -> str:
    """An id as callers draw one."""
    return secrets.token_hex(12)


def minted(world: World, conversation: str, patient: str, name: str = NAME) -> str:
    """The marker that stands for a name in a conversation about that patient."""
    extension = {"conversation": conversation, "record": {"names": [name], "ids": [patient]}}
    answered = world.chat(f"Please call {name} today.", bailiwick=extension)
    assert answered.status == 200, answered.body
    assert name in answered.body.decode()
    found = re.search(r"\[\[NAME_\w+\]\]", world.model.seen[-1].decode())
    assert found is not None
    return found[0]


def who(world: World, marker: str, conversation: str) -> Answered:
    return world.chat(f"Who is {marker}?", bailiwick={"conversation": conversation})


class TestWhatIsErasedDoesNotComeBack:
    """GDPR Art. 17: whoever asks for it must not find the name in tomorrow's answer."""

    def test_of_a_patient_in_each_of_their_conversations(self, asked: World) -> None:
        patient, one, two = fresh(), fresh(), fresh()
        markers = {name: minted(asked, name, patient) for name in (one, two)}
        answered = erase(asked, patient=patient)
        assert (answered.status, answered.json) == (200, {"object": "erasure", "erased": 2})
        for name, marker in markers.items():
            after = who(asked, marker, name)
            assert (after.status, after.code) == (403, "tokens.foreign")
            assert NAME not in after.body.decode()

    def test_of_a_conversation(self, asked: World) -> None:
        patient, one, two = fresh(), fresh(), fresh()
        gone, stays = minted(asked, one, patient), minted(asked, two, patient)
        assert erase(asked, conversation=one).json["erased"] == 1
        assert who(asked, gone, one).code == "tokens.foreign"
        assert NAME in who(asked, stays, two).body.decode()

    def test_the_conversation_goes_on_with_new_tokens(self, asked: World) -> None:
        patient, talk = fresh(), fresh()
        before = minted(asked, talk, patient)
        assert erase(asked, conversation=talk).json["erased"] == 1
        assert minted(asked, talk, patient) != before

    def test_another_patients_stay(self, asked: World) -> None:
        one, two, talk = fresh(), fresh(), fresh()
        gone, stays = minted(asked, talk, one), minted(asked, talk, two, OTHER)
        assert erase(asked, patient=one).json["erased"] == 1
        assert OTHER in who(asked, stays, talk).body.decode()
        assert who(asked, gone, talk).code == "tokens.foreign"

    def test_what_was_minted_before_a_record_named_the_patient_goes_with_the_conversation(self, asked: World) -> None:
        """Nobody can tell whose it is: docs/concepts/pseudonymisation.md says so, and what to do."""
        patient, talk = fresh(), fresh()
        assert asked.chat(f"Please call {NAME} today.", bailiwick={"conversation": talk}).status == 200
        marker = minted(asked, talk, patient)
        assert erase(asked, patient=patient).json["erased"] == 0
        assert erase(asked, conversation=talk).json["erased"] == 1
        assert who(asked, marker, talk).code == "tokens.foreign"

    def test_a_second_time_there_is_nothing_left(self, asked: World) -> None:
        patient = fresh()
        minted(asked, fresh(), patient)
        assert [erase(asked, patient=patient).json["erased"] for _ in range(2)] == [1, 0]

    def test_a_patient_is_read_as_in_a_record(self, asked: World) -> None:
        patient = fresh()
        minted(asked, fresh(), patient)
        # What is not set may come as null from clients whose classes have every field.
        assert erase(asked, patient=f" {patient}\n", conversation=None).json["erased"] == 1

    def test_it_goes_to_no_model(self, asked: World) -> None:
        assert erase(asked, patient=fresh()).status == 200
        assert asked.model.seen == []


class TestOnlyWhoMayErases:
    """Who may read what is erased need not destroy it, and the other way round."""

    @pytest.mark.parametrize(
        ("roles", "code"),
        [
            (EVERYTHING, (403, "authorise.erase")),
            ((*EVERYTHING, "erase.elsewhere"), (403, "authorise.erase")),
            ((f"erase.{USE_CASE}",), (404, "authorise.use-case")),
            ((f"erase.{USE_CASE}", "use-case.elsewhere.treatment"), (404, "authorise.use-case")),
            ((*ERASER, "tenant.north"), (403, "authorise.tenant")),
        ],
        ids=["everything else", "another's", "asks nothing", "asks another", "a tenant's"],
    )
    def test_others_are_refused_and_nothing_goes(
        self, asked: World, roles: tuple[str, ...], code: tuple[int, str]
    ) -> None:
        patient, talk = fresh(), fresh()
        marker = minted(asked, talk, patient)
        for told in ({"patient": patient}, {"conversation": talk}):
            answered = erase(asked, *roles, **told)
            assert (answered.status, answered.code) == code
        assert NAME in who(asked, marker, talk).body.decode()

    def test_nor_does_a_person(self, asked: World) -> None:
        token = asked.issuer.token(*ERASER, idtyp="user")
        assert asked.ask({"model": USE_CASE, "patient": fresh()}, PATH, token=token).code == "authorise.person"

    def test_who_erases_gets_nothing_back_by_it(self, asked: World) -> None:
        """The right is to erase alone: with it one asks for answers as everybody does, and identifiers stay tokens."""
        text = {"model": USE_CASE, "messages": [{"role": "user", "content": f"Call {NAME}."}]}
        roles = (f"use-case.{USE_CASE}.treatment", f"erase.{USE_CASE}", "data-class.phi")
        answered = asked.ask(text, token=asked.issuer.token(*roles))
        assert answered.status == 200
        assert NAME not in answered.body.decode()

    def test_nor_is_it_a_page_of_a_browsers(self, asked: World) -> None:
        connection = asked.connect(portal=True)
        headers = {"origin": "https://page.example", "access-control-request-method": "POST"}
        connection.request("OPTIONS", PATH, headers=headers)
        answer = connection.getresponse()
        assert "access-control-allow-origin" not in answer.headers
        assert answer.status in (401, 404)
        told = {"model": USE_CASE, "patient": fresh()}
        token = asked.issuer.token(*ERASER)
        answered = asked.ask(told, PATH, token=token, portal=True, headers={"origin": "https://page.example"})
        assert answered.code == "authorise.origin"

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_nor_by_another_method(self, asked: World, method: str) -> None:
        assert asked.ask({}, PATH, method=method).status == 404


class TestOneIsNamedAndOneOnly:
    """A body that says two things erases what nobody meant."""

    @pytest.mark.parametrize(
        "told",
        [
            {},
            {"patient": None, "conversation": None},
            {"patient": "p-1", "conversation": "c" * 24},
            {"patient": ""},
            {"patient": " \t\n"},
            {"patient": 17},
            {"patient": ["p-1"]},
            {"patient": "p" * 401},
            {"conversation": "too-short"},
            {"conversation": f"{'c' * 24}\n"},
            {"conversation": "*" * 24},
            {"patient": "p-1", "tenant": "south"},
            {"patient": "p-1", "model": None},
            {"patient": "p-1", "model": "NO MODEL"},
            {"patient": "p-1", "bailiwick": {"conversation": "c" * 24}},
            {"patient": "p-1", "bailiwick": {"record": {"id": "p-2"}}},
            {"conversation": "c" * 24, "bailiwick": {"purpose": "treatment"}},
        ],
        ids=str,
    )
    def test_all_else_is_refused(self, asked: World, told: dict[str, object]) -> None:
        answered = erase(asked, **told)
        assert (answered.status, answered.code.partition(".")[0]) == (400, "schema"), answered.body

    def test_so_is_what_is_no_json(self, asked: World) -> None:
        token = asked.issuer.token(*ERASER)
        assert asked.ask(b'{"model": ', PATH, token=token).code == "schema.malformed"
        headers = {"content-type": "text/plain"}
        assert asked.ask({"model": USE_CASE}, PATH, token=token, headers=headers).code == "schema.content-type"


class TestItIsWrittenDownWithoutANameInIt:
    """Who was erased is accounted for (GDPR Art. 5(2)), and is not kept by the account of it."""

    def test_before_and_after(self, asked: World) -> None:
        patient = fresh()
        minted(asked, fresh(), patient)
        chatted = records(asked)[-1]
        assert erase(asked, patient=patient).status == 200
        first, last = [one for one in records(asked) if one.get("endpoint") == "erasures"][-2:]
        assert (first["phase"], last["phase"]) == ("decided", "finished")
        assert first["request"] == last["request"]
        assert (first["erased"], last["erased"]) == (0, 1)
        assert first["decision"] == last["decision"] == {"allowed": True, "guard": None, "what": None}
        assert first["caller"] == chatted["caller"]
        assert first["use_case"] == USE_CASE
        took: Any = last["latency"]
        assert took.keys() == {"schema", "authorise", "volume", "tokens"}
        # By the keyed hash alone can both be told to be about one patient.
        assert first["patient"] == last["patient"] == chatted["patient"]

    def test_of_a_conversation_too(self, asked: World) -> None:
        talk = fresh()
        minted(asked, talk, fresh())
        chatted = records(asked)[-1]
        assert erase(asked, conversation=talk).status == 200
        assert records(asked)[-1]["conversation"] == chatted["conversation"]
        assert records(asked)[-1]["patient"] is None

    def test_a_refusal_as_well(self, asked: World) -> None:
        assert erase(asked, *EVERYTHING, patient=fresh()).status == 403
        last = records(asked)[-1]
        assert last["decision"] == {"allowed": False, "guard": "authorise", "what": "erase"}
        assert (last["endpoint"], last["phase"]) == ("erasures", "decided")

    def test_it_is_counted(self, asked: World) -> None:
        def counted(of: str) -> float:
            label = f'bailiwick_gateway_erased_tokens_total{{of="{of}",use_case="{USE_CASE}"}}'
            found = re.search(re.escape(label) + r" ([\d.]+)", asked.numbers())
            return float(found[1]) if found else 0.0

        before = counted("patient"), counted("conversation")
        patient, talk = fresh(), fresh()
        minted(asked, fresh(), patient)
        minted(asked, talk, fresh())
        assert erase(asked, patient=patient).json["erased"] == erase(asked, conversation=talk).json["erased"] == 1
        assert (counted("patient"), counted("conversation")) == (before[0] + 1, before[1] + 1)

    def test_the_names_are_nowhere(self, asked: World) -> None:
        patient, talk = f"Zacharias-{fresh()}", fresh()
        answers = [
            erase(asked, patient=patient),
            erase(asked, conversation=talk),
            erase(asked, *EVERYTHING, patient=patient),
            erase(asked, *EVERYTHING, conversation=talk),
            erase(asked, patient=patient, conversation=talk),
            erase(asked, patient=patient, **{patient: talk}),
            erase(asked, conversation=f"{talk}{patient}?"),
        ]
        assert [one.status for one in answers] == [200, 200, 403, 403, 400, 400, 400]
        kept = b"".join(path.read_bytes() for path in asked.state.rglob("*") if path.is_file())
        for named in (patient, talk):
            assert named not in "".join(one.body.decode() for one in answers)
            assert named not in asked.log
            assert named not in asked.numbers()
            assert named.encode() not in kept
