"""Which version answers, and how often: the lesser of what the store says and what was reviewed; in doubt none."""

import itertools
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_images.gateway.guard.rate import Rate
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.route import Routes, Salts, weight
from model_images.gateway.guard.settings import Canary, External, Health, PromptStore, Settings, Tenant

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CASE = "clinical-notes"
CANARY = Canary(
    change="chg-1",
    url="http://candidate:8000",
    pinned=f"use-case:{CASE}-candidate",
    ceiling_percent=25,
    weight_store="weights.example",
    weight_key="canary:clinical-notes",
    refresh_seconds=30,
    stale_minutes=10,
)


def settings(**changes: object) -> Settings:
    told = {
        "jurisdiction": "eu",
        "stack": "eu-prod",
        "environment": "prod",
        "host": "gateway.test",
        "listeners": {},
        "health": Health(port=1, path="/healthz"),
        "models": {CASE: "http://model:8000"},
        "tenants": {},
        "retrieval": "",
        "canaries": {CASE: CANARY},
        "external_providers": (),
        "prompts": PromptStore(directory="/prompts"),
        **changes,
    }
    return Settings(**told)  # type: ignore[arg-type] # as the sections name them


def told(percent: object = 25, change: str = "chg-1", at: datetime = NOW) -> bytes:
    return json.dumps({"change": change, "weight": percent, "at": at.isoformat()}).encode()


def routes(raw: bytes | None, **changes: object) -> Routes:
    made = Routes(settings(**changes), clock=lambda: NOW)
    made.told(CASE, raw)
    return made


class TestACandidateGetsWhatIsSurelyItsOwn:
    """docs/adr/0031: who can write the store can lower a candidate to nothing, and never lift it over the ceiling."""

    @pytest.mark.parametrize(("said", "percent"), [(0, 0), (10, 10), (25, 25), (100, 25), (101, 0), (-1, 0)])
    def test_the_lesser_of_weight_and_ceiling(self, said: int, percent: int) -> None:
        assert routes(told(said)).percent(CASE) == percent

    @pytest.mark.parametrize(
        "raw",
        [
            None,
            b"",
            b"{}",
            b"[25]",
            told(change="chg-0"),
            told(True),
            told("25"),
            told(25.0),
            told(at=NOW - timedelta(minutes=11)),
            told(at=NOW + timedelta(minutes=5)),
            told(at=NOW.replace(tzinfo=None)),
        ],
    )
    def test_nothing_where_the_word_is_old_foreign_or_unread(self, raw: bytes | None) -> None:
        made = routes(raw)
        assert made.percent(CASE) == 0
        assert {made.of(CASE, "", None).variant for _ in range(50)} == {"stable"}

    def test_nothing_without_a_candidate(self) -> None:
        assert routes(told(), canaries={}).percent(CASE) == 0

    def test_about_its_share_and_both_pins(self) -> None:
        made = routes(told(25))
        drawn = Counter((route.variant, route.pin) for route in (made.of(CASE, "", None) for _ in range(4_000)))
        assert set(drawn) == {("stable", CASE), ("candidate", f"{CASE}-candidate")}
        assert 800 < drawn["candidate", f"{CASE}-candidate"] < 1_200

    @given(st.binary(max_size=60))
    def test_no_bytes_of_a_store_are_an_error(self, raw: bytes) -> None:
        weight(raw)


class TestAConversationStaysWithTheVersionThatItBeganWith:
    """A note that changes its author halfway is nobody's."""

    def test_while_the_change_is_tried(self) -> None:
        made = routes(told(25))
        for number in range(40):
            assert len({made.of(CASE, "", f"conversation-{number:04d}").variant for _ in range(20)}) == 1

    def test_but_none_stays_with_what_was_rolled_back(self) -> None:
        made = routes(told(25))
        names = [f"conversation-{number:04d}" for number in range(200)]
        assert "candidate" in {made.of(CASE, "", name).variant for name in names}
        made.told(CASE, told(0))
        assert {made.of(CASE, "", name).variant for name in names} == {"stable"}

    def test_conversations_of_tenants_are_their_own(self) -> None:
        tenants = {
            name: Tenant(models={CASE: "http://m:8000"}, cache_salt="/s", requests_per_minute=60) for name in ("a", "b")
        }
        made = routes(told(25), tenants=tenants)
        drawn = {(made.of(CASE, "a", f"c{n}").variant, made.of(CASE, "b", f"c{n}").variant) for n in range(300)}
        assert len(drawn) == 4


