"""The fixtures; a server of each major version that is found."""

from tests.retrieval.fixtures import server, start
from tests.token_vault.asked import guarded, world
from tests.token_vault.fixtures import connected, database, running_loop, shared

__all__ = ["connected", "database", "guarded", "running_loop", "server", "shared", "start", "world"]
