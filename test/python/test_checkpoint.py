"""A policy folder written by the embedded engine is an ordinary Hugging Face folder.

`G2RL_CHECKPOINT` names the folder and `G2RL_EXPECTED` a JSON file of the engine's own greedy completions:
`{"prompts": [text, …], "completions": [text, …], "maxNewTokens": n}`. test/integration/transformers.test.ts makes
both and runs this file; it can be run by hand on any checkpoint of a run as well.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer


class Expected(NamedTuple):
    prompts: list[str]
    completions: list[str]
    max_new_tokens: int


def path_from(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.fail(f"{variable} is not set; see the top of {Path(__file__).name}.")
    return Path(value)


@pytest.fixture(scope="module")
def checkpoint() -> Path:
    return path_from("G2RL_CHECKPOINT")


@pytest.fixture(scope="module")
def expected() -> Expected:
    content = json.loads(path_from("G2RL_EXPECTED").read_text(encoding="utf-8"))
    result = Expected(content["prompts"], content["completions"], content["maxNewTokens"])
    assert len(result.prompts) == len(result.completions) > 0
    return result


@pytest.fixture(scope="module")
def loaded(checkpoint: Path) -> tuple[Any, dict[str, Any]]:
    """The model and what transformers says about loading it. "auto" takes the type the file names."""
    model, information = AutoModelForCausalLM.from_pretrained(checkpoint, dtype="auto", output_loading_info=True)
    return model.eval(), information


@pytest.fixture(scope="module")
def tokenizer(checkpoint: Path) -> Any:  # noqa: ANN401 - the class depends on the folder
    return AutoTokenizer.from_pretrained(checkpoint)


def test_weights_file_holds_exactly_the_models_parameters_in_float32(
    checkpoint: Path, loaded: tuple[Any, dict[str, Any]]
) -> None:
    model, information = loaded
    for problem in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not information[problem], f"{problem}: {information[problem]}"
    with safe_open(checkpoint / "model.safetensors", framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    # parameters() counts a tied head once, as the file does.
    assert sum(tensor.numel() for tensor in tensors.values()) == sum(one.numel() for one in model.parameters())
    assert {one.dtype for one in model.parameters()} == {torch.float32}
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, tensors[name]), f"{name} differs from the file"


def test_tokenizer_agrees_with_the_model(
    loaded: tuple[Any, dict[str, Any]],
    tokenizer: Any,  # noqa: ANN401
    expected: Expected,
) -> None:
    model, _ = loaded
    assert len(tokenizer) <= model.config.vocab_size
    assert tokenizer.pad_token_id == model.config.pad_token_id
    ends = model.generation_config.eos_token_id
    assert tokenizer.eos_token_id in (ends if isinstance(ends, list) else [ends])
    for prompt in expected.prompts:
        assert tokenizer.decode(tokenizer(prompt)["input_ids"]) == prompt


def greedy(model: Any, tokenizer: Any, prompts: list[str], max_new_tokens: int) -> list[str]:  # noqa: ANN401
    inputs = tokenizer(prompts, return_tensors="pt", padding=True)
    with torch.inference_mode():
        tokens = model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            do_sample=False,
            max_new_tokens=max_new_tokens,
        )
    completions: list[str] = tokenizer.batch_decode(tokens[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return completions


def test_greedy_text_equals_the_engines(loaded: tuple[Any, dict[str, Any]], tokenizer: Any, expected: Expected) -> None:  # noqa: ANN401
    model, _ = loaded
    single = [greedy(model, tokenizer, [prompt], expected.max_new_tokens)[0] for prompt in expected.prompts]
    assert single == expected.completions
    # In one padded batch too: the folder's padding side and pad token are right.
    assert greedy(model, tokenizer, expected.prompts, expected.max_new_tokens) == expected.completions
