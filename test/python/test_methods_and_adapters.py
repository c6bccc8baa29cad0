"""EVOL-RL with a sentence-embedding model, LoRA, and the series of GPUs."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
import torch
from datasets import Dataset
from g2rl_torch.errors import InputError
from g2rl_torch.experiment.schema import VllmSettings
from g2rl_torch.gpus import GpuMonitor
from g2rl_torch.method.settings import ShapingSettings
from g2rl_torch.models.embedding import evaluation_embedder, method_embedder
from g2rl_torch.trl import configuration
from g2rl_torch.trl.trainer import G2RLTrainer
from policies import gradient_features, write_encoder, write_policy
from runs import PACKAGE, experiment, lines_of, living, log_of, make_run, parsed, start, status_of, train, wait_for_step
from safetensors.torch import load_file
from test_trainer import PROMPTS, config, parity
from transformers import AutoTokenizer
from trl import GRPOConfig

LORA = {"rank": 4, "alpha": 8, "targets": "all-linear"}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"))


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("sentences"))


def test_embeddings_do_not_depend_on_the_batch(sentences: Path) -> None:
    content = parsed(method={"name": "evol-rl", "embeddingModel": str(sentences)})
    embed = method_embedder(content, cpu=True)
    assert embed is not None
    texts = ["3+7+12", "3", "", "(19-4)*8/2"]
    together = embed(texts)
    # This tokenizer has no token for an empty text, and no direction then.
    torch.testing.assert_close(together.norm(dim=1), torch.tensor([1.0, 1.0, 0.0, 1.0]))
    assert not torch.allclose(together[0], together[3], atol=1e-4)
    for row, text in enumerate(texts):
        torch.testing.assert_close(together[row], embed([text])[0], atol=1e-5, rtol=1e-4)
    assert method_embedder(parsed(), cpu=True) is None
    with pytest.raises(InputError, match=r"method\.embeddingModel"):
        method_embedder(parsed(method={"name": "evol-rl"}), cpu=True)
    with pytest.raises(InputError, match="nowhere"):
        method_embedder(parsed(method={"name": "evol-rl", "embeddingModel": "/nowhere"}), cpu=True)
    assert evaluation_embedder(None, cpu=True) is None
    with pytest.raises(InputError, match=r"evaluation\.embeddingModel"):
        evaluation_embedder("/nowhere", cpu=True)


def test_evol_rl_trains(tmp_path: Path, policy: Path, sentences: Path) -> None:
    method = {"name": "evol-rl", "embeddingModel": str(sentences)}
    evaluation = {"embeddingModel": str(sentences)}
    content = experiment(policy, method=method, optimization={"steps": 1}, evaluation=evaluation)
    directory = make_run(tmp_path, content)
    assert train(directory) == 0, log_of(directory)
    # Its evaluations compare the texts, too.
    assert all(-1 <= one["text_similarity_mean"] <= 1 for one in lines_of(directory / "benchmarks.jsonl"))
    assert all(0 < one["g2rl/logdet_mean"] < 4 * math.log(2) for one in lines_of(directory / "metrics.jsonl"))
    groups = lines_of(directory / "groups.jsonl")
    # Wrong responses get −1 to −0.5, by how new they are; correct ones 0.5 to 1.
    for group in groups:
        for reward, shaped in zip(group["rewards"], group["shaped"], strict=True):
            assert (-1 <= shaped <= -0.5) if reward < 0 else (0.5 <= shaped <= 1)
    assert any(len(set(group["shaped"])) > 1 for group in groups)


class Recording(G2RLTrainer):
    """Compares the features of each batch with autograd before anything is updated."""

    compared = 0

    def _calculate_rewards(self, inputs: Any, prompts: Any, completions: Any, ids: Any) -> Any:  # noqa: ANN401
        assert self.watch.features is not None
        for row in range(4):
            prompt = self.processing_class(prompts[row])["input_ids"]
            with torch.enable_grad():
                expected = gradient_features(self.watch.policy, prompt, ids[row], self.temperature)
            torch.testing.assert_close(self.watch.features[row], expected, atol=1e-5, rtol=1e-3)
            Recording.compared += 1
        return super()._calculate_rewards(inputs, prompts, completions, ids)


def test_features_with_adapters_are_gradients(policy: Path, tmp_path: Path) -> None:
    from peft import LoraConfig

    # Adapters that already do something: fresh ones change nothing.
    peft = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    trainer = Recording(
        str(policy),
        [parity],
        config(tmp_path, max_steps=2, beta=0.1),
        settings=ShapingSettings(),
        peft_config=peft,
        train_dataset=Dataset.from_dict({"prompt": PROMPTS}),
        processing_class=AutoTokenizer.from_pretrained(policy, padding_side="left"),
    )
    trainer.train()
    assert Recording.compared == 8
    # The reference is the policy without its adapters, so that the two differ from the start.
    assert trainer.state.log_history[0]["kl"] > 1e-4


def test_lora_stops_and_resumes(tmp_path: Path) -> None:
    content = experiment(torch={"lora": LORA})
    whole = make_run(tmp_path / "a", content)
    assert train(whole) == 0, log_of(whole)
    directory = make_run(tmp_path / "b", content)
    process = start(directory)
    wait_for_step(directory, process, 3)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert train(directory) == 0, log_of(directory)
    name = "checkpoints/step-000004/adapter_model.safetensors"
    expected, found = load_file(whole / name), load_file(directory / name)
    assert expected
    for key, tensor in expected.items():
        assert torch.equal(tensor, found[key]), key
    assert not (whole / "checkpoints/step-000004/model.safetensors").exists()
    assert [record["step"] for record in lines_of(whole / "benchmarks.jsonl")] == [0, 4]


def test_vllm_needs_a_gpu(tmp_path: Path) -> None:
    directory = make_run(tmp_path, experiment(torch={"vllm": {"mode": "server", "server": "http://localhost:1"}}))
    assert train(directory) == 1
    error = status_of(directory)["error"]
    assert error["message"].startswith("torch.vllm")
    assert error["hint"]


def test_a_process_ends_without_its_launcher(tmp_path: Path) -> None:
    directory = make_run(tmp_path, experiment(optimization={"steps": 1000}, evaluation={"benchmarks": []}))
    # A launcher that starts it, tells its pid, and waits.
    launcher = (
        "import os, subprocess, sys, time\n"
        "os.environ['G2RL_PARENT'] = str(os.getpid())\n"
        "print(subprocess.Popen([sys.executable, '-m', 'g2rl_torch', 'run', sys.argv[1]]).pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with (directory / "log.txt").open("ab") as log:
        parent = subprocess.Popen(
            [sys.executable, "-c", launcher, str(directory)],
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(PACKAGE), "OMP_NUM_THREADS": "1"},
        )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    wait_for_step(directory, parent, 1)  # type: ignore[arg-type]
    assert status_of(directory)["pid"] == parent.pid
    parent.kill()
    parent.wait()
    end = time.monotonic() + 20
    while time.monotonic() < end and living([child]):
        time.sleep(0.1)
    assert not living([child])
    assert status_of(directory)["state"] == "failed"
    assert "ended unexpectedly" in status_of(directory)["error"]["message"]


def test_gpu_series(monkeypatch: pytest.MonkeyPatch) -> None:
    power = iter([100_000, 300_000, 200_000, 200_000])

    def unsupported(_handle: object) -> SimpleNamespace:
        raise RuntimeError("not supported")

    library = SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 3,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetUtilizationRates=lambda handle: SimpleNamespace(gpu=50) if handle == 0 else unsupported(handle),
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(used=(handle + 1) * 2**30),
        nvmlDeviceGetPowerUsage=lambda _handle: next(power),
    )
    monkeypatch.setitem(sys.modules, "pynvml", library)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,2")
    monitor = GpuMonitor(seconds=3600)
    expected = {
        "gpu/0/utilization": 0.5,
        "gpu/0/memory_used": 2**30,
        "gpu/0/power": 100,
        "gpu/1/memory_used": 3 * 2**30,
        "gpu/1/power": 300,
    }
    assert monitor.take() == expected
    assert monitor.take()["gpu/0/power"] == 200
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert GpuMonitor().take() == {}


@pytest.mark.parametrize("mode", ["colocate", "server"])
def test_vllm_settings_are_ones_that_trl_knows(
    monkeypatch: pytest.MonkeyPatch, mode: Literal["colocate", "server"]
) -> None:
    monkeypatch.setattr(configuration, "find_spec", lambda _name: object())
    settings = VllmSettings(mode, "http://box:8000", gpu_memory_utilization=0.4, tensor_parallel=2)
    options = configuration._vllm_options(settings, cuda=True)
    known = {field.name for field in fields(GRPOConfig)}
    assert set(options) <= known
    assert options["vllm_importance_sampling_correction"] is True
    assert ("vllm_server_base_url" in options) == (mode == "server")
    monkeypatch.undo()
    with pytest.raises(InputError, match="not installed"):
        configuration._vllm_options(settings, cuda=True)
