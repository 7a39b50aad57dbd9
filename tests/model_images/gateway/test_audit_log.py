"""The log: kept when it says so, refusing when it can't be kept, and going on from what a crash left."""

import asyncio
import errno
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit_log import form
from audit_log.note import FileSigner
from model_images.gateway.guard.audit import ledger as ledger_module
from model_images.gateway.guard.audit.ledger import Ledger
from model_images.gateway.guard.audit.log import Anchoring, AuditLog, Settings
from model_images.gateway.guard.audit.recovery import Damaged
from model_images.gateway.guard.audit.unavailable import AuditUnavailable
from tests.model_images.gateway.audit_world import (
    NAMES,
    ORIGIN,
    PATIENCE_SECONDS,
    record,
    signer,
    small,
    until,
    verified,
)

KEY = signer()
VKEYS = [KEY.verifier]


def settings(folder: Path, **more: object) -> Settings:
    values: dict[str, Any] = {
        "folder": folder,
        "origin": ORIGIN,
        "deadline_seconds": PATIENCE_SECONDS,
        "recheck_seconds": 0.02,
        **more,
    }
    return Settings(**values)


async def opened(folder: Path, anchor: Anchoring | None = None, **more: object) -> AuditLog:
    return await AuditLog.open(settings(folder, **more), NAMES, KEY, anchor=anchor)


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["record"] for path in form.segments(folder) for line in path.read_bytes().splitlines()[1:]]


def requests(folder: Path) -> list[str]:
    return [item["request"] for item in records(folder) if item["kind"] == "request"]


