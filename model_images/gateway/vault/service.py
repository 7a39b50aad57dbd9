"""The vault's door: mutual TLS, and each caller to its own tenants.

aiohttp's server and not an ASGI one: it shows the handler the certificate that the connection was made with, and who
may touch which tenant hangs on that. The answers say a status and nothing else; nothing that was sent is logged.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from aiohttp import web

from model_images.gateway.guard.tokens.vault import Store
from model_images.gateway.vault import wire

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Message = TypeVar("Message", wire.Put, wire.Load, wire.Erase)
DEADLINE_S = 5.0


def application(store: Store, callers: Mapping[str, frozenset[str]]) -> web.Application:
    """The service over a store. `callers`: name in the client's certificate (DNS or URI) → its tenants."""
    app = web.Application(client_max_size=wire.LARGEST_BODY, middlewares=[_silent])
    service = _Service(store, callers)
    app.router.add_post("/v1/put", service.put)
    app.router.add_post("/v1/load", service.load)
    app.router.add_post("/v1/erase", service.erase)
    app.router.add_get("/health", service.health)
    return app


def server_context(certificate: Path, key: Path, clients: Path) -> ssl.SSLContext:
    """TLS 1.3 with a certificate from both sides; `clients` are the authorities of the callers'."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(clients)
    return context


class _Service:
    def __init__(self, store: Store, callers: Mapping[str, frozenset[str]]) -> None:
        self._store, self._callers = store, callers

    async def put(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, wire.Put)
        if not wire.well_formed(asked):
            raise web.HTTPBadRequest
        return _answer(wire.Rows(await _bounded(partial(self._store.put, asked.rows, asked.ttl_s))))

    async def load(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, wire.Load)
        if not wire.addressed(asked.conversations):
            raise web.HTTPBadRequest
        return _answer(wire.Rows(await _bounded(partial(self._store.load, asked.tenant, asked.conversations))))

    async def erase(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, wire.Erase)
        if not (wire.addressed(asked.conversations) and wire.addressed(asked.patients)):
            raise web.HTTPBadRequest
        erase = partial(
            self._store.erase,
            asked.tenant,
            conversations=asked.conversations,
            patients=asked.patients,
            everything=asked.everything,
        )
        return _answer(wire.Count(await _bounded(erase)))

    async def health(self, _: web.Request) -> web.Response:
        await _bounded(partial(self._store.load, "", [bytes(wire.MAC_SIZE)]))
        return web.Response()

    async def _asked(self, request: web.Request, form: type[Message]) -> Message:
        if request.content_type != wire.CONTENT_TYPE:
            raise web.HTTPUnsupportedMediaType
        asked = msgspec.msgpack.decode(await request.read(), type=form)
        if not any(asked.tenant in self._callers.get(name, ()) for name in _names(request)):
            raise web.HTTPForbidden
        return asked


def _names(request: web.Request) -> list[str]:
    """What the caller's certificate says it is. Only the subject's alternative names: RFC 9525 knows no others."""
    certificate = request.get_extra_info("peercert") or {}
    return [name for form, name in certificate.get("subjectAltName", ()) if form in ("DNS", "URI")]


@web.middleware
async def _silent(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as refused:
        return web.Response(status=refused.status)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return web.Response(status=400)
    except Exception:  # noqa: BLE001 whatever failed: its words may hold what was sent, and go nowhere
        return web.Response(status=503)


_Answer = TypeVar("_Answer")


async def _bounded(work: Callable[[], _Answer]) -> _Answer:
    return await asyncio.wait_for(asyncio.to_thread(work), DEADLINE_S)


def _answer(message: wire.Rows | wire.Count) -> web.Response:
    return web.Response(body=msgspec.msgpack.encode(message), content_type=wire.CONTENT_TYPE)
