"""The breaker: opens on what is abnormal, stays open until a person closes it, and knows no patient."""

import asyncio
import logging
import secrets
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_images.gateway.guard import volume_close, volume_order, volume_state
from model_images.gateway.guard.audit.record import encoded
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.volume import Ceilings, Settings, Volume
from model_images.gateway.guard.volume_baseline import UNKNOWN, Sensitivity, threshold
from model_images.gateway.guard.volume_events import closed, opened
from model_images.gateway.guard.volume_order import Order
from model_images.gateway.guard.volume_state import ANYBODY, BadState, Opening
from model_images.gateway.guard.volume_window import Measure
from tests.model_images.gateway.audit_world import CALLER, NAMES, signer

KEY = secrets.token_bytes(32)
HOUR = 3600.0
MONDAY = datetime(2026, 11, 16, tzinfo=UTC).timestamp()
OPERATOR = signer("operator")
CEILINGS = Ceilings(bytes=10_000, patients=100, reidentified=200)
FLOOR = Ceilings(bytes=100, patients=3, reidentified=5)
HOT = Sensitivity(cold_share=1.0)


class Clock:
    """Time as the test has it."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> float:
        return self.now


def volume(folder: Path, clock: Clock, **more: Any) -> Volume:  # noqa: ANN401 settings of several kinds
    alert = more.pop("alert", lambda _: None)
    values = {
        "caller": CEILINGS,
        "tenant": Ceilings(bytes=10**9, patients=10**6, reidentified=10**6),
        "floor": FLOOR,
        "sensitivity": HOT,
        "operators": (OPERATOR.verifier,),
        "key": KEY,
        **more,
    }
    return Volume(Settings(**values), folder, clock, alert)


def ask(
    guard: Volume, *, size: int = 1, patient: str | None = None, caller: str = CALLER, tenant: str = "north"
) -> None:
    guard.admit(tenant, caller, bytes_in=size, patient=patient)


def refused(guard: Volume, **more: Any) -> bool:  # noqa: ANN401 as `ask` takes them
    try:
        ask(guard, **more)
    except Refused as error:
        return (error.code, error.status) == ("volume.open", 403)
    return False


class TestTheCeilingHolds:
    """Whatever is usual, an hour has an end."""

    @given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 4000)), max_size=60))
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_no_hour_ever_lets_more_than_the_ceiling_in(self, tmp_path: Path, steps: list[tuple[int, int]]) -> None:
        clock = Clock()
        guard = volume(tmp_path / secrets.token_hex(4), clock)
        let_in: list[tuple[float, int]] = []
        for size, wait in steps:
            clock.now += wait
            if not refused(guard, size=size):
                let_in.append((clock.now, size))
        for end, _ in let_in:
            # Minutes are whole: an hour is sixty of them, the one that is going on among them.
            inside = sum(size for at, size in let_in if end // 60 - 60 < at // 60 <= end // 60)
            assert inside <= CEILINGS.bytes
        if not guard.open:
            assert len(let_in) == len(steps)

    def test_distinct_patients_are_counted_and_the_same_one_is_not(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock())
        for number in range(100):
            for _ in range(3):
                assert not refused(guard, patient=f"patient {number}")
        assert refused(guard, patient="patient 100")

    def test_patients_of_an_hour_ago_are_no_longer_of_this_one(self, tmp_path: Path) -> None:
        clock = Clock()
        guard = volume(tmp_path, clock)
        for number in range(500):
            clock.now += 40  # ninety in an hour
            assert not refused(guard, patient=f"patient {number}")

    def test_reidentifications_end_a_stream(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock())
        ask(guard)
        guard.count("north", CALLER, bytes_out=10, reidentified=200)
        with pytest.raises(Refused):
            guard.count("north", CALLER, bytes_out=10, reidentified=1)
        with pytest.raises(Refused):
            guard.count("north", CALLER, bytes_out=0, reidentified=0)

    def test_a_tenant_s_callers_share_its_ceiling_and_no_other_tenant_does(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock(), tenant=Ceilings(bytes=15_000, patients=10**6, reidentified=10**6))
        assert not refused(guard, size=9_000, caller="one")
        assert refused(guard, size=9_000, caller="two")
        assert refused(guard, size=1, caller="three")
        assert list(guard.open) == [f"north/{ANYBODY}"]
        assert not refused(guard, size=9_000, tenant="south")

    def test_a_clock_that_goes_back_gives_nothing_back(self, tmp_path: Path) -> None:
        clock = Clock()
        guard = volume(tmp_path, clock)
        ask(guard, size=9_999)
        clock.now -= 10 * HOUR
        ask(guard, size=1)
        assert refused(guard, size=1)


def weeks(guard: Volume, clock: Clock, of_hour: Any, hours: int) -> None:  # noqa: ANN401 a function
    for _ in range(hours):
        ask(guard, size=of_hour(int(clock.now // HOUR)))
        clock.now += HOUR


class TestWhatIsUsualIsLearnt:
    """The ceiling fits the largest caller; the smallest is emptied long before it."""

    def test_far_over_the_usual_opens_and_a_little_over_does_not(self, tmp_path: Path) -> None:
        clock, alerts = Clock(), list[Opening]()
        guard = volume(tmp_path, clock, alert=alerts.append)
        weeks(guard, clock, lambda hour: 200 + hour % 7 * 10, 24 * 22)
        assert not refused(guard, size=500)
        clock.now += HOUR
        assert refused(guard, size=1_500)
        assert (alerts[0].limit, alerts[0].measure, alerts[0].seen) == ("baseline", Measure.BYTES, 1_500)
        assert 800 <= alerts[0].allowed < 1_500

    def test_nights_are_not_days(self, tmp_path: Path) -> None:
        clock = Clock()
        guard = volume(tmp_path, clock)
        weeks(guard, clock, lambda hour: 2_000 if 8 <= hour % 24 < 18 else 20, 24 * 28)
        clock.now += 12 * HOUR
        assert not refused(guard, size=2_500)
        clock.now += 15 * HOUR  # three in the morning
        assert refused(guard, size=2_500)

    def test_at_first_only_a_share_of_the_ceiling(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock(), sensitivity=Sensitivity(cold_share=0.25))
        assert not refused(guard, size=2_500)
        assert refused(guard, size=1)

    def test_an_hour_that_stood_open_teaches_nothing(self, tmp_path: Path) -> None:
        clock = Clock()
        guard = volume(tmp_path, clock)
        weeks(guard, clock, lambda _: 200, 30)
        assert refused(guard, size=10_001)
        clock.now += HOUR
        refused(guard)
        clock.now += HOUR
        guard._windows("north", CALLER)
        assert guard._state.windows[volume_state.key("north", CALLER)].hours[Measure.BYTES][30] == UNKNOWN

    @given(
        st.randoms(use_true_random=False),
        st.integers(0, 700),
        st.integers(0, 10**6),
        st.integers(1, 10**6),
        st.integers(0, 10**6),
    )
    @settings(max_examples=60)
    def test_never_above_the_ceiling_and_not_below_the_floor(
        self, chance: Random, known: int, hour: int, ceiling: int, floor: int
    ) -> None:
        hours = [chance.randint(UNKNOWN, 10**6) for _ in range(known)]
        allowed, _ = threshold(hours, hour - 1, hour, ceiling, floor, Sensitivity())
        assert min(floor, ceiling) <= allowed <= ceiling

    @given(st.randoms(use_true_random=False), st.integers(504, 672), st.integers(0, 671), st.integers(0, 10**9))
    @settings(max_examples=60)
    def test_one_hour_alone_moves_it_little(self, chance: Random, known: int, place: int, wild: int) -> None:
        hours = [chance.randint(0, 1000) for _ in range(known)]
        hours[place % known] = wild
        allowed, learnt = threshold(hours, 999, 1000, 10**12, 0, Sensitivity())
        assert learnt
        assert allowed <= 1000 + 8 * 1.4826 * 1000


class TestItStaysOpenUntilAPersonClosesIt:
    """What opens at three in the morning must not have closed itself at four."""

    @pytest.mark.parametrize("hours", [1, 24, 24 * 400])
    def test_time_does_not_close_it_nor_does_a_restart(self, tmp_path: Path, hours: int) -> None:
        clock = Clock()
        guard = volume(tmp_path, clock)
        assert refused(guard, size=10_001)
        clock.now += hours * HOUR
        assert refused(guard)
        again = volume(tmp_path, clock)
        assert refused(again)
        assert again.open == guard.open

    def test_an_alert_or_a_disk_that_fails_does_not_let_anything_through(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fails(*_: object) -> None:
            raise OSError(28, "patient 7")

        guard = volume(tmp_path, Clock(), alert=fails)
        monkeypatch.setattr(volume_state, "write", fails)
        assert refused(guard, size=10_001)
        assert refused(guard)
        assert "patient 7" not in caplog.text

    def test_what_was_counted_survives_a_restart(self, tmp_path: Path) -> None:
        clock = Clock()
        guard = volume(tmp_path, clock)
        ask(guard, size=9_000)
        guard.save()
        assert refused(volume(tmp_path, clock), size=1_001)

    def test_who_is_gone_for_long_is_forgotten_and_an_opening_is_not(self, tmp_path: Path) -> None:
        clock = Clock()
        guard = volume(tmp_path, clock)
        ask(guard, caller="gone", tenant="south")
        assert refused(guard, size=10_001)
        clock.now += 24 * 29 * HOUR
        guard.save()
        again = volume(tmp_path, clock)
        assert "south/gone" not in again._state.windows
        assert refused(again)

    def test_an_older_copy_does_not_overwrite_an_opening(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock())
        guard._turn += 1
        older = guard._turn, volume_state.encoded(guard._state)
        assert refused(guard, size=10_001)
        guard._put(*older)
        assert refused(volume(tmp_path, Clock()))
        asyncio.run(guard.keep())
        assert volume(tmp_path, Clock()).open == guard.open

    @pytest.mark.parametrize("raw", [b"", b"{}x", b"[]", b'{"format":"other/1"}', b'{"open":{"a":1}}'])
    def test_a_state_that_cannot_be_read_starts_nothing(self, tmp_path: Path, raw: bytes) -> None:
        (tmp_path / volume_state.FILE).write_bytes(raw)
        with pytest.raises(BadState):
            volume(tmp_path, Clock())


@pytest.fixture
def pem(tmp_path: Path) -> tuple[Path, Any]:
    key = ed25519.Ed25519PrivateKey.generate()
    path = tmp_path / "operator.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path, signer("operator", key).verifier


def words(state: Path, key: Path, **more: str) -> list[str]:
    given = {"tenant": "north", "caller": CALLER, "who": "operator", "why": "false-alarm", "ticket": "OPS-12", **more}
    return ["--state", str(state), "--key", str(key), *(f"--{name}={value}" for name, value in given.items())]


def review(guard: Volume, log: list[Order]) -> list[Order]:
    async def write(order: Order) -> None:
        assert guard.open  # the log is written first
        log.append(order)

    return list(asyncio.run(guard.review(write)))


class TestAPersonClosesIt:
    """By name, with a reason, in the log first."""

    def test_there_and_back(self, tmp_path: Path, pem: tuple[Path, Any], capsys: pytest.CaptureFixture[str]) -> None:
        state, log = tmp_path / "state", list[Order]()
        guard = volume(state, Clock(), operators=(pem[1],))
        assert refused(guard, size=10_001)
        assert volume_close.main(words(state, pem[0])) == 0
        assert "10001 bytes in an hour, 10000 allowed by its ceiling" in capsys.readouterr().out
        done = review(guard, log)
        assert done == log
        assert (log[0].who, log[0].reason, log[0].ticket) == ("operator", "false-alarm", "OPS-12")
        assert not refused(guard)
        assert volume_order.waiting(state) == []
        assert volume(state, Clock()).open == {}

    def test_the_same_order_does_not_close_the_next_opening(self, tmp_path: Path, pem: tuple[Path, Any]) -> None:
        state, log = tmp_path / "state", list[Order]()
        guard = volume(state, Clock(), operators=(pem[1],))
        assert refused(guard, size=10_001)
        volume_close.main(words(state, pem[0]))
        path = volume_order.waiting(state)[0]
        kept = path.read_bytes()
        review(guard, log)
        assert refused(guard, size=10_001)
        path.write_bytes(kept)
        assert review(guard, log) == []
        assert refused(guard)
        assert len(log) == 1

    def test_whoever_the_settings_do_not_name_closes_nothing(
        self, tmp_path: Path, pem: tuple[Path, Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        state = tmp_path / "state"
        guard = volume(state, Clock())  # knows another key of the same name
        assert refused(guard, size=10_001)
        assert volume_close.main(words(state, pem[0])) == 0
        assert review(guard, []) == []
        assert refused(guard)
        assert "is not followed" in caplog.text

    def test_nobody_signs_in_another_s_name(self, tmp_path: Path) -> None:
        mallory = signer("mallory")
        guard = volume(tmp_path, Clock(), operators=(OPERATOR.verifier, mallory.verifier))
        assert refused(guard, size=10_001)
        opening = guard.open[f"north/{CALLER}"]
        order = Order(opening.id, "north", CALLER, "operator", "false-alarm")
        volume_order.place(tmp_path, order, mallory)
        assert review(guard, []) == []

    def test_any_changed_byte_of_an_order_is_no_order(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock())
        assert refused(guard, size=10_001)
        order = Order(guard.open[f"north/{CALLER}"].id, "north", CALLER, "operator", "false-alarm")
        path = volume_order.place(tmp_path, order, OPERATOR)
        whole = path.read_bytes()
        for place in range(len(whole)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert list(guard.orders()) == []
        path.write_bytes(whole)
        assert [order for _, order in guard.orders()] == [order]

    def test_a_log_that_cannot_be_written_leaves_it_open(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock())
        assert refused(guard, size=10_001)
        order = Order(guard.open[f"north/{CALLER}"].id, "north", CALLER, "operator", "false-alarm")
        volume_order.place(tmp_path, order, OPERATOR)

        async def fails(_: Order) -> None:
            raise Refused("audit", "unavailable", "")

        with pytest.raises(Refused):
            asyncio.run(guard.review(fails))
        assert refused(guard)
        assert review(guard, []) == [order]

    def test_wrong_words(self, tmp_path: Path, pem: tuple[Path, Any], capsys: pytest.CaptureFixture[str]) -> None:
        state = tmp_path / "state"
        assert volume_close.main(words(state, pem[0])) == 2
        assert "open are: none" in capsys.readouterr().err
        guard = volume(state, Clock())
        assert refused(guard, size=10_001)
        assert volume_close.main(words(state, pem[0], ticket="Jane Doe")) == 2
        assert volume_close.main(words(state, tmp_path / "lost")) == 1
        assert volume_close.main(words(state, pem[0], who="a b")) == 2
        assert volume_close.main(words(state, pem[0])) == 0
        assert volume_close.main(words(state, pem[0])) == 2  # one lies there already


class TestItKnowsNoPatient:
    """Its state lies on a disk, and its words in a log."""

    def test_neither_state_nor_words_name_one(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        guard = volume(tmp_path, Clock())
        with caplog.at_level(logging.DEBUG):
            for number in range(102):
                refused(guard, patient=f"MRN-00{number:03d}")
        guard.save()
        state = (tmp_path / volume_state.FILE).read_text()
        for text in (state, caplog.text, repr(guard._settings)):
            assert "MRN" not in text
        assert KEY.hex() not in repr(guard._settings)
        assert repr(KEY)[2:-1] not in repr(guard._settings)

    def test_two_tenants_patients_cannot_be_matched(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock())
        ask(guard, patient="one")
        ask(guard, patient="one", tenant="south")
        north, south = (guard._state.windows[volume_state.key(name, CALLER)].patients for name in ("north", "south"))
        assert not set(north) & set(south)

    def test_what_the_audit_log_is_told_is_in_its_form(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock())
        assert refused(guard, size=10_001)
        opening = guard.open[f"north/{CALLER}"]
        encoded(opened(opening, "gateway-0"), NAMES)
        for caller in (CALLER, ANYBODY):
            order = Order(opening.id, "north", caller, "operator", "false-alarm", "OPS-12")
            encoded(closed(order, "gateway-0", datetime.now(UTC)), NAMES)

    def test_a_short_key_starts_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="at least 32"):
            volume(tmp_path, Clock(), key=b"short")
