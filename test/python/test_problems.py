"""Runs on problems with answers, as the launcher prepares them, and evaluations that keep their responses."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from g2rl_torch.errors import InputError
from g2rl_torch.evaluation.responses import EvaluationFile
from g2rl_torch.tasks.readable import Foreseen, PromptCheck
from policies import write_byte_policy, write_policy
from runs import experiment, lines_of, log_of, make_run, python, start, status_of, train
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import AutoTokenizer, PreTrainedTokenizerFast

TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>"


def write_problems(path: Path, count: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        {
            "id": f"p{index}",
            "messages": [{"role": "system", "content": "Answer."}, {"role": "user", "content": f"{index} + 1?"}],
            "problem": f"{index} + 1?\u2028",
            "gold": str(index + 1),
            "kind": "math",
        }
        for index in range(count)
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_byte_policy(tmp_path_factory.mktemp("bytes"), TEMPLATE)


def problem_run(root: Path, policy: Path, **changes: dict[str, Any]) -> Path:
    content = experiment(
        policy,
        task={"name": "problems"},
        rollout={"promptsPerStep": 2, "maxNewTokens": 8},
        optimization={"steps": 2, "minibatches": 1},
        evaluation={"benchmarks": [{"name": "sums", "samples": 3, "temperature": 1, "seed": 0, "maxNewTokens": 6}]},
        **changes,
    )
    directory = make_run(root, content)
    write_problems(directory / "problems/train.jsonl", 5)
    write_problems(directory / "problems/benchmarks/sums.jsonl", 7)
    return directory


@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_on_problems(tmp_path: Path, policy: Path, processes: int) -> None:
    directory = problem_run(tmp_path, policy)
    assert train(directory, processes) == 0, log_of(directory)
    groups = lines_of(directory / "groups.jsonl")
    assert groups[0]["prompt"].startswith("<system>Answer.<user>")
    assert groups[0]["prompt"].endswith("+ 1?<assistant>")
    # Rounds: five problems are asked before one is asked again.
    assert len({group["prompt_id"] for group in groups}) == 4
    records = lines_of(directory / "benchmarks.jsonl")
    assert [(record["step"], record["problems"], record["samples"]) for record in records] == [(0, 7, 3), (2, 7, 3)]
    for record in records:
        header, *problems = lines_of(directory / record["samples_file"])
        assert header["evaluation"]["max_new_tokens"] == 6
        assert sorted(problem["id"] for problem in problems) == [f"p{index}" for index in range(7)]
        assert all(list(problem)[:5] == ["id", "n", "correct", "answers", "majority"] for problem in problems)
        assert all(len(response["text"]) <= 6 for problem in problems for response in problem["responses"])
        # Of three responses three pairs, whose mean is the problem's.
        assert all(len(problem["similarity"]) == problem["pairs"] == 3 for problem in problems)
        assert all(abs(sum(p["similarity"]) / 3 - p["similarity_mean"]) < 1e-3 for p in problems)
        assert record["unanswered"] == sum(r["answer"] is None for p in problems for r in p["responses"]) / 21


def test_a_missing_file_is_named(tmp_path: Path, policy: Path) -> None:
    directory = problem_run(tmp_path, policy)
    file = directory / "problems/benchmarks/sums.jsonl"
    file.write_text('{"id": "p0"}\n', encoding="utf-8")
    assert train(directory) == 1
    assert f"{file}, line 1" in status_of(directory)["error"]["message"]


def test_a_problem_that_the_policy_cannot_read_whole_is_refused_before_training(tmp_path: Path, policy: Path) -> None:
    shipped = problem_run(tmp_path, write_policy(tmp_path / "countdown"))
    file = shipped / "problems/train.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace('"id"', '"where": "sums.csv, line 2", "id"', 1))
    assert train(shipped) == 1
    assert status_of(shipped)["error"]["message"].startswith(
        'sums.csv, line 2: The policy\'s tokenizer cannot write "A" of problem p0.'
    )
    assert not (shipped / "metrics.jsonl").exists()
    long = problem_run(tmp_path / "long", policy)
    file = long / "problems/benchmarks/sums.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace("3 + 1?", "3 + 1?" * 100), encoding="utf-8")
    assert train(long) == 1
    assert "Problem p3 has 632 tokens, which with 6 new ones exceed the" in status_of(long)["error"]["message"]


def test_what_a_policy_does_not_read(policy: Path) -> None:
    words = Tokenizer(WordLevel({"<unk>": 0, "one": 1, "k": 2}, unk_token="<unk>"))
    words.pre_tokenizer = Whitespace()
    lossy = PromptCheck(PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>"), 8)
    lossy([Foreseen("p", "one k")], 6)
    for text, message in [
        ("one knee", 'cannot write "k" of problem p'),
        ("one \u00e4", 'a.csv, line 2: The policy\'s tokenizer cannot write "\u00e4" of problem p'),
        (" ", "a.csv, line 2: Problem p is no token at all"),
        ("one one one", "3 tokens, which with 6 new ones exceed the policy's 8 positions"),
    ]:
        with pytest.raises(InputError, match=message):
            lossy([Foreseen("p", text, "a.csv, line 2")], 6)
    PromptCheck(AutoTokenizer.from_pretrained(policy), None)([Foreseen("p", "\u00e4\ufffd \u1e9b\u0323", None)], 6)


def test_half_a_character_does_not_end_a_run(tmp_path: Path, policy: Path) -> None:
    """A lone surrogate, as a text has that was cut off within a character; JavaScript writes it escaped."""
    directory = problem_run(tmp_path, policy)
    for name in ("train", "benchmarks/sums"):
        file = directory / f"problems/{name}.jsonl"
        content = file.read_text(encoding="utf-8")
        file.write_text(content.replace("+ 1?", "+ 1\\ud83d?").replace('"id": "p', '"id": "\\ud83dp'), encoding="utf-8")
    assert train(directory) == 0, log_of(directory)
    assert "+ 1\ufffd?" in lines_of(directory / "groups.jsonl")[0]["prompt"]
    _, first, *_ = lines_of(directory / lines_of(directory / "benchmarks.jsonl")[0]["samples_file"])
    assert first["problem"] == "0 + 1\ufffd?\u2028"


class Evaluated(NamedTuple):
    code: int
    out: list[str]
    progress: list[str]


def evaluate(directory: Path, folder: Path, samples: int, *, cold: bool = False) -> Evaluated:
    benchmark = {"name": "sums", "samples": samples, "temperature": 1, "seed": 4, "maxNewTokens": 6}
    place = {"folder": str(folder), "run": str(directory), "problems": str(directory)}
    request = {**place, "step": 2, "benchmark": benchmark, "cpu": True}
    stdout, stderr = directory / "out.txt", directory / "err.txt"
    process = python(["-m", "g2rl_torch", "evaluate", json.dumps(request)], stdout, stderr, cold=cold)
    code = process.wait(200)
    found = Evaluated(code, *(file.read_text(encoding="utf-8").splitlines() for file in (stdout, stderr)))
    stdout.unlink()
    stderr.unlink()
    return found


def test_a_checkpoint_is_evaluated_and_what_is_done_is_kept(tmp_path: Path, policy: Path) -> None:
    directory = problem_run(tmp_path, policy)
    first = evaluate(directory, policy, 2, cold=True)
    assert first.code == 0, first.progress
    record = json.loads(first.out[-1])
    assert (record["problems"], record["samples"], record["temperature"]) == (7, 2, 1)
    progress = [json.loads(line) for line in first.progress if line.startswith("{")]
    assert progress[-1] == {"done": 7, "total": 7}
    file = directory / record["samples_file"]
    whole = file.read_text(encoding="utf-8")

    # Cut off in the middle of a line: the rest is sampled again, to the same end.
    lines = whole.splitlines(keepends=True)
    file.write_text("".join(lines[:3]) + lines[3][:20], encoding="utf-8")
    again = evaluate(directory, policy, 2)
    repeated = json.loads(again.out[-1])
    times = {"seconds", "time"}
    assert {k: v for k, v in repeated.items() if k not in times} == {k: v for k, v in record.items() if k not in times}

    # Cut off in its header: nothing is there to keep.
    EvaluationFile(tmp_path / "cut" / "one.jsonl", {"seed": 1})
    cut = tmp_path / "cut" / "one.jsonl"
    cut.write_bytes(cut.read_bytes()[:9])
    assert EvaluationFile(cut, {"seed": 1}).done == {}
    assert [path.name for path in cut.parent.iterdir()] == ["one.jsonl"]

    # Another evaluation begins the file anew and keeps the old one.
    assert evaluate(directory, policy, 3).code == 0
    assert len(lines_of(file)) == 8
    assert file.with_name(f"{file.name}.previous").exists()

    broken = evaluate(directory, tmp_path / "nowhere", 2)
    assert broken.code == 1
    assert "nowhere" in json.loads(broken.out[-1])["error"]


def test_an_evaluation_is_cut_off_and_taken_up(tmp_path: Path, policy: Path) -> None:
    """A stop while the starting policy is evaluated: the resumed run samples only what is missing."""
    changes = {"samples": 64, "temperature": 1, "seed": 0, "maxNewTokens": 40}
    directory = problem_run(tmp_path, policy)
    manifest = json.loads((directory / "run.json").read_text(encoding="utf-8"))
    manifest["experiment"]["evaluation"]["benchmarks"] = [{"name": "sums", **changes}]
    (directory / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    write_problems(directory / "problems/benchmarks/sums.jsonl", 12)
    process = start(directory)
    file = directory / "evaluations/step-000000-sums.jsonl"
    while process.poll() is None and len(lines_of_whole(file)) < 3:
        pass
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    done = len(lines_of_whole(file)) - 1
    assert 0 < done < 12
    assert train(directory) == 0, log_of(directory)
    ids = [line["id"] for line in lines_of_whole(file)[1:]]
    assert sorted(ids) == sorted({f"p{index}" for index in range(12)})


def test_a_damaged_byte_costs_its_problem_and_not_the_evaluation(tmp_path: Path) -> None:
    header = {"step": 2}
    response = {"answer": None, "class": -1, "correct": False, "tokens": 3, "finished": True}
    figures = {"n": 1, "correct": 0, "pairs": 0, "similarity_mean": None, "negative_pair_ratio": None}
    path = tmp_path / "evaluations/sums.jsonl"
    EvaluationFile(path, header).append([{"id": f"p{index}", **figures, "responses": [response]} for index in range(6)])
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    lines[1] = lines[1].replace("p0", "p\x11")
    lines[2] = lines[2].replace('"tokens"', '"tokenr"')
    lines[3] = lines[3].replace('"pairs":0', '"pairs":""')
    lines[4] = lines[4].replace('"n":1', '"n":3')
    lines[5] = lines[5].replace('"pairs":0', '"similarity_histogram":[1,0],"logdet":0.7,"pairs":0')
    path.write_text("".join(lines), encoding="utf-8")
    assert list(EvaluationFile(path, header).done) == ["p5"]


def lines_of_whole(path: Path) -> list[dict[str, Any]]:
    """Without a last line that is still being written."""
    if not path.exists():
        return []
    data = path.read_bytes()
    text = data[: data.rfind(b"\n") + 1].decode()
    return [json.loads(line) for line in text.split("\n") if line.endswith("}")]
