"""Errors for people: what is wrong, where, and what to do about it."""

from __future__ import annotations

import errno
import re

from .broken_package import explain_import
from .redaction import without_credentials


class InputError(Exception):
    """An error in the user's input, or a problem that the user can fix. `hint` says how, as a sentence."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(without_credentials(message))
        self.hint = hint


class StopRequested(Exception):
    """The run was asked to stop, at a moment when everything is saved."""


class AllStepsDone(Exception):
    """A resumed run has nothing left to train; the policy of its last step is loaded."""


_LOOK = "Look at log.txt in the run folder, then resume the run."
_REPORT = "Report it with log.txt of the run folder, which shows where it happened, and with what you did."
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

_OUT_OF_GPU_MEMORY = re.compile("out of memory|CUBLAS_STATUS_ALLOC_FAILED", re.IGNORECASE)

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
    (
        ("Please correct the following",),
        "Correct the configuration that torch.accelerateConfig names, then resume the run. log.txt has the whole list.",
    ),
    (
        ("not found in the base model",),
        "Change torch.lora.targets in the run's run.json, then resume the run.",
    ),
    (
        ("API key", "api_key", "wandb login"),
        "Set WANDB_API_KEY or log in with `wandb login`, or set WANDB_MODE=offline; then resume the run.",
    ),
    (
        ("CUDA error", "cuDNN error"),
        "The GPU or its driver reports this. Resume the run; if it comes again, restart the machine or update the "
        "driver. log.txt shows where it happened.",
    ),
)


def unloadable(field: str, name: str, error: Exception) -> InputError:
    """A model or tokenizer that an experiment names and that cannot be loaded."""
    known = _known(error)
    message, hint = known or (_named(error), _WHOLE)
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
    """Message and hint of any error a run can end with. One that nothing explains is a fault of G2RL Lab."""
    known = _known(error)
    message, hint = known or (f"This is a fault of G2RL Lab: {_named(error)}", _REPORT)
    return without_credentials(message), hint


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # The line before a list says nothing without it.
    return " ".join(lines[:6]) if lines[0].endswith(":") else lines[0]


def _known(error: BaseException) -> tuple[str, str] | None:
    """Message and hint of an error of the input, of the machine or of what runs beside; None for all others."""
    if isinstance(error, InputError):
        return str(error), error.hint
    name = type(error).__name__
    text = str(error).strip() or name
    first = _first_line(error)
    if "inline_container.cc" in first:
        first = f"A file of a checkpoint cannot be written ({first})."
    for needed, hint in _HINTS_BY_TEXT:
        if any(part in text for part in needed) and not _OUT_OF_GPU_MEMORY.search(text):
            return first, hint
    if isinstance(error, MemoryError) or "DefaultCPUAllocator" in text:
        return "The machine is out of memory.", FEWER_ROWS
    if name == "OutOfMemoryError" or _OUT_OF_GPU_MEMORY.search(text):
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
    return None


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
