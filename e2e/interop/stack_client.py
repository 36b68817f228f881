"""A client on the installed Python SDK (or FastMCP's own, where that is installed) for the table of stacks:
`stack_client.py URL SITUATION [--go FILE]`, HTTP+SSE unless the URL ends in /mcp.

Promise: does what the situation says, as an application would, and ends by itself; for `restart` it prints `called` and waits until
FILE exists before it calls again, for `leave` until FILE exists before it leaves its call behind.
"""

import argparse
import asyncio
import os
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from inspect import signature

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("situation")
parser.add_argument("--go")
options = parser.parse_args()
MAJOR = int(version("mcp").split(".")[0])


class SdkSession:
    def __init__(self, session):
        self.session = session

    async def call(self, name, seconds=None):
        if seconds is None:
            return await self.session.call_tool(name, {})
        if "read_timeout_seconds" not in signature(self.session.call_tool).parameters:  # mcp 1.6
            return await asyncio.wait_for(self.session.call_tool(name, {}), seconds)
        limit = seconds if MAJOR >= 2 else timedelta(seconds=seconds)
        return await self.session.call_tool(name, {}, read_timeout_seconds=limit)


class FastSession:
    def __init__(self, client):
        self.client = client

    async def call(self, name, seconds=None):
        return await self.client.call_tool(name, {}, timeout=seconds, raise_on_error=False)


@asynccontextmanager
async def connect():
    try:
        version("fastmcp")
    except PackageNotFoundError:
        from mcp.client.session import ClientSession

        async with transport() as streams, ClientSession(streams[0], streams[1]) as session:
            await session.initialize()
            await session.list_tools()
            yield SdkSession(session)
        return
    from fastmcp import Client

    async with Client(options.url) as client:
        await client.list_tools()
        yield FastSession(client)


def transport():
    if not options.url.endswith("/mcp"):
        from mcp.client.sse import sse_client

        return sse_client(options.url)
    try:
        from mcp.client.streamable_http import streamable_http_client
    except ImportError:
        from mcp.client.streamable_http import streamablehttp_client as streamable_http_client

    return streamable_http_client(options.url)


async def leave():
    while not os.path.exists(options.go):
        await asyncio.sleep(0.05)
    os._exit(0)


async def attempt(call):
    try:
        await asyncio.wait_for(call, 4)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)


async def main():
    async with connect() as session:
        if options.situation == "leave":
            leaving = asyncio.create_task(leave())
            await session.call("never")
            await leaving
        elif options.situation == "limit":
            await attempt(session.call("slow", 1))
            # It goes on with other things: what it leaves 2 s after giving up, it leaves for that.
            await asyncio.sleep(4)
        elif options.situation == "credential":
            await attempt(session.call("credential"))
        else:
            await session.call("echo")
        if options.situation == "restart":
            print("called", flush=True)
            while not os.path.exists(options.go):
                await asyncio.sleep(0.05)
            await attempt(session.call("echo", 3))
            # What it would do when it is closed is another story.
            os._exit(0)


asyncio.run(main())
