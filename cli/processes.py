"""Work in a process each, so many at once, and the results in order.

multiprocessing's own pool waits for ever for a process that was killed, as one is where memory runs out.
"""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final, TypeVar

J = TypeVar("J")
R = TypeVar("R")

AHEAD: Final = 4
"""So many times as many jobs as run at once are started before the first of them is done: results don't pile up."""


def cpus() -> int:
    """Those that this process may use, which in a container are fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    work: Callable[[J], R], lost: Callable[[J, int | None], R], jobs: Sequence[J], at_once: int
) -> Iterator[R]:
    """`work` of each job, as each becomes the next; `lost` of one whose process ended with that code and no result."""
    # Under fork a child has what its parent imported; where there is no fork, each imports it for itself.
    forks = "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork") if forks else multiprocessing.get_context("spawn")
    running: dict[Connection, tuple[int, BaseProcess]] = {}
    done: dict[int, R] = {}
    started = told = 0
    try:
        while told < len(jobs):
            while started < len(jobs) and len(running) < at_once and started < told + AHEAD * at_once:
                reader, writer = context.Pipe(duplex=False)
                process: BaseProcess = context.Process(target=_send, args=(work, jobs[started], writer), daemon=True)
                process.start()
                # Closed here, and before the next fork: the child alone holds it, and its end is the pipe's.
                writer.close()
                running[reader] = started, process
                started += 1
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                index, process = running.pop(ready)
                done[index] = _result(ready, process, jobs[index], lost)
            while told in done:
                yield done.pop(told)
                told += 1
    finally:
        for _, process in running.values():
            process.kill()
            process.join()


def _send(work: Callable[[J], R], job: J, writer: Connection) -> None:
    # Whoever stops the command stops the parent, which stops the rest: one traceback less per process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A process ends with its job, and gives everything back: looking for what can go sooner costs a fifth of its time.
    gc.disable()
    writer.send(work(job))


def _result(reader: Connection, process: BaseProcess, job: J, lost: Callable[[J, int | None], R]) -> R:
    try:
        result: R = reader.recv()
    except (EOFError, OSError):  # nothing was sent, or half of it
        process.join()
        return lost(job, process.exitcode)
    finally:
        reader.close()
    process.join()
    return result
