"""G2RLTrainer in a script of one's own: TRL's constructor, what is refused, what is logged."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import g2rl_torch
import pytest
import torch
from datasets import Dataset
from g2rl_torch import G2RLTrainer, ShapingSettings
from g2rl_torch.trl.refusals import RefusedError, plain_sampling
from g2rl_torch.trl.rollouts import Generation
from g2rl_torch.trl.watch import Watch
from policies import write_policy
from test_trainer import PROMPTS, config, parity, weights_of
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOTrainer

LOGGED = {"g2rl/similarity_mean", "g2rl/exploration_mean", "g2rl/scaler_max", "g2rl/clip_fraction"}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"))


def lengths(completions: list[str], **_: object) -> list[float]:
    return [float(10 + len(text)) for text in completions]


def sometimes(completions: list[str], **_: object) -> list[float | None]:
    return [None if len(text) % 3 == 0 else float(len(text) % 2) for text in completions]


def arguments(policy: Path, output: Path, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "model": str(policy),
        "reward_funcs": parity,
        "args": config(output, **changes),
        "train_dataset": Dataset.from_dict({"prompt": PROMPTS}),
        "processing_class": AutoTokenizer.from_pretrained(policy, padding_side="left"),
    }


def test_the_package_is_imported_without_torch() -> None:
    code = "import sys, g2rl_torch; assert 'torch' not in sys.modules; print(g2rl_torch.__version__, dir(g2rl_torch))"
    folder = Path(g2rl_torch.__file__).parents[1]
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(folder)}
    )
    assert "G2RLTrainer" in found.stdout


def test_unknown_names_are_errors() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = g2rl_torch.nothing


def test_the_constructor_is_that_of_trl() -> None:
    theirs = list(inspect.signature(GRPOTrainer.__init__).parameters.values())
    ours = list(inspect.signature(G2RLTrainer.__init__).parameters.values())
    for one, other in zip(theirs, ours, strict=False):
        assert (one.name, one.kind, one.default) == (other.name, other.kind, other.default)
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in ours[len(theirs) :])
    assert inspect.signature(G2RLTrainer.__init__).parameters["settings"].default == ShapingSettings()


def test_arguments_stay_as_they_are(policy: Path, tmp_path: Path) -> None:
    """By position, one function, two trainers with the same arguments."""
    given = arguments(policy, tmp_path, reward_weights=[2.0], max_steps=1)
    functions, before = [parity], dict(vars(given["args"]))
    for _ in range(2):
        trainer = G2RLTrainer(
            given["model"], functions, given["args"], given["train_dataset"], None, given["processing_class"]
        )
    assert trainer.reward_weights.tolist() == [2.0]
    assert functions == [parity]
    assert dict(vars(given["args"])) == before
    single = G2RLTrainer(**arguments(policy, tmp_path, max_steps=1))
    assert single.reward_func_names == ["parity"]


def test_a_judge_is_one_more_reward(policy: Path, tmp_path: Path) -> None:
    given = arguments(policy, tmp_path, reward_weights=[0.5], max_steps=1)

    def judge(rows: list[dict[str, Any]], texts: list[str]) -> list[Any]:
        return [type("Verdict", (), {"reward": 1.0 if len(text) % 2 else -1.0}) for text in texts]

    trainer = G2RLTrainer(**given, judge=judge, reward_processing_classes=[None])
    assert trainer.reward_func_names == ["accuracy", "parity"]
    assert trainer.reward_weights.tolist() == [1.0, 0.5]
    trainer.train()
    del given["reward_funcs"]
    given["args"].reward_weights = None
    assert G2RLTrainer(**given, judge=judge).reward_func_names == ["accuracy"]


def test_defaults_are_enough(policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("trl.trainer.base_config._BaseConfig.use_cpu", True, raising=False)
    given = arguments(policy, tmp_path)
    with pytest.raises(ValueError, match="No reward source"):
        G2RLTrainer(**{**given, "reward_funcs": None})
    with pytest.raises(ValueError, match="No reward source"):
        G2RLTrainer(**{**given, "reward_funcs": []})
    with pytest.raises(ValueError, match=r"\(2\) must match .* \(1\)"):
        G2RLTrainer(**arguments(policy, tmp_path, reward_weights=[1.0, 1.0]))


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "top_k": ({"top_k": 5}, {}, "Set top_k = 0"),
    "top_k None": ({"top_k": None}, {}, "top_k is 50.*Set top_k = 0"),
    "top_p": ({"top_p": 0.9}, {}, "Set top_p = 1"),
    "min_p": ({"min_p": 0.1}, {}, "Set min_p = None"),
    "repetition_penalty": ({"repetition_penalty": 1.1}, {}, "Set repetition_penalty = 1"),
    "generation_kwargs top_p": ({"generation_kwargs": {"top_p": 0.9}}, {}, r"generation_kwargs\['top_p'\] = 1"),
    "generation_kwargs top_k": ({"generation_kwargs": {"top_k": 9}}, {}, r"generation_kwargs\['top_k'\] = 0"),
    "generation_kwargs min_p": ({"generation_kwargs": {"min_p": 0.2}}, {}, r"generation_kwargs\['min_p'\] = None"),
    "generation_kwargs penalty": (
        {"generation_kwargs": {"repetition_penalty": 1.2}},
        {},
        r"generation_kwargs\['repetition_penalty'\] = 1",
    ),
    "generation_kwargs temperature": ({"generation_kwargs": {"temperature": 0.3}}, {}, "Set temperature in GRPOConfig"),
    "generation_kwargs suppress": (
        {"generation_kwargs": {"suppress_tokens": [3]}},
        {},
        r"generation_kwargs\['suppress_tokens'\] = None",
    ),
    "beams": ({"generation_kwargs": {"num_beams": 2}}, {}, r"generation_kwargs\['num_beams'\] = 1"),
    "greedy": ({"generation_kwargs": {"do_sample": False}}, {}, r"generation_kwargs\['do_sample'\] = True"),
    "continuous batching": ({"use_transformers_continuous_batching": True}, {}, "Set it to False, or use vLLM"),
    "normalize_then_sum": ({"multi_objective_aggregation": "normalize_then_sum"}, {}, "'sum_then_normalize'"),
    "rollout_func": ({}, {"rollout_func": lambda prompts, trainer: {}}, "a judge of your own is a reward function"),
    "tools": ({}, {"tools": [lambda a: a]}, "Train without tools"),
    "environments": ({}, {"environment_factory": object}, "Train without tools"),
    "entropy": ({}, {"settings": ShapingSettings(method="entropy")}, "Set entropy_coef in GRPOConfig"),
    "evol-rl": ({}, {"settings": ShapingSettings(method="evol-rl")}, "Pass embed="),
    "dirl": ({}, {"settings": ShapingSettings(method="dirl")}, "Pass direction="),
    "direction": ({}, {"direction": torch.ones(32)}, "choose method='dirl'"),
    "pass-at-k": ({}, {"settings": ShapingSettings(method="pass-at-k", k=9)}, "Lower k"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_say_what_to_do_instead(policy: Path, tmp_path: Path, name: str) -> None:
    changes, keywords, message = REFUSED[name]
    with pytest.raises(RefusedError, match=message):
        G2RLTrainer(**arguments(policy, tmp_path, **changes), **keywords)


def test_vllm_without_its_scoring_pass_is_refused(policy: Path, tmp_path: Path) -> None:
    for changes, message in (
        ({"vllm_importance_sampling_correction": False}, "Leave it at True"),
        ({"vllm_structured_outputs_regex": "[0-9]"}, "vllm_structured_outputs_regex"),
        ({"generation_kwargs": {"presence_penalty": 0.5}}, "presence_penalty"),
        ({"top_p": 0.9}, "top_p"),
    ):
        with pytest.raises(RefusedError, match=message):
            G2RLTrainer(**arguments(policy, tmp_path, use_vllm=True, **changes))


@pytest.mark.parametrize(("name", "value"), [("suppress_tokens", [4, 5]), ("min_p", 0.2), ("min_new_tokens", 4)])
def test_settings_of_the_model_count(policy: Path, tmp_path: Path, name: str, value: object) -> None:
    model = AutoModelForCausalLM.from_pretrained(policy)
    setattr(model.generation_config, name, value)
    given = {**arguments(policy, tmp_path), "model": model}
    with pytest.raises(RefusedError, match=rf"Set model\.generation_config\.{name} = None"):
        G2RLTrainer(**given)
    assert getattr(model.generation_config, name) == value


def test_a_run_undoes_what_its_policy_would_change_about_sampling(policy: Path, tmp_path: Path) -> None:
    """A policy's folder may have settings for chats; the runs of the engine sample from the softmax alone."""
    folder = tmp_path / "policy"
    shutil.copytree(policy, folder)
    own = json.loads((folder / "generation_config.json").read_text(encoding="utf-8"))
    chat = {"min_p": 0.2, "suppress_tokens": [4], "no_repeat_ngram_size": 2, "top_k": 20, "repetition_penalty": 1.05}
    (folder / "generation_config.json").write_text(json.dumps({**own, **chat}), encoding="utf-8")
    kwargs = plain_sampling(str(folder))
    assert kwargs == {"min_p": 0, "suppress_tokens": [], "no_repeat_ngram_size": 0, "repetition_penalty": 1}
    assert plain_sampling(str(policy)) is None
    found = []
    for name, changes in ((folder, {"generation_kwargs": kwargs}), (policy, {})):
        trainer = G2RLTrainer(**arguments(name, tmp_path, max_steps=2, **changes))
        trainer.train()
        found.append(weights_of(trainer))
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_adapters_of_the_head_are_trls_own_refusal(policy: Path, tmp_path: Path) -> None:
    from peft import LoraConfig

    with pytest.raises(ValueError, match="lm_head"):
        G2RLTrainer(**arguments(policy, tmp_path), peft_config=LoraConfig(target_modules=["lm_head"]))


