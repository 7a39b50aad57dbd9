"""What replicas share, and where: the stack's database, or nothing where a gateway is alone, at a clinic's site."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

import aiohttp

from model_images.gateway.guard.audit.anchor import StoreUnavailable
from model_images.gateway.guard.audit.workload_identity import WorkloadIdentity
from model_images.gateway.guard.database import Database, proven
from model_images.gateway.guard.settings import BadSettings, TokenVault


async def shared(
    told: TokenVault | None,
    environment: Mapping[str, str],
    session: aiohttp.ClientSession,
    closing: AsyncExitStack,
    failed: Callable[[], None],
) -> Database | None:
    """The database, as the pod's own identity; `failed` counts. Raises BadSettings where it has none."""
    if told is None:
        return None
    try:
        identity = WorkloadIdentity.of(environment)
    except StoreUnavailable as error:
        raise BadSettings(f"token vault: {error}") from None
    identity.scope = f"https://{told.resource}/.default"

    async def password() -> str:
        return await identity.token(session)

    database = await Database.opened(
        told.host,
        told.database,
        told.user,
        password,
        port=told.port,
        context=proven(),
        refused=identity.forget,
        failed=failed,
    )
    closing.push_async_callback(database.close)
    return database
