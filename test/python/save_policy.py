"""Saves random policies as transformers does, with the logits they give: what the engine must read and repeat.

    python save_policy.py <tokenizer folder> <output folder> <float32 or bfloat16>…

Each type gets a folder of its name. Beside a policy there is `expected.json`: `{"tokens": [[id, …], …], "logits":
[[[number, …], …], …]}`, computed in float32 from the weights as they are in the file. The bfloat16 policy is saved
in several shards with an untied head."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

PROMPTS = ["3,7,12=27:", "2,2=1:", "19,4,8,15=60:", "20,20,1=99:"]


def random_model(vocabulary: int, *, tied: bool) -> Qwen3ForCausalLM:
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=12,
        intermediate_size=48,
        tie_word_embeddings=tied,
        max_position_embeddings=64,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    model = Qwen3ForCausalLM(config)
    with torch.no_grad():
        for parameter in model.parameters():
            # Far from the tiny fresh weights: attention is sharp and the logits differ by more than rounding.
            noise = torch.randn_like(parameter)
            parameter.copy_(1 + 0.2 * noise if parameter.ndim == 1 else 0.2 * noise)
    return model


def main(tokenizer_folder: Path, output: Path, type_name: str) -> None:
    torch.manual_seed(7)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    half = type_name == "bfloat16"
    model = random_model(len(tokenizer), tied=not half)
    model.to(torch.bfloat16 if half else torch.float32)
    model.save_pretrained(output, **({"max_shard_size": "16KB"} if half else {}))
    tokenizer.save_pretrained(output)

    loaded = AutoModelForCausalLM.from_pretrained(output, dtype=torch.float32).eval()
    tokens = [tokenizer(prompt)["input_ids"] for prompt in PROMPTS]
    with torch.inference_mode():
        logits = [loaded(torch.tensor([ids])).logits[0].tolist() for ids in tokens]
    (output / "expected.json").write_text(json.dumps({"tokens": tokens, "logits": logits}), encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[3:]:
        main(Path(sys.argv[1]), Path(sys.argv[2]) / name, name)
