"""Real trainer processes on real run directories: whole runs, stops, kills, resumes, two processes, bad input."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from g2rl_torch.errors import explain
from g2rl_torch.method.pass_at_k import pass_at_k_advantages
from g2rl_torch.run.directory import RunDirectory
from policies import COUNTDOWN, write_policy
from runs import (
    experiment,
    lines_of,
    living,
    log_of,
    make_run,
    start,
    status_of,
    timeless,
    train,
    wait_for_step,
    whole_run,
)
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM


def weights_of(directory: Path, step: int) -> dict[str, torch.Tensor]:
    return load_file(directory / f"checkpoints/step-{step:06d}/model.safetensors")


def assert_same_run(found: Path, expected: Path, steps: int) -> None:
    for name in ("metrics.jsonl", "groups.jsonl", "benchmarks.jsonl"):
        assert timeless(lines_of(found / name)) == timeless(lines_of(expected / name)), name
    for name, tensor in weights_of(expected, steps).items():
        assert torch.equal(tensor, weights_of(found, steps)[name]), name


@pytest.fixture(scope="session")
def whole() -> Path:
    return whole_run("one process", experiment())


def test_a_launcher_whose_folder_is_taken_writes_no_more(tmp_path: Path) -> None:
    directory = RunDirectory(make_run(tmp_path, experiment()))
    beats = directory.root / "control" / "loading"
    beats.mkdir()
    (beats / "status.json").write_text("{}", encoding="utf-8")
    directory.take_over()
    # Neither the folder is there, out of which a beat would be renamed, nor what was in it.
    assert not list((directory.root / "control").glob("loading*"))
    directory.take_over()


def test_a_run_writes_its_whole_directory(whole: Path) -> None:
    status = status_of(whole)
    assert (status["state"], status["step"], status["checkpointStep"], status["error"]) == ("finished", 4, 4, None)
    assert [line["step"] for line in lines_of(whole / "metrics.jsonl")] == [1, 2, 3, 4]
    groups = lines_of(whole / "groups.jsonl")
    assert [(group["step"], group["group"]) for group in groups] == [(s, g) for s in range(1, 5) for g in range(4)]
    assert sum(sum(group["lengths"]) for group in groups) == status["tokens"]
    assert any(scaler != 1 for group in groups for scaler in group["scalers"])
    for step in range(1, 5):
        rollouts = lines_of(whole / f"rollouts/step-{step:06d}.jsonl")
        assert [len(rollout["responses"]) for rollout in rollouts] == [4, 4]
    assert [line["step"] for line in lines_of(whole / "benchmarks.jsonl")] == [0, 4]
    rates = [line["learning_rate"] for line in lines_of(whole / "metrics.jsonl")]
    assert rates == pytest.approx([5e-4, 1e-3, 5e-4, 0])
    model = AutoModelForCausalLM.from_pretrained(whole / "checkpoints/step-000004")
    start_weights = AutoModelForCausalLM.from_pretrained(COUNTDOWN).state_dict()
    assert any(not torch.equal(value, start_weights[name]) for name, value in model.state_dict().items())
    assert sorted(path.name for path in (whole / "checkpoints").iterdir()) == ["step-000002", "step-000004"]


def test_killed_and_resumed_is_as_if_never_interrupted(whole: Path, tmp_path: Path) -> None:
    directory = make_run(tmp_path, experiment())
    process = start(directory, cold=True)
    wait_for_step(directory, process, 3)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    # A line that the kill cut off, and a checkpoint whose writing it cut off.
    with (directory / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "rew')
    if status_of(directory)["state"] == "running":
        (directory / "checkpoints/.partial-trainer/checkpoint-6").mkdir(parents=True, exist_ok=True)
    assert train(directory, cold=True) == 0, log_of(directory)
    assert "resuming after step 2" in log_of(directory)
    lines = (directory / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    broken = [line for line in lines if not line.endswith("}")]
    assert broken == ['{"step": 4, "rew']
    (directory / "metrics.jsonl").write_text("\n".join(line for line in lines if line not in broken), encoding="utf-8")
    assert_same_run(directory, whole, 4)


@pytest.mark.parametrize("how", ["file", "signal"])
def test_stopped_with_a_checkpoint_and_resumed(whole: Path, tmp_path: Path, how: str) -> None:
    directory = make_run(tmp_path, experiment())
    process = start(directory)
    wait_for_step(directory, process, 1)
    if how == "file":
        (directory / "control/stop").write_text('{"mode":"checkpoint"}', encoding="utf-8")
    else:
        os.killpg(process.pid, signal.SIGINT)
    assert process.wait(200) == 0, log_of(directory)
    status = status_of(directory)
    # A fast machine may have reached the end before the request was seen.
    assert status["state"] in ("stopped", "finished")
    assert status["checkpointStep"] == status["step"]
    assert not (directory / "control/stop").exists()
    assert train(directory) == 0, log_of(directory)
    assert_same_run(directory, whole, 4)


def test_a_stop_between_two_steps_keeps_the_first(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request comes when a step has written its metrics and no checkpoint is due."""
    (tmp_path / "sitecustomize.py").write_text(
        "import time\n"
        "from g2rl_torch.run.directory import RunDirectory\n"
        "write = RunDirectory.append_metrics\n"
        "def append(self, metrics):\n"
        "    write(self, metrics)\n"
        "    if metrics['step'] == 1:\n"
        "        self.stop_request.write_text('')\n"
        "        time.sleep(1)\n"
        "RunDirectory.append_metrics = append\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    directory = make_run(tmp_path, experiment())
    assert train(directory) == 0, log_of(directory)
    status = status_of(directory)
    assert (status["state"], status["step"], status["checkpointStep"]) == ("stopped", 1, 1)
    assert train(directory) == 0, log_of(directory)
    assert_same_run(directory, whole, 4)


def test_a_stop_now_does_not_wait(tmp_path: Path) -> None:
    directory = make_run(tmp_path, experiment(optimization={"steps": 1000}, checkpoints={"every": 1000}))
    process = start(directory)
    wait_for_step(directory, process, 1)
    (directory / "control/stop").write_text('{"mode":"now"}', encoding="utf-8")
    assert process.wait(10) == 0
    assert (status_of(directory)["state"], status_of(directory)["checkpointStep"]) == ("stopped", None)


def test_two_processes_share_groups(tmp_path: Path) -> None:
    """Six rows a process in each of the updates: a group of four lies on both sides of the cut."""
    content = experiment(
        rollout={"promptsPerStep": 3, "groupSize": 4},
        optimization={"minibatches": 1},
        checkpoints={"every": 1},
    )
    directory = make_run(tmp_path, content)
    process = start(directory, processes=2)
    wait_for_step(directory, process, 2)
    (directory / "control/stop").write_text("", encoding="utf-8")
    assert process.wait(200) == 0, log_of(directory)
    assert train(directory, processes=2) == 0, log_of(directory)
    status = status_of(directory)
    assert (status["state"], status["step"]) == ("finished", 4), log_of(directory)
    groups = lines_of(directory / "groups.jsonl")
    assert [(group["step"], group["group"]) for group in groups] == [(s, g) for s in range(1, 5) for g in range(3)]
    for step in range(1, 5):
        for rollout in lines_of(directory / f"rollouts/step-{step:06d}.jsonl"):
            assert len(rollout["responses"]) == 4
    # The processes drew with seeds of their own: the halves of a group are not copies.
    halves = [(group["answers"][:2], group["answers"][2:]) for group in groups if group["group"] == 1]
    assert any(first != second for first, second in halves)


def test_each_process_trains_on_its_part_of_the_advantages_of_pass_at_k(tmp_path: Path) -> None:
    """Six rows a process: a group of four lies on both sides of the cut."""
    content = experiment(
        method={"name": "pass-at-k", "k": 2},
        rollout={"promptsPerStep": 3, "groupSize": 4},
        optimization={"minibatches": 1, "steps": 3},
    )
    directory = make_run(tmp_path, content)
    assert start(directory, processes=2, module="advantages_of_ranks").wait(200) == 0, log_of(directory)
    groups = lines_of(directory / "groups.jsonl")
    assert any(any(group["advantages"]) for group in groups)
    ranks = [lines_of(directory / f"rank-{rank}.jsonl") for rank in range(2)]
    for step, (first, second) in enumerate(zip(*ranks, strict=True), start=1):
        own = [group for group in groups if group["step"] == step]
        for name in ("advantages", "rewards"):
            expected = [value for group in own for value in group[name]]
            assert [*first[name], *second[name]] == pytest.approx(expected, rel=1e-5), name
    for group in groups:
        rewards = torch.tensor(group["rewards"])
        assert group["advantages"] == pytest.approx(pass_at_k_advantages(rewards, 4, 2).tolist(), rel=1e-5)
        assert group["shaped"] == group["rewards"]
    assert "g2rl/lambda" not in lines_of(directory / "metrics.jsonl")[0]


def test_lambda_of_a_resumed_run_goes_on_with_its_schedule(tmp_path: Path) -> None:
    content = experiment(method={"lambdaSchedule": "linear"}, checkpoints={"every": 1})
    directory = make_run(tmp_path, content)
    process = start(directory)
    wait_for_step(directory, process, 1)
    (directory / "control/stop").write_text("", encoding="utf-8")
    assert process.wait(200) == 0, log_of(directory)
    assert train(directory) == 0, log_of(directory)
    strengths = {line["step"]: line["g2rl/lambda"] for line in lines_of(directory / "metrics.jsonl")}
    assert strengths == {1: 0.375, 2: 0.25, 3: 0.125, 4: 0}
    for group in lines_of(directory / "groups.jsonl"):
        spread = max(abs(scaler - 1) for scaler in group["scalers"])
        assert spread in (0, pytest.approx(strengths[group["step"]], rel=1e-5))


@pytest.mark.parametrize("who", ["rank", "launcher"])
def test_a_killed_process_ends_the_run(tmp_path: Path, who: str) -> None:
    content = experiment(optimization={"steps": 1000}, rollout={"promptsPerStep": 4})
    directory = make_run(tmp_path, content)
    process = start(directory, processes=2, cold=who == "launcher")
    wait_for_step(directory, process, 1)
    own = status_of(directory)["pid"]
    everyone = [process.pid, *children_of(process.pid)]
    assert len(everyone) == 3, log_of(directory)
    (other,) = set(everyone) - {own, process.pid}
    os.kill(process.pid if who == "launcher" else other, signal.SIGKILL)
    assert process.wait(200) != 0
    end = time.monotonic() + 30
    while living(everyone) and time.monotonic() < end:
        time.sleep(0.1)
    assert not living(everyone)
    status = status_of(directory)
    assert status["state"] == "failed", log_of(directory)
    assert "ended unexpectedly" in status["error"]["message"]


def test_the_reason_of_another_rank_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only rank 0 writes the status; here the memory of another GPU runs out."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "if os.environ.get('RANK') == '1':\n"
        "    import torch\n"
        "    def backward(*_, **__):\n"
        "        raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB.')\n"
        "    torch.Tensor.backward = backward\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    directory = make_run(tmp_path, experiment(evaluation={"benchmarks": []}))
    assert train(directory, processes=2) != 0
    status = status_of(directory)
    assert status["state"] == "failed", log_of(directory)
    assert status["error"]["message"].startswith("Rank 1: The GPU is out of memory"), status["error"]
    assert "torch.rowsPerPass" in status["error"]["hint"]


def test_half_precision_and_recomputed_activations(tmp_path: Path) -> None:
    torch_settings = {"dtype": "bfloat16", "gradientCheckpointing": True, "rowsPerPass": 2}
    content = experiment(torch=torch_settings, optimization={"steps": 2}, evaluation={"benchmarks": []})
    directory = make_run(tmp_path, content)
    assert train(directory) == 0, log_of(directory)
    assert weights_of(directory, 2)["model.norm.weight"].dtype == torch.bfloat16
    assert all(group["similarity"] for group in lines_of(directory / "groups.jsonl"))


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("method", ["grpo", "entropy"])
def test_other_methods(tmp_path: Path, method: str) -> None:
    content = experiment(
        write_policy(tmp_path / "policy"), method={"name": method}, optimization={"steps": 1, "klCoefficient": 0}
    )
    directory = make_run(tmp_path, content)
    assert train(directory) == 0, log_of(directory)
    (metrics,) = lines_of(directory / "metrics.jsonl")
    assert metrics["g2rl/scaler_min"] == metrics["g2rl/scaler_max"] == 1
    assert metrics["kl"] == 0
    assert metrics["g2rl/exploration_mean"] > 0


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        ({"rollout": {"promptsPerStep": 3, "groupSize": 3}}, "do not divide", "optimization.minibatches"),
        ({"rollout": {"groupSize": 1}}, "rollout.groupSize", "8 or 16"),
        ({"policy": "/nowhere/at/all"}, "/nowhere/at/all", "folder"),
        ({"policy": "someone/not-downloaded"}, "someone/not-downloaded", "network"),
        ({"optimization": {"learningRate": 1e30, "warmupSteps": 0, "gradientClip": 1e30}}, "is nan", "learningRate"),
    ],
    ids=["batch", "group", "policy", "offline", "diverged"],
)
def test_bad_input_is_explained(tmp_path: Path, changes: dict[str, Any], message: str, hint: str) -> None:
    directory = make_run(tmp_path, experiment(**changes))
    assert train(directory) == 1
    status = status_of(directory)
    assert status["state"] == "failed"
    assert message in status["error"]["message"]
    assert hint in status["error"]["hint"]


