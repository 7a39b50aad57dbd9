"""The audit log: commits alone and together, beside a wait for the disk each, and how fast a log is verified."""

import asyncio
import os
import statistics
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from audit_log import form
from audit_log.note import FileSigner
from audit_log.verify import verify
from model_images.gateway.guard.audit.log import AuditLog, Settings
from model_images.gateway.guard.audit.record import Asked, Decision, Endpoint, Names, encoded

NAMES = Names(
    instance="gateway-0",
    tenants=frozenset({"north"}),
    use_cases=frozenset({"notes"}),
    purposes=frozenset({"treatment"}),
    codes=frozenset(),
)
AT_ONCE = (1, 16, 256, 2000)
RECORDS = 20_000


def record(number: int) -> Asked:
    """One as a request makes it."""
    return Asked(
        at=datetime.now(UTC),
        instance="gateway-0",
        request=f"{number:032x}",
        phase="decided",
        tenant="north",
        caller=str(uuid.UUID(int=1)),
        use_case="notes",
        purpose="treatment",
        token="ab" * 32,
        endpoint=Endpoint.CHAT,
        policy="cd" * 32,
        decision=Decision(allowed=True),
    )


async def commits(log: AuditLog, at_once: int, total: int) -> tuple[float, list[float]]:
    """Commits a second, and the time of each."""
    times: list[float] = []
    left = iter(range(total))

    async def caller() -> None:
        for number in left:
            begin = time.perf_counter()
            await log.commit(record(number))
            times.append(time.perf_counter() - begin)

    begin = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    return total / (time.perf_counter() - begin), times


def alone(folder: Path) -> float:
    """Lines a second, each with a wait for the disk of its own: what a log without groups does."""
    raw = encoded(record(0), NAMES) + b"\n"
    descriptor = os.open(folder / "alone", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    begin = time.perf_counter()
    for _ in range(500):
        os.write(descriptor, raw)
        os.fdatasync(descriptor)
    seconds = time.perf_counter() - begin
    os.close(descriptor)
    return 500 / seconds


async def measured(folder: Path, key: FileSigner) -> None:
    """Print a line for each number of callers."""
    floor = alone(folder)
    print(f"write and fdatasync alone       {floor:>9,.0f}/s   {1e6 / floor:7.0f} µs each")
    log = await AuditLog.open(Settings(folder=folder / "log", origin="bench/0", deadline_seconds=60), NAMES, key)
    for at_once in AT_ONCE:
        rate, times = await commits(log, at_once, 500 if at_once == 1 else RECORDS)
        times.sort()
        p50, p99 = statistics.median(times) * 1e6, times[int(len(times) * 0.99)] * 1e6
        print(
            f"commits, {at_once:>5} callers at once {rate:>9,.0f}/s   p50 {p50:>7,.0f} µs   p99 {p99:>7,.0f} µs"
            f"   {rate / floor:5.1f} times"
        )
    await log.close()


def main() -> None:
    """Print rates, times and ratios."""
    made = ed25519.Ed25519PrivateKey.generate()
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = FileSigner("bench/0", pem)
    raw, begin = record(0), time.perf_counter()
    for _ in range(5000):
        encoded(raw, NAMES)
    print(f"a record's form checked and written as JSON in {(time.perf_counter() - begin) / 5000 * 1e6:.1f} µs")
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(measured(Path(name), key))
        paths = form.segments(Path(name) / "log")
        begin = time.perf_counter()
        report = verify(paths, [key.verifier])
        seconds = time.perf_counter() - begin
        print(
            f"verify {report.size:,} records, {report.checkpoints} checkpoints: "
            f"{report.bytes / seconds / 1e6:.0f} MB/s, {report.size / seconds:,.0f} records/s, {report.verdict}"
        )


if __name__ == "__main__":
    main()
