"""`biami-voice`, or `python -m biami_voice_daemon`."""

from __future__ import annotations

import os
import sys

from .cli import main

# Before numpy is loaded: its threads cost more than they bring with frames of 20 ms (read by OpenBLAS).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if __name__ == "__main__":
    sys.exit(main())
