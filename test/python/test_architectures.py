"""Features of tiny models of many architectures beside autograd, and the table in the README that lists them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from g2rl_torch.models.capture import SamplingCapture, ScoringCapture
from g2rl_torch.models.head import UnsupportedModelError, check_model, whole_head
from policies import gradient_features

README = Path(__file__).parents[2] / "src" / "torch" / "README.md"
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 32}
SIZES |= {"max_position_embeddings": 64}
KV = {**SIZES, "num_key_value_heads": 2}
HEAD = {**KV, "head_dim": 4}
OLD = {"n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 64}
MOE = {**HEAD, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8, "decoder_sparse_step": 1}
GLM = {**HEAD, "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8, "first_k_dense_replace": 1}
SUPPORTED: dict[str, dict[str, Any]] = {
    "Apertus": KV,
    "BitNet": KV,
    "Bloom": {"hidden_size": 16, "n_layer": 2, "n_head": 4},
    "CodeGen": {**OLD, "rotary_dim": 4},
    "Ernie4_5": HEAD,
    "Falcon": {**SIZES, "new_decoder_architecture": False},
    "GPT2": OLD,
    "GPTBigCode": OLD,
    "GPTJ": {**OLD, "rotary_dim": 4},
    "GPTNeoX": SIZES,
    "Gemma": HEAD,
    "Glm4": HEAD,
    "Glm4Moe": GLM,
    "GptOss": {**HEAD, "num_local_experts": 4, "num_experts_per_tok": 2},
    "Llama": KV,
    "Mamba": {"hidden_size": 16, "num_hidden_layers": 2, "state_size": 4},
    "Ministral": HEAD,
    "Mistral": {**KV, "sliding_window": None},
    "Mixtral": {**KV, "num_local_experts": 4, "sliding_window": None},
    "Mpt": {"d_model": 16, "n_heads": 4, "n_layers": 2, "max_seq_len": 64},
    "Nemotron": KV,
    "OPT": {**SIZES, "ffn_dim": 32, "word_embed_proj_dim": 16, "dropout": 0.0},
    "Olmo2": KV,
    "Persimmon": SIZES,
    "Phi": KV,
    "Phi3": KV,
    "Qwen2": KV,
    "Qwen3": HEAD,
    "Qwen3Moe": MOE,
    "SmolLM3": KV,
    "StableLm": KV,
    "Starcoder2": KV,
}
"""Checked in the pass that samples and in the one that scores."""
REFUSED: dict[str, dict[str, Any]] = {
    "Cohere": {**KV, "logit_scale": 0.0625},
    "Cohere2": {**HEAD, "logit_scale": 0.0625},
    "FalconH1": {"lm_head_multiplier": 0.5},
    "Gemma2": HEAD,
    "Granite": {**KV, "logits_scaling": 8.0},
    "MiniCPM3": {},
    "ModernBertDecoder": {},
    "NanoChat": {},
    "RecurrentGemma": {},
    "Roberta": {},
    "xLSTM": {},
}
VOCABULARY, END = 40, 1


def config_of(name: str, changes: dict[str, Any]) -> Any:  # noqa: ANN401 - a configuration of transformers
    ends = {"eos_token_id": END, "pad_token_id": 0, "bos_token_id": None, "vocab_size": VOCABULARY}
    return getattr(transformers, f"{name}Config")(**changes, **ends)


@pytest.mark.parametrize("name", SUPPORTED)
def test_features_are_gradients(name: str) -> None:
    torch.manual_seed(3)
    config = config_of(name, SUPPORTED[name])
    check_model(config)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                # Far from the fresh weights: logits differ by more than rounding.
                parameter.mul_(4)
    prompts = torch.tensor([[5, 6, 7], [8, 9, 10], [11, 12, 13]])
    capture = SamplingCapture(model, 0.8, [END])
    with capture.watching(), torch.no_grad():
        output = model.generate(
            prompts,
            attention_mask=torch.ones_like(prompts),
            generation_config=transformers.GenerationConfig(
                do_sample=True, temperature=0.8, top_k=0, max_new_tokens=6, eos_token_id=END, pad_token_id=0
            ),
        )
    completions = []
    for row in output[:, 3:].tolist():
        completions.append(row[: row.index(END) + 1] if END in row else row)
    width = output.shape[1] - 3
    scoring = ScoringCapture(model, 0.8, completions, width)
    with scoring.watching(), torch.no_grad():
        # As TRL's fused head does.
        model.base_model(output, attention_mask=torch.ones_like(output))
    with whole_head(model) as head:
        found = capture.features(completions, head)
    for row, completion in enumerate(completions):
        expected = gradient_features(model, prompts[row].tolist(), completion, 0.8)
        scale = expected.abs().max().item()
        torch.testing.assert_close(found[row], expected, atol=2e-5 * scale, rtol=1e-3)
        torch.testing.assert_close(scoring.features()[row], expected, atol=2e-5 * scale, rtol=1e-3)


@pytest.mark.parametrize("name", REFUSED)
def test_heads_that_are_not_plain_are_refused(name: str) -> None:
    kind = getattr(transformers, f"{name}Config", None)
    if kind is None:
        pytest.skip(f"transformers {transformers.__version__} has no {name}")
    with pytest.raises(UnsupportedModelError, match="plain heads"):
        check_model(kind(**REFUSED[name]))


def test_settings_that_change_nothing_are_not_refused() -> None:
    check_model(config_of("Gemma2", {**HEAD, "final_logit_softcapping": None}))
    check_model(config_of("Granite", {**KV, "logits_scaling": 1.0}))
    # A cap of 1 bends all logits.
    with pytest.raises(UnsupportedModelError, match="final_logit_softcapping is 1"):
        check_model(config_of("Gemma2", {**HEAD, "final_logit_softcapping": 1.0}))


@pytest.mark.parametrize(("row", "names"), [("checked", SUPPORTED), ("refused", REFUSED)])
def test_the_table_lists_them(row: str, names: dict[str, Any]) -> None:
    line = re.search(rf"^\| {row} \| (.*) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert line is not None
    assert re.findall(r"\b[A-Za-z][A-Za-z0-9_]+\b", re.sub(r"\(.*?\)", "", line.group(1))) == list(names)
