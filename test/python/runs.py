"""Run directories as the launcher makes them, and real trainer processes on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from g2rl_torch.experiment.parse import parse
from g2rl_torch.experiment.schema import Experiment
from policies import COUNTDOWN

PACKAGE = Path(__file__).parents[2] / "src" / "torch"


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
    manifest = {"schema": 1, "id": "run", "name": "run", "seed": content["seed"], "experiment": content}
    (directory / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    return directory


def start(
    directory: Path, processes: int = 1, sharding: Path | None = None, module: str = "g2rl_torch"
) -> subprocess.Popen[bytes]:
    """sharding: a configuration of accelerate for FSDP or DeepSpeed."""
    command = [sys.executable, "-m", module, "run", str(directory)]
    if processes > 1:
        how = ["--multi_gpu"] if sharding is None else ["--config_file", str(sharding)]
        launch = ["-m", "accelerate.commands.launch", *how, "--num_processes", str(processes), "--module"]
        command = [sys.executable, *launch, module, "run", str(directory)]
    path = os.pathsep.join([str(PACKAGE), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    with (directory / "log.txt").open("ab") as log:
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # accelerate starts several processes only with --multi_gpu; the variable makes them gloo ones on the CPU.
            env={
                **os.environ,
                "PYTHONPATH": path,
                "OMP_NUM_THREADS": "1",
                **({"ACCELERATE_USE_CPU": "true"} if sharding is None else {}),
            },
        )


def log_of(directory: Path) -> str:
    return (directory / "log.txt").read_text(encoding="utf-8", errors="replace")


def train(
    directory: Path,
    processes: int = 1,
    sharding: Path | None = None,
    module: str = "g2rl_torch",
    timeout: float = 300,
) -> int:
    return start(directory, processes, sharding, module).wait(timeout)


def status_of(directory: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((directory / "status.json").read_text(encoding="utf-8"))
    return content


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line] if path.exists() else []


def wait_for_step(directory: Path, process: subprocess.Popen[bytes], step: int, timeout: float = 200) -> None:
    """Until the metrics of a step are there."""
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        if any(line["step"] >= step for line in lines_of(directory / "metrics.jsonl")):
            return
        time.sleep(0.02)
    raise AssertionError(f"step {step} was not reached:\n{log_of(directory)}")
