"""An MCP server as Python users write it: `stack_server.py [--port N] [--plain-log]`, on FastMCP where that is installed, else on the
`mcp` SDK alone, with Starlette, uvicorn, Route('/sse') and Mount('/messages/').

Promise: listens, then prints {"port": N} on its first line, and serves /sse (SDK) and /mcp on 127.0.0.1 until it is killed; what it has
to say about its own failures its libraries write. Its tools are `echo`, `slow` (2.5 s, or as many seconds as it is told), `never`,
`credential`, which fails as a tool does whose environment lacks a key, and `retrieve_address_objects`.
"""

import argparse
import asyncio
import json
import logging
import os
import socket
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

logging.basicConfig(level=logging.INFO)
MAJOR = int(version("mcp").split(".")[0])
TOOLS = ["echo", "slow", "never", "credential", "retrieve_address_objects"]
SCHEMA = {"type": "object", "properties": {"seconds": {"type": "number"}}}
ADDRESSES = [{"name": f"host-{n:03}", "ip-netmask": f"10.0.{n // 250}.{n % 250 + 1}/32"} for n in range(200)]


async def run_tool(name, seconds=2.5):
    if name == "echo":
        return "echo"
    if name == "slow":
        await anyio.sleep(float(seconds))
        return f"slept {seconds} s"
    if name == "retrieve_address_objects":
        return json.dumps(ADDRESSES)
    if name == "never":
        await anyio.sleep_forever()
    if "PANOS_API_KEY" not in os.environ:
        raise ValueError("PANOS_API_KEY is not set")
    return "the key is there"


def lowlevel():
    from mcp.server.lowlevel import Server

    if MAJOR >= 2:
        import mcp_types as types

        async def list_tools(ctx, params):
            return types.ListToolsResult(tools=[types.Tool(name=n, description=n, input_schema=SCHEMA) for n in TOOLS])

        async def call_tool(ctx, params):
            try:
                text, failed = await run_tool(params.name, **(params.arguments or {})), False
            except ValueError as error:
                text, failed = str(error), True
            return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=failed)

        return Server("stack", on_list_tools=list_tools, on_call_tool=call_tool)

    import mcp.types as types

    server = Server("stack")

    @server.list_tools()
    async def list_tools():
        return [types.Tool(name=n, description=n, inputSchema=SCHEMA) for n in TOOLS]

    @server.call_tool()
    async def call_tool(name, arguments):
        return [types.TextContent(type="text", text=await run_tool(name, **(arguments or {})))]

    return server


def sdk_app():
    from mcp.server.sse import SseServerTransport

    server = lowlevel()
    sse = SseServerTransport("/messages/")

    async def handle_sse(request):
        async with sse.connect_sse(request.scope, request.receive, request._send) as (reader, writer):
            await server.run(reader, writer, server.create_initialization_options())
        return Response()

    routes = [Route("/sse", endpoint=handle_sse, methods=["GET"]), Mount("/messages/", app=sse.handle_post_message)]
    lifespan = None
    try:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    except ImportError:  # mcp 1.6 speaks HTTP+SSE only
        pass
    else:
        manager = StreamableHTTPSessionManager(app=server)

        class Streamable:
            async def __call__(self, scope, receive, send):
                await manager.handle_request(scope, receive, send)

        routes.append(Route("/mcp", endpoint=Streamable()))

        @asynccontextmanager
        async def lifespan(app):
            async with manager.run():
                yield

    return Starlette(routes=routes, lifespan=lifespan)


def fastmcp_app():
    from fastmcp import FastMCP

    server = FastMCP("stack")

    def add(name):
        async def tool(seconds: float = 2.5) -> str:
            return await run_tool(name, seconds)

        server.tool(tool, name=name)

    for name in TOOLS:
        add(name)
    return server.http_app(path="/mcp")


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--plain-log", action="store_true", help="all words on standard error, as a logging setting of one's own has it")
    options = parser.parse_args()
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    listener.listen()
    try:
        version("fastmcp")
        app = fastmcp_app()
    except PackageNotFoundError:
        app = sdk_app()
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    await uvicorn.Server(uvicorn.Config(app, log_level="info", log_config=None if options.plain_log else uvicorn.config.LOGGING_CONFIG)).serve(sockets=[listener])


asyncio.run(main())
