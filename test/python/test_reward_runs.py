"""Rewards of an experiment in whole runs: beside plain TRL, what is recorded, and how a run ends when one fails."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from g2rl_torch.experiment.schema import RewardSettings
from g2rl_torch.method.settings import ShapingSettings
from g2rl_torch.rewards.columns import RewardColumns
from g2rl_torch.tasks.verdicts import Row, Verdict
from g2rl_torch.trl.trainer import G2RLTrainer
from policies import write_byte_policy, write_encoder, write_policy
from runs import experiment, lines_of, living, log_of, make_run, start, status_of, train
from test_problems import TEMPLATE, problem_run
from test_trainer import PROMPTS, config, parity, weights_of
from transformers import AutoTokenizer
from trl import GRPOTrainer

FUNCTIONS = """
def digits(completions, **columns):
    return [sum(map(str.isdigit, one)) / 3 if len(one) % 3 else None for one in completions]

async def short(completions, prompts, **columns):
    return [(-len(one), "long" if len(one) > 8 else None) if len(one) % 3 else None for one in completions]
"""
PROGRAM = """
import json, sys
for line in sys.stdin:
    one = json.loads(line)
    print(json.dumps({"reward": -one["tokens"] / 10, "note": f"{one['tokens']} tokens"}), flush=True)
"""


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"))


def write_rewards(folder: Path) -> tuple[Path, Path]:
    (folder / "rewards.py").write_text(FUNCTIONS, encoding="utf-8")
    (folder / "tokens.py").write_text(PROGRAM, encoding="utf-8")
    return folder / "rewards.py", folder / "tokens.py"


@pytest.mark.parametrize("judged", [True, False])
def test_lambda_zero_with_rewards_is_trl_with_the_same_functions_bit_for_bit(
    policy: Path, tmp_path: Path, judged: bool
) -> None:
    """Without the judge some responses have no reward at all."""
    file, _ = write_rewards(tmp_path)
    spec = importlib.util.spec_from_file_location("given", file)
    assert spec is not None
    assert spec.loader is not None
    given = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(given)

    async def short(completions: list[str], **columns: Any) -> list[float | None]:  # noqa: ANN401
        return [one if one is None else one[0] for one in await given.short(completions, **columns)]

    settings = [
        RewardSettings("digits", 0.3, python=f"{file}:digits"),
        *([RewardSettings("correct", 0.7)] if judged else []),
        RewardSettings("short", 0.11, python=f"{file}:short"),
    ]

    def judge(rows: list[Row], responses: list[str]) -> list[Verdict]:
        assert all(row["prompt"] in PROMPTS for row in rows)
        return [Verdict(value > 0, "", "") for value in parity(responses)]

    def keywords(name: str, weights: list[float]) -> dict[str, Any]:
        return {
            "args": config(tmp_path / name, reward_weights=weights, learning_rate=1e-2),
            "train_dataset": Dataset.from_dict({"prompt": PROMPTS}),
            "processing_class": AutoTokenizer.from_pretrained(policy, padding_side="left"),
        }

    columns = RewardColumns(settings, judge, tmp_path)
    found, seen = [], []
    try:
        for strength in (0.0, 0.5):
            ours = G2RLTrainer(
                str(policy),
                columns.functions,
                settings=ShapingSettings(lambda_=strength, uniform_groups="all"),
                verdicts=columns.scored,
                on_generation=seen.append,
                **keywords(f"ours {strength}", columns.weights),
            )
            ours.train()
            found.append(ours)
    finally:
        columns.close()
    assert any(bool(rewards.isnan().any()) for one in seen for rewards in one.rewards) != judged
    functions = [given.digits, *([parity] if judged else []), short]
    plain = GRPOTrainer(str(policy), functions, **keywords("plain", columns.weights))
    plain.train()
    for expected, same in zip(weights_of(plain), weights_of(found[0]), strict=True):
        assert torch.equal(expected, same)
    assert any(not torch.equal(a, b) for a, b in zip(weights_of(plain), weights_of(found[1]), strict=True))
    skipped = {"step_time", "train_runtime", "train_samples_per_second", "train_steps_per_second"}
    for expected, same in zip(plain.state.log_history, found[0].state.log_history, strict=True):
        named = {name.replace("/parity/", "/correct/"): value for name, value in expected.items()}
        assert {k: v for k, v in named.items() if k not in skipped} == {
            k: v for k, v in same.items() if k in named and k not in skipped
        }
    assert any("rewards/short/mean" in entry for entry in plain.state.log_history)


def rewards_of(folder: Path) -> list[dict[str, Any]]:
    file, program = write_rewards(folder)
    return [
        {"name": "correct", "weight": 1, "seconds": 10},
        {"name": "digits", "weight": 0.2, "python": f"{file}:digits", "seconds": 10},
        {"name": "short", "weight": 0.1, "python": f"{file}:short", "seconds": 10},
        {"name": "tokens", "weight": 0.5, "command": [sys.executable, str(program)], "seconds": 10},
    ]


def with_rewards(policy: Path, rewards: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**experiment(policy, evaluation={"benchmarks": []}, **changes), "rewards": rewards}


def host_processes(folder: Path) -> list[int]:
    """Those whose command line has the folder of the rewards."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if any(str(folder) in word for word in path.read_text(errors="replace").split("\0")[1:]):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return living(found)


