"""Two processes with a policy that is sharded over them (FSDP2, gloo): its features are those of the whole policy.

torchrun --standalone --nproc_per_node 2 sharded_features.py <policy folder>
"""

from __future__ import annotations

import sys

import conftest  # noqa: F401 - finds the package
import torch
from g2rl_torch.capture import SamplingCapture, whole_head
from torch.distributed import destroy_process_group, init_process_group
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from transformers import AutoModelForCausalLM, AutoTokenizer

PROMPTS = ["3,7,12=27:", "2,2=1:", "19,4,8=60:"]


def features(folder: str, *, sharded: bool) -> tuple[list[list[int]], torch.Tensor]:
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    if sharded:
        mesh = init_device_mesh("cpu", (2,))
        for layer in model.model.layers:
            fully_shard(layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
        held = model.get_output_embeddings().weight
        # The test says nothing unless a process really holds a part only.
        assert held.to_local().shape[0] < held.shape[0]
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    batch = tokenizer(PROMPTS * 2, return_tensors="pt", padding=True)
    capture = SamplingCapture(model, 0.9, [tokenizer.eos_token_id])
    torch.manual_seed(3)
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
    with torch.no_grad(), capture.watching():
        output = model.generate(**inputs, do_sample=True, temperature=0.9, top_k=0, max_new_tokens=10)
    completions = []
    for row in output[:, batch["input_ids"].shape[1] :].tolist():
        end = row.index(tokenizer.eos_token_id) + 1 if tokenizer.eos_token_id in row else len(row)
        completions.append(row[:end])
    with whole_head(model) as head:
        return completions, capture.features(completions, head)


def main(folder: str) -> None:
    init_process_group("gloo")
    try:
        tokens, expected = features(folder, sharded=False)
        sharded_tokens, found = features(folder, sharded=True)
        assert sharded_tokens == tokens
        assert len({len(one) for one in tokens}) > 1
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    finally:
        destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1])
