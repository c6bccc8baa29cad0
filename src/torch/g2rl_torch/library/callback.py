"""A run folder for any GRPOTrainer: what the editor shows live, written by a callback."""

from __future__ import annotations

import atexit
import contextlib
import json
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from transformers import TrainerCallback

from ..errors import InputError
from ..files import append_text, atomic_write, now, read_regular, step_name
from ..redaction import without_credentials
from ..run.directory import RunDirectory
from ..run.identity import process_start
from ..run.ranks import from_rank_0
from ..run.recorder import Recorder
from ..run.records import Shown
from ..run.status import Status
from ..trl.rollouts import Generation
from .attached import Attached, calling_trainer
from .described import manifest, run_name, total_steps, updates_per_step
from .prompts import as_row

_AGAIN = (
    "Correct it, then run the script again; with trainer.train(resume_from_checkpoint=True) it goes on after its "
    "newest checkpoint, in the same folder."
)


class RunDirectoryCallback(TrainerCallback):  # type: ignore[misc]
    """Writes the folder of a run: settings, state with a heartbeat, metrics, groups, texts. On all ranks; the first
    one writes.

    folder: the folder of this run, such as `.g2rl/runs/short-answers`; made when it is missing. A training that resumes
    from a checkpoint goes on in its folder; a new one needs a new folder.
    name: what the run is called; without it `run_name` of the configuration, or the folder's name.
    observe: whether features are taken of a plain GRPOTrainer, for the geometry of its groups; what it trains does not
    change. G2RLTrainer takes them anyway.
    keep: groups of each step whose texts are kept, the first ones: all, none, or a number.

    A step of the run is a batch of rollouts with its updates. A request to stop (`control/stop`, the editor's Stop)
    ends training after the update with a checkpoint. Raises InputError when training begins, if the folder has another
    run.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        name: str | None = None,
        observe: bool = False,
        keep: Literal["all", "none"] | int = "all",
    ) -> None:
        if not (keep in ("all", "none") or (type(keep) is int and keep >= 0)):
            raise InputError(f"keep: {keep!r} is not known.", 'Pass "all", "none" or a number of groups.')
        self._directory = RunDirectory(Path(folder).expanduser().resolve())
        self._name = name
        self._observe = observe
        self._keep: Literal["all", "none"] | int = keep
        self._trainer: Any = None
        self._attached: Attached | None = None
        self._status: Status | None = None
        self._recorder: Recorder | None = None
        self._per_step = 1
        self._is_open = False
        self._stopped = False
        self._error: tuple[str, str] | None = None

    # What the trainer calls, in this order; `state.global_step` counts updates.

    def on_train_begin(self, args: Any, state: Any, _control: object, **_: object) -> None:
        trainer = self._trainer = calling_trainer()
        self._per_step = updates_per_step(args)
        self._stopped, self._error = False, None
        problem: Exception | None = None
        if trainer.accelerator.is_main_process:
            try:
                self._open(args, state)
            except Exception as error:
                problem = error
        # All ranks end together, none waits for another.
        told = from_rank_0(None if problem is None else _described(problem))
        if problem is not None:
            raise problem
        if told is not None:
            raise InputError(*told)
        try:
            self._attached = Attached(trainer, self._take_generation, self._fail, observe=self._observe)
        except InputError as error:
            self._fail(error)
            raise

    def on_step_begin(self, _args: object, state: Any, _control: object, **_: object) -> None:
        if self._recorder is not None and not self._is_open:
            self._recorder.begin_step(state.global_step // self._per_step)
            self._is_open = True

    def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:
        stop = from_rank_0(self._stop_request())
        if stop is not None:
            self._stopped = state.global_step < state.max_steps
            control.should_training_stop = True
            # "now" waits for no checkpoint.
            control.should_save = control.should_save or stop == "checkpoint"
            if self._status is not None:
                self._status.stopping = True
                self._status.change(state="stopping")
        # The log of this update comes next, if there is one.
        if not control.should_log:
            self._end_step(state)

    def on_log(
        self, _args: object, state: Any, _control: object, logs: dict[str, Any] | None = None, **_: object
    ) -> None:
        if self._recorder is None or logs is None or "loss" not in logs:
            return
        self._recorder.take_update(logs)
        self._end_step(state)

    def on_save(self, args: Any, state: Any, _control: object, **_: object) -> None:
        if self._recorder is None:
            return
        step = state.global_step // self._per_step
        self._link_checkpoint(Path(args.output_dir).resolve() / f"checkpoint-{state.global_step}", step)
        self._recorder.saved(step)

    def on_train_end(self, _args: object, state: Any, _control: object, **_: object) -> None:
        if self._recorder is not None and self._is_open:
            self._end_step(state, whole=True)
        finished = state.global_step >= state.max_steps and not self._stopped
        self._close("finished" if finished else "stopped")

    # On rank 0.

    def _open(self, args: Any, state: Any) -> None:
        """The folder of a run that begins or goes on, its status, and what records its steps."""
        directory, root = self._directory, self._directory.root
        resumes = state.global_step > 0
        self._check_folder(resumes)
        try:
            for folder in (root / "rollouts", directory.checkpoints, directory.stop_request.parent):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"RunDirectoryCallback: {root} cannot be made ({error.strerror}: {error.filename}).",
                "Choose a folder that this user may write.",
            ) from error
        if not (resumes and (root / "run.json").exists()):
            name = run_name(self._name or args.run_name or root.name)
            content = manifest(self._trainer, root, name, self._keep, state.max_steps)
            atomic_write(root / "run.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        directory.repair_tails()
        directory.clear_stop_request()
        directory.clear_failure()
        step = state.global_step // self._per_step
        tokens = self._tokens_at(step)
        self._status = Status(directory, self._say, directory.failure)
        self._status.change(step=step, totalSteps=total_steps(args, state.max_steps), tokens=tokens)
        shown = Shown(self._trainer.num_generations, self._keep, _answers, rewards=True)
        self._recorder = Recorder(directory, self._status, shown, tokens, self._strength(), own=False, say=self._say)
        self._hook = sys.excepthook
        sys.excepthook = self._uncaught
        atexit.register(self._left)
        self._say(f"{'resuming after' if resumes else 'starting, before'} step {step if resumes else 1}")

    def _check_folder(self, resumes: bool) -> None:
        root = self._directory.root
        if not (root / "run.json").exists():
            if (root / "metrics.jsonl").exists():
                raise InputError(f"{root}: there are metrics of something else.", "Choose another folder.")
            return
        try:
            status = json.loads(read_regular(root / "status.json"))
            alive = status["state"] not in ("finished", "stopped", "failed")
            if alive and process_start(int(status["pid"])) == status["processStart"]:
                raise InputError(f"{root}: the process {status['pid']} writes this run.", "Choose another folder.")
        except (OSError, ValueError, KeyError, TypeError):
            pass
        content = json.loads(read_regular(root / "run.json"))
        if "script" not in content:
            raise InputError(f"{root}: this run was not made by a script.", "Choose another folder.")
        if not resumes and next(self._lines(), None) is not None:
            raise InputError(
                f"{root}: there is a run already, and this training does not resume it.",
                "Choose another folder, remove this one, or call trainer.train(resume_from_checkpoint=True).",
            )

    def _lines(self) -> Iterator[dict[str, Any]]:
        with contextlib.suppress(OSError), (self._directory.root / "metrics.jsonl").open(encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(ValueError):
                    yield json.loads(line)

    def _tokens_at(self, step: int) -> int:
        return int(max((line.get("num_tokens", 0) for line in self._lines() if line["step"] <= step), default=0))

    def _strength(self) -> Any:
        settings = getattr(self._trainer, "_settings", None)
        if settings is None or settings.method not in ("g2rl", "dirl"):
            return None
        changing = self._trainer._strength
        if changing is None:
            return lambda _step: settings.lambda_
        return lambda step: changing((step - 1) * self._per_step)

    def _stop_request(self) -> str | None:
        """How to stop, if someone has asked for it: after a checkpoint, or now."""
        if self._recorder is None:
            return None
        try:
            return "now" if '"now"' in read_regular(self._directory.stop_request, errors="replace") else "checkpoint"
        except OSError:
            return None

    def _end_step(self, state: Any, *, whole: bool = False) -> None:
        if self._recorder is None or not self._is_open:
            return
        if state.global_step % self._per_step == 0 or whole:
            self._is_open = False
            self._recorder.end_step(-(-state.global_step // self._per_step))

    def _link_checkpoint(self, checkpoint: Path, step: int) -> None:
        """The trainer keeps its checkpoints where it likes; the run has links to them."""
        folder = self._directory.checkpoints
        # A system may allow no links.
        with contextlib.suppress(OSError):
            for link in folder.iterdir():
                if link.is_symlink() and not link.exists():
                    link.unlink()
            link = folder / step_name(step)
            link.unlink(missing_ok=True)
            link.symlink_to(checkpoint, target_is_directory=True)

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):
            append_text(self._directory.root / "log.txt", f"{now()} {without_credentials(line)}\n")

    # How it ends.

    def _take_generation(self, generation: Generation) -> None:
        if self._recorder is None:
            return
        rows = [as_row(response.row) for response in generation.responses]
        responses = [replace(one, row=row) for one, row in zip(generation.responses, rows, strict=True)]
        self._recorder.take_generation(replace(generation, responses=responses))

    def _fail(self, error: BaseException) -> None:
        """An error leaves the training on its way to the script."""
        if isinstance(error, KeyboardInterrupt):
            self._close("stopped")
            return
        message, hint = _described(error)
        if self._recorder is None and self._trainer is not None:
            rank = self._trainer.accelerator.process_index
            self._directory.report_failure(rank, message, hint)
            # Rank 0 is ended with this process, and reports the reason before.
            time.sleep(2.0)
        self._say("".join(traceback.format_exception(error)))
        # A process that is gone shows here as a connection that broke.
        self._close("failed", self._directory.failure() or (message, hint))

    def _close(self, state: str, error: tuple[str, str] | None = None) -> None:
        if self._attached is not None:
            self._attached.detach()
            self._attached = None
        if self._status is None:
            return
        # A notebook lives on.
        self._status.end(state, error, leaves=True)
        self._directory.clear_stop_request()
        self._status = self._recorder = None
        atexit.unregister(self._left)
        if sys.excepthook == self._uncaught:
            sys.excepthook = self._hook

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        hook = self._hook
        self._fail(error)
        hook(kind, error, trace)

    def _left(self) -> None:
        self._close("failed", ("The script ended before its training did.", _AGAIN))


def _answers(rows: list[Any], verdicts: list[Any]) -> list[str]:
    return [getattr(verdict, "answer", None) or "" for verdict in verdicts]


def _described(error: BaseException) -> tuple[str, str]:
    """Message and hint of an error of a script: with the place in the script's own files."""
    if isinstance(error, InputError):
        return str(error), error.hint
    text = without_credentials(f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}")
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "site-packages" not in frame.filename and _is_script(frame.filename)]
    place = f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""
    return f"{text.rstrip(': ')}{place}", _AGAIN


def _is_script(name: str) -> bool:
    here = Path(__file__).parents[1]
    return here not in Path(name).parents and not name.startswith(("<", sys.base_prefix))
