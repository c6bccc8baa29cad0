"""Errors for people: what is wrong, where, and what to do about it."""

from __future__ import annotations

import errno

from .broken_package import explain_import


class InputError(Exception):
    """An error in the user's input, or a problem that the user can fix. `hint` says how, as a sentence."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class StopRequested(Exception):
    """The run was asked to stop, at a moment when everything is saved."""


class AllStepsDone(Exception):
    """A resumed run has nothing left to train; the policy of its last step is loaded."""


_LOOK = "Look at log.txt in the run folder, then resume the run."
# A resume reads run.json and not the experiment file; of its settings these two leave what is trained as it is.
FEWER_ROWS = (
    "Lower torch.rowsPerPass or switch torch.gradientCheckpointing on in the run's run.json, then resume it; or start "
    "a new run with a lower rollout.promptsPerStep, rollout.groupSize or rollout.maxNewTokens, or with torch.lora."
)
_NETWORK = "Check the network, then resume the run; or start one whose policy is a local folder."

_WHOLE = "Specify a model by its name on the hub, or a folder that has config.json, tokenizer.json and weights."
_GATED = (
    "Ask for access on the model's page on the hub, then log in with `hf auth login` or set HF_TOKEN, and resume the "
    "run; or choose another policy."
)

_FORBIDDEN = "This user may not write there. Change the permissions or choose another runs directory."
_FILE_HINTS = {
    errno.ENOSPC: "The disk is full. Free some space, then resume the run.",
    errno.EDQUOT: "The disk quota is used up. Free some space, then resume the run.",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOTDIR: "A part of the path is a file, not a folder. Move it away, or choose another runs directory.",
    errno.EMFILE: "This process may open no more files. Raise its limit, for example with `ulimit -n 4096`, then "
    "resume the run.",
    errno.ENFILE: "The machine has as many files open as it may. Close programs or raise its limit (fs.file-max), then "
    "resume the run.",
    errno.EROFS: "That file system is read-only. Choose another runs directory.",
}

_HINTS_BY_TEXT = (
    # torch and safetensors report a full disk as their own errors.
    (("No space left on device", "inline_container.cc", "PytorchStreamWriter"), _FILE_HINTS[errno.ENOSPC]),
    (
        ("No available memory for the cache blocks", "KV cache is needed", "Free memory on device"),
        "Change torch.vllm.gpuMemoryUtilization in the run's run.json, higher if vLLM has too little and lower if "
        "the GPU has too little; then resume the run.",
    ),
    (
        ("NCCL error", "Watchdog caught collective", "DistBackendError"),
        "The processes lost each other. Find the first error in the logs of all ranks, then resume the run.",
    ),
)


def unloadable(field: str, name: str, error: Exception) -> InputError:
    """A model or tokenizer that an experiment names and that cannot be loaded."""
    message, hint = explain(error)
    if hint == _LOOK:
        hint = _WHOLE
    return InputError(f"{field}: {name} cannot be loaded. {message}", hint)


def server_error(url: str, what: str) -> InputError:
    return InputError(
        f"The vLLM server {url} {what}",
        "Look at its log and start it again, or set another torch.vllm.server in the run's run.json; "
        "then resume the run.",
    )


def explain(error: BaseException) -> tuple[str, str]:
    """Message and hint of any error a run can end with."""
    if isinstance(error, InputError):
        return str(error), error.hint
    name = type(error).__name__
    text = str(error).strip() or name
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # The line before a list says nothing without it.
    first = " ".join(lines[:6]) if lines[0].endswith(":") else lines[0]
    if "inline_container.cc" in first:
        first = f"A file of a checkpoint cannot be written ({first})."
    for needed, hint in _HINTS_BY_TEXT:
        if any(part in text for part in needed):
            return first, hint
    if isinstance(error, MemoryError) or "DefaultCPUAllocator" in text:
        return "The machine is out of memory.", FEWER_ROWS
    if name == "OutOfMemoryError" or "out of memory" in text.lower() or "CUBLAS_STATUS_ALLOC_FAILED" in text:
        return f"The GPU is out of memory: {first}", FEWER_ROWS
    broken = explain_import(error)
    if broken is not None:
        return broken
    remote = _remote_hint(name, text)
    if remote is not None:
        return first, remote
    if isinstance(error, OSError):
        code = error.errno or 0
        what = error.strerror or first
        return what if error.filename is None else f"{error.filename}: {what}", _FILE_HINTS.get(code, _LOOK)
    return f"{name}: {first}", _LOOK


def _remote_hint(name: str, text: str) -> str | None:
    """The hint for errors of the hub, of the network and of a vLLM server; None for all others."""
    broken = ("ConnectionError", "ConnectError", "Timeout", "HTTPError")
    if "vllm" in text.lower() and name.endswith(broken):
        return "Start the vLLM server of torch.vllm.server, or look at its log; then resume the run."
    if name == "GatedRepoError" or "gated repo" in text:
        return _GATED
    if name in ("RepositoryNotFoundError", "HFValidationError") or "is not a valid model identifier" in text:
        return _WHOLE
    offline = (*broken, "LocalEntryNotFoundError", "OfflineModeIsEnabled")
    return _NETWORK if name.endswith(offline) or "couldn't connect" in text else None
