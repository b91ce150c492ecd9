"""llmock behind TLS and HTTP/2, as at cloud providers: `tls_judge.py PORT CERTIFICATE KEY LOG`. Logs one line per
request."""

import asyncio
import sys

import hypercorn.asyncio
import hypercorn.config
from llmock.main import create_app


def main(port, certificate, key, log):
    app = create_app()

    async def noted(scope, receive, send):
        if scope["type"] == "http":
            with open(log, "a") as file:
                file.write(f"{scope['http_version']} {scope['client'][1]} {scope['path']}\n")
        await app(scope, receive, send)

    config = hypercorn.config.Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.certfile, config.keyfile = certificate, key
    asyncio.run(hypercorn.asyncio.serve(noted, config))


main(*sys.argv[1:])
