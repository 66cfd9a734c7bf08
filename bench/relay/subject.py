"""The daemon under test: engine and web application of one Twilio line, in a process of its own.

python bench/relay/subject.py PORT MODEL_URL CARRIER_URL FORMAT DATABASE [uvloop]
"""

from __future__ import annotations

import asyncio
import gc
import sys

from aiohttp import web

from biami_engine.config import (
    BackendConfig,
    CallLogConfig,
    ContextConfig,
    EngineConfig,
    IdleConfig,
    LimitsConfig,
    Opening,
    ServerConfig,
    TwilioLine,
)
from biami_engine.engine import LocalEngine
from biami_engine.web.app import create_app

ACCOUNT, TOKEN, NUMBER = "AC" + "1" * 32, "relay-bench", "+12025550100"


def configuration(
    port: int, model: str, carrier: str, form: str, database: str, opening: Opening = "wait_for_caller"
) -> EngineConfig:
    options = {"api_key": "bench", "base_url": model, "g711": form == "pcmu"}
    quiet = IdleConfig(after_seconds=3600, absolute_silence_seconds=3600)
    return EngineConfig(
        server=ServerConfig(port=port, public_url=f"http://127.0.0.1:{port}"),
        lines={"office": TwilioLine("office", ACCOUNT, TOKEN, NUMBER, context="c", api_url=carrier)},
        backends={"model": BackendConfig("model", "openai_realtime", options)},
        default_backend="model",
        contexts={"c": ContextConfig("c", opening=opening, idle=quiet, tools=())},
        limits=LimitsConfig(max_concurrent_calls=500),
        call_log=CallLogConfig(f"sqlite:///{database}"),
    )


async def serve(port: int, model: str, carrier: str, form: str, database: str, opening: Opening) -> None:
    engine = LocalEngine(configuration(port, model, carrier, form, database, opening))
    await engine.start()
    runner = web.AppRunner(create_app(engine), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    gc.collect()
    gc.freeze()  # as the daemon does
    print("listening", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await engine.stop()
    await runner.cleanup()


if __name__ == "__main__":
    if sys.argv[6:] == ["uvloop"]:
        from uvloop import run
    else:
        from asyncio import run
    run(serve(int(sys.argv[1]), *sys.argv[2:6], "say_first" if sys.argv[6:] == ["say_first"] else "wait_for_caller"))
