"""The fixtures; without psycopg the folder is left out, rather than in the way of every other test."""

from importlib.util import find_spec

if find_spec("psycopg") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from tests.retrieval.fixtures import applied, empty, folder, furnished, server, start, world

    __all__ = ["applied", "empty", "folder", "furnished", "server", "start", "world"]