def test_a_full_disk_is_told_of(tmp_path: Path) -> None:
    directory = make_run(tmp_path, experiment(evaluation={"benchmarks": []}))
    (directory / "groups.jsonl").symlink_to("/dev/full")
    assert train(directory) == 1
    error = status_of(directory)["error"]
    assert "No space left" in error["message"]
    assert "groups.jsonl" in error["message"]
    assert error["hint"].startswith("The disk is full")


def allocation_error() -> Exception:
    """What torch says when the machine has no memory for a tensor."""
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    return caught.value


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
            "The GPU is out of memory",
            "rowsPerPass",
        ),
        (MemoryError(), "The machine is out of memory", "run.json"),
        (allocation_error(), "The machine is out of memory", "groupSize"),
        (PermissionError(1, "Operation not permitted", "/runs/a"), "/runs/a: Operation", "Change the permissions"),
        (type("GatedRepoError", (Exception,), {})("gated"), "gated", "access"),
        (type("RepositoryNotFoundError", (Exception,), {})("404"), "404", "Specify a model"),
        (ConnectionError("The vLLM server can't be reached"), "vLLM", "vLLM server"),
        (ImportError("TRL 1.18.2: GRPOTrainer._generate takes (self)"), "TRL 1.18.2", "Set Up GPU Engine"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), "memory", "rowsPerPass"),
        (
            RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 640 vs 576"),
            "unexpected pos",
            "disk is full",
        ),
        (
            type("SafetensorError", (Exception,), {})("I/O error: No space left on device (os error 28)"),
            "No space",
            "disk is full",
        ),
        (
            ValueError("No available memory for the cache blocks. Try increasing `gpu_memory_utilization`."),
            "cache blocks",
            "torch.vllm.gpuMemoryUtilization",
        ),
        (torch.distributed.DistBackendError("NCCL error in: x.cpp:1, remote process exited"), "NCCL", "all ranks"),
        (ValueError("Please correct the following:\n- ds lr=1\n- ds eps=2"), "- ds lr=1 - ds eps=2", "log.txt"),
        (ValueError("Target modules {'q'} not found in the base model."), "Target modules", "torch.lora.targets"),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), "CUDA error", "driver"),
        (
            ValueError("something else"),
            "This is a fault of G2RL Lab: ValueError: something else",
            "Report it with log.txt",
        ),
    ],
)
def test_errors_name_what_helps(error: Exception, message: str, hint: str) -> None:
    found = explain(error)
    assert message in found[0]
    assert hint in found[1]