def wait_for_no_process(folder: Path) -> None:
    end = time.monotonic() + 15
    while host_processes(folder):
        assert time.monotonic() < end, host_processes(folder)
        time.sleep(0.05)


def check_records(directory: Path, names: list[str], steps: int) -> None:
    metrics, groups = lines_of(directory / "metrics.jsonl"), lines_of(directory / "groups.jsonl")
    assert [line["step"] for line in metrics] == list(range(1, steps + 1))
    for line in metrics:
        own = [one for one in groups if one["step"] == line["step"]]
        for name in names:
            values = [value for one in own for value in one["components"][name]]
            known = [value for value in values if value is not None]
            assert line[f"rewards/{name}/mean"] == pytest.approx(sum(known) / len(known), abs=1e-5)
            assert line[f"rewards/{name}/std"] == pytest.approx(torch.tensor(known).std().item(), abs=1e-5)
            assert line.get(f"rewards/{name}/null", 0) == pytest.approx(1 - len(known) / len(values))
        sums = [value for one in own for i, value in enumerate(one["rewards"]) if i not in one.get("left_out", [])]
        assert line["reward"] == pytest.approx(sum(sums) / len(sums), abs=1e-5)
        assert line["time/rewards"] > 0


def test_a_run_records_its_rewards(policy: Path, tmp_path: Path) -> None:
    rewards = rewards_of(tmp_path)
    directory = make_run(tmp_path, with_rewards(policy, rewards, rollout={"maxNewTokens": 9}))
    assert train(directory) == 0, log_of(directory)
    check_records(directory, [one["name"] for one in rewards], 4)
    groups = lines_of(directory / "groups.jsonl")
    for group in groups:
        parts = group["components"]
        assert all(value in (-1, 1) for value in parts["correct"])
        assert parts["tokens"] == pytest.approx([-length / 10 for length in group["lengths"]])
        for i, total in enumerate(group["rewards"]):
            there = [one["weight"] * parts[one["name"]][i] for one in rewards if parts[one["name"]][i] is not None]
            assert total == pytest.approx(sum(there), abs=1e-5)
        assert "left_out" not in group
    assert any(None in group["components"]["digits"] for group in groups)
    assert any(scaler != 1 for group in groups for scaler in group["scalers"])
    for rollout in lines_of(directory / "rollouts/step-000002.jsonl"):
        group = next(one for one in groups if (one["step"], one["group"]) == (2, rollout["group"]))
        for i, response in enumerate(rollout["responses"]):
            assert response["reward"] == group["rewards"][i]
            assert response["rewards"] == {name: values[i] for name, values in group["components"].items()}
            assert response["notes"]["tokens"] == f"{group['lengths'][i]} tokens"
            long = len(response["text"]) > 8 and len(response["text"]) % 3 > 0
            assert ("short" in response["notes"]) == long
    wait_for_no_process(tmp_path)


def test_responses_without_any_reward_are_left_out_and_the_judge_may_be(policy: Path, tmp_path: Path) -> None:
    rewards = rewards_of(tmp_path)[1:3]
    content = with_rewards(policy, rewards, rollout={"promptsPerStep": 8})
    directory = make_run(tmp_path, content)
    assert train(directory) == 0, log_of(directory)
    check_records(directory, ["digits", "short"], 4)
    groups = lines_of(directory / "groups.jsonl")
    left_out = [(group, i) for group in groups for i in group.get("left_out", [])]
    assert left_out
    for group, i in left_out:
        assert (group["rewards"][i], group["shaped"][i], group["advantages"][i], group["scalers"][i]) == (0, 0, 0, 1)
        assert all(values[i] is None for values in group["components"].values())
    assert all("correct" not in group["components"] for group in groups)
    assert all(0 <= line["rewards/accuracy"] <= 1 for line in lines_of(directory / "metrics.jsonl"))


