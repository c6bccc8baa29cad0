"""Policies sharded over two processes by FSDP2 and DeepSpeed: the run, its checkpoints and its resume are those of
processes that each hold the whole policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from policies import COUNTDOWN, write_encoder, write_policy
from runs import experiment, lines_of, log_of, make_run, start, status_of, train, wait_for_step, whole_run
from transformers import AutoModelForCausalLM

COMMON = """
compute_environment: LOCAL_MACHINE
mixed_precision: 'no'
num_machines: 1
num_processes: 2
machine_rank: 0
main_training_function: main
"""
FSDP = """
distributed_type: FSDP
fsdp_config:
  fsdp_version: {version}
  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP
  fsdp_state_dict_type: {state}
  fsdp_reshard_after_forward: {reshard}
  fsdp_cpu_ram_efficient_loading: false
  fsdp_sync_module_states: false
"""
DEEPSPEED = """
distributed_type: DEEPSPEED
deepspeed_config:
  zero_stage: {stage}
  gradient_accumulation_steps: 1
  offload_optimizer_device: none
  offload_param_device: none
  zero3_init_flag: false
  zero3_save_16bit_model: false
"""
GPUS = "as_if_on_gpus"
VLLM: dict[str, Any] = {
    "rowsPerPass": 1,
    "vllm": {"mode": "colocate", "gpuMemoryUtilization": 0.3, "tensorParallel": 1},
}
KINDS = {
    "fsdp2, whole state": FSDP.format(version=2, state="FULL_STATE_DICT", reshard="true"),
    "fsdp2, state in shards": FSDP.format(version=2, state="SHARDED_STATE_DICT", reshard="true"),
    "zero 2": DEEPSPEED.format(stage=2),
    "zero 3": DEEPSPEED.format(stage=3),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "weights": {},
    "adapters": {"lora": {"rank": 4, "alpha": 8, "targets": "all-linear"}},
}


def content(policy: Path = COUNTDOWN, **torch_settings: object) -> dict[str, Any]:
    """Responses of the two processes end at different times: one waits for the other's last token."""
    return experiment(
        policy,
        rollout={"promptsPerStep": 4, "groupSize": 2, "maxNewTokens": 40},
        optimization={"minibatches": 1, "steps": 4, "learningRate": 1e-4},
        evaluation={"benchmarks": [{"name": "countdown-test", "samples": 4, "limit": 6, "temperature": 1, "seed": 0}]},
        torch=torch_settings,
    )


def configuration(folder: Path, kind: str) -> Path:
    file = folder / "accelerate.yaml"
    file.write_text(COMMON + kind, encoding="utf-8")
    return file


def last_lines(directory: Path, name: str) -> list[dict[str, Any]]:
    """After a resume the last line of a step counts."""
    lines = {(one["step"], one.get("group")): one for one in lines_of(directory / name)}
    return [lines[key] for key in sorted(lines, key=str)]


def policy_of(directory: Path, step: int) -> dict[str, torch.Tensor]:
    model = AutoModelForCausalLM.from_pretrained(directory / f"checkpoints/step-{step:06d}")
    weights: dict[str, torch.Tensor] = model.state_dict()
    return weights


def whole_of(trained: str) -> Path:
    """Two processes that each hold the whole policy."""
    return whole_run(f"two processes, {trained}", content(**SETTINGS[trained]), processes=2)


@pytest.mark.parametrize(
    ("kind", "trained"),
    [*((kind, "weights") for kind in KINDS), ("fsdp2, state in shards", "adapters"), ("zero 3", "adapters")],
)
def test_a_sharded_run_stopped_and_resumed(tmp_path: Path, kind: str, trained: str) -> None:
    whole, settings = whole_of(trained), SETTINGS[trained]
    sharding = configuration(tmp_path, KINDS[kind])
    directory = make_run(tmp_path, content(**settings))
    process = start(directory, 2, sharding, GPUS)
    wait_for_step(directory, process, 1)
    (directory / "control/stop").write_text('{"mode":"checkpoint"}', encoding="utf-8")
    assert process.wait(200) == 0, log_of(directory)
    stopped = status_of(directory)
    assert stopped["state"] == "stopped"
    assert 1 <= stopped["checkpointStep"] == stopped["step"] < 4
    assert train(directory, 2, sharding, GPUS) == 0, log_of(directory)
    assert f"resuming after step {stopped['step']}" in log_of(directory)

    for found, expected in zip(last_lines(directory, "groups.jsonl"), last_lines(whole, "groups.jsonl"), strict=True):
        assert found["lengths"] == expected["lengths"]
        for name in ("exploration", "shaped", "advantages", "similarity"):
            assert found[name] == pytest.approx(expected[name], rel=1e-3, abs=1e-4), name
    for found, expected in zip(last_lines(directory, "metrics.jsonl"), last_lines(whole, "metrics.jsonl"), strict=True):
        for name in ("reward", "kl", "grad_norm", "learning_rate"):
            assert found[name] == pytest.approx(expected[name], rel=1e-3, abs=1e-5), name
    scores = [
        [(one["step"], one["pass_at_1"]) for one in lines_of(run / "benchmarks.jsonl")] for run in (directory, whole)
    ]
    assert scores[0] == scores[1]
    expected_weights = policy_of(whole, 4)
    for name, found_weights in policy_of(directory, 4).items():
        torch.testing.assert_close(found_weights, expected_weights[name], rtol=1e-3, atol=2e-5)


