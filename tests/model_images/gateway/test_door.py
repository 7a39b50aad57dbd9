"""Envoy's part: who comes in, by which way, with what; everything that isn't listed stays outside."""

import json
import socket
import ssl
import time
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from tests.model_images.gateway.credentials import CALLER, HOST, Authority
from tests.model_images.gateway.planting import PLANT
from tests.model_images.gateway.world import EVERYTHING, USE_CASE, World, gateway

BODY = {"model": USE_CASE, "messages": [{"role": "user", "content": "Hello"}]}


def claims(**values: object) -> str:
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _spoken(context: ssl.SSLContext, raw: socket.socket) -> None:
    with context.wrap_socket(raw, server_hostname=HOST) as made:
        # With TLS 1.3 the server says no after the handshake.
        made.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        if not made.recv(1):
            raise ConnectionError


class TestACallerShowsACertificateOfTheJurisdiction:
    """Partners are machines that somebody has let in; a token alone can be carried away."""

    def test_a_good_one_comes_in(self, asked: World) -> None:
        assert asked.ask(BODY).status == 200

    def _shut(self, world: World, context: ssl.SSLContext) -> None:
        raw = socket.create_connection(("127.0.0.1", world.port), timeout=10)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            _spoken(context, raw)

    def test_none(self, asked: World) -> None:
        self._shut(asked, asked.context(None))

    def test_one_that_has_ended(self, asked: World) -> None:
        self._shut(asked, asked.context(asked.expired))

    def test_one_that_was_taken_back(self, asked: World) -> None:
        self._shut(asked, asked.context(asked.revoked))

    def test_one_of_another_authority(self, asked: World) -> None:
        other = Authority(asked.directory, "stranger")
        self._shut(asked, asked.context(other.issue("caller")))

    def test_one_that_signs_itself_with_the_authoritys_name(self, asked: World) -> None:
        namesake = Authority(asked.directory / "state", "authority")
        self._shut(asked, asked.context(namesake.issue("caller")))

    def test_old_tls(self, asked: World) -> None:
        context = asked.context(asked.caller)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        self._shut(asked, context)


class TestATokenIsForThisGatewayAndForNow:
    """Scoped, short, and checked by keys that are mounted."""

    @pytest.mark.parametrize(
        ("claims", "status"),
        [
            ({"aud": "somebody-else"}, 403),
            ({"iss": "https://login.test/another/v2.0"}, 401),
            ({"begun": -3600}, 401),
            ({"begun": 3600, "nbf": 9_999_999_999}, 401),
            ({"seconds": 3600}, 401),
            ({"exp": None}, 401),
            ({"iat": None}, 401),
            ({"idtyp": "user"}, 403),
            ({"idtyp": None}, 403),
            ({"azp": None}, 401),
            ({"azp": "a b\nc"}, 401),
            ({"roles": None}, 403),
            ({"roles": "use-case.clinical-notes.treatment"}, 403),
        ],
        ids=str,
    )
    def test_refused(self, asked: World, claims: dict[str, object], status: int) -> None:
        answer = asked.ask(BODY, token=asked.issuer.token(*EVERYTHING, **claims))  # type: ignore[arg-type] # claims of any kind
        assert answer.status == status, answer.body
        assert not asked.model.seen

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
    def test_what_is_no_token(self, asked: World, token: str) -> None:
        assert asked.ask(BODY, token=token).status == 401
        assert not asked.model.seen

    def test_one_signed_by_somebody_else(self, asked: World) -> None:
        from tests.model_images.gateway.credentials import Issuer

        assert asked.ask(BODY, token=Issuer().token(*EVERYTHING)).status == 401

    def test_claims_that_a_caller_writes_itself_are_not_read(self, asked: World) -> None:
        forged = {"x-bailiwick-claims": claims(roles=list(EVERYTHING), azp="x"), "x-bailiwick-listener": "health"}
        assert asked.ask(BODY, token="", headers=forged).status == 401
        little = asked.issuer.token("data-class.phi")
        assert asked.ask(BODY, token=little, headers=forged).code == "authorise.use-case"

    @pytest.mark.parametrize(
        ("roles", "code"),
        [
            ((), "authorise.use-case"),
            (("use-case.other.treatment", "data-class.phi"), "authorise.use-case"),
            (("use-case.clinical-notes.marketing", "data-class.phi"), "authorise.use-case"),
            (("use-case.clinical-notes.treatment",), "classify.caller"),
            (
                ("use-case.clinical-notes.treatment", "use-case.clinical-notes.payment", "data-class.phi"),
                "authorise.purpose",
            ),
            ((*EVERYTHING, "tenant.northern"), "authorise.tenant"),
        ],
        ids=str,
    )
    def test_its_roles_say_what_may_be_asked(self, asked: World, roles: tuple[str, ...], code: str) -> None:
        text = {"model": USE_CASE, "messages": [{"role": "user", "content": "Hello"}]}
        answer = asked.ask(text, token=asked.issuer.token(*roles))
        assert answer.code == code
        assert not asked.model.seen


