"""Policies for tests: the shipped one, and a tiny random one with the same tokenizer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from save_policy import random_model
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import AutoTokenizer, BertConfig, BertModel, PreTrainedTokenizerFast

COUNTDOWN = Path(__file__).parents[2] / "media" / "policies" / "countdown"


def write_policy(folder: Path, *, tied: bool = True) -> Path:
    """A random policy of a few thousand parameters whose texts differ from prompt to prompt."""
    torch.manual_seed(7)
    random_model(21, tied=tied).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        shutil.copy(COUNTDOWN / name, folder / name)
    return folder


def write_encoder(folder: Path) -> Path:
    """A tiny random sentence encoder with the tokenizer of Countdown."""
    tokenizer = AutoTokenizer.from_pretrained(COUNTDOWN)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(3)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(tokenizer), **sizes)).save_pretrained(folder)
    return folder


def write_byte_policy(folder: Path, template: str | None = None) -> Path:
    """A random policy that reads and writes any text, a token a byte. template: its chat template."""
    alphabet = sorted(ByteLevel.alphabet())
    tokenizer = Tokenizer(BPE({character: index for index, character in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = ByteLevelDecoder()
    tokenizer.add_special_tokens(["<end>"])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    fast.chat_template = template
    fast.save_pretrained(folder)
    torch.manual_seed(7)
    model = random_model(len(alphabet) + 1, tied=True)
    model.config.pad_token_id = model.config.eos_token_id = fast.eos_token_id
    model.generation_config.pad_token_id = model.generation_config.eos_token_id = fast.eos_token_id
    model.config.max_position_embeddings = 512
    model.save_pretrained(folder)
    return folder


def gradient_features(model: Any, prompt: list[int], completion: list[int], temperature: float) -> torch.Tensor:  # noqa: ANN401
    """(T / L) Σ_t ∂ log p(y_t) / ∂h_t by autograd, one unpadded sequence."""
    held: list[torch.Tensor] = []

    def keep(_module: object, arguments: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        hidden = arguments[0].detach().requires_grad_()
        held.append(hidden)
        return (hidden,)

    hook = model.get_output_embeddings().register_forward_pre_hook(keep)
    logits = model(torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1]
    hook.remove()
    log_probabilities = (logits / temperature).log_softmax(dim=-1)
    log_probabilities[torch.arange(len(completion)), torch.tensor(completion)].sum().backward()
    assert held[0].grad is not None
    return held[0].grad[0].sum(dim=0) * temperature / len(completion)