def test_an_evaluation_is_made_up_for_from_shards(tmp_path: Path) -> None:
    """All steps are done, the last evaluation is not: the policy comes out of the checkpoint's shards."""
    sharding = configuration(tmp_path, KINDS["fsdp2, state in shards"])
    directory = make_run(tmp_path, content())
    assert train(directory, 2, sharding, GPUS) == 0, log_of(directory)
    scores = directory / "benchmarks.jsonl"
    before = lines_of(scores)
    scores.write_text(scores.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
    (directory / before[1]["samples_file"]).unlink()
    assert train(directory, 2, sharding, GPUS) == 0, log_of(directory)
    again = lines_of(scores)
    times = {"time": 0, "seconds": 0}
    assert [{**one, **times} for one in again] == [{**one, **times} for one in before]


def test_fsdp_1_is_refused_with_what_helps(tmp_path: Path) -> None:
    sharding = configuration(tmp_path, FSDP.format(version=1, state="FULL_STATE_DICT", reshard="FULL_SHARD"))
    directory = make_run(tmp_path, content())
    assert train(directory, 2, sharding, GPUS) == 1
    assert "fsdp_version: 2" in status_of(directory)["error"]["hint"]


@pytest.fixture(scope="module")
def untied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("untied"), tied=False)


@pytest.mark.parametrize("policy", ["tied", "untied"])
@pytest.mark.parametrize("kind", ["", "fsdp2, whole state", "zero 3"])
def test_features_of_what_vllm_sampled(
    tmp_path: Path, untied: Path, kind: str, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the scoring pass are those that fall out of the engine's own passes, response for response."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).with_name("vllm_stand_in")))
    monkeypatch.setenv("VLLM_STAND_IN_FEATURES", str(tmp_path / "features"))
    if policy == "tied" and kind == "":
        # Adapters are merged into the weights that the engine is sent.
        monkeypatch.setitem(VLLM, "lora", SETTINGS["adapters"]["lora"])
    settings = content(COUNTDOWN if policy == "tied" else untied, **VLLM)
    settings["evaluation"]["benchmarks"] = []
    directory = make_run(tmp_path, settings)
    sharding = configuration(tmp_path, KINDS[kind]) if kind else None
    assert train(directory, 2, sharding, GPUS) == 0, log_of(directory)
    sampled = [torch.load(tmp_path / f"features-{rank}.pt") for rank in range(2)]
    expected = [phi for of_step in zip(*sampled, strict=True) for phi in torch.cat(of_step).split(2)]
    groups = lines_of(directory / "groups.jsonl")
    assert len(groups) == len(expected) == 4 * 4
    assert any(len(set(group["lengths"])) > 1 for group in groups)
    for group, phi in zip(groups, expected, strict=True):
        (cosine,) = group["similarity"]
        assert cosine == pytest.approx(float(torch.cosine_similarity(phi[0], phi[1], dim=0)), abs=1e-4)


def test_vllm_answers_benchmarks(tmp_path: Path, untied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each problem depends on the seed, itself and the policy alone: not on sharding, processes or batches, nor on how
    many hold one engine together. The policy scores the responses of ranks that have unequal ones, and its features are
    those of the engine's own passes.
    """
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).with_name("vllm_stand_in")))
    settings = content(untied, **VLLM)
    settings["evaluation"] = {
        "every": 0,
        "benchmarks": [{"name": "countdown-test", "samples": 4, "limit": 5, "temperature": 1, "seed": 0}],
    }
    settings["optimization"]["steps"] = 1
    found = []
    alone_and_others = [("", 1, 1), ("", 2, 1), ("", 2, 2), ("fsdp2, whole state", 2, 1), ("zero 3", 2, 1)]
    for kind, processes, together in alone_and_others:
        settings["torch"]["vllm"] = {**VLLM["vllm"], "tensorParallel": together}
        folder = tmp_path / str(len(found))
        monkeypatch.setenv("VLLM_STAND_IN_FEATURES", str(folder / "features"))
        directory = make_run(folder, settings)
        sharding = configuration(folder, KINDS[kind]) if kind else None
        assert train(directory, processes, sharding, GPUS) == 0, log_of(directory)
        found.append(lines_of(directory / "evaluations/step-000000-countdown-test.jsonl"))
    header, *expected = found[0]
    assert header["evaluation"]["sampler"] == "vllm"
    assert len(expected) == 5
    for lines in found:
        assert [[one["text"] for one in problem["responses"]] for problem in lines[1:]] == [
            [one["text"] for one in problem["responses"]] for problem in expected
        ]
        for problem, other in zip(lines[1:], expected, strict=True):
            assert problem["similarity_mean"] == pytest.approx(other["similarity_mean"], abs=1e-5)
    phi = torch.load(tmp_path / "0/features-0.pt")[0].split(4)
    for problem, own in zip(expected, phi, strict=True):
        unit = torch.nn.functional.normalize(own.double(), dim=1)
        pairs = (unit @ unit.T)[tuple(torch.triu_indices(4, 4, 1))]
        assert problem["similarity_mean"] == pytest.approx(float(pairs.mean()), abs=1e-4)


def test_an_encoder_is_not_sharded_with_the_policy(tmp_path: Path) -> None:
    """EVOL-RL's embeddings under ZeRO-3, and several passes an update beside what `accelerate config` writes."""
    encoder = write_encoder(tmp_path / "encoder")
    settings = content(rowsPerPass=1)
    settings["method"] |= {"name": "evol-rl", "embeddingModel": str(encoder)}
    directory = make_run(tmp_path, settings)
    assert train(directory, 2, configuration(tmp_path, KINDS["zero 3"]), GPUS) == 0, log_of(directory)
    assert any(scaler != 1 for group in lines_of(directory / "groups.jsonl") for scaler in group["scalers"])