class Disk:
    """What `os` does for the ledger, until told otherwise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: int | None = None
        self.at = "fdatasync"
        self.short = 0
        self.syncs = 0
        self.held = threading.Event()
        self.held.set()
        self._write, self._sync = os.write, os.fdatasync
        for name in ("write", "fdatasync"):
            monkeypatch.setattr(f"{ledger_module.__name__}.os.{name}", getattr(self, name))

    def write(self, descriptor: int, data: memoryview) -> int:
        if self.error and self.at == "write":
            if self.short:
                took, self.short = self._write(descriptor, bytes(data)[: self.short]), 0
                return took
            raise OSError(self.error, "as the test says")
        return self._write(descriptor, data)

    def fdatasync(self, descriptor: int) -> None:
        self.held.wait()
        self.syncs += 1
        if self.error and self.at == "fdatasync":
            raise OSError(self.error, "as the test says")
        self._sync(descriptor)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


class TestWhatIsCommittedIsOnDisk:
    """The first byte leaves on the strength of the receipt."""

    def test_it_is_there_before_the_receipt_is(self, tmp_path: Path, disk: Disk) -> None:
        async def run() -> None:
            log = await opened(tmp_path)
            before = disk.syncs
            receipt = await log.commit(record(1))
            assert disk.syncs > before
            line = form.segments(tmp_path)[0].read_bytes().splitlines()[-1]
            assert (form.read(line).index, form.read(line).hash) == (receipt.index, receipt.hash)
            await log.close()

        asyncio.run(run())
        assert verified(tmp_path, VKEYS).verdict == "intact"

    def test_thousands_at_once_are_kept_in_order_with_few_waits(self, tmp_path: Path, disk: Disk) -> None:
        async def run() -> list[int]:
            log = await opened(tmp_path)
            found = await asyncio.gather(*(log.commit(record(number)) for number in range(5000)))
            await log.close()
            return [receipt.index for receipt in found]

        indexes = asyncio.run(run())
        assert indexes == list(range(1, 5001))
        assert requests(tmp_path) == [f"{number:032x}" for number in range(5000)]
        assert disk.syncs < 500
        report = verified(tmp_path, VKEYS)
        assert (report.verdict, report.size, report.committed) == ("intact", 5002, 5002)

    def test_the_loop_goes_on_while_the_disk_is_waited_for(self, tmp_path: Path, disk: Disk) -> None:
        async def run() -> None:
            log = await opened(tmp_path)
            disk.held.clear()
            waiting = asyncio.create_task(log.commit(record()))
            for _ in range(20):
                await asyncio.sleep(0)
            assert not waiting.done()
            disk.held.set()
            await waiting
            await log.close()

        asyncio.run(run())

    def test_a_process_that_is_killed_loses_nothing_that_it_was_told_is_kept(self, tmp_path: Path) -> None:
        pem = tmp_path / "key"
        words = "from tests.model_images.gateway import commit_until_killed as c; c.main()"
        told = subprocess.Popen(
            [sys.executable, "-c", words, str(tmp_path / "log"), str(pem)], stdout=subprocess.PIPE, text=True
        )
        assert told.stdout is not None
        known = [told.stdout.readline().split() for _ in range(200)]
        os.kill(told.pid, signal.SIGKILL)
        known += [line.split() for line in told.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        told.wait()
        key = FileSigner(ORIGIN, pem.read_bytes())
        ledger = Ledger(tmp_path / "log", ORIGIN, key)
        ledger.close()
        lines = [line for path in form.segments(tmp_path / "log") for line in path.read_bytes().splitlines()[1:]]
        held = {form.read(line).index: form.read(line).hash for line in lines}
        assert len(known) >= 200
        assert all(held[int(index)] == digest for index, digest in known)
        assert verified(tmp_path / "log", [key.verifier]).verdict == "intact"


class TestWhatCannotBeKeptIsRefused:
    """A gateway that goes on without its log is the failure that others have."""

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT])
    @pytest.mark.parametrize(("at", "short"), [("write", 0), ("write", 100), ("fdatasync", 0)])
    def test_a_failing_disk(self, tmp_path: Path, disk: Disk, number: int, at: str, short: int) -> None:
        async def run() -> None:
            log = await opened(tmp_path)
            kept = await log.commit(record(1))
            disk.at, disk.short, disk.error = at, short, number
            with pytest.raises(AuditUnavailable) as caught:
                await log.commit(record(2))
            assert (caught.value.code, caught.value.status) == ("audit.unavailable", 503)
            assert not log.available
            await asyncio.sleep(0.06)  # it has looked again meanwhile, and found no better
            with pytest.raises(AuditUnavailable):
                await log.commit(record(3))
            disk.error = None
            await until(lambda: log.available)
            assert (await log.commit(record(4))).index > kept.index
            await log.close()

        asyncio.run(run())
        # What was refused is not there; nothing is there twice; that it failed is.
        assert requests(tmp_path) == [f"{item:032x}" for item in (1, 4)]
        assert [item["what"] for item in records(tmp_path) if item["kind"] == "event"] == [
            "opened",
            "resumed",
            "closed",
        ]
        assert verified(tmp_path, VKEYS).verdict == "intact"

    def test_a_real_limit_on_the_file_s_size(self, tmp_path: Path) -> None:
        words = "from tests.model_images.gateway import commit_until_killed as c; c.until_full()"
        pem = tmp_path / "key"
        told = subprocess.run(
            [sys.executable, "-c", words, str(tmp_path / "log"), str(pem)], capture_output=True, text=True, check=True
        )
        kept, refused = told.stdout.split()
        assert int(kept) > 3
        assert refused == "audit.unavailable"
        key = FileSigner(ORIGIN, pem.read_bytes())
        Ledger(tmp_path / "log", ORIGIN, key).close()
        assert verified(tmp_path / "log", [key.verifier]).size == int(kept) + 1

    @pytest.mark.parametrize("breach", ["deleted", "replaced", "shortened", "lengthened", "checkpoints deleted"])
    def test_files_that_are_tampered_with_while_it_runs(self, tmp_path: Path, breach: str) -> None:
        async def run() -> None:
            log = await opened(tmp_path)
            await log.commit(record(1))
            path = form.segments(tmp_path)[0]
            whole = path.read_bytes()
            if breach == "deleted":
                path.unlink()
            elif breach == "replaced":
                path.unlink()
                path.write_bytes(whole.replace(b"north", b"south"))
            elif breach == "shortened":
                os.truncate(path, len(whole) - 10)
            elif breach == "lengthened":
                path.write_bytes(whole + b"{}\n")
            else:
                form.checkpoints(path).unlink()
            if breach == "checkpoints deleted":
                await asyncio.to_thread(log._guarded, log._ledger.checkpoint)
            with pytest.raises(AuditUnavailable):
                await log.commit(record(2))
            if breach != "lengthened":  # that is taken away again, and it goes on
                await asyncio.sleep(0.1)
                with pytest.raises(AuditUnavailable):
                    await log.commit(record(3))
            else:
                await until(lambda: log.available)
            await log.close()

        asyncio.run(run())

    def test_a_disk_that_hangs(self, tmp_path: Path, disk: Disk) -> None:
        async def run() -> None:
            log = await opened(tmp_path, deadline_seconds=1.0, waiting=3)
            disk.held.clear()
            found = await asyncio.gather(*(log.commit(record(item)) for item in range(10)), return_exceptions=True)
            codes = {error.code for error in found if isinstance(error, AuditUnavailable)}
            assert len(found) == 10
            assert codes == {"audit.timeout", "audit.full"}
            disk.held.set()
            await until(lambda: log.available and not log._queue)
            await log.commit(record(11))
            await log.close()

        asyncio.run(run())

    def test_a_store_that_is_behind(self, tmp_path: Path) -> None:
        class Behind:
            late = False

            def checkpoint(self, size: int, note: str) -> None: ...
            def segment(self, path: Path) -> None: ...
            def overdue(self) -> bool:
                return self.late

        async def run() -> None:
            behind = Behind()
            log = await opened(tmp_path, behind)
            await log.commit(record(1))
            behind.late = True
            with pytest.raises(AuditUnavailable) as caught:
                await log.commit(record(2))
            assert caught.value.code == "audit.unanchored"
            assert not log.available
            behind.late = False
            await log.commit(record(3))
            await log.close()
            with pytest.raises(AuditUnavailable) as closed:
                await log.commit(record(4))
            assert closed.value.code == "audit.closed"

        asyncio.run(run())

    def test_a_record_out_of_form_is_refused_and_not_repeated(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def run() -> None:
            log = await opened(tmp_path)
            with pytest.raises(AuditUnavailable) as caught:
                await log.commit(record(1, tenant="Jane Doe"))
            assert caught.value.code == "audit.record"
            assert "Jane" not in repr(caught.value) + repr(caught.value.__cause__) + caught.value.message
            await log.commit(record(2))
            await log.close()

        with caplog.at_level(logging.DEBUG):
            asyncio.run(run())
        assert "Jane" not in caplog.text
        assert b"Jane" not in form.segments(tmp_path)[0].read_bytes()

    def test_names_that_came_later(self, tmp_path: Path) -> None:
        async def run() -> None:
            log = await opened(tmp_path)
            with pytest.raises(AuditUnavailable):
                await log.commit(record(1, tenant="west"))
            log.know(replace(NAMES, tenants=NAMES.tenants | {"west"}, instance="another"))
            await log.commit(record(2, tenant="west"))
            with pytest.raises(AuditUnavailable):
                await log.commit(record(3, instance="another"))
            await log.close()

        asyncio.run(run())

    def test_a_signer_that_fails(self, tmp_path: Path) -> None:
        class Away:
            verifier = KEY.verifier
            here = True

            def sign(self, text: bytes) -> bytes:
                if not self.here:
                    raise RuntimeError("a vault's words about a key")
                return KEY.sign(text)

        async def run() -> None:
            vault = Away()
            log = await AuditLog.open(settings(tmp_path, checkpoint_records=1), NAMES, vault)
            vault.here = False
            await log.commit(record(1))
            await until(lambda: not log.available)
            with pytest.raises(AuditUnavailable):
                await log.commit(record(2))
            vault.here = True
            await until(lambda: log.available)
            await log.close()

        asyncio.run(run())
        assert verified(tmp_path, VKEYS).verdict == "intact"


class TestItGoesOnFromWhatACrashLeft:
    """A torn line was told to nobody; anything else wrong is not gone on from."""

    def test_cut_after_every_third_byte_of_the_last_line(self, tmp_path: Path) -> None:
        small(tmp_path, KEY, segments=2)
        path = form.segments(tmp_path)[-1]
        ledger = Ledger(tmp_path, ORIGIN, KEY)
        ledger.append([b'{"n":"last"}'])
        ledger.abandon()
        path = form.segments(tmp_path)[-1]
        whole = path.read_bytes()
        begin = whole.rfind(b"\n", 0, -1) + 1
        for end in range(begin, len(whole), 3):
            path.write_bytes(whole[:end])
            again = Ledger(tmp_path, ORIGIN, KEY)
            assert (again.cut, again.size) == (end - begin, 6)
            again.append([b'{"n":"again"}'])
            again.checkpoint()
            again.abandon()
            assert verified(tmp_path, VKEYS).verdict == "intact"
            held = form.checkpoints(path)
            held.write_bytes(b"".join(held.read_bytes().splitlines(keepends=True)[:-1]))

    def test_a_checkpoint_that_was_torn(self, tmp_path: Path) -> None:
        small(tmp_path, KEY, segments=1)
        held = form.checkpoints(form.segments(tmp_path)[0])
        whole = held.read_bytes()
        for end in range(whole.rfind(b"\n", 0, -1) + 2, len(whole), 7):
            held.write_bytes(whole[:end])
            Ledger(tmp_path, ORIGIN, KEY).close()
            assert verified(tmp_path, VKEYS).verdict == "intact"

    def test_any_other_change_is_damage(self, tmp_path: Path) -> None:
        small(tmp_path, KEY, segments=2, each=2)
        for path in (form.segments(tmp_path)[-1], form.checkpoints(form.segments(tmp_path)[-1])):
            whole = path.read_bytes()
            for place in range(len(whole)):
                path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
                if place == len(whole) - 1 and path.name.endswith(form.CHECKPOINTS):
                    continue  # without its line's end it is a torn checkpoint: signed again
                with pytest.raises(Damaged):
                    Ledger(tmp_path, ORIGIN, KEY)
            path.write_bytes(whole)
        Ledger(tmp_path, ORIGIN, KEY).close()

    def test_a_cut_tail_that_was_signed_is_damage(self, tmp_path: Path) -> None:
        small(tmp_path, KEY, segments=1)
        path = form.segments(tmp_path)[0]
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
        with pytest.raises(Damaged, match="commits to 3 records, and 2 are there"):
            Ledger(tmp_path, ORIGIN, KEY)

    def test_a_segment_that_was_taken_away_is_damage(self, tmp_path: Path) -> None:
        small(tmp_path, KEY)
        form.segments(tmp_path)[-1].unlink()
        with pytest.raises(Damaged, match="its segment is not there"):
            Ledger(tmp_path, ORIGIN, KEY)

    def test_a_crash_between_segments(self, tmp_path: Path) -> None:
        small(tmp_path, KEY, segments=2)
        path = form.segments(tmp_path)[-1]
        kept = form.checkpoints(path).read_bytes().splitlines(keepends=True)[0]
        path.unlink()
        form.checkpoints(path).write_bytes(kept)
        ledger = Ledger(tmp_path, ORIGIN, KEY)
        assert ledger.size == 3
        ledger.turn()
        ledger.close()
        assert verified(tmp_path, VKEYS).verdict == "intact"

    def test_another_log_s_folder_is_not_gone_on_from(self, tmp_path: Path) -> None:
        small(tmp_path, KEY)
        with pytest.raises(Damaged, match="another log"):
            Ledger(tmp_path, "eu-test/gateway-1", KEY)
        with pytest.raises(Damaged, match="no known key"):
            Ledger(tmp_path, ORIGIN, signer())
        Ledger(tmp_path, ORIGIN, signer(), trusted=VKEYS).close()  # a new key, and the old one known

    def test_one_process_writes(self, tmp_path: Path) -> None:
        first = Ledger(tmp_path, ORIGIN, KEY)
        with pytest.raises(Damaged, match="another process"):
            Ledger(tmp_path, ORIGIN, KEY)
        first.close()
        Ledger(tmp_path, ORIGIN, KEY).close()


class TestSegmentsFollowEachOther:
    """A log that never turns its page can't be archived."""

    def test_it_turns_at_its_size_and_after_it_was_closed(self, tmp_path: Path) -> None:
        async def run() -> None:
            for part in range(2):
                log = await opened(tmp_path, segment_bytes=8000, checkpoint_records=5)
                for number in range(30):
                    await log.commit(record(part * 30 + number))
                await log.close()

        asyncio.run(run())
        paths = form.segments(tmp_path)
        assert len(paths) > 4
        assert all(path.stat().st_size < 10_000 for path in paths)
        assert requests(tmp_path) == [f"{number:032x}" for number in range(60)]
        report = verified(tmp_path, VKEYS)
        assert (report.verdict, report.segments, report.first) == ("intact", len(paths), 0)
        for path in paths[:2]:
            form.checkpoints(path).unlink()
            path.unlink()
        later = verified(tmp_path, VKEYS)
        assert (later.verdict, later.first) == ("intact", int(paths[2].name.split(".")[0]))

    def test_files_are_for_the_gateway_alone(self, tmp_path: Path) -> None:
        small(tmp_path / "log", KEY)
        modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "log").iterdir()}
        assert modes == {0o600}
