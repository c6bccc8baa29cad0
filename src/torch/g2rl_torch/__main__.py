"""`python -m g2rl_torch run <run directory>` and `python -m g2rl_torch shape`."""

from __future__ import annotations

import sys

from .shape import shape

_USAGE = "Usage: python -m g2rl_torch run <run directory> | shape < groups.jsonl\n"


def main(arguments: list[str]) -> int:
    if arguments == ["shape"]:
        return 1 if shape(sys.stdin, sys.stdout) else 0
    if len(arguments) == 2 and arguments[0] == "run":
        # Only here: TRL takes seconds to import.
        from .run import run

        return run(arguments[1])
    sys.stderr.write(_USAGE)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
