"""Ceilings of the breaker hold for all replicas together: what one let through, the others count."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.database import Database, DatabaseUnavailable
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.volume import Ceilings, Settings, Volume
from model_images.gateway.guard.volume_baseline import Sensitivity
from model_images.gateway.guard.volume_together import Together
from model_images.gateway.guard.volume_window import Measure, Window
from tests.token_vault.fixtures import Loop, Vaulted

CALLER, TENANT, REPLICAS = "application-1", "north", 3
LARGE = Ceilings(bytes=1 << 40, patients=100_000, reidentified=100_000)
HELD = Ceilings(bytes=1_000, patients=10, reidentified=100)


class Clock:
    """Of a test's replicas: seconds since 1970, and since they started."""

    def __init__(self) -> None:
        self.now = 60.0 * 29_000_000

    def __call__(self) -> float:
        return self.now


class Replica:
    """One gateway's breakers."""

    def __init__(self, name: str, database: Database, loop: Loop, folder: Path, clock: Clock) -> None:
        self.loop, self.together = loop, Together(database, name, REPLICAS, clock)
        (folder / name).mkdir()
        # As it is usual is another test's: here nothing is below the ceiling.
        told = Settings(caller=HELD, tenant=LARGE, sensitivity=Sensitivity(cold_share=1.0), key=bytes(32))
        self.volume = Volume(told, folder / name, folder, clock, together=self.together)

    def admit(self, size: int = 0, patient: str | None = None) -> None:
        self.volume.admit(TENANT, CALLER, bytes_in=size, patient=patient)

    def exchange(self) -> None:
        self.loop.wait(self.volume.exchange())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def replicas(connected: Callable[[], Database], running_loop: Loop, tmp_path: Path, clock: Clock) -> list[Replica]:
    made = [Replica(f"gateway-{index}", connected(), running_loop, tmp_path, clock) for index in range(2)]
    for _ in range(2):
        for replica in made:
            replica.exchange()
    return made


def told(replicas: list[Replica]) -> None:
    """All have told, and all have heard."""
    for replica in (*replicas, *replicas):
        replica.exchange()


def refused(replica: Replica, **what: object) -> str:
    with pytest.raises(Refused) as raised:
        replica.admit(**what)  # type: ignore[arg-type] # the test's own words
    return raised.value.code


class TestACeilingHoldsForAllTogether:
    """A caller that is spread over replicas would have had the ceiling at each."""

    def test_of_bytes(self, replicas: list[Replica]) -> None:
        for replica in replicas:
            replica.admit(600)
        told(replicas)
        assert refused(replicas[0], size=1) == "volume.open"

    def test_of_patients_each_counted_once(self, replicas: list[Replica]) -> None:
        first, second = replicas
        for number in range(8):
            first.admit(patient=f"p{number}")
            second.admit(patient=f"p{number}")
        told(replicas)
        second.admit(patient="p8")
        second.admit(patient="p9")
        told(replicas)
        first.admit(patient="p7")  # known at both
        assert refused(first, patient="p10") == "volume.open"

    def test_of_what_was_restored(self, replicas: list[Replica]) -> None:
        for replica in replicas:
            replica.volume.count(TENANT, CALLER, bytes_out=0, reidentified=60 if replica is replicas[0] else 30)
        told(replicas)
        with pytest.raises(Refused):
            replicas[1].volume.count(TENANT, CALLER, bytes_out=0, reidentified=11)

    def test_and_what_opened_says_how_much_all_had(self, replicas: list[Replica]) -> None:
        for replica in replicas:
            replica.admit(600)
        told(replicas)
        refused(replicas[0], size=1)
        (opening,) = replicas[0].volume.open.values()
        assert (opening.measure, opening.limit, opening.seen, opening.allowed) == ("bytes", "ceiling", 1_201, 1_000)

    def test_another_caller_and_another_tenant_have_their_own(self, replicas: list[Replica]) -> None:
        for replica in replicas:
            replica.admit(500)
        told(replicas)
        replicas[0].volume.admit(TENANT, "application-2", bytes_in=900, patient=None)
        replicas[0].volume.admit("south", CALLER, bytes_in=900, patient=None)

    def test_after_an_hour_it_is_counted_no_more(self, replicas: list[Replica], clock: Clock) -> None:
        for replica in replicas:
            replica.admit(500, "p1")
        told(replicas)
        clock.now += 3_600
        told(replicas)
        replicas[0].admit(999)

    def test_a_replica_that_is_gone_is_counted_for_its_hour(
        self,
        replicas: list[Replica],
        connected: Callable[[], Database],
        running_loop: Loop,
        tmp_path: Path,
        clock: Clock,
    ) -> None:
        replicas[0].admit(900)
        replicas[0].exchange()
        follower = Replica("gateway-9", connected(), running_loop, tmp_path, clock)
        follower.exchange()
        assert refused(follower, size=101) == "volume.open"


