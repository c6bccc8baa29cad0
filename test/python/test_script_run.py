"""The run folder that a script's trainer writes: with any GRPOTrainer, live, stopped, resumed, failed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from g2rl_torch import G2RLTrainer, RunDirectoryCallback
from g2rl_torch.errors import InputError
from g2rl_torch.run.manifest import read_manifest
from policies import write_byte_policy, write_policy
from runs import lines_of, python, status_of
from test_library import lengths, sometimes
from test_trainer import PROMPTS, config, parity, weights_of
from transformers import AutoTokenizer, TrainerCallback
from trl import GRPOTrainer

PACKAGE = Path(__file__).parents[2] / "src" / "torch"


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"))


async def slow(completions: list[str], **_: object) -> list[float]:
    return [len(text) / 10 for text in completions]


def trained(
    kind: type,
    policy: Path,
    root: Path,
    rewards: Any = parity,  # noqa: ANN401
    resume: bool = False,
    **changes: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    folder = changes.pop("folder", root / "run")
    observe = changes.pop("observe", False)
    callbacks = changes.pop("callbacks", [])
    keywords = changes.pop("keywords", {})
    prompts = changes.pop("prompts", PROMPTS)
    trainer = kind(
        str(policy),
        rewards,
        config(root / "output", **changes),
        Dataset.from_dict({"prompt": prompts}),
        processing_class=AutoTokenizer.from_pretrained(policy, padding_side="left"),
        callbacks=[RunDirectoryCallback(folder, observe=observe), *callbacks],
        **keywords,
    )
    trainer.train(resume_from_checkpoint=resume)
    return trainer


def test_a_plain_trainer_writes_a_run(policy: Path, tmp_path: Path) -> None:
    rewards = [parity, lengths, slow]
    trainer = trained(GRPOTrainer, policy, tmp_path, rewards, reward_weights=[1.0, 0.1, 0.5], run_name="short answers")
    run = tmp_path / "run"
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert manifest["name"] == "short-answers"
    assert manifest["engine"] == "torch"
    assert manifest["script"]["rewards"] == pytest.approx({"parity": 1.0, "lengths": 0.1, "slow": 0.5})
    experiment = manifest["experiment"]
    assert experiment["policy"] == str(policy)
    assert experiment["rollout"] == {
        "promptsPerStep": 2,
        "groupSize": 4,
        "temperature": 0.8,
        "maxNewTokens": 10,
        "keep": "all",
    }
    assert experiment["optimization"]["steps"] == 3
    status = status_of(run)
    assert (status["state"], status["step"], status["totalSteps"]) == ("finished", 3, 3)
    metrics = lines_of(run / "metrics.jsonl")
    assert [line["step"] for line in metrics] == [1, 2, 3]
    for line, logged in zip(metrics, trainer.state.log_history, strict=False):
        for name in ("reward", "reward_std", "loss", "grad_norm", "kl", "rewards/lengths/mean", "rewards/slow/std"):
            assert line[name] == pytest.approx(logged[name], rel=1e-5)
        assert "g2rl/similarity_mean" not in line
        assert "rewards/accuracy" not in line
    groups = lines_of(run / "groups.jsonl")
    assert [(one["step"], one["group"]) for one in groups] == [(step, group) for step in (1, 2, 3) for group in (0, 1)]
    for group in groups:
        total = [
            a + 0.1 * b + 0.5 * c
            for a, b, c in zip(*(group["components"][name] for name in ("parity", "lengths", "slow")), strict=True)
        ]
        assert group["rewards"] == pytest.approx(total)
        assert sum(group["advantages"]) == pytest.approx(0, abs=1e-4)
        assert group["prompt"] in PROMPTS
    rollouts = lines_of(run / "rollouts" / "step-000003.jsonl")
    assert rollouts[0]["responses"][0]["rewards"].keys() == {"parity", "lengths", "slow"}
    assert rollouts[0]["prompt_id"] == next(
        one["prompt_id"] for one in groups if one["prompt"] == rollouts[0]["prompt"]
    )


def test_it_is_no_run_of_the_engine(policy: Path, tmp_path: Path) -> None:
    trained(GRPOTrainer, policy, tmp_path, max_steps=1)
    with pytest.raises(InputError, match="trained by a script"):
        read_manifest(tmp_path / "run")


def test_without_the_callback_training_is_the_same(policy: Path, tmp_path: Path) -> None:
    """Also where the geometry is observed."""
    changes = {"steps_per_generation": 2, "num_iterations": 2, "mask_truncated_completions": True, "max_steps": 8}
    given = {
        "train_dataset": Dataset.from_dict({"prompt": PROMPTS}),
        "processing_class": AutoTokenizer.from_pretrained(policy, padding_side="left"),
    }
    alone = GRPOTrainer(str(policy), [sometimes, parity], config(tmp_path / "alone", **changes), **given)
    alone.train()
    for observe in (False, True):
        root = tmp_path / str(observe)
        watched = trained(GRPOTrainer, policy, root, [sometimes, parity], observe=observe, **changes)
        assert all(torch.equal(one, other) for one, other in zip(weights_of(alone), weights_of(watched), strict=True))
        metrics = lines_of(root / "run" / "metrics.jsonl")
        # Four updates for each batch of rollouts.
        assert [line["step"] for line in metrics] == [1, 2]
        assert all(("g2rl/similarity_mean" in line) == observe for line in metrics)
        groups = lines_of(root / "run" / "groups.jsonl")
        assert all(
            (len(one["similarity"]), len(one["exploration"])) == ((6, 4) if observe else (0, 0)) for one in groups
        )
        assert all(set(one["scalers"]) == {1.0} for one in groups)
        # Nothing of it stays with the trainer.
        assert not any(name.startswith("_calculate") or name == "training_step" for name in vars(watched))
    assert len({tuple(one["similarity"]) for one in groups}) > 1


def test_geometry_of_g2rl_and_responses_that_are_left_out(policy: Path, tmp_path: Path) -> None:
    seen: list[Any] = []
    trained(G2RLTrainer, policy, tmp_path, sometimes, keywords={"on_generation": seen.append}, max_steps=4)
    run = tmp_path / "run"
    assert len(seen) == 4
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert manifest["experiment"]["method"]["name"] == "g2rl"
    metrics = lines_of(run / "metrics.jsonl")
    assert all(line["g2rl/lambda"] == 0.5 for line in metrics)
    assert any("rewards/sometimes/null" in line for line in metrics)
    groups = lines_of(run / "groups.jsonl")
    left_out = [(group, one) for group in groups for one in group.get("left_out", [])]
    assert left_out
    for group, one in left_out:
        assert (group["rewards"][one], group["shaped"][one], group["advantages"][one]) == (0, 0, 0)
        assert group["components"]["sometimes"][one] is None
    assert any(len(set(group["scalers"])) > 1 for group in groups)


def test_steps_that_trl_logs_together(policy: Path, tmp_path: Path) -> None:
    trained(GRPOTrainer, policy, tmp_path, logging_steps=2, max_steps=5)
    metrics = lines_of(tmp_path / "run" / "metrics.jsonl")
    assert [line["step"] for line in metrics] == [1, 2, 3, 4, 5]
    assert ["loss" in line for line in metrics] == [False, True, False, True, False]
    assert all("reward" in line for line in metrics)


def test_several_batches_of_rollouts_for_an_update(policy: Path, tmp_path: Path) -> None:
    changes = {"gradient_accumulation_steps": 2, "steps_per_generation": 1, "max_steps": 2}
    trained(G2RLTrainer, policy, tmp_path, **changes)
    groups = lines_of(tmp_path / "run" / "groups.jsonl")
    assert [(one["step"], one["group"]) for one in groups] == [(step, group) for step in (1, 2) for group in range(4)]


def test_conversations_are_texts(tmp_path: Path) -> None:
    template = "{% for one in messages %}{{ one.role }}:{{ one.content }}\n{% endfor %}"
    policy = write_byte_policy(tmp_path / "policy", template)
    prompts = [
        [{"role": "system", "content": "Short."}, {"role": "user", "content": f"{number}+1"}] for number in range(4)
    ]

    def about(completions: list[Any], **_: object) -> list[float]:
        return [float(len(one[0]["content"])) for one in completions]

    trained(G2RLTrainer, policy, tmp_path, about, prompts=prompts)
    groups = lines_of(tmp_path / "run" / "groups.jsonl")
    assert groups[0]["prompt"].startswith("system: Short.\n\nuser: ")
    assert all(
        isinstance(one["text"], str)
        for line in lines_of(tmp_path / "run/rollouts/step-000001.jsonl")
        for one in line["responses"]
    )


class Asking(TrainerCallback):  # type: ignore[misc]
    """Writes a request to stop after the first update."""

    def __init__(self, run: Path, mode: str) -> None:
        self.run, self.mode = run, mode

    def on_step_begin(self, _args: object, state: Any, _control: object, **_: object) -> None:  # noqa: ANN401
        if state.global_step == 1:
            (self.run / "control" / "stop").write_text(json.dumps({"mode": self.mode}), encoding="utf-8")


@pytest.mark.parametrize("mode", ["checkpoint", "now"])
def test_a_request_to_stop_and_resuming(policy: Path, tmp_path: Path, mode: str) -> None:
    run = tmp_path / "run"
    saving = {"save_strategy": "steps", "save_steps": 1 if mode == "now" else 100, "max_steps": 4}
    trained(G2RLTrainer, policy, tmp_path, callbacks=[Asking(run, mode)], **saving)
    status = status_of(run)
    assert (status["state"], status["step"], status["checkpointStep"]) == ("stopped", 2, 2)
    # This process is not the run's any more.
    assert (status["pid"], status["processStart"]) == (os.getpid(), "")
    assert not (run / "control" / "stop").exists()
    assert (run / "checkpoints" / "step-000002" / "model.safetensors").exists()
    created = json.loads((run / "run.json").read_text(encoding="utf-8"))["createdAt"]
    with pytest.raises(InputError, match="there is a run already") as error:
        trained(G2RLTrainer, policy, tmp_path, **saving)
    assert "resume_from_checkpoint" in error.value.hint
    trained(G2RLTrainer, policy, tmp_path, resume=True, **saving)
    status = status_of(run)
    assert (status["state"], status["step"]) == ("finished", 4)
    metrics = lines_of(run / "metrics.jsonl")
    assert [line["step"] for line in metrics] == [1, 2, 3, 4]
    assert metrics[-1]["num_tokens"] == status["tokens"] > metrics[1]["num_tokens"]
    assert json.loads((run / "run.json").read_text(encoding="utf-8"))["createdAt"] == created


def test_an_error_is_the_runs_end(policy: Path, tmp_path: Path) -> None:
    def breaks(completions: list[str], trainer_state: Any, **_: object) -> list[float]:  # noqa: ANN401
        if trainer_state.global_step == 1:
            raise KeyError("answer")
        return [0.0] * len(completions)

    with pytest.raises(KeyError):
        trained(GRPOTrainer, policy, tmp_path, breaks)
    status = status_of(tmp_path / "run")
    assert status["state"] == "failed"
    assert "KeyError: 'answer'" in status["error"]["message"]
    assert "test_script_run.py, line" in status["error"]["message"]
    assert "run the script again" in status["error"]["hint"]
    # Nothing was trained: the next try takes the folder.
    assert len(lines_of(tmp_path / "run" / "metrics.jsonl")) == 1


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("broken")


class Breaking(TrainerCallback):  # type: ignore[misc]
    """Makes something of the trainer's loop fail after training has begun."""

    def __init__(self, what: str) -> None:
        self.what = what

    def on_train_begin(self, _args: object, _state: object, _control: object, optimizer: Any, **_: object) -> None:  # noqa: ANN401
        if self.what == "optimizer":
            optimizer.optimizer.step = broken

    def on_step_end(self, *_: object, **__: object) -> None:
        if self.what == "callback":
            broken()

    def on_save(self, *_: object, **__: object) -> None:
        if self.what == "checkpoint":
            broken()


