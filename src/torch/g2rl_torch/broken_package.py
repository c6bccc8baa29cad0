"""Which installed package cannot be imported, by where its import failed and not by the message."""

from __future__ import annotations

import sys
from pathlib import Path
from traceback import walk_tb
from types import FrameType

_OPTIONAL = {
    "vllm": "experiments with torch.vllm",
    "deepspeed": "a DeepSpeed configuration in torch.accelerateConfig",
}
"""Packages that TRL, transformers and accelerate import as soon as they are installed, and what needs them."""
_OWN = __name__.partition(".")[0]
_SET_UP = 'Run "G2RL: Set Up GPU Engine" (or `g2rl setup --install` in a terminal).'


def explain_import(error: BaseException) -> tuple[str, str] | None:
    """Message and hint of an error caused by an import, however it is wrapped; None for all others."""
    chain = [error]
    while (deeper := _cause(chain[-1])) is not None and deeper not in chain:
        chain.append(deeper)
    reason = chain[-1]
    frames = [frame for one in chain for frame, _ in walk_tb(one.__traceback__)]
    if not isinstance(reason, ImportError) and not any(_imports(frame) for frame in frames):
        return None
    if isinstance(reason, MemoryError) or (isinstance(reason, OSError) and reason.errno is not None):
        # A full disk or memory, not a broken package.
        return None
    packages = [name for frame in frames if (name := _package_of(frame)) not in (None, _OWN)]
    text = (str(reason).strip() or type(reason).__name__).splitlines()[0]
    if not isinstance(reason, ImportError):
        text = f"{type(reason).__name__}: {text}"
    optional = next((name for name in packages if name in _OPTIONAL), None)
    message = text if not packages else f"The package {packages[-1]} cannot be imported: {text}"
    if optional is None:
        return message, _SET_UP
    if optional != packages[-1]:
        message = f"{message} ({optional} needs it)"
    return message, (
        f"Only {_OPTIONAL[optional]} needs {optional}. Reinstall it with its dependencies, or remove it: "
        f"{sys.executable} -m pip uninstall {optional}; then resume the run. "
        '"G2RL: Set Up GPU Engine" shows what the environment has.'
    )


def _cause(error: BaseException) -> BaseException | None:
    """What an error was made of. One that only came before it counts where both are of the same failed import."""
    if error.__cause__ is not None:
        return error.__cause__
    before = None if error.__suppress_context__ else error.__context__
    return before if isinstance(error, ImportError) and isinstance(before, ImportError) else None


def _imports(frame: FrameType) -> bool:
    """Whether it is an installed module's own code, which runs when it is imported and never again."""
    return frame.f_code.co_name == "<module>" and _package_of(frame) not in (None, _OWN)


def _package_of(frame: FrameType) -> str | None:
    parts = Path(frame.f_code.co_filename).parts
    places = [place for place, part in enumerate(parts) if part in ("site-packages", "dist-packages")]
    if not places or places[-1] + 1 == len(parts):
        return None
    return parts[places[-1] + 1].removesuffix(".py")
