"""The whole of it, by its command, against a server on loopback: what is measured, kept, signed, and said."""

import hashlib
import json
import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from model_images.evaluation import endpoint
from model_images.evaluation.__main__ import main
from model_images.evaluation.statement import BadResult, signed, verified
from model_images.evaluation.suite import find
from tests.model_images.evaluation.standin import Told, right, serving
from tests.model_images.gateway.certificates import Authority

MODEL_SHA, PROMPT_SHA = "a" * 64, "b" * 64
ITEMS = {item.prompt: item for name in ("clinical-en", "safety-refusals") for item in find(name).items}
COUNT = len(ITEMS)


def oracle(prompt: str) -> str:
    """What a model would say that is always right."""
    return right(ITEMS[prompt])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "FIRST_PAUSE", 0.001)


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """Private and public, made for this test."""
    return made(ec.generate_private_key(ec.SECP256R1()), tmp_path)


def made(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, folder: Path) -> tuple[Path, Path]:
    private, public = folder / "evaluator.key", folder / "evaluator.pub"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def run(url: str, out: Path, key: Path, *more: str) -> int:
    return main(
        [
            *("run", "--url", url, "--model", "notes", "--revision", "c" * 40, "--model-sha256", MODEL_SHA),
            *("--prompt", "notes", "--prompt-version", "1.0.0", "--key", str(key), "--out", str(out)),
            *("--suite", "clinical-en", "--suite", "safety-refusals"),
            *(more or ("--prompt-sha256", PROMPT_SHA)),
        ]
    )


def said(out: Path, public: Path) -> dict[str, Any]:
    return dict(verified(out.read_bytes(), [public.read_bytes()]).predicate)


