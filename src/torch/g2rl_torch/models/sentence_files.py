"""How a sentence-embedding model is used, by the files that sentence-transformers keeps beside it.

The embedded engine reads them the same way (src/embeddings/read-model.ts).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from transformers.utils import cached_file

from ..errors import InputError

Pooling = Literal["mean", "cls", "max", "last"]

_MODES: dict[str, Pooling] = {
    "mean": "mean",
    "mean_tokens": "mean",
    # The direction of a sum over √n is that of the mean.
    "mean_sqrt_len_tokens": "mean",
    "cls": "cls",
    "cls_token": "cls",
    "max": "max",
    "max_tokens": "max",
    "lasttoken": "last",
}
_LAYERS = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class SentenceFiles:
    pooling: Pooling
    longest: int | None
    """Tokens of a text that are read, where a file says it."""


def sentence_files(name: str, setting: str) -> SentenceFiles:
    """name: a folder, or a model of the hub. setting: where it is named, for messages. Raises InputError."""
    modules = _read(name, "modules.json", setting) or []
    kinds = {str(module["type"]).split(".")[-1]: str(module.get("path", "")) for module in modules}
    for kind in kinds:
        if kind not in _LAYERS:
            raise InputError(
                f"{setting}: {name}: modules.json: the model has a {kind} layer, which is not supported.",
                "Choose a model of Transformer, Pooling and Normalize alone, such as "
                "sentence-transformers/all-MiniLM-L6-v2.",
            )
    file = f"{kinds.get('Pooling') or '1_Pooling'}/config.json"
    sentences = _read(name, "sentence_bert_config.json", setting) or {}
    pooling = _pooling(_read(name, file, setting), f"{setting}: {name}: {file}")
    return SentenceFiles(pooling, sentences.get("max_seq_length"))


def _read(name: str, file: str, setting: str) -> Any:
    """None when the model does not have it."""
    path = cached_file(
        name,
        file,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )
    if path is None:
        return None
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{setting}: {name}: {file}: {error}.", "Copy it again from the model.") from error


def _pooling(config: dict[str, Any] | None, where: str) -> Pooling:
    if config is None:
        return "mean"
    # Newer files name the mode, older ones have a flag for each.
    named = config.get("pooling_mode", [])
    prefix = "pooling_mode_"
    flags = [key.removeprefix(prefix) for key, value in config.items() if key.startswith(prefix) and value is True]
    chosen = ([named] if isinstance(named, str) else list(named)) or flags
    if len(chosen) == 1 and chosen[0] in _MODES:
        return _MODES[chosen[0]]
    what = " and ".join(map(str, chosen)) or "none"
    raise InputError(
        f"{where}: the pooling mode {what} is not supported.",
        "Choose a model that takes the mean, the first, the largest or the last.",
    )
