"""TRL as the trainer needs it: the methods that it overrides, and arguments that are its own."""

from __future__ import annotations

import copy
import inspect

import trl
from trl import GRPOConfig, GRPOTrainer

SUPPORTED_TRL = ">=1.16,<1.17"

_SIGNATURES = {
    "_calculate_rewards": ["self", "inputs", "prompts", "completions", "completion_ids_list"],
    "_generate_and_score_completions": ["self", "inputs"],
    "_generate_single_turn": [
        "self",
        "prompt_ids",
        "images",
        "multimodal_fields",
        "num_generations",
        "has_tool_images",
    ],
    "_get_per_token_logps_and_entropies": ["self", "model", "input_ids", "attention_mask", "logits_to_keep"],
    "save_model": ["self", "output_dir", "_internal_call"],
    "create_scheduler": ["self", "num_training_steps", "optimizer"],
}


def check_trl() -> None:
    """Raises ImportError when the installed TRL does not have the methods this module overrides, as it knows them."""
    for name, expected in _SIGNATURES.items():
        method = getattr(GRPOTrainer, name, None)
        found = list(inspect.signature(method).parameters) if method is not None else []
        if found[: len(expected)] != expected:
            raise ImportError(
                f"TRL {trl.__version__}: GRPOTrainer.{name} takes ({', '.join(found)}) where "
                f"({', '.join(expected)}, …) is expected. Install a supported version: pip install 'trl{SUPPORTED_TRL}'"
            )


def own_copy(args: GRPOConfig) -> GRPOConfig:
    """Arguments that a trainer may change without changing those of its caller."""
    own = copy.copy(args)
    for name, value in vars(args).items():
        if isinstance(value, dict | list) or name == "accelerator_config":
            setattr(own, name, copy.copy(value))
    return own
