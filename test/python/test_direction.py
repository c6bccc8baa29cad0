"""The direction of DiRL: found from two sets of prompts, or read from a file; what is wrong with either is named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from g2rl_torch.errors import InputError
from g2rl_torch.run.direction import direction_of
from policies import write_byte_policy, write_policy
from runs import parsed
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

WIDTH = 32
CPU = torch.device("cpu")
REASONING = '"3,7,12=27:"\n{"prompt": "19,4,8=60:"}\n'
EXAMPLES = Path(__file__).parents[2] / "media" / "experiments"


@pytest.fixture(scope="module", params=["tied", "untied"])
def policy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"), tied=request.param == "tied")


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("tied"))


def some_direction(scale: float = 1) -> torch.Tensor:
    vector = torch.randn(WIDTH, generator=torch.Generator().manual_seed(11))
    return scale * vector / vector.norm()


def prompt_files(folder: Path, recall: str = '"2=2:"\n"1=1:"', reasoning: str = REASONING) -> dict[str, str]:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "reasoning.jsonl").write_text(reasoning, encoding="utf-8")
    (folder / "recall.jsonl").write_text(recall, encoding="utf-8")
    return {"reasoningPrompts": str(folder / "reasoning.jsonl"), "recallPrompts": str(folder / "recall.jsonl")}


def found_direction(policy: Path, run: Path, task: dict[str, Any] | None = None, **method: Any) -> torch.Tensor:  # noqa: ANN401
    settings = parsed(policy, method={"name": "dirl", **method}, **({"task": task} if task else {}))
    run.mkdir(exist_ok=True)
    direction = direction_of(settings, run, AutoTokenizer.from_pretrained(policy, padding_side="left"), CPU)
    assert direction is not None
    return direction


def last_state(policy: Path, text: str) -> torch.Tensor:
    model = AutoModelForCausalLM.from_pretrained(policy).eval()
    tokens = AutoTokenizer.from_pretrained(policy)(text, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        state: torch.Tensor = model(tokens, output_hidden_states=True).hidden_states[-1][0, -1].double()
    return state


def test_the_direction_is_the_difference_of_means(policy: Path, tmp_path: Path) -> None:
    found = found_direction(policy, tmp_path / "run", **prompt_files(tmp_path))
    reasoning = torch.stack([last_state(policy, text) for text in ("3,7,12=27:", "19,4,8=60:")])
    recall = torch.stack([last_state(policy, text) for text in ("2=2:", "1=1:")])
    expected = reasoning.mean(dim=0) - recall.mean(dim=0)
    torch.testing.assert_close(found, expected / expected.norm(), atol=1e-6, rtol=1e-5)
    # What is kept is read again to the last bit, files or not.
    (tmp_path / "reasoning.jsonl").unlink()
    assert torch.equal(
        found_direction(policy, tmp_path / "run", reasoningPrompts="/gone", recallPrompts="/gone"), found
    )
    kept = str(tmp_path / "run" / "direction.json")
    torch.testing.assert_close(found_direction(policy, tmp_path / "other", direction=kept), found)


def test_prompts_are_asked_as_in_training(tmp_path: Path) -> None:
    said = "{% for one in messages %}[{{ one.role }}] {{ one.content }}{% endfor %}"
    template = said + "{% if add_generation_prompt %}>{% endif %}"
    policy = write_byte_policy(tmp_path / "policy", template)
    run = tmp_path / "run"
    (run / "problems").mkdir(parents=True)
    messages = [{"role": "system", "content": "Think."}, {"role": "user", "content": "1 + 1?"}]
    problem = {"id": "1", "messages": messages, "problem": "1 + 1?", "gold": "2", "kind": "math"}
    (run / "problems" / "train.jsonl").write_text(json.dumps(problem) + "\n", encoding="utf-8")
    files = prompt_files(tmp_path, '"Who is she?"', '"How many primes?"')
    found = found_direction(policy, run, {"name": "problems"}, **files)
    expected = last_state(policy, "[system] Think.[user] How many primes?>") - last_state(
        policy, "[system] Think.[user] Who is she?>"
    )
    torch.testing.assert_close(found, expected / expected.norm(), atol=1e-5, rtol=1e-4)


def test_the_shipped_prompts(tmp_path: Path) -> None:
    policy = write_byte_policy(tmp_path / "policy")
    files = {f"{name}Prompts": str(EXAMPLES / f"dirl-{name}.jsonl") for name in ("reasoning", "recall")}
    assert float(found_direction(policy, tmp_path / "run", **files).norm()) == pytest.approx(1)


@pytest.mark.parametrize("form", ["json", "safetensors"])
def test_a_direction_is_read(tied: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"direction.{form}"
    if form == "json":
        path.write_text(json.dumps(some_direction(5).tolist()), encoding="utf-8")
    else:
        save_file({"k": some_direction(5).to(torch.float32)[None]}, path)
    found = found_direction(tied, tmp_path / "run", direction=str(path))
    torch.testing.assert_close(found, some_direction().double(), atol=1e-6, rtol=1e-6)


BAD_DIRECTIONS: dict[str, tuple[str, object]] = {
    "of another width": ("has 31 values, but the policy's hidden states have 32", [0.5] * 31),
    "NaN": ("value 2 is nan", [1.0, float("nan"), *[0.0] * 30]),
    "infinite": ("value 1 is inf", [float("inf"), *[0.0] * 31]),
    "all 0": ("all 0", [0.0] * 32),
    "no numbers": ("value 3 is not a number", [1, 2, "3"]),
    "no array": ("not an array of numbers", {"k": [1]}),
    "beyond float64": ("is no vector", [10**400, *[0] * 31]),
    "no JSON": ("is no vector", None),
}


@pytest.mark.parametrize("what", BAD_DIRECTIONS)
def test_bad_directions_are_named(tied: Path, tmp_path: Path, what: str) -> None:
    message, content = BAD_DIRECTIONS[what]
    path = tmp_path / "k.json"
    path.write_text("[1, 2" if content is None else json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        found_direction(tied, tmp_path / "run", direction=str(path))
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert not (tmp_path / "run" / "direction.json").exists()


def test_bad_safetensors_are_named(tied: Path, tmp_path: Path) -> None:
    path = tmp_path / "k.safetensors"
    save_file({"a": torch.ones(WIDTH), "b": torch.ones(WIDTH)}, path)
    with pytest.raises(InputError, match="2 tensors"):
        found_direction(tied, tmp_path / "run", direction=str(path))
    save_file({"a": torch.ones(WIDTH, 2)}, path)
    with pytest.raises(InputError, match=r"shape is \(32, 2\)"):
        found_direction(tied, tmp_path / "run", direction=str(path))
    path.write_bytes(b"no tensors")
    with pytest.raises(InputError, match=r"k\.safetensors: is no vector"):
        found_direction(tied, tmp_path / "run", direction=str(path))
    with pytest.raises(InputError, match=r"gone\.json: cannot be read"):
        found_direction(tied, tmp_path / "run", direction=str(tmp_path / "gone.json"))
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(InputError, match=r"pipe\.json: cannot be read"):
        found_direction(tied, tmp_path / "run", direction=str(tmp_path / "pipe.json"))


@pytest.mark.parametrize(
    ("recall", "message"),
    [
        ("", "recall.jsonl: has no prompts"),
        ("\n  \n", "recall.jsonl: has no prompts"),
        ('"2=2:"\n\n2=2:\n', "recall.jsonl, line 3: is no prompt"),
        ('{"prompt": 7}', "recall.jsonl, line 1: is no prompt"),
        ('{"text": "2=2:"}', "recall.jsonl, line 1: is no prompt"),
        ('" "', "recall.jsonl, line 1: is no prompt"),
        ('"who?"', 'cannot write "w"'),
        ('"' + "1" * 65 + '"', "exceed the policy's 64 positions"),
        ('"19,4,8=60:"\n"3,7,12=27:"', "the same mean"),
    ],
    ids=["empty", "blank", "no JSON", "a number", "another key", "spaces", "unknown", "too long", "the same"],
)
def test_bad_prompts_are_named(tied: Path, tmp_path: Path, recall: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        found_direction(tied, tmp_path / "run", **prompt_files(tmp_path, recall=recall))
    assert message in str(caught.value)
    assert caught.value.hint


def test_missing_prompts_are_named(tied: Path, tmp_path: Path) -> None:
    files = prompt_files(tmp_path)
    with pytest.raises(InputError, match=r"method\.reasoningPrompts"):
        found_direction(tied, tmp_path / "run")
    with pytest.raises(InputError, match=r"method\.recallPrompts"):
        found_direction(tied, tmp_path / "run", reasoningPrompts=files["reasoningPrompts"])
    (tmp_path / "recall.jsonl").unlink()
    with pytest.raises(InputError, match=r"recall\.jsonl: cannot be read"):
        found_direction(tied, tmp_path / "run", **files)
    (tmp_path / "recall.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"recall\.jsonl: is not UTF-8"):
        found_direction(tied, tmp_path / "run", **files)
