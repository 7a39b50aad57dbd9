"""Where tokens of conversations are kept: with all replicas in the stack's database, or on this pod's own disk."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from model_images.gateway.guard.audit.anchor import StoreUnavailable
from model_images.gateway.guard.audit.workload_identity import WorkloadIdentity
from model_images.gateway.guard.settings import BadSettings, TokenVault
from model_images.gateway.guard.tokens.on_loop import OnLoop
from model_images.gateway.guard.tokens.postgres import PostgresStore, proven
from model_images.gateway.guard.tokens.store import SqliteStore
from model_images.gateway.guard.tokens.vault import Store


async def kept(
    told: TokenVault | None,
    state: Path,
    environment: Mapping[str, str],
    session: aiohttp.ClientSession,
    closing: AsyncExitStack,
) -> Store:
    """The store. Raises BadSettings where it can't be asked."""
    if told is None:
        return SqliteStore(state / "tokens.sqlite")
    try:
        identity = WorkloadIdentity.of(environment)
    except StoreUnavailable as error:
        raise BadSettings(f"token vault: {error}") from None
    identity.scope = f"https://{told.resource}/.default"

    async def password() -> str:
        return await identity.token(session)

    store = await PostgresStore.opened(
        told.host, told.database, told.user, password, port=told.port, context=proven(), refused=identity.forget
    )
    closing.push_async_callback(store.close)
    return OnLoop(store, asyncio.get_running_loop())
