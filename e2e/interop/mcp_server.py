"""An MCP server as Python users write it: Starlette, uvicorn, Route('/sse') and Mount('/messages/'), on whatever `mcp` is installed.

Promise: prints {"port": N, "mcp": VERSION} on its first line, then serves on 127.0.0.1 until it is killed; everything it has to say
about its own failures goes to standard error, as its libraries write it.
"""

import asyncio
import json
import logging
import socket
from contextlib import asynccontextmanager
from importlib.metadata import version

import anyio
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

MAJOR = int(version("mcp").split(".")[0])
logging.basicConfig(level=logging.INFO)

SLOW = {"type": "object", "properties": {"seconds": {"type": "number"}}, "required": ["seconds"]}
NOTHING = {"type": "object", "properties": {}}
ADDRESSES = [{"name": f"host-{n:03}", "ip-netmask": f"10.0.{n // 250}.{n % 250 + 1}/32"} for n in range(200)]


async def answer(name, arguments):
    if name == "slow":
        await anyio.sleep(float(arguments["seconds"]))
        print(f"TOOL slow finished after {arguments['seconds']} s", flush=True)
        return f"slept {arguments['seconds']} s"
    if name == "retrieve_address_objects":
        return json.dumps(ADDRESSES)
    raise ValueError(f"no tool is called {name}")


def make_server():
    """The two lines of the SDK register handlers in different ways."""
    tools = [("slow", "Sleeps, then answers", SLOW), ("retrieve_address_objects", "Lists address objects", NOTHING)]
    if MAJOR >= 2:
        import mcp_types as types

        async def list_tools(ctx, params):
            return types.ListToolsResult(tools=[types.Tool(name=n, description=d, input_schema=s) for n, d, s in tools])

        async def call_tool(ctx, params):
            text = await answer(params.name, params.arguments or {})
            return types.CallToolResult(content=[types.TextContent(type="text", text=text)])

        return Server("python-interop", on_list_tools=list_tools, on_call_tool=call_tool)

    import mcp.types as types

    server = Server("python-interop")

    @server.list_tools()
    async def list_tools():
        return [types.Tool(name=n, description=d, inputSchema=s) for n, d, s in tools]

    @server.call_tool()
    async def call_tool(name, arguments):
        return [types.TextContent(type="text", text=await answer(name, arguments or {}))]

    return server


server = make_server()
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


async def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=routes, lifespan=lifespan), log_level="info")
    print(json.dumps({"port": listener.getsockname()[1], "mcp": version("mcp")}), flush=True)
    await uvicorn.Server(config).serve(sockets=[listener])


asyncio.run(main())
