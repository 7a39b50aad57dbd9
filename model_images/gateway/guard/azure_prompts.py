"""The prompt store on Azure: pins from App Configuration, texts from a container that is written once.

Data planes: learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value, learn.microsoft.com/rest/api/
storageservices/get-blob. Not run on Azure by the authors: asked of a stand-in in the tests.
"""

from collections.abc import Mapping
from urllib.parse import quote

import aiohttp
import msgspec

from model_images.gateway.guard.audit.anchor import StoreUnavailable
from model_images.gateway.guard.audit.workload_identity import WorkloadIdentity, may_have_a_token
from model_images.gateway.guard.pins import Unavailable
from model_images.gateway.guard.settings import PromptStore

CONFIGURATION_API = "2023-11-01"
"""The newest version of App Configuration's data plane that is listed as stable; as delivery/routing.py."""
BLOB_API = "2024-11-04"
CONTAINER = "templates"
SECONDS = 10


class AzurePrompts:
    """Values and texts, as the pod's identity."""

    def __init__(
        self,
        store: PromptStore,
        configuration: WorkloadIdentity,
        texts: WorkloadIdentity,
        session: aiohttp.ClientSession,
        *,
        scheme: str = "https",
    ) -> None:
        self._store, self._scheme = store, scheme
        self._configuration, self._texts, self._session = configuration, texts, session

    async def pin(self, key: str) -> bytes:
        """The value under a key, with the environment's label. Raises Unavailable."""
        return await self.value(self._store.configuration, key, self._store.label)

    async def value(self, host: str, key: str, label: str = "") -> bytes:
        """A value of some store. Raises Unavailable."""
        labelled = f"&label={quote(label, safe='')}" if label else ""
        path = f"/kv/{quote(key, safe='')}?api-version={CONFIGURATION_API}{labelled}"
        raw = await self._ask(host, path, self._configuration, {})
        try:
            return str(msgspec.json.decode(raw)["value"]).encode()
        except (msgspec.DecodeError, KeyError, TypeError):
            raise Unavailable(f"{key}: {host} did not answer as a store does") from None

    async def text(self, path: str) -> bytes:
        """A template's text. Raises Unavailable."""
        named = f"/{CONTAINER}/{quote(path)}"
        return await self._ask(self._store.texts, named, self._texts, {"x-ms-version": BLOB_API})

    async def _ask(self, host: str, path: str, identity: WorkloadIdentity, headers: Mapping[str, str]) -> bytes:
        url = f"{self._scheme}://{host}{path}"
        if not may_have_a_token(url):
            raise Unavailable(f"{host}: a token is sent by https alone")
        try:
            token = await identity.token(self._session)
            asked = {"authorization": f"Bearer {token}", **headers}
            async with (
                self._session.get(
                    url, headers=asked, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=SECONDS)
                ) as answer,
            ):
                if answer.status == 401:
                    identity.forget()
                if answer.status != 200:
                    raise Unavailable(f"{host} answered {answer.status}")
                return await answer.read()
        except StoreUnavailable as error:
            raise Unavailable(f"{host}: {error}") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"{host}: {type(error).__name__}") from None
