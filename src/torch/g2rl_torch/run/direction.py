"""The direction of a run with DiRL: found or read once, then kept in the run's folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..experiment.schema import Experiment
from ..files import atomic_write, json_text, log, read_regular
from ..models.direction import direction_between, read_direction, width_of
from ..models.policy import positions_of
from ..tasks.problems import chat_text, read_problems, training_file, well_formed
from ..tasks.readable import Foreseen, PromptCheck

_KEPT = "direction.json"
_LINES = 'Write one prompt a line, as JSON: "…" or {"prompt": "…"}.'


def direction_of(experiment: Experiment, run: Path, tokenizer: Any, device: torch.device) -> Tensor | None:
    """k̂, d values in float64; None for other methods. To be called on rank 0 alone, before anything shards models.

    A resumed run takes what its folder has: its policy is another one by then, and files may have changed. Raises
    InputError naming a setting or a file and what is wrong with it.
    """
    method = experiment.method
    if method.name != "dirl":
        return None
    width = width_of(experiment.policy)
    kept = run / _KEPT
    if kept.exists():
        return read_direction(kept, width, "Restore it from a backup, or start a new run.")
    if method.direction is not None:
        found = read_direction(Path(method.direction), width)
    elif method.reasoning_prompts is not None and method.recall_prompts is not None:
        log("finding the direction from recall to reasoning")
        reasoning, recall = (
            _asked(Path(file), experiment, run, tokenizer) for file in (method.reasoning_prompts, method.recall_prompts)
        )
        found = direction_between(experiment.policy, experiment.torch.dtype, device, tokenizer, reasoning, recall)
    else:
        missing = "reasoningPrompts" if method.reasoning_prompts is None else "recallPrompts"
        raise InputError(
            f"method.{missing}: dirl needs it, or method.direction.",
            "Specify reasoningPrompts and recallPrompts, two files of prompts, or direction, a file with a vector.",
        )
    atomic_write(kept, json_text(found.tolist()))
    return found


def _asked(path: Path, experiment: Experiment, run: Path, tokenizer: Any) -> list[str]:
    """The prompts of a file, each as a training prompt is asked: by the chat template with the same system prompt where
    the task has one, as plain text on Countdown.
    """
    prompts = _prompts_of(path)
    texts = prompts
    if experiment.task.name == "problems":
        before = read_problems(training_file(run))[0].messages[:-1]
        texts = [chat_text([*before, {"role": "user", "content": one}], tokenizer) for one in prompts]
    check = PromptCheck(tokenizer, positions_of(experiment.policy))
    check([Foreseen(str(line), text, str(path)) for line, text in enumerate(texts, start=1)], 0)
    return texts


def _prompts_of(path: Path) -> list[str]:
    try:
        # Texts hold characters that splitlines would take for ends of lines.
        lines = read_regular(path).split("\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).", _LINES) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text ({error.reason}).", _LINES) from error
    prompts = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            content = well_formed(json.loads(line))
        except ValueError:
            content = None
        prompt = content.get("prompt") if isinstance(content, dict) else content
        if not isinstance(prompt, str) or not prompt.strip():
            raise InputError(f"{path}, line {number}: is no prompt.", _LINES)
        prompts.append(prompt)
    if not prompts:
        raise InputError(f"{path}: has no prompts.", _LINES)
    return prompts