@pytest.mark.parametrize("what", ["optimizer", "callback", "checkpoint"])
def test_an_error_outside_of_a_pass_is_the_runs_end(policy: Path, tmp_path: Path, what: str) -> None:
    """Also where the process lives on, as a notebook does."""
    saving = {"save_strategy": "steps", "save_steps": 1}
    with pytest.raises(RuntimeError, match="broken"):
        trained(GRPOTrainer, policy, tmp_path, callbacks=[Breaking(what)], **saving)
    status = status_of(tmp_path / "run")
    assert status["state"] == "failed"
    assert status["error"]["message"].startswith("RuntimeError: broken (")


def test_a_folder_in_the_home_folder(policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    trained(GRPOTrainer, policy, tmp_path, folder="~/sums", max_steps=1)
    assert status_of(tmp_path / "sums")["state"] == "finished"


def test_folders_that_cannot_be_used(policy: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"file cannot be made \(Not a directory") as error:
        trained(GRPOTrainer, policy, tmp_path, folder=tmp_path / "file")
    assert error.value.hint == "Choose a folder that this user may write."
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "metrics.jsonl").write_text('{"step": 1}\n')
    with pytest.raises(InputError, match="there are metrics of something else"):
        trained(GRPOTrainer, policy, tmp_path, folder=tmp_path / "other")
    assert (tmp_path / "other" / "metrics.jsonl").read_text() == '{"step": 1}\n'


