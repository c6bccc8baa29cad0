"""Errors for people: what is wrong, where, and what to do about it."""

from __future__ import annotations

import errno


class InputError(Exception):
    """A mistake in what people gave the engine, or a fault they can mend. `hint` says how, as a sentence."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class StopRequested(Exception):
    """Someone asked the run to stop, at a moment when everything is saved."""


_LOOK = "Look at log.txt in the run folder, then resume the run."
_FEWER_ROWS = (
    "Lower rollout.maxNewTokens, rollout.groupSize or torch.rowsPerPass, or switch torch.gradientCheckpointing on; "
    "then resume the run."
)
_NETWORK = "Check the network, or name a local folder as the policy; then resume the run."

_FILE_HINTS = {
    errno.ENOSPC: "The disk is full. Free some space, then resume the run.",
    errno.EDQUOT: "The disk quota is used up. Free some space, then resume the run.",
    errno.EACCES: "This user may not write there. Change the permissions or choose another runs directory.",
    errno.EROFS: "That file system is read-only. Choose another runs directory.",
}


def unloadable(field: str, name: str, error: Exception) -> InputError:
    """A model or tokenizer that an experiment names and that cannot be had."""
    message, hint = explain(error)
    return InputError(f"{field}: {name} cannot be loaded. {message}", hint)


def explain(error: BaseException) -> tuple[str, str]:
    """Message and hint of any error a run can end with."""
    if isinstance(error, InputError):
        return str(error), error.hint
    name = type(error).__name__
    text = str(error).strip() or name
    first = text.splitlines()[0]
    if name == "OutOfMemoryError" or "out of memory" in text.lower():
        return f"The GPU is out of memory: {first}", _FEWER_ROWS
    if isinstance(error, MemoryError):
        return "The machine is out of memory.", _FEWER_ROWS
    if isinstance(error, ImportError):
        return first, 'Run "G2RL: Set Up GPU Engine" (or `g2rl setup --install` in a terminal).'
    hint = _remote_hint(name, text)
    if hint is not None:
        return first, hint
    if isinstance(error, OSError):
        code = error.errno or 0
        return f"{error.filename or ''} {error.strerror or first}".strip(), _FILE_HINTS.get(code, _LOOK)
    return f"{name}: {first}", _LOOK


def _remote_hint(name: str, text: str) -> str | None:
    """What helps against errors of the hub, of the network and of a vLLM server; None for all others."""
    broken = ("ConnectionError", "ConnectError", "Timeout", "HTTPError")
    if "vllm" in text.lower() and name.endswith(broken):
        return "Start the vLLM server of torch.vllm.server, or look at its log; then resume the run."
    if name == "GatedRepoError" or "gated repo" in text:
        return "Ask for access on the model's page and log in with its owner's tool, or choose another policy."
    if name in ("RepositoryNotFoundError", "HFValidationError") or "is not a valid model identifier" in text:
        return "Name a model as it is called on the hub, or a folder that has config.json and weights."
    offline = (*broken, "LocalEntryNotFoundError", "OfflineModeIsEnabled")
    return _NETWORK if name.endswith(offline) or "couldn't connect" in text else None