@pytest.mark.parametrize("rewards", [[sometimes], [sometimes, parity], [lengths, sometimes]], ids=len)
def test_responses_without_a_reward_are_left_out_as_in_trl(
    policy: Path, tmp_path: Path, rewards: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    def trained(kind: Any, **keywords: Any) -> Any:  # noqa: ANN401
        given = {**arguments(policy, tmp_path / kind.__name__, max_steps=4, num_generations=4), "reward_funcs": rewards}
        trainer = kind(**given, **keywords)
        trainer.train()
        return trainer

    seen: list[Generation] = []
    plain = trained(GRPOTrainer)
    ours = trained(G2RLTrainer, settings=ShapingSettings(lambda_=0), on_generation=seen.append)
    assert all(torch.equal(one, other) for one, other in zip(weights_of(plain), weights_of(ours), strict=True))
    for expected, found in zip(plain.state.log_history, ours.state.log_history, strict=True):
        for name in ("reward", "reward_std", "frac_reward_zero_std", "rewards/sometimes/mean"):
            assert expected.get(name) == found.get(name)
    left_out = [reward.isnan() for one in seen for reward in one.rewards]
    assert any(bool(one.any()) for one in left_out) == (len(rewards) == 1)
    shaped = trained(G2RLTrainer)
    assert any(not torch.equal(one, other) for one, other in zip(weights_of(plain), weights_of(shaped), strict=True))


def test_a_response_that_is_left_out_has_no_advantage(policy: Path, tmp_path: Path) -> None:
    seen: list[Generation] = []
    given = {**arguments(policy, tmp_path, max_steps=4), "reward_funcs": sometimes}
    G2RLTrainer(**given, on_generation=seen.append).train()
    for generation in seen:
        rewards = torch.cat(generation.rewards)
        assert not bool(generation.advantages[rewards.isnan()].any())
        assert bool(generation.advantages.isfinite().all())
        assert torch.equal(generation.components["sometimes"].isnan(), rewards.isnan())


def test_large_rewards_are_shaped(policy: Path, tmp_path: Path) -> None:
    """Lengths, far beyond the clip: nothing is flattened, and the policy moves."""
    seen: list[Generation] = []
    given = {**arguments(policy, tmp_path), "reward_funcs": lengths}
    trainer = G2RLTrainer(**given, on_generation=seen.append)
    trainer.train()
    assert all(group.clipped == 0 for one in seen for group in one.groups)
    assert all(bool(one.advantages.any()) for one in seen)
    start = AutoModelForCausalLM.from_pretrained(policy)
    assert any(not torch.equal(a, b) for a, b in zip(start.parameters(), weights_of(trainer), strict=True))


def test_shaping_that_cannot_act_is_said_once(policy: Path, tmp_path: Path) -> None:
    def nothing(completions: list[str], **_: object) -> list[float]:
        return [0.0] * len(completions)

    def unknown(completions: list[str], **_: object) -> list[None]:
        return [None] * len(completions)

    shaped, plain = ShapingSettings(), ShapingSettings(lambda_=0)
    zero, none = "0 times a factor is 0", "No response of this batch has a reward"
    for rewards, text, settings, count in (
        (nothing, zero, shaped, 1),
        (nothing, zero, plain, 0),
        (unknown, none, shaped, 1),
        (unknown, none, plain, 0),
    ):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            G2RLTrainer(**{**arguments(policy, tmp_path), "reward_funcs": rewards}, settings=settings).train()
        assert sum(text in str(one.message) for one in told) == count


def test_an_infinite_reward_is_named(policy: Path, tmp_path: Path) -> None:
    def endless(completions: list[str], **_: object) -> list[float]:
        return [float("inf")] * len(completions)

    trainer = G2RLTrainer(**{**arguments(policy, tmp_path), "reward_funcs": [parity, endless]})
    with pytest.raises(RefusedError, match="endless returned inf for response 0"):
        trainer.train()


def test_an_infinite_sum_of_rewards_is_named(policy: Path, tmp_path: Path) -> None:
    trainer = G2RLTrainer(**{**arguments(policy, tmp_path, reward_weights=[1e38]), "reward_funcs": [lengths]})
    with pytest.raises(RefusedError, match=r"weighted sum of the rewards of response 0 .* smaller: reward_weights"):
        trainer.train()


def test_infinities_of_both_signs_are_no_missing_reward(policy: Path, tmp_path: Path) -> None:
    given = {**arguments(policy, tmp_path, reward_weights=[1e38, -1e38]), "reward_funcs": [lengths, lengths]}
    with pytest.raises(RefusedError, match=r"weighted sum of the rewards of response 0"):
        G2RLTrainer(**given).train()


def test_a_weight_that_is_infinite_in_single_precision_is_refused(policy: Path, tmp_path: Path) -> None:
    for weight in (1e39, float("nan")):
        with pytest.raises(RefusedError, match="reward_weights"):
            G2RLTrainer(**arguments(policy, tmp_path, reward_weights=[weight]))


def test_settings_of_another_type_are_refused(policy: Path, tmp_path: Path) -> None:
    for settings in (0.5, None, {"lambda_": 0.5}):
        with pytest.raises(RefusedError, match=r"is not a ShapingSettings\. Pass ShapingSettings"):
            G2RLTrainer(**arguments(policy, tmp_path), settings=settings)  # type: ignore[arg-type]
    for wrong in ({"lambda_": "0.5"}, {"clip": "3"}, {"k": 2.5}):
        with pytest.raises(ValueError, match="must be a"):
            ShapingSettings(**wrong)  # type: ignore[arg-type]


def test_the_log_is_trls_with_the_geometry(policy: Path, tmp_path: Path) -> None:
    """`reward` is the one before shaping, and shaping is no reward of its own."""
    seen: list[Generation] = []
    given = arguments(policy, tmp_path, max_steps=2, log_completions=True)
    trainer = G2RLTrainer(**given, on_generation=seen.append)
    trainer.train()
    for generation, logged in zip(seen, trainer.state.log_history, strict=False):
        assert set(logged) >= LOGGED
        assert logged["reward"] == pytest.approx(torch.cat(generation.rewards).mean().item())
        assert {name for name in logged if name.startswith("rewards/")} == {"rewards/parity/mean", "rewards/parity/std"}
        assert any(
            bool((group.shaped != rewards).any())
            for group, rewards in zip(generation.groups, generation.rewards, strict=True)
        )


def test_checkpoints_say_what_trained_them(policy: Path, tmp_path: Path) -> None:
    for settings, name, paper in (
        (ShapingSettings(), "G2RL", "2512.15687"),
        (ShapingSettings(method="grpo"), "GRPO", "2402.03300"),
    ):
        given = arguments(policy, tmp_path / name, max_steps=1, save_strategy="steps", save_steps=1)
        G2RLTrainer(**given, settings=settings).train()
        card = (tmp_path / name / "README.md").read_text(encoding="utf-8")
        assert f"trained with {name}" in card
        assert paper in card
        assert ("- g2rl" in card) == (name == "G2RL")


def test_truncated_responses_have_features_in_the_scoring_path(
    policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRL hides them from themselves there; with and without that the features are the same, and so is the rest."""
    # As if another engine sampled: features come from the pass that scores.
    monkeypatch.setattr(Watch, "_samples_through_head", property(lambda _: False))
    seen: list[Generation] = []
    for masks in (False, True):
        changes = {"max_completion_length": 6, "num_iterations": 2, "steps_per_generation": 1, "max_steps": 2}
        given = arguments(policy, tmp_path, mask_truncated_completions=masks, **changes)
        trainer = G2RLTrainer(**given, on_generation=seen.append, settings=ShapingSettings(lambda_=0))
        trainer.train()
    plain = GRPOTrainer(**given)
    plain.train()
    assert all(torch.equal(one, other) for one, other in zip(weights_of(plain), weights_of(trainer), strict=True))
    without, masked = seen
    assert any(not response.finished for response in masked.responses)
    for one, other in zip(without.groups, masked.groups, strict=True):
        assert not one.invalid
        torch.testing.assert_close(one.similarity, other.similarity, atol=1e-6, rtol=1e-5)
