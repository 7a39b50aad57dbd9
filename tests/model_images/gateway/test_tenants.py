"""Two controllers on one gateway: nothing of the one is of any use to the other."""

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.model_images.gateway.credentials import CALLER
from tests.model_images.gateway.planting import NAME
from tests.model_images.gateway.world import USE_CASE, Answered, World, gateway

PAGE = "https://portal.north.example"
CONVERSATION = "c" * 24


def tenant(name: str, **more: object) -> dict[str, Any]:
    return {
        "models": {USE_CASE: "MODEL"},
        "cacheSalt": f"MOUNTED/salt-{name}",
        "requestsPerMinute": 6_000,
        **more,
    }


TENANTS = {
    "north": tenant("north", origins=[PAGE], patterns=[["ward-band", r"WB-\d{5}"]]),
    "south": tenant("south"),
    "few": tenant("few", requestsPerMinute=4),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One gateway, three tenants."""
    with gateway(tmp_path_factory.mktemp("tenants"), tenants=json.loads(json.dumps(TENANTS)), models={}) as found:
        yield found


@pytest.fixture
def both(shared: World) -> World:
    """Its model as it began."""
    shared.model.reset()
    return shared


def token(world: World, tenant: str, *more: str, azp: str = CALLER) -> str:
    roles = (f"use-case.{USE_CASE}.treatment", "data-class.phi", f"re-identify.{USE_CASE}", *more)
    return world.issuer.token(*roles, *([f"tenant.{tenant}"] if tenant else []), azp=azp)


def ask(world: World, tenant: str, text: str, **more: Any) -> Answered:  # noqa: ANN401 fields of a request
    body = {"model": USE_CASE, "messages": [{"role": "user", "content": text}], **more}
    return world.ask(body, token=token(world, tenant))


class TestATokenSpeaksForOneTenant:
    """Whose data it is follows from nothing that a request says."""

    @pytest.mark.parametrize("roles", [(), ("tenant.south",), ("tenant.elsewhere",)])
    def test_none_two_or_an_unknown_one_are_refused(self, both: World, roles: tuple[str, ...]) -> None:
        named = "north" if roles == ("tenant.south",) else ""
        answered = both.ask(
            {"model": USE_CASE, "messages": [{"role": "user", "content": "Hi"}]}, token=token(both, named, *roles)
        )
        assert (answered.status, answered.code) == (403, "authorise.tenant")
        assert both.model.seen == []

    def test_a_stack_without_tenants_takes_no_tenants_token(self, asked: World) -> None:
        assert asked.ask({"model": USE_CASE, "messages": []}, token=token(asked, "north")).status in (400, 403)
        assert asked.model.seen == []


class TestTheServersCacheIsToldApart:
    """A shared prefix answers faster: that tells one tenant what another has asked."""

    def salts(self, world: World, *asked: tuple[str, dict[str, Any]]) -> list[str]:
        for name, more in asked:
            assert ask(world, name, "Hello", **more).status == 200
        return [body["cache_salt"] for body in world.model.bodies]

    def test_by_tenant(self, both: World) -> None:
        one, again, other = self.salts(both, ("north", {}), ("north", {}), ("south", {}))
        assert one == again != other
        assert len(one) >= 43
        said = [body["messages"][0]["content"] for body in both.model.bodies]
        assert said[0] == said[1] != said[2], "the canary is in it"

    def test_by_calling_application(self, both: World) -> None:
        body = {"model": USE_CASE, "messages": [{"role": "user", "content": "Hello"}]}
        for caller in (CALLER, CALLER, f"{CALLER[:-1]}d"):
            assert both.ask(body, token=token(both, "north", azp=caller)).status == 200
        one, again, other = (body["cache_salt"] for body in both.model.bodies)
        assert one == again != other

    def test_whatever_the_caller_says(self, both: World) -> None:
        own, told = self.salts(both, ("north", {}), ("north", {"cache_salt": "x" * 43}))
        assert own == told


class TestAMarkerIsWorthNothingElsewhere:
    """It is restored where it was minted, for whoever may have it."""

    def minted(self, world: World, tenant: str) -> str:
        assert ask(world, tenant, f"Please call {NAME} today.", bailiwick={"conversation": CONVERSATION}).status == 200
        found = re.search(r"\[\[NAME_\w+\]\]", world.model.seen[-1].decode())
        assert found is not None
        return found[0]

    def test_in_its_own_conversation_it_is(self, both: World) -> None:
        marker = self.minted(both, "north")
        answered = ask(both, "north", f"Who is {marker}?", bailiwick={"conversation": CONVERSATION})
        assert NAME in answered.body.decode()

    @pytest.mark.parametrize("tenant", ["south", "north"])
    def test_elsewhere_it_is_not(self, both: World, tenant: str) -> None:
        marker = self.minted(both, "north")
        other = CONVERSATION if tenant == "south" else "d" * 24
        both.model.says = lambda _: f"That is {marker}."
        answered = ask(both, tenant, "Who is it?", bailiwick={"conversation": other})
        assert answered.code == "tokens.foreign"
        assert NAME not in answered.body.decode()

    def test_the_same_name_has_another_marker(self, both: World) -> None:
        assert self.minted(both, "north") != self.minted(both, "south")


class TestATenantErasesItsOwn:
    """Two hospitals may call a patient alike, and a conversation, too."""

    TALK = "e" * 24

    @pytest.mark.parametrize("named", [{"patient": "H-4711"}, {"conversation": TALK}], ids=["patient", "talk"])
    def test_and_not_anothers(self, both: World, named: dict[str, str]) -> None:
        extension = {"conversation": self.TALK, "record": {"names": [NAME], "ids": ["H-4711"]}}
        markers = {}
        for tenant in ("north", "south"):
            assert ask(both, tenant, f"Please call {NAME} today.", bailiwick=extension).status == 200
            found = re.search(r"\[\[NAME_\w+\]\]", both.model.seen[-1].decode())
            assert found is not None
            markers[tenant] = found[0]
        body = {"model": USE_CASE, **named}
        answered = both.ask(body, "/v1/erasures", token=token(both, "north", f"erase.{USE_CASE}"))
        assert (answered.status, answered.json["erased"]) == (200, 1)
        gone, stays = (
            ask(both, tenant, f"Who is {marker}?", bailiwick={"conversation": self.TALK})
            for tenant, marker in markers.items()
        )
        assert gone.code == "tokens.foreign"
        assert NAME in stays.body.decode()


class TestATenantsOwnPatterns:
    """What only one hospital calls an identifier."""

    def test_are_replaced_for_it_alone(self, both: World) -> None:
        ask(both, "north", "wristband WB-20417 read")
        ask(both, "south", "wristband WB-20417 read")
        north, south = (str(body["messages"][-1]["content"]) for body in both.model.bodies)
        assert "WB-20417" not in north
        assert both.model.seen
        assert "wristband" in south


class TestATenantAsksAsOftenAsItMay:
    """One that asks without end takes nothing from the others."""

    def test_and_the_others_are_served_meanwhile(self, both: World) -> None:
        statuses = [ask(both, "few", "Hello").status for _ in range(8)]
        assert statuses[:3] == [200, 200, 200]
        assert 429 in statuses
        assert ask(both, "few", "Hello").code == "volume.rate"
        assert ask(both, "north", "Hello").status == 200


class TestAPageIsATenantsOwn:
    """CORS by tenant: a browser is told yes for pages that somebody has named, and a token must be that tenant's."""

    def preflight(self, world: World, origin: str) -> http.client.HTTPResponse:
        connection = world.connect(portal=True)
        connection.request(
            "OPTIONS",
            "/v1/chat/completions",
            headers={
                "origin": origin,
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,content-type",
            },
        )
        return connection.getresponse()

    def test_a_named_page_may_ask(self, both: World) -> None:
        answer = self.preflight(both, PAGE)
        assert answer.status in (200, 204)
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers.get("access-control-allow-credentials") != "true"

    @pytest.mark.parametrize(
        "origin", ["https://evil.example", f"{PAGE}.evil.example", "null", "http://portal.north.example"]
    )
    def test_no_other_may(self, both: World, origin: str) -> None:
        assert "access-control-allow-origin" not in self.preflight(both, origin).headers

    def test_with_its_own_tenants_token(self, both: World) -> None:
        body = {"model": USE_CASE, "messages": [{"role": "user", "content": "Hello"}]}
        for name, status in (("north", 200), ("south", 403)):
            answered = both.ask(body, portal=True, token=token(both, name), headers={"origin": PAGE})
            assert answered.status == status
