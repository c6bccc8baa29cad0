"""What `G2RLTrainer` refuses, before it trains: settings under which features would not be what they are defined as."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformers import GenerationConfig
from trl import GRPOConfig

from ..errors import InputError
from ..method.settings import ShapingSettings


class RefusedError(InputError, ValueError):
    """Arguments of a trainer that it cannot train with. The message says what to do instead."""

    def __init__(self, what: str, instead: str) -> None:
        super().__init__(f"{what} {instead}", "README.md of g2rl_torch lists what is refused, and why.")


_SOFTMAX = "features are of softmax(logits / temperature), and responses must be sampled from just that."

_PLAIN: dict[str, tuple[object, ...]] = {
    "do_sample": (True,),
    "num_beams": (1,),
    "num_return_sequences": (1,),
    "top_k": (0,),
    "top_p": (1,),
    "min_p": (None, 0),
    "top_h": (None,),
    "typical_p": (1,),
    "epsilon_cutoff": (0,),
    "eta_cutoff": (0,),
    "repetition_penalty": (1,),
    "encoder_repetition_penalty": (1,),
    "no_repeat_ngram_size": (0,),
    "encoder_no_repeat_ngram_size": (0,),
    "min_length": (0,),
    "min_new_tokens": (None, 0),
    "bad_words_ids": (None,),
    "suppress_tokens": (None, []),
    "begin_suppress_tokens": (None, []),
    "sequence_bias": (None,),
    "forced_bos_token_id": (None,),
    "forced_eos_token_id": (None,),
    "exponential_decay_length_penalty": (None,),
    "guidance_scale": (None, 1),
    "watermarking_config": (None,),
    "prompt_lookup_num_tokens": (None,),
    "assistant_early_exit": (None,),
    "use_mtp": (None, False),
    "token_healing": (None, False),
    "penalty_alpha": (None, 0),
    "dola_layers": (None,),
    "constraints": (None,),
    "force_words_ids": (None,),
}
"""Settings of generation that change what is sampled, or how, with the values that do not; the first is set instead."""

_ARGUMENTS = ("top_k", "top_p", "min_p", "repetition_penalty")
"""Those that `GRPOConfig` has itself."""
_VLLM_PLAIN: dict[str, tuple[object, ...]] = {
    "n": (1,),
    "top_k": (0, -1),
    "top_p": (1,),
    "min_p": (0,),
    "repetition_penalty": (1,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "min_tokens": (0,),
    "logit_bias": (None,),
    "bad_words": (None, []),
    "allowed_token_ids": (None,),
    "structured_outputs": (None,),
    "logits_processors": (None,),
}


def check_method(args: GRPOConfig | None, settings: ShapingSettings, *, embed: bool, direction: bool) -> None:
    """Whether a method has what it needs. Raises RefusedError."""
    if not isinstance(settings, ShapingSettings):
        raise RefusedError(
            f"settings: {settings!r} is not a ShapingSettings.",
            "Pass ShapingSettings(lambda_=0.5), for example.",
        )
    method = settings.method
    if method == "evol-rl" and not embed:
        raise RefusedError("method evol-rl: it compares texts.", "Pass embed=, a function: texts → embeddings.")
    if method == "dirl" and not direction:
        raise RefusedError("method dirl: it needs a direction of reasoning.", "Pass direction=, a tensor.")
    if method != "dirl" and direction:
        raise RefusedError("direction: only the method dirl reads one.", "Remove it, or choose method='dirl'.")
    if method == "entropy" and (args is None or (args.entropy_coef == 0 and not args.use_adaptive_entropy)):
        raise RefusedError(*_ENTROPY)
    if method == "pass-at-k" and args is not None and settings.k > args.num_generations:
        raise RefusedError(
            f"k: {settings.k} responses are more than the {args.num_generations} of a group.",
            "Lower k, or raise num_generations.",
        )


def check_sampling(
    args: GRPOConfig | None, rollout_func: Callable[..., Any] | None, tools: Any, environment_factory: Any
) -> None:
    """Whether features can be taken of what is sampled, as far as can be seen before a model is loaded. Raises
    RefusedError.
    """
    if tools or environment_factory is not None:
        name = "tools" if tools else "environment_factory"
        raise RefusedError(f"{name}: features of several turns are not defined.", "Train without tools.")
    if rollout_func is not None:
        raise RefusedError(
            "rollout_func: features are taken while the trainer samples, and are not defined for tokens that an "
            "environment writes.",
            "Remove it, so that transformers or vLLM samples; a judge of your own is a reward function.",
        )
    if args is None:
        return
    if args.use_transformers_continuous_batching:
        raise RefusedError(
            "use_transformers_continuous_batching: its passes do not go through the model that is trained.",
            "Set it to False, or use vLLM (use_vllm=True).",
        )
    if args.use_vllm:
        _check_vllm(args)


def check_aggregation(args: GRPOConfig | None) -> None:
    """Whether rewards are summed before they are standardized. Raises RefusedError."""
    if args is not None and args.multi_objective_aggregation != "sum_then_normalize":
        raise RefusedError(
            f"multi_objective_aggregation {args.multi_objective_aggregation!r}: rewards are shaped as a sum, before "
            "they are standardized.",
            "Set multi_objective_aggregation='sum_then_normalize', and reward_weights to weigh them.",
        )


_ENTROPY = (
    "method entropy: the bonus is a term of TRL's own loss, and its coefficient is 0.",
    "Set entropy_coef in GRPOConfig, for example to 0.01, or use_adaptive_entropy.",
)


def _check_vllm(args: GRPOConfig) -> None:
    every = args.steps_per_generation * args.num_iterations
    if not args.vllm_importance_sampling_correction and args.gradient_accumulation_steps % every == 0:
        raise RefusedError(
            "vllm_importance_sampling_correction=False: then no pass of the policy sees the responses before their "
            "rewards are shaped.",
            "Leave it at True, which scores them anyway.",
        )
    if args.vllm_structured_outputs_regex:
        raise RefusedError(f"vllm_structured_outputs_regex: {_SOFTMAX}", "Set it to None.")
    for name in _ARGUMENTS:
        _check_plain(name, getattr(args, name), (None, *_VLLM_PLAIN[name]), name)
    for name, value in (args.generation_kwargs or {}).items():
        if name == "temperature" and value != args.temperature:
            raise _temperature("generation_kwargs", value)
        if name in _VLLM_PLAIN:
            _check_plain(name, value, _VLLM_PLAIN[name], f"generation_kwargs[{name!r}]")


def _temperature(place: str, value: object) -> RefusedError:
    return RefusedError(
        f"{place}: temperature {value} would be sampled with, but scored and shaped with that of GRPOConfig.",
        "Set temperature in GRPOConfig.",
    )


def _check_plain(name: str, value: object, plain: tuple[object, ...], place: str) -> None:
    if value not in plain:
        raise RefusedError(f"{place} is {value}: {_SOFTMAX}", f"Set {place} = {plain[0]!r}.")


def check_generation(trainer: Any, policy: Any) -> None:
    """How transformers will really sample: GRPOConfig, generation_kwargs and the model's own generation settings, which
    count where the others say nothing. Raises RefusedError.
    """
    if trainer.use_vllm:
        return
    merged, _ = policy._prepare_generation_config(trainer.generation_config)
    given = trainer.args.generation_kwargs or {}
    if merged.temperature != trainer.temperature:
        raise _temperature("generation_kwargs", merged.temperature)
    # TRL's own, so that no text has the token of an image.
    image = [policy.config.image_token_id] if trainer._is_vlm else None
    for name, plain in _PLAIN.items():
        value = getattr(merged, name, None)
        if name == "suppress_tokens" and image is not None and value == image:
            continue
        if name in given:
            place = f"generation_kwargs[{name!r}]"
        elif name in _ARGUMENTS and getattr(trainer.args, name) is not None:
            place = name
        elif getattr(policy.generation_config, name, None) is not None:
            place = f"model.generation_config.{name}"
        else:
            place = name
        _check_plain(name, value, plain if place != f"model.generation_config.{name}" else _unset_first(plain), place)


def _unset_first(plain: tuple[object, ...]) -> tuple[object, ...]:
    """In a model's own settings None leaves the choice to the trainer."""
    return (None, *plain)


def plain_sampling(policy: str) -> dict[str, Any] | None:
    """`generation_kwargs` that undo what a policy's `generation_config.json` would change about sampling; None where it
    changes nothing.
    """
    try:
        own = GenerationConfig.from_pretrained(policy)
    except OSError:
        return None
    changes: dict[str, Any] = {}
    for name, plain in _PLAIN.items():
        value = getattr(own, name, None)
        undone = next((one for one in plain if one is not None), None)
        if value is None or value in plain or undone is None or name in ("do_sample", "top_k", "top_p"):
            continue
        changes[name] = undone
    return changes or None