class TestReplicasAgreeOnAConversation:
    """No balancer keeps a conversation with one replica, and none remembers what another has drawn."""

    def test_each_draws_what_the_others_draw(self) -> None:
        one, other = routes(told(25)), routes(told(25))
        named = [f"c{number}" for number in range(400)]
        drawn = [one.of(CASE, "", name).variant for name in named]
        assert drawn == [other.of(CASE, "", name).variant for name in reversed(named)][::-1]
        assert 0.15 < drawn.count("candidate") / len(drawn) < 0.35

    def test_and_who_is_tried_stays_so_when_the_weight_rises(self) -> None:
        few, more = routes(told(10)), routes(told(25))
        for name in (f"c{number}" for number in range(400)):
            if few.of(CASE, "", name).variant == "candidate":
                assert more.of(CASE, "", name).variant == "candidate"


class TestNothingIsGuessed:
    """A use case that nobody serves goes nowhere."""

    def test_inside(self) -> None:
        with pytest.raises(Refused, match=r"route\.no-route"):
            routes(None).of("elsewhere", "", None)

    def test_outside(self) -> None:
        provider = External(name="p", url="https://p.example", models={CASE: "large"}, key="/k")
        made = routes(None, external_providers=(provider,))
        assert made.outside(CASE).cluster == "external:p"
        with pytest.raises(Refused, match=r"route\.no-provider"):
            made.outside("elsewhere")


class TestASaltIsATenantsAUseCasesAndAnApplications:
    """Whoever shares one can tell by the clock what another has asked."""

    def test_by_all_three(self) -> None:
        salts = Salts({"a": b"1" * 32, "b": b"2" * 32})
        asked = list(itertools.product(("a", "b"), (CASE, "letters"), ("portal", "clinic")))
        drawn = {salts.of(*one) for one in asked}
        assert len(drawn) == len(asked)
        assert not any("1111" in one or "2222" in one for one in drawn)
        assert {salts.of(*one) for one in asked} == drawn

    @pytest.mark.parametrize("tenant", ["a", ""])
    def test_who_has_no_secret_is_refused(self, tenant: str) -> None:
        with pytest.raises(Refused, match=r"route\.no-salt"):
            Salts({"b": b"2" * 32}).of(tenant, CASE, "portal")


class TestATenantsNumberHoldsForAllReplicasTogether:
    """Each holds its part of it; the parts never make more than the whole."""

    @given(st.integers(1, 10_000), st.integers(1, 64))
    def test_no_sum_of_parts_is_more(self, most: int, replicas: int) -> None:
        tenant = Tenant(models={}, cache_salt="/s", requests_per_minute=most)
        now = 0.0
        admitted = 0
        rate = Rate(settings(tenants={"a": tenant}, replicas=replicas), clock=lambda: now)
        for _ in range(min(most, 300) + 1):
            try:
                rate.admit("a")
            except Refused as refused:
                assert refused.status == 429  # noqa: PT017 it is no error that it comes
                break
            admitted += 1
        # A tenant with fewer than one request for each replica gets one there: it must be able to ask at all.
        assert admitted <= max(1, most // replicas)

    def test_it_fills_again_with_time(self) -> None:
        times = iter([0.0, 0.0, 0.0, 1.0, 31.0])
        rate = Rate(
            settings(tenants={"a": Tenant(models={}, cache_salt="/s", requests_per_minute=2)}),
            clock=lambda: next(times),
        )
        rate.admit("a")
        rate.admit("a")
        with pytest.raises(Refused):
            rate.admit("a")
        rate.admit("a")
