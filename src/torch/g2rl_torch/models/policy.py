"""Whether a policy can be trained, by its small files, before its weights take minutes to load; and its checksum."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import transformers
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationMixin

from ..errors import InputError, unloadable
from ..files import is_inside, sha256_of
from .head import check_model
from .hub import check_hub

_CAUSAL = "Choose a model that writes text, such as Qwen/Qwen3-0.6B-Base."
_AGAIN = "Download or copy its files again, then start a new run."


def policy_tokenizer(policy: str) -> Any:
    """The tokenizer of a policy that can be trained. policy: a folder, or a name on the hub. Raises InputError."""
    check_hub(policy)
    try:
        config = AutoConfig.from_pretrained(policy)
        tokenizer = AutoTokenizer.from_pretrained(policy, padding_side="left")
    except (OSError, ValueError) as error:
        raise unloadable("policy", policy, error) from error
    _check_architecture(policy, config)
    check_model(config)
    _check_tokenizer(policy, tokenizer, config)
    if Path(policy).is_dir():
        _check_weights(Path(policy))
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def positions_of(policy: str) -> int | None:
    """How many tokens the policy reads at most; None where its configuration does not say."""
    return getattr(AutoConfig.from_pretrained(policy).get_text_config(), "max_position_embeddings", None)


def weights_files(folder: Path) -> list[Path]:
    """The weights of a policy folder: one file, or the shards that its index names, in the order of their names. Other
    files of the same kind are not among them, unless there is nothing else, as where only an adapter was saved. Raises
    InputError when the index cannot be read.
    """
    whole = folder / "model.safetensors"
    if whole.exists():
        return [whole]
    try:
        index = json.loads((folder / "model.safetensors.index.json").read_text(encoding="utf-8"))
        names = sorted(set(index["weight_map"].values()))
    except FileNotFoundError:
        return sorted(folder.glob("*.safetensors"))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"policy: the index of the weights in {folder} cannot be read ({error}).", _AGAIN) from error
    outside = next((name for name in names if not is_inside(name)), None)
    if outside is not None:
        raise InputError(f"policy: the index of the weights in {folder} names {outside}, which is not in it.", _AGAIN)
    return [folder / name for name in names]


def policy_checksum(folder: Path) -> str:
    """SHA-256 of a policy folder's weights, by the same rule as the launcher and the embedded engine."""
    return sha256_of(weights_files(folder))


def _check_architecture(policy: str, config: Any) -> None:
    name = next(iter(config.architectures or []), None)
    if name is None:
        raise InputError(f"policy: the config.json of {policy} names no architecture.", _CAUSAL)
    # One that transformers does not know by its name is tried as a causal language model.
    if not issubclass(getattr(transformers, name, GenerationMixin), GenerationMixin):
        raise InputError(f"policy: {policy} is a {name}, which does not write text.", _CAUSAL)


def _check_tokenizer(policy: str, tokenizer: Any, config: Any) -> None:
    # transformers makes an empty one where there is none.
    if not tokenizer("0")["input_ids"]:
        raise InputError(f"policy: {policy} has no tokenizer that reads text.", "Put its tokenizer.json there.")
    if tokenizer.eos_token_id is None:
        raise InputError(
            f"policy: the tokenizer of {policy} has no end-of-sequence token.",
            "Set eos_token in its tokenizer_config.json; then resume the run.",
        )
    # More rows than tokens are padding. Added tokens may be beyond the rows and never be used.
    rows = config.get_text_config().vocab_size
    if tokenizer.vocab_size > rows:
        raise InputError(
            f"policy: the tokenizer of {policy} has {tokenizer.vocab_size} tokens, its weights only {rows}.",
            "Put the tokenizer there that the weights were made with; then resume the run.",
        )


def _check_weights(folder: Path) -> None:
    """Finds files that a download or copy left unfinished, which no checksum of this run detects."""
    missing = [file.name for file in weights_files(folder) if not file.exists()]
    if missing:
        raise InputError(f"policy: {folder} lacks {', '.join(missing)}, a part of its weights.", _AGAIN)
    for file in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(file, "pt"):
                pass
        except (SafetensorError, OSError) as error:
            raise InputError(f"policy: {file} cannot be read ({error}).", _AGAIN) from error
    _check_tensors(folder)


def _check_tensors(folder: Path) -> None:
    """transformers initializes what the files lack at random, and says so only in the log."""
    try:
        # Without a device for its weights only their names and shapes are looked at.
        _, found = AutoModelForCausalLM.from_pretrained(folder, device_map={"": "meta"}, output_loading_info=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise unloadable("policy", str(folder), error) from error
    lacking = sorted(found["missing_keys"])
    if lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        raise InputError(f"policy: the weights in {folder} lack {lacking[0]}{more}.", _AGAIN)
