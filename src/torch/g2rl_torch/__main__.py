"""`python -m g2rl_torch run <run directory>`, `evaluate <json>` and `shape`."""

from __future__ import annotations

import os
import signal
import sys

_USAGE = "Usage: python -m g2rl_torch run <run directory> | evaluate <json> | shape < groups.jsonl\n"


def main(arguments: list[str]) -> int:
    if arguments == ["shape"]:
        # Only here, as below: torch takes seconds to import, and processes that only judge start here, too.
        from .method.lines import shape

        return 1 if shape(sys.stdin, sys.stdout) else 0
    if len(arguments) == 2 and arguments[0] == "run":
        # Only here: TRL takes seconds to import.
        from .run.process import run

        return run(arguments[1])
    if len(arguments) == 2 and arguments[0] == "evaluate":
        if "G2RL_PARENT" in os.environ:
            # One Ctrl-C reaches every process of a terminal: the launcher passes on what is meant for this one, as
            # SIGTERM. From the first moment on, since modules take their time.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        from .evaluation.checkpoint import evaluate

        return evaluate(arguments[1])
    sys.stderr.write(_USAGE)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
