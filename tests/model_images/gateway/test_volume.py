"""The breaker: opens on what is abnormal, stays open until a person closes it, and knows no patient."""

import asyncio
import logging
import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from audit_log.note import FileSigner, Verifier
from config.gateway import CloseOrder
from model_images.gateway.guard import settings as settings_of_gateway
from model_images.gateway.guard import volume_close, volume_order, volume_state
from model_images.gateway.guard.audit.directory_store import DirectoryStore
from model_images.gateway.guard.audit.record import encoded
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import BadSettings
from model_images.gateway.guard.volume import Ceilings, Settings, Volume
from model_images.gateway.guard.volume_baseline import UNKNOWN, Sensitivity, threshold
from model_images.gateway.guard.volume_events import closed, opened
from model_images.gateway.guard.volume_limits import UNSEEN_SECONDS, Places, VolumeLimits
from model_images.gateway.guard.volume_order import Order
from model_images.gateway.guard.volume_shared import Shared
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
    return Volume(Settings(**values), folder, folder / "orders", clock, alert)


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


def words(opening: str, key: Path, **more: str) -> list[str]:
    given = {"tenant": "north", "caller": CALLER, "who": "operator", "why": "false-alarm", "ticket": "OPS-12", **more}
    return [f"--opening={opening}", f"--key={key}", *(f"--{name}={value}" for name, value in given.items())]


def ordering(guard: Volume, **more: Any) -> Order:  # noqa: ANN401 fields of an order
    opening = guard.open[f"north/{CALLER}"]
    values = {"opening": opening.id, "tenant": "north", "caller": CALLER, "who": "operator", "reason": "false-alarm"}
    return Order(**{**values, "until": volume_order.until(datetime.fromtimestamp(MONDAY, UTC), 24), **more})


def placed(state: Path, order: Order, by: FileSigner = OPERATOR) -> Path:
    return volume_order.place(state / "orders", order, volume_order.signed(order, by))


def review(guard: Volume, log: list[Order]) -> list[Order]:
    async def write(order: Order, note: str) -> None:
        assert guard.open  # the log is written first
        assert note.startswith(order.text())
        log.append(order)

    return list(asyncio.run(guard.review(write)))