class TestTheListedWaysAndNoOther:
    """Methods and paths, on the way in and on the way out."""

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/chat/completions"),
            ("PUT", "/v1/chat/completions"),
            ("DELETE", "/v1/models"),
            ("DELETE", f"/v1/models/{USE_CASE}"),
            ("GET", f"/v1/models/{USE_CASE}/"),
            ("GET", "/v1/models/UPPER"),
            ("GET", "/v1/models/"),
            ("POST", "/v1/models"),
            ("POST", "/v1/completions"),
            ("POST", "/v1/chat/completions/"),
            ("POST", "/tokenize"),
            ("POST", "/v1/load_lora_adapter"),
            ("GET", "/metrics"),
            ("GET", "/v1/../metrics"),
            ("GET", "/%2e%2e/metrics"),
            ("GET", "/v1%2fmodels"),
            ("GET", "/server_info"),
            ("GET", "/"),
        ],
        ids=str,
    )
    def test_nothing_is_served_there(self, asked: World, method: str, path: str) -> None:
        assert asked.ask(BODY, path, method=method).status in (400, 404)
        assert not asked.model.seen

    def test_what_is_served_by_name(self, asked: World) -> None:
        answer = asked.ask(b"", "/v1/models", method="GET")
        assert [row["id"] for row in answer.json["data"]] == [USE_CASE]

    def test_the_way_out_asks_a_model_something_and_nothing_else(self, asked: World) -> None:
        way = asked.directory / "run" / "upstream.sock"
        for method, path, route in [
            ("POST", "/tokenize", f"model::{USE_CASE}"),
            ("GET", "/v1/chat/completions", f"model::{USE_CASE}"),
            ("POST", "/v1/chat/completions", "model::unheard-of"),
            ("POST", "/v1/chat/completions", ""),
        ]:
            with socket.socket(socket.AF_UNIX) as made:
                made.connect(str(way))
                head = f"{method} {path} HTTP/1.1\r\nhost: x\r\nx-bailiwick-route: {route}\r\ncontent-length: 0\r\n\r\n"
                made.sendall(head.encode())
                assert b" 404 " in made.recv(64)
        assert not asked.model.seen

    def test_the_model_gets_no_header_of_the_callers(self, asked: World) -> None:
        sent = {
            "x-patient": "Zebediah",
            "cookie": "a=Zebediah",
            "referer": "https://Zebediah.test",
            "openai-organization": "Z",
        }
        assert asked.ask(BODY, headers=sent).status == 200
        (seen,) = asked.model.headers
        assert "Zebediah" not in str(seen)
        assert "authorization" not in {name.lower() for name in seen}
        assert not [name for name in seen if name.lower().startswith("x-bailiwick")]


