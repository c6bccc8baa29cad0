"""Run directories as the launcher makes them, and real trainer processes on them."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from fork_server import PACKAGE, PLACE, Forked, fork
from g2rl_torch.experiment.parse import parse
from g2rl_torch.experiment.schema import Experiment
from policies import COUNTDOWN


def experiment(policy: Path = COUNTDOWN, **changes: dict[str, Any]) -> dict[str, Any]:
    """An experiment with all defaults filled in, of a run that takes a few seconds."""
    content: dict[str, Any] = {
        "name": "experiment",
        "policy": str(policy),
        "threads": 1,
        "seed": 5,
        "method": {
            "name": "g2rl",
            "lambda": 0.5,
            "shaping": "signed",
            "uniformGroups": "all",
            "clip": 3,
            "entropyCoefficient": 0.01,
        },
        "task": {"name": "countdown", "numberCounts": [3, 4], "maxNumber": 20, "maxTarget": 100},
        "rollout": {"promptsPerStep": 4, "groupSize": 4, "temperature": 1, "maxNewTokens": 16, "keep": 2},
        "optimization": {
            "steps": 4,
            "learningRate": 1e-3,
            "warmupSteps": 2,
            "schedule": "cosine",
            "minibatches": 2,
            "epochs": 1,
            "gradientClip": 1,
            "beta1": 0.9,
            "beta2": 0.999,
            "epsilon": 1e-8,
            "weightDecay": 0,
            "clipRange": 0.2,
            "klCoefficient": 0.001,
            "importanceSamplingLevel": "token",
            "scaleRewards": "group",
            "lossNormalization": "sequence",
        },
        "evaluation": {
            "every": 0,
            "benchmarks": [{"name": "countdown-test", "samples": 4, "limit": 6, "temperature": 1, "seed": 0}],
        },
        "checkpoints": {"every": 2, "keep": 0},
        "torch": {"cpu": True},
    }
    for name, change in changes.items():
        content[name] = {**content[name], **change} if isinstance(content.get(name), dict) else change
    return content


def parsed(policy: Path = COUNTDOWN, **changes: dict[str, Any]) -> Experiment:
    """The same experiment as the engine reads it."""
    return parse(Experiment, experiment(policy, **changes))


def make_run(root: Path, content: dict[str, Any]) -> Path:
    directory = root / "run"
    (directory / "control").mkdir(parents=True)
    manifest = {"schema": 2, "id": "run", "name": "run", "seed": content["seed"], "experiment": content}
    (directory / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    return directory


Process = subprocess.Popen[bytes] | Forked


def python(
    arguments: list[str], stdout: Path, stderr: Path, *, ranks: int = 0, cold: bool = False, **variables: str
) -> Process:
    """Starts Python in a session of its own; output is appended to the files.

    ranks: how many processes a launcher starts. cold: a new Python, which imports everything, and no fork.
    """
    command = [sys.executable, *arguments]
    path = os.pathsep.join([str(PACKAGE), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, **variables}
    if not cold:
        return fork(command, environment, stdout, stderr, ranks)
    with stdout.open("ab") as out, stderr.open("ab") as err:
        return subprocess.Popen(command, stdout=out, stderr=err, start_new_session=True, env=environment)


def start(
    directory: Path,
    processes: int = 1,
    sharding: Path | None = None,
    module: str = "g2rl_torch",
    *,
    cold: bool = False,
) -> Process:
    """sharding: a configuration of accelerate for FSDP or DeepSpeed. cold: see `python`."""
    log = directory / "log.txt"
    arguments = ["-m", module, "run", str(directory)]
    if processes > 1:
        how = ["--multi_gpu"] if sharding is None else ["--config_file", str(sharding)]
        # Port 0: one that is free, for tests run side by side.
        launch = ["-m", "accelerate.commands.launch", *how, "--num_processes", str(processes)]
        arguments = [*launch, "--main_process_port", "0", "--module", *arguments[1:]]
    # accelerate starts several processes only with --multi_gpu; the variable makes them gloo ones on the CPU.
    gloo = {"ACCELERATE_USE_CPU": "true"} if sharding is None else {}
    return python(arguments, log, log, ranks=processes if processes > 1 else 0, cold=cold, **gloo)


def log_of(directory: Path) -> str:
    return (directory / "log.txt").read_text(encoding="utf-8", errors="replace")


def train(
    directory: Path,
    processes: int = 1,
    sharding: Path | None = None,
    module: str = "g2rl_torch",
    timeout: float = 300,
    *,
    cold: bool = False,
) -> int:
    return start(directory, processes, sharding, module, cold=cold).wait(timeout)


def whole_run(name: str, content: dict[str, Any], processes: int = 1) -> Path:
    """A run that nothing interrupted, made once for all processes of the tests. To be read only."""
    root = Path(os.environ[PLACE]) / name
    root.mkdir(exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        directory = root / "run"
        if not directory.exists():
            assert train(make_run(root, content), processes) == 0, log_of(directory)
    return directory


def status_of(directory: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((directory / "status.json").read_text(encoding="utf-8"))
    return content


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line] if path.exists() else []


def living(pids: list[int]) -> list[int]:
    """Those that have not ended; what has, and waits for its parent to hear of it, has no command line any more."""
    found = []
    for pid in pids:
        with suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


# What differs from run to run without anything being wrong.
TIMES = {"time", "step_time", "tokens_per_second", "seconds", "g2rl/feature_seconds"}
TIMES |= {"time/rollout", "time/reference", "time/update"}


def timeless(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last line of each step counts, and no line has its times."""
    keyed = {json.dumps([one.get(k) for k in ("step", "group", "benchmark")]): one for one in records}
    return [{name: value for name, value in one.items() if name not in TIMES} for one in keyed.values()]


def wait_for_step(directory: Path, process: Process, step: int, timeout: float = 200) -> None:
    """Until the metrics of a step are there."""
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        if any(line["step"] >= step for line in lines_of(directory / "metrics.jsonl")):
            return
        time.sleep(0.02)
    raise AssertionError(f"step {step} was not reached:\n{log_of(directory)}")