def test_a_failed_start_does_not_keep_the_folder(policy: Path, tmp_path: Path) -> None:
    def breaks(completions: list[str], **_: object) -> list[float]:
        return [0.0]

    with pytest.raises(ValueError, match="returned 1 rewards"):
        trained(GRPOTrainer, policy, tmp_path, breaks)
    trained(GRPOTrainer, policy, tmp_path)
    assert status_of(tmp_path / "run")["state"] == "finished"


def test_what_cannot_be_observed_is_said(policy: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"top_p is 0\.9"):
        trained(GRPOTrainer, policy, tmp_path, observe=True, top_p=0.9)
    assert status_of(tmp_path / "run")["state"] == "failed"
    trained(GRPOTrainer, policy, tmp_path / "other", top_p=0.9)


def test_folders_of_others_are_kept(policy: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="not made by a script"):
        trained(GRPOTrainer, policy, tmp_path)


@pytest.mark.parametrize("kind", [GRPOTrainer, G2RLTrainer])
def test_two_folders_of_one_training(policy: Path, tmp_path: Path, kind: type) -> None:
    trainer = trained(kind, policy, tmp_path, callbacks=[RunDirectoryCallback(tmp_path / "second")])
    first, second = lines_of(tmp_path / "run" / "groups.jsonl"), lines_of(tmp_path / "second" / "groups.jsonl")
    assert first == second
    # Nothing of them stays.
    assert not {"training_step", "get_batch_samples", "_calculate_rewards"} & set(vars(trainer))
    assert not hasattr(trainer.optimizer.step, "watcher")
    assert [status_of(tmp_path / one)["state"] for one in ("run", "second")] == ["finished", "finished"]
    with pytest.raises(InputError, match="there is a run already"):
        trainer.train()


