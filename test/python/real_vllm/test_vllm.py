"""Runs whose responses a real vLLM samples: `npm test -- vllm`. Its build for processors takes its own environment, so
the other tests do with a stand-in.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from policies import COUNTDOWN
from runs import PACKAGE, experiment, lines_of, log_of, make_run, start, status_of, train, wait_for_step
from transformers import AutoModelForCausalLM, AutoTokenizer

INSIDE: dict[str, Any] = {"mode": "colocate", "gpuMemoryUtilization": 0.2, "tensorParallel": 1}
BENCHMARK = {"name": "countdown-test", "samples": 8, "limit": 100, "temperature": 1, "seed": 0}
SECONDS_FOR_ALL = 600


@pytest.fixture(autouse=True)
def _as_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
    monkeypatch.setenv("VLLM_LOGGING_LEVEL", "WARNING")


def content(vllm: dict[str, Any], **changes: dict[str, Any]) -> dict[str, Any]:
    """An update that moves the policy: what is sampled from old weights has other log-probabilities."""
    found = experiment(
        rollout={"promptsPerStep": 4, "groupSize": 8},
        optimization={"steps": 4, "minibatches": 1, "learningRate": 3e-3, "warmupSteps": 0, "schedule": "constant"},
        evaluation={"benchmarks": [BENCHMARK]},
        torch={"vllm": vllm},
        **changes,
    )
    del found["torch"]["cpu"]
    return found


def check_sampling(directory: Path) -> None:
    """vLLM had the newest weights in each step, up to bfloat16, and the features are those of what it sampled."""
    metrics = lines_of(directory / "metrics.jsonl")
    assert [one["step"] for one in metrics] == [1, 2, 3, 4]
    assert metrics[-1]["kl"] > 0.01
    for one in metrics:
        assert one["sampling/sampling_logp_difference/mean"] < 0.02
        assert one["sampling/importance_sampling_ratio/mean"] == pytest.approx(1, abs=0.05)
    check_features(directory)


def check_features(directory: Path) -> None:
    """S of the first step against (mean onehot − mean p) · W, one unpadded response after another."""
    model, tokenizer = AutoModelForCausalLM.from_pretrained(COUNTDOWN), AutoTokenizer.from_pretrained(COUNTDOWN)
    head = model.get_output_embeddings().weight.detach().double()
    rollouts = lines_of(directory / "rollouts/step-000001.jsonl")
    groups = lines_of(directory / "groups.jsonl")[: len(rollouts)]
    for rollout, group in zip(rollouts, groups, strict=True):
        prompt = tokenizer(rollout["prompt"])["input_ids"]
        phi = []
        for response, length in zip(rollout["responses"], group["lengths"], strict=True):
            tokens = tokenizer(response["text"])["input_ids"] + [tokenizer.eos_token_id] * response["finished"]
            assert len(tokens) == length
            with torch.no_grad():
                logits = model(torch.tensor([prompt + tokens])).logits[0, len(prompt) - 1 : -1].double()
            onehot = torch.nn.functional.one_hot(torch.tensor(tokens), logits.shape[1]).double()
            phi.append((onehot - logits.softmax(dim=-1)).mean(dim=0) @ head)
        unit = torch.nn.functional.normalize(torch.stack(phi), dim=1)
        m = len(phi)
        expected = (unit @ unit.T)[tuple(torch.triu_indices(m, m, 1))]
        assert group["similarity"] == pytest.approx(expected.tolist(), abs=1e-3)


def check_scores(directory: Path, scores_of_transformers: float) -> None:
    before, after = lines_of(directory / "benchmarks.jsonl")
    assert (before["step"], after["step"]) == (0, 4)
    assert abs(before["pass_at_1"] - scores_of_transformers) < 4 * before["pass_at_1_se"]
    header, *problems = lines_of(directory / before["samples_file"])
    assert header["evaluation"]["sampler"] == "vllm"
    assert len(problems) == 100
    assert all(len({one["text"] for one in problem["responses"]}) > 1 for problem in problems)
    assert before["truncated"] < 0.05


@pytest.fixture(scope="module")
def pass_at_1(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Of the shipped policy, sampled by transformers."""
    settings = experiment(optimization={"steps": 1}, evaluation={"benchmarks": [BENCHMARK]})
    directory = make_run(tmp_path_factory.mktemp("transformers"), settings)
    assert train(directory, cold=True, timeout=SECONDS_FOR_ALL) == 0, log_of(directory)
    score: float = lines_of(directory / "benchmarks.jsonl")[0]["pass_at_1"]
    return score


