"""The examples that users copy, run as they stand against a whole gateway."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
import pytest

from model_images.gateway.clients import telehealth
from tests.model_images.gateway.login import ASSERTION, Login, login
from tests.model_images.gateway.planting import PLANT, RAW, RECORD
from tests.model_images.gateway.world import EVERYTHING, USE_CASE, World

CLIENTS = Path(telehealth.__file__).parent
TRANSCRIPT = f"{PLANT} reports two weeks of dry cough. Zebediah takes ramipril 5 mg."


def leaked(world: World) -> list[str]:
    """What the model saw of the patient."""
    seen = b"".join(world.model.seen).decode().lower()
    return [raw for raw in RAW if raw in seen]


@dataclass
class Token:
    """As azure-identity hands it out."""

    token: str
    expires_on: int


@dataclass
class Entra:
    """Stands for azure-identity."""

    world: World
    roles: tuple[str, ...] = EVERYTHING
    seconds: int = 600
    old: int = 0
    """How many tokens it hands out that have ended already, by the gateway's clock."""
    asked: list[str] = field(default_factory=list)

    def get_token(self, *scopes: str) -> Token:
        self.asked += scopes
        begun = -3_600 if len(self.asked) <= self.old else 0
        token = self.world.issuer.token(*self.roles, seconds=self.seconds, begun=begun)
        return Token(token, int(time.time() + self.seconds))


def access(world: World) -> telehealth.Access:
    return telehealth.Access(
        base_url=f"https://127.0.0.1:{world.port}/v1",
        scope="the-gateway/.default",
        certificate=world.caller.path,
        authority=world.authority.path,
    )


@pytest.fixture
def client(asked: World) -> Iterator[openai.OpenAI]:
    with telehealth.connect(access(asked), Entra(asked)) as made:
        yield made


class TestATelehealthBackend:
    """Python: streams, calls a tool, says what it holds, and understands a refusal."""

    def test_it_drafts_a_note_piece_by_piece(self, asked: World, client: openai.OpenAI) -> None:
        pieces = list(telehealth.draft(client, USE_CASE, TRANSCRIPT, RECORD, telehealth.new_conversation()))
        assert "".join(pieces) == TRANSCRIPT
        assert len(pieces) > 1
        assert not leaked(asked)

    def test_a_name_keeps_its_stand_in_for_the_whole_conversation(self, asked: World, client: openai.OpenAI) -> None:
        conversation = telehealth.new_conversation()
        for _ in range(2):
            list(telehealth.draft(client, USE_CASE, TRANSCRIPT, RECORD, conversation))
        first, second = (body["messages"][-1]["content"] for body in asked.model.bodies)
        assert first == second

    def test_it_lets_the_model_look_at_the_calendar(self, asked: World, client: openai.OpenAI) -> None:
        looked: list[dict[str, str]] = []

        def free_slots(**arguments: str) -> list[str]:
            looked.append(arguments)
            return [f"Tuesday 9:00 for {arguments['patient']}"]

        def calling(body: dict[str, Any]) -> dict[str, Any]:
            said = body["messages"][-1]
            usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
            message: dict[str, Any] = {"role": "assistant", "content": said["content"]}
            if said["role"] == "user":
                arguments = json.dumps({"specialty": "pneumology", "patient": said["content"]})
                call = {"id": "x", "type": "function", "function": {"name": "free_slots", "arguments": arguments}}
                message = {"role": "assistant", "content": None, "tool_calls": [call]}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            return {"id": "x", "created": 1, "model": "m", "choices": [choice], "usage": usage}

        asked.model.raw = calling
        told = telehealth.arrange(client, USE_CASE, PLANT, RECORD, telehealth.new_conversation(), free_slots)
        assert looked == [{"specialty": "pneumology", "patient": PLANT}]
        assert json.loads(told) == [f"Tuesday 9:00 for {PLANT}"]
        assert not leaked(asked)

    def test_a_refusal_has_its_code_and_not_the_data(self, asked: World) -> None:
        little = Entra(asked, roles=(f"use-case.{USE_CASE}.treatment", "data-class.personal"))
        with telehealth.connect(access(asked), little) as client, pytest.raises(telehealth.NotAnswered) as refused:
            next(telehealth.draft(client, USE_CASE, TRANSCRIPT, RECORD, telehealth.new_conversation()))
        assert (refused.value.code, refused.value.status) == ("classify.caller", 403)
        assert refused.value.request_id
        assert "Zebediah" not in str(refused.value)

    def test_a_stream_that_is_cut_is_no_answer(self, asked: World, client: openai.OpenAI) -> None:
        asked.model.dies_after = 10
        pieces = telehealth.draft(client, USE_CASE, TRANSCRIPT, RECORD, telehealth.new_conversation())
        with pytest.raises(telehealth.NotAnswered) as refused:
            list(pieces)
        assert refused.value.code == "route.model-gone"


