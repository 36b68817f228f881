"""A client on the Python SDK: `mcp_client.py URL [--leave-after SECONDS]`, HTTP+SSE unless the URL ends in /mcp.

Promise: initialises, lists the tools, calls `retrieve_address_objects` and prints {"tools": [...], "bytes": N}. With --leave-after it
calls `slow` for twice that time and goes away before the answer, as an application does that is closed.
"""

import argparse
import asyncio
import json
import os

from mcp.client.session import ClientSession
from mcp.client.sse import sse_client

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("--leave-after", type=float)
options = parser.parse_args()


def transport():
    if not options.url.endswith("/mcp"):
        return sse_client(options.url)
    from mcp.client.streamable_http import streamable_http_client

    return streamable_http_client(options.url)


async def leave():
    await asyncio.sleep(options.leave_after)
    print(json.dumps({"left": options.leave_after}), flush=True)
    os._exit(0)


async def main():
    async with transport() as streams, ClientSession(streams[0], streams[1]) as session:
        await session.initialize()
        tools = await session.list_tools()
        if options.leave_after is not None:
            leaving = asyncio.create_task(leave())
            await session.call_tool("slow", {"seconds": options.leave_after * 2})
            await leaving
        result = await session.call_tool("retrieve_address_objects", {})
        text = "".join(part.text for part in result.content)
        print(json.dumps({"tools": [tool.name for tool in tools.tools], "bytes": len(text)}))


asyncio.run(main())