def test_functions_of_one_name_are_told_apart(policy: Path, tmp_path: Path) -> None:
    rewards = [lambda completions, **_: [1.0] * len(completions), lambda completions, **_: [2.0] * len(completions)]
    trained(GRPOTrainer, policy, tmp_path, rewards, reward_weights=[1.0, 0.5])
    manifest = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert manifest["script"]["rewards"] == {"<lambda>": 1.0, "<lambda> 2": 0.5}
    group = lines_of(tmp_path / "run" / "groups.jsonl")[0]
    assert group["components"] == {"<lambda>": [1.0] * 4, "<lambda> 2": [2.0] * 4}
    assert group["rewards"] == [2.0] * 4


def test_what_to_keep_is_checked(tmp_path: Path) -> None:
    for keep in ("some", -1, True):
        with pytest.raises(InputError, match=r"keep: .* is not known"):
            RunDirectoryCallback(tmp_path / "run", keep=keep)  # type: ignore[arg-type]


def test_other_trainers_are_refused(tmp_path: Path) -> None:
    callback = RunDirectoryCallback(tmp_path)
    with pytest.raises(InputError, match="GRPOTrainer"):
        callback.on_train_begin(config(tmp_path), None, None)


SCRIPT = """
import sys
sys.path[:0] = {paths!r}
from test_script_run import *
import test_library
def breaks(completions, trainer_state, **_):
    import os
    if {fails} and trainer_state.global_step == 1 and os.environ.get("RANK", "0") == "1":
        raise ValueError("no such thing")
    if {leaves} and trainer_state.global_step == 1:
        sys.exit(3)
    return [float(len(text)) for text in completions]
trained({kind}, Path({policy!r}), Path({root!r}), breaks, per_device_train_batch_size=4, max_steps=3)
"""


