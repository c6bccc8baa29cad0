"""Checkpoints of a run: a Hugging Face folder plus `trainer/`, whole as soon as it has its name.

Trainer writes into another folder; here its files are moved into place, checksummed, flushed and renamed. For a
resume, links lay them out again as Trainer expects them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import SCHEMA, is_inside, log, remove_folder, sha256_of, step_name

_POLICY_FILES = re.compile(
    r"(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|adapter_config)\.json"
    r"|chat_template\.jinja|merges\.txt|README\.md|.*\.safetensors(\.index\.json)?|tokenizer\.model"
)
_CHECKSUMS = "trainer/checksums.json"
_STATE = "trainer/state.json"


@dataclass(frozen=True)
class Checkpoint:
    folder: Path
    step: int
    updates: int
    """Optimizer updates so far."""
    tokens: int


def writing_folder(checkpoints: Path) -> Path:
    """Trainer's output folder: what is in it is not a checkpoint yet."""
    return checkpoints / ".partial-trainer"


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def take_checkpoint(checkpoints: Path, state: dict[str, Any]) -> Path:
    """Turns what Trainer just wrote into `checkpoints/step-NNNNNN`. state: the content of trainer/state.json."""
    written = writing_folder(checkpoints) / f"checkpoint-{state['optimizerSteps']}"
    extra = written / "trainer"
    extra.mkdir(exist_ok=True)
    for path in list(written.iterdir()):
        if path != extra and not _POLICY_FILES.fullmatch(path.name):
            path.rename(extra / path.name)
    (written / _STATE).write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    files = sorted(path for path in written.rglob("*") if path.is_file())
    checksums = {path.relative_to(written).as_posix(): sha256_of([path]) for path in files}
    (written / _CHECKSUMS).write_text(json.dumps(checksums, indent=2) + "\n", encoding="utf-8")
    for path in [*files, written / _CHECKSUMS]:
        _flush(path)
    target = checkpoints / step_name(int(state["step"]))
    remove_folder(target)
    written.rename(target)
    if os.name != "nt":
        _flush(checkpoints)
    return target


def _read(folder: Path) -> Checkpoint:
    hint = "Resume from an older checkpoint, or start a new run."
    try:
        checksums = json.loads((folder / _CHECKSUMS).read_text(encoding="utf-8"))
        if not isinstance(checksums, dict):
            raise InputError(f"{folder / _CHECKSUMS}: is not an object of checksums.", hint)
        for file in _files_of_a_resume(folder):
            if file not in checksums:
                raise InputError(f"{folder / _CHECKSUMS}: names no checksum of {file}.", hint)
        for name, expected in checksums.items():
            if not is_inside(name):
                raise InputError(f"{folder / _CHECKSUMS}: {name} is not a file of the checkpoint.", hint)
            if sha256_of([folder / name]) != expected:
                raise InputError(f"{folder / name}: does not match its checksum.", hint)
        state = json.loads((folder / _STATE).read_text(encoding="utf-8"))
        if state["schema"] > SCHEMA:
            raise InputError(f"{folder / _STATE}: schema {state['schema']} is newer than {SCHEMA}.", "Update G2RL Lab.")
        return Checkpoint(folder, int(state["step"]), int(state["optimizerSteps"]), int(state["tokens"]))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: cannot be read ({error}).", hint) from error


def _files_of_a_resume(folder: Path) -> list[str]:
    """What a resume reads: the policy and the trainer's state. Other files may be there without a checksum."""
    state = [path for path in (folder / "trainer").rglob("*") if path.is_file()]
    policy = [path for path in folder.iterdir() if _POLICY_FILES.fullmatch(path.name)]
    names = {path.relative_to(folder).as_posix() for path in [*state, *policy]}
    return sorted((names | {_STATE}) - {_CHECKSUMS, "README.md"})


def _folders(checkpoints: Path) -> list[Path]:
    found = [path for path in checkpoints.glob("step-*") if re.fullmatch(r"step-\d{6,}", path.name)]
    return sorted(found, key=lambda path: int(path.name[5:]), reverse=True)


def newest_checkpoint(checkpoints: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole; those passed over are logged with the reason."""
    for folder in _folders(checkpoints):
        try:
            return _read(folder)
        except InputError as error:
            log(f"passed over {folder}: {error}")
    return None


def prune(checkpoints: Path, keep: int) -> None:
    """Removes all but the newest `keep` checkpoints (0 keeps all)."""
    for folder in _folders(checkpoints)[keep:] if keep > 0 else []:
        remove_folder(folder)


def clear_leftovers(checkpoints: Path) -> None:
    """Removes what interrupted writes and earlier resumes left."""
    for path in checkpoints.glob(".partial-*"):
        remove_folder(path)


def lay_out(checkpoint: Checkpoint) -> Path:
    """The checkpoint as Trainer wants it, all files in one folder: links to them, or copies where links are refused."""
    folder = checkpoint.folder.parent / ".partial-resume" / f"checkpoint-{checkpoint.updates}"
    remove_folder(folder)
    folder.mkdir(parents=True)
    for source in [*checkpoint.folder.iterdir(), *(checkpoint.folder / "trainer").iterdir()]:
        if source.name == "trainer":
            continue
        try:
            (folder / source.name).symlink_to(source)
        except OSError:
            if source.is_dir():
                shutil.copytree(source, folder / source.name)
            else:
                shutil.copy2(source, folder / source.name)
    return folder
