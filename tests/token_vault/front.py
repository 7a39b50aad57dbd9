"""What stands before the test's server as Azure's does: TLS in PostgreSQL's own way, with a certificate.

The server of the tests is built without TLS; this answers the client's question for it, and passes on what is inside.
"""

import asyncio
import ssl
from pathlib import Path

SSL_REQUEST = bytes.fromhex("00000008 04d2162f")  # PostgreSQL 18, 54.7 Message Formats
PORT = 5432


class Front:
    """Listens on loopback; every connection goes on to the server's Unix socket."""

    def __init__(self, socket: Path, certificate: Path, key: Path) -> None:
        self._target = str(socket / f".s.PGSQL.{PORT}")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._writers: list[asyncio.StreamWriter] = []
        self.versions: list[str | None] = []
        self.silent = False
        """Whether it takes connections and never answers."""
        self.port = 0
        self._server: asyncio.Server | None = None

    def at_most(self, version: ssl.TLSVersion) -> None:
        """No newer one from now on."""
        self._context.maximum_version = version

    async def begin(self) -> None:
        """Listens."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Every connection ends, as in a failover."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def end(self) -> None:
        """No more of it."""
        if self._server is not None:
            self._server.close()
        await self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            assert await reader.readexactly(8) == SSL_REQUEST
            if self.silent:
                return
            writer.write(b"S")
            await writer.drain()
            await writer.start_tls(self._context)
            self.versions.append(writer.get_extra_info("ssl_object").version())
            inner_reader, inner_writer = await asyncio.open_unix_connection(self._target)
            self._writers.append(inner_writer)
            await asyncio.gather(_pass(reader, inner_writer), _pass(inner_reader, writer))
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            writer.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.transport.abort()
