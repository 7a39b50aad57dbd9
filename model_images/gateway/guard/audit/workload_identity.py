"""The pod's own token for the write-once store, by workload identity, without blocking the gateway.

learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, third case; the variables are those that
the webhook of workload identity sets: azure.github.io/azure-workload-identity.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from model_images.gateway.guard.audit.anchor import StoreUnavailable

SCOPE = "https://storage.azure.com/.default"
"""learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory; the same in every cloud."""
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EARLY_SECONDS = 300
"""A token is renewed so long before it ends."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def may_have_a_token(url: str) -> bool:
    """Whether a token may be sent there: by TLS alone, but for a stand-in on loopback."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


@dataclass
class WorkloadIdentity:
    """Exchanges the cluster's token for one of Entra's, and keeps that until it is about to end."""

    authority: str
    """`AZURE_AUTHORITY_HOST`."""
    tenant: str
    """`AZURE_TENANT_ID`."""
    client: str
    """`AZURE_CLIENT_ID`."""
    file: Path
    """`AZURE_FEDERATED_TOKEN_FILE`; read anew each time, as the cluster rotates it."""
    scope: str = SCOPE
    clock: Callable[[], float] = time.monotonic
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "WorkloadIdentity":
        """From the variables that the webhook sets. Raises StoreUnavailable where one is missing."""
        names = ("AZURE_AUTHORITY_HOST", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE")
        missing = [name for name in names if not environment.get(name)]
        if missing:
            raise StoreUnavailable(f"workload identity is not set: {', '.join(missing)} not there")
        authority, tenant, client, file = (environment[name] for name in names)
        return cls(authority, tenant, client, Path(file))

    async def token(self, session: aiohttp.ClientSession) -> str:
        """A token for the store. Raises StoreUnavailable."""
        if self.clock() < self._until:
            return self._token
        url = f"{self.authority.rstrip('/')}/{self.tenant}/oauth2/v2.0/token"
        if not may_have_a_token(url):
            raise StoreUnavailable("the authority is asked by https alone")
        try:
            assertion = (await asyncio.to_thread(self.file.read_text, encoding="utf-8")).strip()
            form = {
                "grant_type": "client_credentials",
                "client_id": self.client,
                "scope": self.scope,
                "client_assertion_type": ASSERTION,
                "client_assertion": assertion,
            }
            async with session.post(url, data=form, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise StoreUnavailable(f"the authority answered {answer.status}")
                document = await answer.json()
            self._token, seconds = str(document["access_token"]), float(document["expires_in"])
        except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable(f"no token: {type(error).__name__}") from None
        self._until = self.clock() + seconds - EARLY_SECONDS
        return self._token

    def forget(self) -> None:
        """Ask for another: the store did not take this one."""
        self._until = 0.0