class TestItsTokenIsRenewedInTime:
    """One of ten minutes, asked for anew before it ends, and not for every request."""

    def test_one_serves_many_requests(self, asked: World) -> None:
        entra = Entra(asked)
        with telehealth.connect(access(asked), entra) as client:
            for _ in range(3):
                client.models.list()
        assert entra.asked == ["the-gateway/.default"]

    def test_a_new_one_comes_before_the_old_one_ends(self, asked: World) -> None:
        entra, now = Entra(asked), [time.time()]
        tokens = telehealth.Tokens(entra, "the-gateway/.default", clock=lambda: now[0])
        first = tokens()
        now[0] += entra.seconds - telehealth.RENEW_SECONDS - 5
        assert tokens() == first
        now[0] += 10
        tokens()
        assert len(entra.asked) == 2

    def test_one_that_the_gateway_does_not_take_is_renewed_once(self, asked: World) -> None:
        entra = Entra(asked, old=1)
        with telehealth.connect(access(asked), entra) as client:
            assert [model.id for model in client.models.list()] == [USE_CASE]
        assert len(entra.asked) == 2

    def test_but_not_for_ever(self, asked: World) -> None:
        entra = Entra(asked, old=9)
        with telehealth.connect(access(asked), entra) as client, pytest.raises(openai.AuthenticationError):
            client.models.list()
        assert len(entra.asked) <= 3

    def test_no_token_is_in_its_words(self, asked: World) -> None:
        tokens = telehealth.Tokens(Entra(asked), "the-gateway/.default")
        assert tokens() not in repr(tokens)


SHOPPER = {"data_class": "personal", "record": {"names": ["Zebediah Quartermaine"]}}
QUESTION = "Where is the order of Zebediah Quartermaine?"
NODE = """
import { readFileSync } from "node:fs";
import { connect, fromFile, Refused, tokens } from "STOREFRONT";

const told = JSON.parse(readFileSync(0, "utf8"));
const certificate = readFileSync(told.certificate);
const token = tokens({ ...told, assertion: fromFile(told.assertion) });
const authority = readFileSync(told.authority);
const gateway = connect({ host: "127.0.0.1", port: told.port, certificate, key: certificate, authority, token });
const messages = [{ role: "user", content: told.question }];
const tried = async (asked) => {
  try {
    return await asked();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { code, guard, requestId: id, mayAskAgain: again, message: words } = error;
    return { code, guard, id, again, words };
  }
};
const done = {};
for (const what of told.what) {
  const ask = (more) => gateway.chat(told.useCase, messages, told.bailiwick, more);
  done[what] = await tried(async () => {
    if (what === "useCases") return await gateway.useCases();
    if (what === "chat") return (await ask()).choices[0].message.content;
    if (what === "refused") return await ask({ unheard_of: told.question });
    const pieces = [];
    for await (const piece of gateway.stream(told.useCase, messages, told.bailiwick)) pieces.push(piece);
    return pieces;
  });
}
gateway.close();
console.log(JSON.stringify(done));
"""
PHP = """<?php
require 'MAGENTO/Refused.php';
require 'MAGENTO/Gateway.php';
use Example\\Gateway\\Model\\{Gateway, Refused};
$told = json_decode(stream_get_contents(STDIN), true);
$gateway = new Gateway("https://127.0.0.1:{$told['port']}", $told['certificate'], $told['tenant'],
    $told['application'], $told['audience'], $told['assertion'], $told['authority'], $told['login']);
$messages = [['role' => 'user', 'content' => $told['question']]];
$ask = fn (array $messages) => $gateway->chat($told['useCase'], $messages, $told['bailiwick']);
$done = [];
foreach ($told['what'] as $what) {
    try {
        $done[$what] = match ($what) {
            'useCases' => $gateway->useCases(),
            'chat' => $ask($messages)['choices'][0]['message']['content'],
            'refused' => $ask([['role' => 'user']]),
        };
    } catch (Refused $refused) {
        $done[$what] = ['code' => $refused->reason, 'id' => $refused->requestId,
            'again' => $refused->mayAskAgain, 'words' => $refused->getMessage()];
    }
}
echo json_encode($done);
"""