def test_two_ranks_have_the_records_of_all_responses(policy: Path, tmp_path: Path) -> None:
    rewards = rewards_of(tmp_path)
    directory = make_run(tmp_path, with_rewards(policy, rewards, optimization={"steps": 2}))
    assert train(directory, 2) == 0, log_of(directory)
    check_records(directory, [one["name"] for one in rewards], 2)
    for group in lines_of(directory / "groups.jsonl"):
        assert group["components"]["tokens"] == pytest.approx([-length / 10 for length in group["lengths"]])
    wait_for_no_process(tmp_path)


BROKEN = """
import pathlib, time
STEP = 0
def digits(completions, **columns):
    global STEP
    STEP += 1
    if STEP == 3:
        {fault}
    return [sum(map(str.isdigit, one)) / 3 for one in completions]
"""
IN_A_STEP = {
    "raises": ("raise ValueError('odd')", "{file}, line 8: ValueError: odd."),
    "hangs": ("time.sleep(600)", "{file}, line 8: digits has not returned within 8 s for 16 responses."),
    "returns too few": ("return [1]", "{file}, line 4: digits returned 1 rewards for 16 responses."),
    "returns text": ("return ['1'] * len(completions)", "{file}, line 4: digits returned '1' for response 0 (from 0)"),
    "returns NaN": ("return [float('nan')] * len(completions)", "{file}, line 4: digits returned nan for response 0"),
    "dies": ("import os; os._exit(3)", "{file} ended with code 3."),
}


@pytest.mark.parametrize("fault", IN_A_STEP)
def test_a_reward_that_fails_ends_the_run_which_goes_on_when_it_is_cured(
    policy: Path, tmp_path: Path, fault: str
) -> None:
    statement, message = IN_A_STEP[fault]
    rewards = rewards_of(tmp_path)
    rewards[1]["seconds"] = 0.5
    file = tmp_path / "rewards.py"
    file.write_text(BROKEN.format(fault=statement), encoding="utf-8")
    directory = make_run(tmp_path, with_rewards(policy, [rewards[0], rewards[1], rewards[3]]))
    assert train(directory) == 1
    status = status_of(directory)
    assert (status["state"], status["step"], status["checkpointStep"]) == ("failed", 2, 2)
    assert status["error"]["message"].startswith('Reward "digits": ' + message.format(file=file))
    assert status["error"]["hint"] == "Fix it, then resume the run: it continues after its newest checkpoint."
    wait_for_no_process(tmp_path)
    file.write_text(FUNCTIONS, encoding="utf-8")
    assert train(directory) == 0, log_of(directory)
    assert status_of(directory)["state"] == "finished"
    assert [line["step"] for line in lines_of(directory / "metrics.jsonl")] == [1, 2, 3, 4]


def missing(folder: Path, rewards: list[dict[str, Any]], what: str) -> str:
    """Makes it so, and returns what is said of it."""
    file = folder / "rewards.py"
    if what == "file":
        file.unlink()
        return f'"digits": {file}: there is no such file.'
    if what == "function":
        rewards[1]["python"] = f"{file}:digit"
        return f'"digits": {file}: has no function digit. It has digits, short.'
    if what == "module":
        file.write_text("import nowhere_at_all\n" + FUNCTIONS)
        return f"\"digits\": {file}, line 1: ModuleNotFoundError: No module named 'nowhere_at_all' in {sys.executable}."
    if what == "program":
        rewards[3]["command"] = ["nowhere-at-all"]
        return '"tokens": there is no program nowhere-at-all.'
    (folder / "tokens.py").unlink()
    return f'"tokens": {folder / "tokens.py"} ended with code 2: '


@pytest.mark.parametrize("what", ["file", "function", "module", "program", "script"])
def test_what_is_missing_is_named_before_anything_is_trained(policy: Path, tmp_path: Path, what: str) -> None:
    rewards = rewards_of(tmp_path)
    said = missing(tmp_path, rewards, what)
    directory = make_run(tmp_path, with_rewards(policy, rewards))
    assert train(directory) == 1
    status = status_of(directory)
    assert (status["state"], status["step"]) == ("failed", 0)
    if what != "script":
        assert status["error"]["message"].startswith(f"Reward {said}")
    else:
        # There is no such file any more that could be named.
        assert "can't open file" in status["error"]["message"]
    wait_for_no_process(tmp_path)