class TestWhatIsSentIsBounded:
    """Slow, long, broken: cut at the door, and never kept waiting at somebody else's cost."""

    def test_a_body_that_is_too_long(self, asked: World) -> None:
        answer = asked.chat("a" * 2_100_000)
        assert answer.status == 413
        assert answer.json["error"]["guard"] == "envoy"

    def test_headers_that_are_too_long(self, asked: World) -> None:
        assert asked.ask(BODY, headers={"x-long": "a" * 60_000}).status == 431

    def test_a_sender_that_dawdles_over_headers(self, asked: World) -> None:
        with asked.context(asked.caller).wrap_socket(
            socket.create_connection(("127.0.0.1", asked.port), timeout=30), server_hostname=HOST
        ) as made:
            made.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n")
            begun = time.monotonic()
            told = b""
            while piece := made.recv(4096):
                told += piece
            assert b" 408 " in told
            assert time.monotonic() - begun < 20
        assert not asked.model.seen

    @pytest.mark.parametrize(
        "raw", [b"{", b"\xff\xfe", b'{"model": "\xed\xa0\x80"}', b"null", b"[" * 50_000, PLANT.encode()]
    )
    def test_a_body_that_is_broken_is_refused_and_not_repeated(self, asked: World, raw: bytes) -> None:
        answer = asked.ask(raw)
        assert answer.status == 400
        assert answer.code.startswith("schema.")
        assert b"Zebediah" not in answer.body
        assert "Zebediah" not in asked.log

    def test_bytes_that_are_no_http(self, asked: World) -> None:
        with asked.context(asked.caller).wrap_socket(
            socket.create_connection(("127.0.0.1", asked.port), timeout=10), server_hostname=HOST
        ) as made:
            made.sendall(b"\x00\x01Zebediah\r\n\r\n")
            assert b" 400 " in made.recv(4096)
        assert "Zebediah" not in asked.log


class TestThePortalsListener:
    """No certificate there, for neither portal can show one; the token is asked for all the same (docs/adr/0016)."""

    def test_a_token_is_enough(self, asked: World) -> None:
        assert asked.ask(BODY, portal=True).status == 200

    def test_and_needed(self, asked: World) -> None:
        assert asked.ask(BODY, portal=True, token="").status == 401

    def test_a_page_of_nobodys_gets_no_answer(self, asked: World) -> None:
        answer = asked.ask(BODY, portal=True, headers={"origin": "https://evil.test"})
        assert answer.code == "authorise.origin"
        assert "access-control-allow-origin" not in {name.lower() for name in answer.headers}


class TestTheLogSaysByWhichListenerSomebodyCame:
    """A portal's request and a partner's are told apart after the fact by nothing else."""

    def test_beside_the_route(self, asked: World) -> None:
        assert asked.ask(BODY).status == asked.ask(BODY, portal=True).status == 200
        found: set[tuple[str, str]] = set()
        for _ in range(100):
            lines = [json.loads(line) for line in asked.log.splitlines() if line.startswith("{") and '"route"' in line]
            found = {(str(one["listener"]), str(one["route"])) for one in lines if "listener" in one}
            if {("partners", "chat"), ("portal", "chat")} <= found:
                return
            time.sleep(0.1)
        raise AssertionError(found)


class TestACallerAsksAsOftenAsItMay:
    """One application that runs wild takes nothing from the others."""

    def test_and_the_others_are_served_meanwhile(self, tmp_path: Path) -> None:
        with gateway(tmp_path, callerPerMinute=2) as world:
            answers = [world.ask(BODY) for _ in range(5)]
            assert [answer.status for answer in answers] == [200] * 2 + [429] * 3
            assert {answer.code for answer in answers[2:]} == {"envoy.429"}
            other = world.issuer.token(*EVERYTHING, azp=CALLER[:-1] + "d")
            assert world.ask(BODY, token=other).status == 200


class TestARefusalIsForPeopleAndPrograms:
    """OpenAI's form of an error, with the guard, a stable code and an id to ask about."""

    def test_it_names_guard_code_and_request(self, asked: World) -> None:
        error = asked.ask({**BODY, "unheard_of": PLANT}).json["error"]
        assert (error["guard"], error["code"]) == ("schema", "schema.unknown-field")
        assert error["request_id"]
        assert "Zebediah" not in str(error)

    def test_envoys_own_have_the_same_form(self, asked: World) -> None:
        error = asked.ask(BODY, "/nowhere").json["error"]
        assert (error["guard"], error["code"]) == ("envoy", "envoy.404")
        assert error["request_id"]