def program(*names: str) -> str:
    """The first of these; without it the test is skipped, and says so."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no {' nor '.join(names)} on PATH")
    return found


@dataclass
class Shop:
    """A shop's server: a program in another language, with what a shop's server has."""

    world: World
    directory: Path
    login: Login

    def asks(self, command: list[str], *what: str) -> dict[str, Any]:
        """What the program got, by what it asked."""
        assertion = self.directory / "assertion"
        assertion.write_text(f"{ASSERTION}\n")
        told = {
            "port": self.world.port,
            "certificate": str(self.world.caller.path),
            "authority": str(self.world.authority.path),
            "login": self.login.url,
            "tenant": "the-tenant",
            "application": "the-caller",
            "audience": "the-gateway",
            "assertion": str(assertion),
            "useCase": USE_CASE,
            "bailiwick": SHOPPER,
            "question": QUESTION,
            "what": what,
        }
        done = subprocess.run(command, input=json.dumps(told), capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr
        made: dict[str, Any] = json.loads(done.stdout)
        return made


@pytest.fixture
def shop(asked: World, tmp_path: Path) -> Iterator[Shop]:
    with login(asked.issuer, *EVERYTHING) as found:
        yield Shop(asked, tmp_path, found)


@pytest.fixture
def node(tmp_path: Path) -> list[str]:
    script = tmp_path / "shop.mjs"
    script.write_text(NODE.replace("STOREFRONT", (CLIENTS / "storefront.mjs").as_uri()))
    return [program("node"), str(script)]


@pytest.fixture
def php(tmp_path: Path) -> list[str]:
    script = tmp_path / "shop.php"
    script.write_text(PHP.replace("MAGENTO", str(CLIENTS / "magento")))
    found = program("php")
    if "curl" not in subprocess.run([found, "-m"], capture_output=True, text=True, check=True).stdout.split():
        pytest.skip("php has no curl")
    return [found, str(script)]


class TestAStorefrontsServer:
    """Node: built-in modules, a certificate, a token by an assertion, whole answers and streams."""

    def test_it_asks_and_streams(self, shop: Shop, node: list[str]) -> None:
        done = shop.asks(node, "useCases", "chat", "stream")
        assert done["useCases"] == [USE_CASE]
        assert done["chat"] == QUESTION
        assert "".join(done["stream"]) == QUESTION
        assert len(done["stream"]) > 1
        assert len(shop.login.asked) == 1
        assert not leaked(shop.world)

    def test_a_refusal_is_told_and_not_asked_for_again(self, shop: Shop, node: list[str]) -> None:
        (told,) = shop.asks(node, "refused").values()
        assert (told["code"], told["guard"], told["again"]) == ("schema.unknown-field", "schema", False)
        assert told["id"]
        assert "Zebediah" not in told["words"]

    def test_it_waits_for_room(self, shop: Shop, node: list[str]) -> None:
        shop.world.model.full = 1
        assert shop.asks(node, "chat") == {"chat": QUESTION}
        assert len(shop.world.model.seen) == 2

    def test_a_stream_that_is_cut_is_no_answer(self, shop: Shop, node: list[str]) -> None:
        shop.world.model.dies_after = 6
        assert shop.asks(node, "stream")["stream"]["code"] == "route.model-gone"

    def test_a_token_that_the_gateway_does_not_take_is_renewed_once(self, shop: Shop, node: list[str]) -> None:
        shop.login.old = 1
        assert shop.asks(node, "useCases") == {"useCases": [USE_CASE]}
        assert len(shop.login.asked) == 2


class TestMagento:
    """PHP: cURL and nothing else."""

    def test_it_asks(self, shop: Shop, php: list[str]) -> None:
        assert shop.asks(php, "useCases", "chat") == {"useCases": [USE_CASE], "chat": QUESTION}
        assert len(shop.login.asked) == 1
        assert not leaked(shop.world)

    def test_a_refusal_is_told_and_not_asked_for_again(self, shop: Shop, php: list[str]) -> None:
        shop.login.old = 1
        (told,) = shop.asks(php, "refused").values()
        assert (told["code"], told["again"]) == ("schema.missing-field", False)
        assert told["id"]

    def test_it_waits_for_room(self, shop: Shop, php: list[str]) -> None:
        shop.world.model.full = 1
        assert shop.asks(php, "chat") == {"chat": QUESTION}
        assert len(shop.world.model.seen) == 2