def test_a_rank_whose_reward_fails_ends_all(policy: Path, tmp_path: Path) -> None:
    rewards = rewards_of(tmp_path)
    file = tmp_path / "rewards.py"
    taken = (
        "def taken():\n"
        "    try:\n"
        "        pathlib.Path(__file__).with_name('taken').touch(exist_ok=False)\n"
        "    except FileExistsError:\n"
        "        return True\n"
        "    return False\n"
    )
    file.write_text(BROKEN.format(fault="taken() and 1 / 0") + taken)
    directory = make_run(tmp_path, with_rewards(policy, rewards[:2]))
    assert train(directory, 2) == 1
    message = status_of(directory)["error"]["message"]
    assert message.removeprefix("Rank 1: ") == f'Reward "digits": {file}, line 8: ZeroDivisionError: division by zero.'
    wait_for_no_process(tmp_path)


def test_no_program_outlives_a_trainer_that_is_killed(policy: Path, tmp_path: Path) -> None:
    rewards = rewards_of(tmp_path)
    (tmp_path / "tokens.py").write_text("import time\ntime.sleep(600)\n")
    rewards[3]["seconds"] = 600
    directory = make_run(tmp_path, with_rewards(policy, rewards))
    process = start(directory, cold=True)
    end = time.monotonic() + 60
    while not any("tokens.py" in one for one in commands(tmp_path)):
        assert time.monotonic() < end
        assert process.poll() is None, log_of(directory)
        time.sleep(0.05)
    os.kill(process.pid, 9)
    process.wait(10)
    wait_for_no_process(tmp_path)


def commands(folder: Path) -> list[str]:
    return [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in host_processes(folder)]


@pytest.mark.parametrize("method", ["evol-rl", "pass-at-k"])
def test_rewards_with_methods_that_go_by_correctness(policy: Path, tmp_path: Path, method: str) -> None:
    settings: dict[str, Any] = {"name": method}
    settings |= {"embeddingModel": str(write_encoder(tmp_path / "encoder"))} if method == "evol-rl" else {"k": 2}
    rewards = rewards_of(tmp_path)
    directory = make_run(tmp_path, with_rewards(policy, [rewards[0], rewards[3]], method=settings))
    assert train(directory) == 0, log_of(directory)
    for group in lines_of(directory / "groups.jsonl"):
        for correct, shaped in zip(group["components"]["correct"], group["shaped"], strict=True):
            assert method == "pass-at-k" or (shaped >= 0.5) == (correct == 1)


def test_the_first_step_in_which_shaping_cannot_act_says_so_once(policy: Path, tmp_path: Path) -> None:
    (tmp_path / "zero.py").write_text("def f(completions, **columns):\n    return [0] * len(completions)\n")
    rewards = [{"name": "zero", "python": f"{tmp_path / 'zero.py'}:f"}]
    directory = make_run(tmp_path, with_rewards(policy, rewards))
    assert train(directory) == 0, log_of(directory)
    assert log_of(directory).count("warning: step 1: shaping cannot act, for each reward is 0") == 1
    assert log_of(directory).count("shaping cannot act") == 1
    assert "UserWarning" not in log_of(directory)


def test_a_function_gets_all_fields_of_the_rows_in_the_file_of_problems(tmp_path: Path) -> None:
    byte_policy = write_byte_policy(tmp_path / "bytes", TEMPLATE)
    (tmp_path / "seen.py").write_text(
        "def f(completions, image, gold, prompt_id, kind, choices, **columns):\n"
        "    assert sorted(columns) == ['prompts', 'unit'], columns\n"
        "    return [(len(i), f'{i} {u} {g}') for i, u, g in zip(image, columns['unit'], gold)]\n"
    )
    rewards = [{"name": "seen", "python": f"{tmp_path / 'seen.py'}:f"}]
    directory = problem_run(tmp_path, byte_policy)
    manifest = json.loads((directory / "run.json").read_text())
    manifest["experiment"]["rewards"] = rewards
    (directory / "run.json").write_text(json.dumps(manifest))
    file = directory / "problems/train.jsonl"
    lines = lines_of(file)
    # Names that TRL gives a meaning of their own.
    texts = [
        json.dumps({**one, "fields": {"image": "m" * i, "unit": {"kg": i}, "gold": "!"}}) for i, one in enumerate(lines)
    ]
    file.write_text("".join(f"{text}\n" for text in texts))
    assert train(directory) == 0, log_of(directory)
    for rollout in lines_of(directory / "rollouts/step-000001.jsonl"):
        index = int(rollout["prompt_id"].removeprefix("p"))
        for response in rollout["responses"]:
            assert response["rewards"] == {"seen": index}
            assert response["notes"] == {"seen": f"{'m' * index} {{'kg': {index}}} {index + 1}"}