class TestWhatIsMeasuredIsWhatWasAnswered:
    """A harness that reports well of a bad model is worse than none."""

    def test_of_a_model_that_is_right(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        told = Told(answer=oracle)
        with serving(told) as url:
            assert run(url, tmp_path / "r.json", keys[0]) == 0
        found = said(tmp_path / "r.json", keys[1])
        assert (found["accuracy"], found["complete"], found["unanswered"]) == (1.0, True, 0)
        assert found["suite"] == "clinical-en/1"
        assert {suite["name"]: suite["met"] for suite in found["suites"] if "met" in suite} == {"safety-refusals": True}
        assert len(found["items"]) == COUNT
        assert all(item["first_token_ms"] > 0 for item in found["items"])
        assert {(body["temperature"], body["seed"], body["stream"]) for body in told.bodies} == {(0, 1, True)}

    def test_of_one_that_is_wrong(
        self, tmp_path: Path, keys: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with serving(Told(answer=lambda _: "The weather is fine.")) as url:
            assert run(url, tmp_path / "r.json", keys[0]) == 3
        found = said(tmp_path / "r.json", keys[1])
        assert (found["accuracy"], found["complete"]) == (0.0, True)
        assert "safety-refusals: 0 of 15" in capsys.readouterr().err

    def test_of_one_that_is_right_and_refuses_nothing(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        harm = {item.prompt for item in find("safety-refusals").items}
        with serving(Told(answer=lambda prompt: "Take ten." if prompt in harm else oracle(prompt))) as url:
            assert run(url, tmp_path / "r.json", keys[0]) == 3
        assert said(tmp_path / "r.json", keys[1])["accuracy"] == 1.0

    def test_under_the_floor_it_ends_with_3(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        coded = {item.prompt for item in find("clinical-en").items if item.task == "coding"}
        told = Told(answer=lambda prompt: "Z99" if prompt in coded else oracle(prompt))
        with serving(told) as url:
            assert run(url, tmp_path / "r.json", keys[0], "--prompt-sha256", PROMPT_SHA, "--floor", "0.9") == 3
        assert said(tmp_path / "r.json", keys[1])["scores"]["clinical-en.coding"] == 0.0

    def test_no_content_is_in_the_result_or_the_journal(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        with serving(Told(answer=oracle)) as url:
            run(url, tmp_path / "r.json", keys[0])
        kept = json.dumps(said(tmp_path / "r.json", keys[1])) + (tmp_path / "r.journal.jsonl").read_text()
        for word in ("apixaban", "paracetamol", "femoral", "can't help"):
            assert word not in kept

    def test_a_template_of_ones_own_is_put_first_and_named_by_its_digest(
        self, tmp_path: Path, keys: tuple[Path, Path]
    ) -> None:
        template, told = tmp_path / "prompt.txt", Told(answer=oracle)
        template.write_text("You write notes.")
        with serving(told) as url:
            assert run(url, tmp_path / "r.json", keys[0], "--prompt-file", str(template)) == 0
        assert {body["messages"][0]["content"] for body in told.bodies} == {"You write notes."}
        found = verified((tmp_path / "r.json").read_bytes(), [keys[1].read_bytes()])
        assert found.prompt_sha256 == hashlib.sha256(b"You write notes.").hexdigest()


class TestWhatFailsIsTriedAgainAndNotForEver:
    """A server that is being replaced is not a model that is wrong; one that is gone is not one that is right."""

    def test_after_two_errors_an_answer_counts(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        seen: dict[str, int] = {}

        def fails(_: int, prompt: str) -> tuple[int, bytes, dict[str, str]] | None:
            seen[prompt] = seen.get(prompt, 0) + 1
            return ({1: 503, 2: 429}[seen[prompt]], b"{}", {"Retry-After": "0"}) if seen[prompt] < 3 else None

        with serving(Told(answer=oracle, fails=fails)) as url:
            assert run(url, tmp_path / "r.json", keys[0]) == 0
        assert {item["attempts"] for item in said(tmp_path / "r.json", keys[1])["items"]} == {3}

    @pytest.mark.parametrize(
        "told",
        [
            Told(answer=oracle, fails=lambda *_: (500, b"{}", {})),
            Told(answer=oracle, fails=lambda *_: (404, b"{}", {})),
            Told(answer=oracle, raw=lambda _: b"data: {not json}\n\n"),
            Told(answer=oracle, raw=lambda _: b'data: {"choices": [{"delta": {"content": "half"}}]}\n\n'),
            Told(answer=oracle, raw=lambda _: b"data: [1]\n\ndata: [DONE]\n\n"),
            Told(answer=oracle, raw=lambda _: b""),
            Told(answer=oracle, raw=lambda _: b'data: {"error": {"message": "engine died"}}\n\ndata: [DONE]\n\n'),
        ],
        ids=["500", "404", "no JSON", "cut off", "no object", "empty", "an error in the stream"],
    )
    def test_without_an_answer_it_is_no_result(self, told: Told, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        with serving(told) as url:
            assert run(url, tmp_path / "r.json", keys[0]) == 4
        with pytest.raises(BadResult, match=f"{COUNT} items have no answer"):
            verified((tmp_path / "r.json").read_bytes(), [keys[1].read_bytes()])
        assert len(told.bodies) <= endpoint.ATTEMPTS * COUNT

    def test_a_slow_one_is_given_up(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        told = Told(answer=oracle, pause=0.5)
        more = ("--prompt-sha256", PROMPT_SHA, "--timeout", "0.02", "--concurrency", "50")
        with serving(told) as url:
            assert run(url, tmp_path / "r.json", keys[0], *more) == 4

    def test_a_guards_refusal_is_an_answer(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        harm = {item.prompt for item in find("safety-refusals").items}
        body = json.dumps({"error": {"code": "prompt-guard.injection", "guard": "prompt-guard"}}).encode()
        told = Told(answer=oracle, fails=lambda _, prompt: (403, body, {}) if prompt in harm else None)
        with serving(told) as url:
            assert run(url, tmp_path / "r.json", keys[0]) == 0
        refused = [item for item in said(tmp_path / "r.json", keys[1])["items"] if item["refused_by"]]
        assert {item["refused_by"] for item in refused} == {"prompt-guard.injection"}
        assert all(item["passed"] for item in refused)

    def test_a_guard_that_lets_nothing_through_makes_no_model_right(
        self, tmp_path: Path, keys: tuple[Path, Path]
    ) -> None:
        body = json.dumps({"error": {"code": "classify.unknown", "guard": "classify"}}).encode()
        with serving(Told(answer=oracle, fails=lambda *_: (403, body, {}))) as url:
            run(url, tmp_path / "r.json", keys[0])
        assert said(tmp_path / "r.json", keys[1])["accuracy"] == 0.0


class TestARunGoesOnWhereItWas:
    """An hour of a GPU is not asked twice."""

    def test_items_that_were_answered_are_not_asked_again(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        told = Told(answer=oracle, fails=lambda number, _: (404, b"{}", {}) if number > 20 else None)
        with serving(told) as url:
            assert run(url, tmp_path / "r.json", keys[0]) == 4
            told.fails, before = (lambda *_: None), len(told.bodies)
            assert run(url, tmp_path / "r.json", keys[0]) == 0
            assert len(told.bodies) - before == COUNT - 20
        assert said(tmp_path / "r.json", keys[1])["accuracy"] == 1.0

    def test_a_line_that_was_cut_off_is_as_if_it_had_not_been(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        told, journal = Told(answer=oracle), tmp_path / "r.journal.jsonl"
        with serving(told) as url:
            run(url, tmp_path / "r.json", keys[0])
            journal.write_bytes(journal.read_bytes()[:-30])
            assert run(url, tmp_path / "r.json", keys[0]) == 0
        assert len(told.bodies) == COUNT + 1

    def test_another_models_journal_is_not_taken(
        self, tmp_path: Path, keys: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with serving(Told(answer=oracle)) as url:
            run(url, tmp_path / "r.json", keys[0])
            assert run(url, tmp_path / "r.json", keys[0], "--prompt-sha256", "d" * 64) == 2
        assert "is of another model" in capsys.readouterr().err

    def test_no_more_at_a_time_than_it_was_told(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        told = Told(answer=oracle, pause=0.01)
        with serving(told) as url:
            run(url, tmp_path / "r.json", keys[0], "--prompt-sha256", PROMPT_SHA, "--concurrency", "3")
        assert 1 < told.most <= 3


class TestTheResultIsProof:
    """It is read a year later by somebody who was not there."""

    def test_over_mutual_tls_it_names_the_certificate_that_answered(
        self, tmp_path: Path, keys: tuple[Path, Path]
    ) -> None:
        authority = Authority(tmp_path)
        server = authority.issue(x509.IPAddress(ip_address("127.0.0.1")))
        client = authority.issue(x509.DNSName("evaluator"))
        (tmp_path / "token").write_text("of-a-test\n")
        told = Told(answer=oracle)
        way = ("--prompt-sha256", PROMPT_SHA, "--ca", str(authority.path), "--token-file", str(tmp_path / "token"))
        own = ("--certificate", str(client[0]), "--certificate-key", str(client[1]))
        with serving(told, (*server, authority.path)) as url:
            assert run(url, tmp_path / "none.json", keys[0], *way) == 1
            assert run(url, tmp_path / "r.json", keys[0], *way, *own) == 0
        seen = hashlib.sha256(ssl.PEM_cert_to_DER_cert(server[0].read_text())).hexdigest()
        assert said(tmp_path / "r.json", keys[1])["endpoint"]["certificateSha256"] == seen
        assert set(told.tokens) == {"Bearer of-a-test"}

    def test_a_byte_that_was_changed_or_another_key_shows(self, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        with serving(Told(answer=oracle)) as url:
            run(url, tmp_path / "r.json", keys[0])
        envelope = json.loads((tmp_path / "r.json").read_bytes())
        (tmp_path / "o").mkdir()
        other = made(ed25519.Ed25519PrivateKey.generate(), tmp_path / "o")[1]
        with pytest.raises(BadResult, match="none of the keys signed it"):
            verified((tmp_path / "r.json").read_bytes(), [other.read_bytes()])
        for key, value in (("payload", envelope["payload"][:-8] + "AAAAAAA="), ("payloadType", "text/plain")):
            with pytest.raises(BadResult):
                verified(json.dumps({**envelope, key: value}).encode(), [keys[1].read_bytes()])

    def test_what_is_signed_and_is_something_else_is_no_result(self, keys: tuple[Path, Path]) -> None:
        for statement in ({"_type": "x"}, {}, {"_type": "https://in-toto.io/Statement/v1", "predicateType": "x"}):
            with pytest.raises(BadResult):
                verified(signed(statement, keys[0].read_bytes()), [keys[1].read_bytes()])

    def test_the_command_verifies_it_offline(
        self, tmp_path: Path, keys: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with serving(Told(answer=oracle)) as url:
            run(url, tmp_path / "r.json", keys[0])
        assert main(["verify", str(tmp_path / "r.json"), "--key", str(keys[1])]) == 0
        assert "accuracy 1.000 by clinical-en/1" in capsys.readouterr().out
        assert main(["verify", str(keys[1]), "--key", str(keys[1])]) == 2


class TestWrongWordsAreToldPlainly:
    """Never a traceback."""

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            (("--prompt-sha256", PROMPT_SHA, "--suite", "no-such"), "can't be read"),
            (("--prompt-sha256", PROMPT_SHA, "--prompt-file", "x"), "one of the two"),
            (("--prompt-sha256", PROMPT_SHA, "--certificate", "x"), "go together"),
        ],
    )
    def test_with_2(
        self,
        more: tuple[str, ...],
        says: str,
        tmp_path: Path,
        keys: tuple[Path, Path],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert run("http://127.0.0.1:1/v1", tmp_path / "r.json", keys[0], *more) == 2
        assert says in capsys.readouterr().err

    def test_nobody_there(self, tmp_path: Path, keys: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
        assert run("http://127.0.0.1:1/v1", tmp_path / "r.json", keys[0]) == 1
        assert "does not answer" in capsys.readouterr().err
