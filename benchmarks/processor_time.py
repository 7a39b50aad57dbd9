"""Processor time of processes, as the kernel counts it: what a shared machine's other load changes least."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
"""Of the kernel's clock in a second: proc_pid_stat(5)."""


def seconds(pid: int) -> float:
    """Of a process so far, in user and kernel mode, all its threads."""
    fields = _fields(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def children(pid: int) -> dict[str, int]:
    """Processes that a process has begun, by what they run: their module, or their program."""
    found: dict[str, int] = {}
    for path in Path("/proc").iterdir():
        if not path.name.isdecimal():
            continue
        try:
            if int(_fields(int(path.name))[1]) == pid:
                words = (path / "cmdline").read_bytes().decode().split("\0")
                found[words[words.index("-m") + 1] if "-m" in words else Path(words[0]).name] = int(path.name)
        except (OSError, IndexError):
            continue  # it has ended meanwhile
    return found


def _fields(pid: int) -> list[str]:
    """Those behind the program's name, which may hold spaces; the first is the state."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