def script(
    policy: Path, root: Path, ranks: int, kind: str = "G2RLTrainer", *, cold: bool = False, **values: bool
) -> tuple[int, str]:
    """Its exit code, and what it wrote. cold: as the file that it is, by a new Python."""
    root.mkdir(exist_ok=True)
    paths = [str(Path(__file__).parent), str(PACKAGE)]
    values = {"fails": False, "leaves": False, **values}
    text = SCRIPT.format(paths=paths, policy=str(policy), root=str(root), kind=kind, **values)
    file, log = root / "own_training.py", root / "log.txt"
    file.write_text(text, encoding="utf-8")
    program = [str(file)] if cold else ["-m", file.stem]
    if ranks > 1:
        how = ["--multi_gpu", "--num_processes", str(ranks), "--main_process_port", "0"]
        named = program if cold else ["--module", file.stem]
        program = ["-m", "accelerate.commands.launch", *how, *named]
    variables = {"ACCELERATE_USE_CPU": "true", "PYTHONPATH": os.pathsep.join([str(root), *paths])}
    ended = python(program, log, log, ranks=ranks if ranks > 1 else 0, cold=cold, **variables).wait(300)
    return ended, log.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("kind", ["G2RLTrainer", "GRPOTrainer"])
def test_several_processes_write_one_run(policy: Path, tmp_path: Path, kind: str) -> None:
    code, log = script(policy, tmp_path, 2, kind, cold=kind == "GRPOTrainer")
    assert code == 0, log[-3000:]
    assert status_of(tmp_path / "run")["state"] == "finished"
    groups = lines_of(tmp_path / "run" / "groups.jsonl")
    assert [(one["step"], one["group"]) for one in groups] == [(step, group) for step in (1, 2, 3) for group in (0, 1)]
    assert "× 2" in json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["device"]


def test_the_reason_of_another_process_is_the_runs(policy: Path, tmp_path: Path) -> None:
    code, _ = script(policy, tmp_path, 2, fails=True)
    assert code != 0
    status = status_of(tmp_path / "run")
    assert status["state"] == "failed"
    assert "Rank 1: ValueError: no such thing" in status["error"]["message"]


def test_a_script_that_leaves_is_reported(policy: Path, tmp_path: Path) -> None:
    assert script(policy, tmp_path, 1, leaves=True)[0] == 3
    assert status_of(tmp_path / "run")["state"] == "failed"
