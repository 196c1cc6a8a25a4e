"""Holds so many consoles open: each reads its stream as a browser does. Ends when its standard input does."""

import asyncio
import ssl
import sys


async def console(host, token, opened):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(host, 443, ssl=context)
    request = f"GET /live HTTP/1.1\r\nHost: {host}\r\nCookie: __Host-session={token}\r\n\r\n"
    writer.write(request.encode())
    line = await reader.readline()
    if b" 200 " not in line:
        raise RuntimeError(line.decode())
    opened()
    while await reader.read(65536):
        pass
    raise RuntimeError("a console was closed")


async def main(host, token, count):
    done = 0

    def opened():
        nonlocal done
        done += 1
        if done == count:
            print("open", flush=True)

    consoles = [asyncio.create_task(console(host, token, opened)) for _ in range(count)]
    end = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    finished, _ = await asyncio.wait([end, *consoles], return_when=asyncio.FIRST_COMPLETED)
    if end not in finished:
        for task in finished:
            task.result()
    for task in consoles:
        task.cancel()


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