def test_inside_the_training_process(tmp_path: Path, pass_at_1: float) -> None:
    directory = make_run(tmp_path, content(INSIDE))
    assert train(directory, module="as_if_on_gpus", cold=True, timeout=SECONDS_FOR_ALL) == 0, log_of(directory)
    check_sampling(directory)
    check_scores(directory, pass_at_1)

    # A checkpoint of it, as Evaluate Checkpoint asks for it.
    request = {
        "folder": str(directory / "checkpoints/step-000004"),
        "step": 4,
        "run": str(directory),
        "problems": str(tmp_path),
        "benchmark": {**BENCHMARK, "limit": 20, "maxNewTokens": 16},
        "cpu": False,
        "vllm": INSIDE,
    }
    command = [sys.executable, "-m", "as_if_on_gpus", "evaluate", json.dumps(request)]
    path = os.pathsep.join([str(PACKAGE), str(Path(__file__).parents[1])])
    environment = {**os.environ, "PYTHONPATH": path, "ACCELERATE_USE_CPU": "true"}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    record = json.loads(ended.stdout.strip().split("\n")[-1])
    header, *problems = lines_of(directory / record["samples_file"])
    assert (header["evaluation"]["sampler"], len(problems)) == ("vllm", 20)


def test_two_processes_with_adapters_stopped_and_resumed(tmp_path: Path) -> None:
    settings = content(INSIDE)
    settings["torch"]["lora"] = {"rank": 4, "alpha": 8, "targets": "all-linear"}
    settings["optimization"]["learningRate"] = 3e-2
    settings["evaluation"]["benchmarks"] = []
    directory = make_run(tmp_path, settings)
    process = start(directory, 2, module="as_if_on_gpus", cold=True)
    wait_for_step(directory, process, 1, SECONDS_FOR_ALL)
    (directory / "control/stop").write_text('{"mode":"checkpoint"}', encoding="utf-8")
    assert process.wait(SECONDS_FOR_ALL) == 0, log_of(directory)
    assert status_of(directory)["state"] == "stopped"
    assert train(directory, 2, module="as_if_on_gpus", cold=True, timeout=SECONDS_FOR_ALL) == 0, log_of(directory)
    check_sampling(directory)


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--logprobs-mode", "processed_logprobs", "--max-model-len", "64", "--port", str(port)]
    with (folder / "server.txt").open("wb") as log:
        process = subprocess.Popen(
            # What `vllm serve` starts; that itself looks for a package of this name, which a build may not have.
            [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(COUNTDOWN), *options],
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "VLLM_SERVER_DEV_MODE": "1"},
        )
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + SECONDS_FOR_ALL
        while not healthy(url):
            assert process.poll() is None, (folder / "server.txt").read_text()[-3000:]
            assert time.monotonic() < end
            time.sleep(1)
        yield url, process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def healthy(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/health", timeout=5).close()
    except OSError:
        return False
    return True


def test_a_server_and_its_end(tmp_path: Path, pass_at_1: float) -> None:
    with server(tmp_path) as (url, process):
        vllm = {"mode": "server", "server": url}
        directory = make_run(tmp_path / "whole", content(vllm))
        by_files = "real_vllm.weights_by_files"
        assert train(directory, module=by_files, cold=True, timeout=SECONDS_FOR_ALL) == 0, log_of(directory)
        check_sampling(directory)
        check_scores(directory, pass_at_1)

        cut_off = make_run(tmp_path / "cut off", content(vllm, checkpoints={"every": 1}))
        trainer = start(cut_off, module=by_files, cold=True)
        wait_for_step(cut_off, trainer, 1, SECONDS_FOR_ALL)
        os.killpg(process.pid, signal.SIGKILL)
        assert trainer.wait(SECONDS_FOR_ALL) == 1
    status = status_of(cut_off)
    assert status["state"] == "failed"
    assert url in status["error"]["message"]
    assert "torch.vllm.server" in status["error"]["hint"]
    assert status["checkpointStep"] >= 1