class TestAPersonClosesIt:
    """By name, with a reason, in the log first."""

    def test_there_and_back(self, tmp_path: Path, pem: tuple[Path, Any], capsys: pytest.CaptureFixture[str]) -> None:
        clock, log = Clock(), list[Order]()
        clock.now = time.time()  # the tool dates the order by the real clock
        guard = volume(tmp_path, clock, operators=(pem[1],))
        assert refused(guard, size=10_001)
        opening = guard.open[f"north/{CALLER}"].id
        assert volume_close.main([*words(opening, pem[0]), f"--out={tmp_path / 'orders'}"]) == 0
        assert capsys.readouterr().out == f"{tmp_path / 'orders' / opening}.order\n"
        done = review(guard, log)
        assert done == log
        assert (log[0].who, log[0].reason, log[0].ticket) == ("operator", "false-alarm", "OPS-12")
        assert not refused(guard)
        assert volume(tmp_path, clock).open == {}

    def test_what_is_printed_goes_into_the_stacks_file(
        self, tmp_path: Path, pem: tuple[Path, Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert volume_close.main(words("ab" * 16, pem[0])) == 0
        (note,) = yaml.safe_load(capsys.readouterr().out)
        assert TypeAdapter(CloseOrder).validate_python(note) == note
        assert volume_order.read("x", note, (pem[1],)).opening == "ab" * 16

    def test_the_same_order_does_not_close_the_next_opening(self, tmp_path: Path) -> None:
        log = list[Order]()
        guard = volume(tmp_path, Clock())
        assert refused(guard, size=10_001)
        placed(tmp_path, ordering(guard))
        assert len(review(guard, log)) == 1
        assert refused(guard, size=10_001)
        assert review(guard, log) == []
        assert refused(guard)
        assert len(log) == 1

    @pytest.mark.parametrize("hours", [-1, 0, 24 * 8])
    def test_an_order_is_for_now(self, tmp_path: Path, caplog: pytest.LogCaptureFixture, hours: int) -> None:
        guard = volume(tmp_path, Clock())
        assert refused(guard, size=10_001)
        placed(tmp_path, ordering(guard, until=volume_order.until(datetime.fromtimestamp(MONDAY, UTC), hours)))
        assert review(guard, []) == []
        assert refused(guard)
        assert "is not followed" in caplog.text

    def test_whoever_the_settings_do_not_name_closes_nothing(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        guard = volume(tmp_path, Clock())
        assert refused(guard, size=10_001)
        placed(tmp_path, ordering(guard), signer("operator"))  # another key of the same name
        for _ in range(3):
            assert review(guard, []) == []
        assert refused(guard)
        # It lies there until the next deployment: the log says so once.
        assert caplog.text.count("is not followed") == 1

    def test_nobody_signs_in_another_s_name(self, tmp_path: Path) -> None:
        mallory = signer("mallory")
        guard = volume(tmp_path, Clock(), operators=(OPERATOR.verifier, mallory.verifier))
        assert refused(guard, size=10_001)
        placed(tmp_path, ordering(guard), mallory)
        assert review(guard, []) == []

    def test_any_changed_byte_of_an_order_is_no_order(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock())
        assert refused(guard, size=10_001)
        order = ordering(guard)
        path = placed(tmp_path, order)
        whole = path.read_bytes()
        for place in range(len(whole)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert list(guard.orders()) == []
        path.write_bytes(whole)
        assert [order for _, order in guard.orders()] == [order]

    def test_a_log_that_cannot_be_written_leaves_it_open(self, tmp_path: Path) -> None:
        guard = volume(tmp_path, Clock())
        assert refused(guard, size=10_001)
        order = ordering(guard)
        placed(tmp_path, order)

        async def fails(_: Order, __: str) -> None:
            raise Refused("audit", "unavailable", "")

        with pytest.raises(Refused):
            asyncio.run(guard.review(fails))
        assert refused(guard)
        assert review(guard, []) == [order]

    def test_wrong_words(self, tmp_path: Path, pem: tuple[Path, Any], capsys: pytest.CaptureFixture[str]) -> None:
        opening = "ab" * 16
        assert volume_close.main([*words("north", pem[0], ticket="Jane Doe"), "--hours=900"]) == 2
        told = capsys.readouterr().err
        assert all(word in told for word in ("--opening", "--ticket", "--hours"))
        assert volume_close.main(words(opening, tmp_path / "lost")) == 1
        assert volume_close.main(words(opening, pem[0], who="a b")) == 2
        out = f"--out={tmp_path / 'orders'}"
        assert volume_close.main([*words(opening, pem[0]), out]) == 0
        assert volume_close.main([*words(opening, pem[0]), out]) == 2  # one lies there already


def shared(folder: Path, *operators: Verifier) -> Shared:
    return Shared(DirectoryStore(folder), "eu-prod", operators or (OPERATOR.verifier,))


def agreed(folder: Path, *operators: Verifier) -> set[str]:
    """What stands open for a gateway that starts now."""
    found = shared(folder, *operators)
    asyncio.run(found.refresh())
    return {opening.id for opening in found.open}


class TestItOutlivesItsPod:
    """A pod's disk goes with the pod: whoever was stopped would be let in again by the next node's upgrade."""

    def test_another_gateway_learns_of_it_and_of_its_closing(self, tmp_path: Path) -> None:
        guard = volume(tmp_path / "a", Clock())
        assert refused(guard, size=10_001)
        opening = guard.open[f"north/{CALLER}"]
        asyncio.run(shared(tmp_path).opens(opening))
        assert agreed(tmp_path) == {opening.id}
        order = ordering(guard)
        asyncio.run(shared(tmp_path).closes(order, volume_order.signed(order, OPERATOR)))
        assert agreed(tmp_path) == set()
        # Who signed it has left: what that person closed stays closed while the key is named among the former.
        assert agreed(tmp_path, signer("other").verifier) == {opening.id}

    def test_a_closing_that_nobody_signed_closes_nothing(self, tmp_path: Path) -> None:
        guard = volume(tmp_path / "a", Clock())
        assert refused(guard, size=10_001)
        opening, order = guard.open[f"north/{CALLER}"], ordering(guard)
        asyncio.run(shared(tmp_path).opens(opening))
        for note in (order.text(), volume_order.signed(order, signer("operator")), ""):
            asyncio.run(shared(tmp_path).closes(order, note))
            assert agreed(tmp_path) == {opening.id}
        other = replace(order, opening="ab" * 16)
        asyncio.run(shared(tmp_path).closes(order, volume_order.signed(other, OPERATOR)))
        assert agreed(tmp_path) == {opening.id}

    def test_an_opening_that_cannot_be_read_starts_nothing(self, tmp_path: Path) -> None:
        asyncio.run(DirectoryStore(tmp_path).put(f"eu-prod/volume.breakers/opened/{'ab' * 16}.json", b"{}"))
        with pytest.raises(BadState):
            agreed(tmp_path)

    def test_a_store_that_cannot_be_read_starts_nothing_and_ends_in_refusals(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def limits(store: Path) -> VolumeLimits:
            log: Any = None  # nothing is written before something opens
            places = Places(state=tmp_path, orders=tmp_path, store=DirectoryStore(store), stack="eu-prod")
            made = VolumeLimits(settings_of_gateway.Volume(), places, KEY, log, "gateway-0", lambda: None)
            await made.start()
            return made

        nobody: Any = None
        guard = asyncio.run(limits(tmp_path / "store"))
        late = time.monotonic() + UNSEEN_SECONDS + 1
        monkeypatch.setattr(time, "monotonic", lambda: late)
        with pytest.raises(Refused) as error:
            guard.admit(nobody)
        assert (error.value.code, error.value.status) == ("volume.unseen", 503)
        lost = tmp_path / "lost" / "eu-prod" / "volume.breakers" / "opened"
        lost.mkdir(parents=True)
        (lost / f"{'ab' * 16}.json").symlink_to(tmp_path)
        (lost / "cd.json").write_text("x")
        with pytest.raises(BadSettings, match="which breakers stand open"):
            asyncio.run(limits(tmp_path / "lost"))

    def test_a_breaker_that_opened_elsewhere_refuses_here(self, tmp_path: Path) -> None:
        one, two = volume(tmp_path / "a", Clock()), volume(tmp_path / "b", Clock())
        assert refused(one, size=10_001)
        two.opens(one.open[f"north/{CALLER}"])
        assert refused(two)
        two.closes(one.open[f"north/{CALLER}"].id)
        assert not refused(two)


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
            order = ordering(guard, caller=caller, ticket="OPS-12")
            encoded(closed(order, "gateway-0", datetime.now(UTC)), NAMES)

    def test_a_short_key_starts_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="at least 32"):
            volume(tmp_path, Clock(), key=b"short")
