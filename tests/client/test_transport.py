"""What a client says to a server, and whom it believes."""

import asyncio
import ssl

import pytest
from support.certificates import Authority

from gitconfig_server.client.transport import Wire
from gitconfig_server.errors import ServerUnreachable


async def _answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
    await writer.drain()
    writer.close()


def test_an_authority_of_ones_own_is_named_by_the_environment_on_this_machine_too(tmp_path, monkeypatch):
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server"))

    async def asked(port):
        wire = Wire(f"https://localhost:{port}")
        try:
            return (await wire.ask("GET", "/")).body
        finally:
            await wire.close()

    async def work():
        async with await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=context) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(ServerUnreachable, match="certificate verify failed"):
                await asked(port)
            monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
            assert await asked(port) == b"{}"

    asyncio.run(work())