class TestAPersonClosesItAtAll:
    """What was looked at must not open it again a second later, at whichever replica."""

    def test_it_counts_from_there(self, replicas: list[Replica], clock: Clock) -> None:
        first, second = replicas
        for replica in replicas:
            replica.admit(600)
        told(replicas)
        refused(first, size=1)
        (opening,) = first.volume.open.values()
        second.volume.opens(opening)
        clock.now += 180
        for replica in replicas:
            replica.volume.closes(opening.id)
            replica.admit(100)  # before the database has heard of it
        told(replicas)
        second.admit(300)
        told(replicas)
        first.admit(400)
        assert refused(second, size=600) == "volume.open"


class TestWhoHearsNothingLetsItsPartThrough:
    """An outage opens no breaker, which a person would have to close; and the ceiling holds all the same."""

    def test_and_refuses_from_there_until_it_hears(self, replicas: list[Replica], clock: Clock) -> None:
        first, second = replicas
        clock.now += 61
        for replica in replicas:
            replica.admit(HELD.bytes // REPLICAS)
            assert refused(replica, size=1) == "volume.unseen"
            assert not replica.volume.open
        told(replicas)
        first.admit(100)
        assert refused(second, size=10_000) == "volume.open"

    def test_a_database_that_is_away_says_so(
        self, replicas: list[Replica], database: Vaulted, running_loop: Loop
    ) -> None:
        with database.connected() as connection:
            connection.execute("REVOKE EXECUTE ON FUNCTION token_vault.volumes FROM token_vault_gateway")
        replicas[0].admit(1)
        with pytest.raises(DatabaseUnavailable):
            replicas[0].exchange()
        with database.connected() as connection:
            connection.execute("GRANT EXECUTE ON FUNCTION token_vault.volumes TO token_vault_gateway")
        replicas[0].admit(998)
        told(replicas)  # what could not be told is told now
        assert refused(replicas[1], size=2) == "volume.open"


class TestWhatAllHearIsWhatAllCounted:
    """Whatever the order in which replicas count and tell, and however often."""

    STEPS = st.lists(
        st.tuples(
            st.integers(0, 1),
            st.one_of(
                st.just("exchange"),
                st.tuples(st.sampled_from("ab"), st.integers(0, 50), st.integers(0, 9), st.integers(0, 3)),
            ),
        ),
        max_size=25,
    )

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(STEPS)
    def test_to_the_last_one(
        self, connected: Callable[[], Database], running_loop: Loop, database: Vaulted, steps: list[tuple[int, object]]
    ) -> None:
        with database.connected() as connection:
            connection.execute("TRUNCATE token_vault.volumes, token_vault.patients")
        connections = self.pair(connected)
        sides = [Together(one, f"gateway-{index}", REPLICAS) for index, one in enumerate(connections)]
        windows: list[dict[str, Window]] = [{}, {}]
        minute = 1_000
        for side, step in steps:
            if isinstance(step, tuple):
                caller, size, patient, passed = step
                minute += passed
                window = windows[side].setdefault(f"{TENANT}/{caller}", Window(minute))
                window.advance(minute)
                window.add(size=size, reidentified=size // 2, patient=f"{patient:032x}")
            else:
                running_loop.wait(sides[side].exchange(windows[side], minute))
        for _ in range(2):
            for each, mine in zip(sides, windows, strict=True):
                running_loop.wait(each.exchange(mine, minute))
        for scope in {*windows[0], *windows[1]}:
            for window in (*windows[0].values(), *windows[1].values()):
                window.advance(minute)
            found = [
                {measure: each.total(scope, measure, mine[scope].total(measure) if scope in mine else 0, 1 << 40)
                 for measure in Measure}
                for each, mine in zip(sides, windows, strict=True)
            ]  # fmt: skip
            assert found[0] == found[1] == self.summed(scope, windows)

    PAIRS: dict[int, list[Database]] = {}  # noqa: RUF012 connections of one test's database, for all its examples

    def pair(self, connected: Callable[[], Database]) -> list[Database]:
        return self.PAIRS.setdefault(id(connected), [connected(), connected()])

    def summed(self, scope: str, windows: list[dict[str, Window]]) -> Mapping[Measure, int]:
        held = [mine[scope] for mine in windows if scope in mine]
        return {
            Measure.BYTES: sum(window.total(Measure.BYTES) for window in held),
            Measure.REIDENTIFIED: sum(window.total(Measure.REIDENTIFIED) for window in held),
            Measure.PATIENTS: len({patient for window in held for patient in window.patients}),
        }
