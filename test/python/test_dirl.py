"""DiRL: the direction, features whose tokens it weights, and runs that keep it."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from datasets import Dataset
from g2rl_torch.method.direction import alignments, token_weights
from g2rl_torch.method.settings import ShapingSettings
from g2rl_torch.models.capture import SamplingCapture, features_from_hidden
from g2rl_torch.models.head import whole_head
from g2rl_torch.trl.rollouts import Generation
from g2rl_torch.trl.trainer import G2RLTrainer
from policies import write_policy
from runs import experiment, lines_of, log_of, make_run, start, status_of, timeless, train, wait_for_step
from safetensors.torch import load_file
from test_direction import WIDTH, last_state, prompt_files, some_direction
from test_sharded import GPUS, KINDS, VLLM, configuration
from test_sharded import content as of_two_processes
from test_trainer import PROMPTS, config, parity, weights_of
from transformers import AutoModelForCausalLM, AutoTokenizer


@pytest.fixture(scope="module", params=["tied", "untied"])
def policy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"), tied=request.param == "tied")


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("tied"))


def weighted_gradient(
    model: Any,  # noqa: ANN401
    prompt: list[int],
    completion: list[int],
    temperature: float,
    direction: torch.Tensor,
) -> tuple[torch.Tensor, float]:
    """T Σ_t α_t ∂ log p(y_t) / ∂h_t by autograd, one token and one backward pass after another; and s."""
    held: list[torch.Tensor] = []

    def keep(_module: object, arguments: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        held.append(arguments[0].detach().requires_grad_())
        return (held[0],)

    hook = model.get_output_embeddings().register_forward_pre_hook(keep)
    logits = model(torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1]
    hook.remove()
    states = held[0][0, len(prompt) - 1 : -1]
    weights = 1 / (1 + torch.exp(-(states @ direction)))
    total = torch.zeros(WIDTH)
    for place, token in enumerate(completion):
        log_probability = (logits[place] / temperature).log_softmax(dim=-1)[token]
        (gradient,) = torch.autograd.grad(log_probability, held[0], retain_graph=True)
        total += (weights[place] / weights.sum()).detach() * temperature * gradient[0].sum(dim=0)
    return total, float(states.detach().mean(dim=0) @ direction)


@pytest.mark.parametrize("scale", [1, 8], ids=["plain", "sharp weights"])
def test_weighted_features_are_weighted_gradients(policy: Path, scale: float) -> None:
    torch.manual_seed(1)
    temperature, direction = 0.9, some_direction(scale)
    model = AutoModelForCausalLM.from_pretrained(policy).eval()
    tokenizer = AutoTokenizer.from_pretrained(policy, padding_side="left")
    batch = tokenizer(PROMPTS * 4, return_tensors="pt", padding=True)
    capture = SamplingCapture(model, temperature, [tokenizer.eos_token_id], direction)
    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
    with capture.watching():
        output = model.generate(**inputs, do_sample=True, temperature=temperature, top_k=0, max_new_tokens=14)
    width = batch["input_ids"].shape[1]
    completions = []
    for row in output[:, width:].tolist():
        end = row.index(tokenizer.eos_token_id) + 1 if tokenizer.eos_token_id in row else len(row)
        completions.append(row[:end])
    assert len({len(tokens) for tokens in completions}) > 1
    with whole_head(model) as head:
        found = capture.features(completions, head)
        hidden = model.base_model(
            input_ids=output, attention_mask=torch.cat([batch["attention_mask"], torch.ones_like(output[:, width:])], 1)
        ).last_hidden_state[:, width - 1 : -1]
        projected = hidden.detach() @ direction
        scored = features_from_hidden(hidden, completions, head, None, temperature, token_weights(projected))
    aligned = capture.alignments(completions)
    assert aligned is not None
    torch.testing.assert_close(alignments(projected, [len(one) for one in completions]), aligned, atol=1e-5, rtol=1e-4)
    for row, completion in enumerate(completions):
        prompt = tokenizer(PROMPTS[row % len(PROMPTS)])["input_ids"]
        expected, s = weighted_gradient(model, prompt, completion, temperature, direction)
        torch.testing.assert_close(found[row], expected, atol=1e-5, rtol=1e-3)
        torch.testing.assert_close(scored[row], expected, atol=1e-5, rtol=1e-3)
        assert float(aligned[row]) == pytest.approx(s, abs=1e-4)


def test_weights_stay_above_zero() -> None:
    """A response of which every token lies far on the side of recall still has a feature."""
    weights = token_weights(torch.tensor([-1e4, -200.0, 0, 200, 1e4]))
    assert bool((weights > 0).all())
    assert weights[2:].tolist() == [0.5, 1, 1]
    assert alignments(torch.tensor([[1.0, 3, 9], [2, 2, 2]]), [2, 0]).tolist() == [2, 0]


def splitting_direction(policy: Path) -> torch.Tensor:
    """What responses have in common lies neither along it nor against it."""
    common = torch.stack([last_state(policy, text) for text in PROMPTS]).mean(dim=0)
    vector = some_direction().double()
    vector -= (vector @ common) / (common @ common) * common
    return vector / vector.norm()


def trained(policy: Path, output: Path, settings: ShapingSettings) -> tuple[Any, list[Generation]]:
    direction = splitting_direction(policy) if settings.method == "dirl" else None
    seen: list[Generation] = []
    trainer = G2RLTrainer(
        str(policy),
        [parity],
        config(output),
        settings=settings,
        direction=direction,
        on_generation=seen.append,
        train_dataset=Dataset.from_dict({"prompt": PROMPTS}),
        processing_class=AutoTokenizer.from_pretrained(policy, padding_side="left"),
    )
    trainer.train()
    return trainer, seen


def test_lambda_zero_is_grpo(tied: Path, tmp_path: Path) -> None:
    plain, _ = trained(tied, tmp_path / "a", ShapingSettings(method="grpo"))
    ours, seen = trained(tied, tmp_path / "b", ShapingSettings(method="dirl", lambda_=0))
    assert all(torch.equal(one, other) for one, other in zip(weights_of(plain), weights_of(ours), strict=True))
    assert all(bool((group.scalers == 1).all()) for one in seen for group in one.groups)


def test_the_two_signs(tied: Path, tmp_path: Path) -> None:
    """Both shape; they differ in the first step exactly where a response on the side of recall is shaped."""
    signs: tuple[Literal["paper", "code"], ...] = ("paper", "code")
    paper, code = (
        trained(tied, tmp_path / sign, ShapingSettings(method="dirl", memory_sign=sign))[1][0] for sign in signs
    )
    assert paper.alignments is not None
    recall = (paper.alignments <= 0).split(4)
    assert any(bool(one.any()) and not bool(one.all()) for one in recall)
    shaped = 0
    for one, other, on_recall in zip(paper.groups, code.groups, recall, strict=True):
        torch.testing.assert_close(one.scalers[on_recall] - 1, 1 - other.scalers[on_recall])
        torch.testing.assert_close(one.scalers[~on_recall], other.scalers[~on_recall])
        shaped += int((one.scalers[on_recall] != 1).sum())
    assert shaped > 0


def test_a_trainer_needs_a_direction(tied: Path, tmp_path: Path) -> None:
    for settings, direction in ((ShapingSettings(method="dirl"), None), (ShapingSettings(), some_direction())):
        with pytest.raises(ValueError, match="direction"):
            G2RLTrainer(str(tied), [parity], config(tmp_path), settings=settings, direction=direction)


def test_a_killed_run_resumes_with_its_direction(tmp_path: Path) -> None:
    files = prompt_files(tmp_path / "prompts")
    policy = write_policy(tmp_path / "policy")
    content = experiment(policy, method={"name": "dirl", **files})
    whole = make_run(tmp_path / "a", content)
    assert train(whole) == 0, log_of(whole)
    assert all(0 <= line["dirl/reasoning_share"] <= 1 for line in lines_of(whole / "metrics.jsonl"))
    assert any(set(group["scalers"]) != {1} for group in lines_of(whole / "groups.jsonl"))
    directory = make_run(tmp_path / "b", content)
    process = start(directory)
    wait_for_step(directory, process, 3)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    # Prompts that would give another direction.
    prompt_files(tmp_path / "prompts", recall='"20,20,1=99:"')
    assert train(directory) == 0, log_of(directory)
    assert (directory / "direction.json").read_bytes() == (whole / "direction.json").read_bytes()
    for name in ("groups.jsonl", "metrics.jsonl"):
        assert timeless(lines_of(directory / name)) == timeless(lines_of(whole / name))
    name = "checkpoints/step-000004/model.safetensors"
    expected, found = load_file(whole / name), load_file(directory / name)
    assert all(torch.equal(tensor, found[key]) for key, tensor in expected.items())


def test_a_damaged_direction_ends_a_resume(tmp_path: Path, tied: Path) -> None:
    directory = make_run(tmp_path, experiment(tied, method={"name": "dirl", **prompt_files(tmp_path)}))
    (directory / "direction.json").write_text("[1, 2]", encoding="utf-8")
    assert train(directory) == 1
    error = status_of(directory)["error"]
    assert "direction.json: has 2 values" in error["message"]


@pytest.mark.parametrize("kind", ["", "zero 3"])
def test_weighted_features_of_what_vllm_sampled(
    tmp_path: Path, tied: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On two ranks those of the scoring pass are those of the engine's own passes, and so are the shaped rewards."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).with_name("vllm_stand_in")))
    monkeypatch.setenv("VLLM_STAND_IN_FEATURES", str(tmp_path / "features"))
    vector = tmp_path / "k.json"
    vector.write_text(json.dumps(some_direction().tolist()), encoding="utf-8")
    monkeypatch.setenv("VLLM_STAND_IN_DIRECTION", str(vector))
    settings = of_two_processes(tied, **VLLM)
    settings["method"] = {**settings["method"], "name": "dirl", "direction": str(vector)}
    settings["evaluation"]["benchmarks"] = []
    settings["optimization"]["steps"] = 2
    directory = make_run(tmp_path, settings)
    assert train(directory, 2, configuration(tmp_path, KINDS[kind]) if kind else None, GPUS) == 0, log_of(directory)
    sampled = [torch.load(tmp_path / f"features-{rank}.pt") for rank in range(2)]
    expected = [phi for of_step in zip(*sampled, strict=True) for phi in torch.cat(of_step).split(2)]
    groups = lines_of(directory / "groups.jsonl")
    assert len(groups) == len(expected) == 2 * 4
    for group, phi in zip(groups, expected, strict=True):
        (cosine,) = group["similarity"]
        assert cosine == pytest.approx(float(torch.cosine_similarity(phi[0], phi[1], dim=0)), abs=1e-4)


def test_ranks_and_adapters(tmp_path: Path, tied: Path) -> None:
    """Two processes with adapters: a group of four lies on both sides of the cut."""
    content = experiment(
        tied,
        method={"name": "dirl", **prompt_files(tmp_path)},
        rollout={"promptsPerStep": 3, "groupSize": 4},
        optimization={"minibatches": 1, "steps": 2},
        evaluation={"benchmarks": []},
        torch={"lora": {"rank": 4, "alpha": 8, "targets": "all-linear"}},
    )
    directory = make_run(tmp_path, content)
    assert train(directory, processes=2) == 0, log_of(directory)
    assert len(lines_of(directory / "groups.jsonl")) == 6
    assert all("dirl/reasoning_share" in line for line in lines_of(directory / "metrics.jsonl"))
    assert len(json.loads((directory / "direction.json").read_text(encoding="utf-8"))) == WIDTH
