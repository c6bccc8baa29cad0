"""Checkpoints of a run: a Hugging Face folder plus `trainer/`, whole as soon as it has its name.

Trainer writes into another folder; here its files are moved into place, checksummed, flushed and renamed. For a
resume, links lay them out again as Trainer expects them.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import SCHEMA, is_inside, log, read_regular, remove_folder, sha256_of, step_name

_POLICY_FILES = re.compile(
    r"(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|adapter_config)\.json"
    r"|chat_template\.jinja|merges\.txt|README\.md|.*\.safetensors(\.index\.json)?|tokenizer\.model"
)
_CHECKSUMS = "trainer/checksums.json"
_STATE = "trainer/state.json"


KnownCheckpoints = dict[Path, bool]
"""Which checkpoint folders are known to be whole, or not: each is read for it once."""


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
    hidden = _hide(target)
    written.rename(target)
    if os.name != "nt":
        _flush(checkpoints)
    remove_folder(hidden)
    return target


def _hide(folder: Path) -> Path:
    """Renames a folder that is to be removed: a removal that is cut off must leave no half checkpoint for readers."""
    hidden = folder.with_name(f".partial-old-{folder.name}")
    remove_folder(hidden)
    if folder.exists():
        folder.rename(hidden)
    return hidden


_OLDER = "Resume from an older checkpoint, or start a new run."


def _read(folder: Path) -> Checkpoint:
    try:
        _verify(folder)
        state = json.loads(read_regular(folder / _STATE))
        if state["schema"] > SCHEMA:
            raise InputError(f"{folder / _STATE}: schema {state['schema']} is newer than {SCHEMA}.", "Update G2RL Lab.")
        return Checkpoint(folder, int(state["step"]), int(state["optimizerSteps"]), int(state["tokens"]))
    except (OSError, ValueError, KeyError) as error:
        # What keeps this process from reading says nothing about the file.
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EPERM):
            raise
        raise InputError(f"{folder}: cannot be read ({error}).", _OLDER) from error


def _verify(folder: Path) -> None:
    checksums = json.loads(read_regular(folder / _CHECKSUMS))
    if not isinstance(checksums, dict):
        raise InputError(f"{folder / _CHECKSUMS}: is not an object of checksums.", _OLDER)
    for file in _files_of_a_resume(folder):
        if file not in checksums:
            raise InputError(f"{folder / _CHECKSUMS}: names no checksum of {file}.", _OLDER)
    for name, expected in checksums.items():
        if not is_inside(name):
            raise InputError(f"{folder / _CHECKSUMS}: {name} is not a file of the checkpoint.", _OLDER)
        if sha256_of([folder / name]) != expected:
            raise InputError(f"{folder / name}: does not match its checksum.", _OLDER)


def _files_of_a_resume(folder: Path) -> list[str]:
    """What a resume reads: the policy and the trainer's state. Other files may be there without a checksum."""
    state = [path for path in (folder / "trainer").rglob("*") if path.is_file()]
    policy = [path for path in folder.iterdir() if _POLICY_FILES.fullmatch(path.name)]
    names = {path.relative_to(folder).as_posix() for path in [*state, *policy]}
    return sorted((names | {_STATE}) - {_CHECKSUMS, "README.md"})


def _folders(checkpoints: Path) -> list[Path]:
    found = [path for path in checkpoints.glob("step-*") if re.fullmatch(r"step-\d{6,}", path.name)]
    return sorted(found, key=lambda path: int(path.name[5:]), reverse=True)


def newest_checkpoint(checkpoints: Path, known: KnownCheckpoints) -> Checkpoint | None:
    """The newest checkpoint that is whole, None without any; those passed over are logged with the reason. Raises
    InputError when all are damaged: days of training may be lost, so starting again is for a person to decide.
    """
    reasons = []
    for folder in _folders(checkpoints):
        try:
            checkpoint = _read(folder)
        except InputError as error:
            log(f"passed over {folder}: {error}")
            known[folder] = False
            reasons.append(str(error))
        else:
            known[folder] = True
            return checkpoint
    if reasons:
        which = "The only checkpoint" if len(reasons) == 1 else f"Each of the {len(reasons)} checkpoints"
        raise InputError(
            f"{which} of this run is damaged. {reasons[0]}",
            f"Restore one from a backup; or delete {checkpoints}, and the run starts again from its first step when it "
            "is resumed.",
        )
    return None


def prune(checkpoints: Path, keep: int, known: KnownCheckpoints) -> None:
    """Removes all checkpoints that are older than the newest `keep` whole ones (0 keeps all): a damaged one does not
    count, and pushes no other out.
    """
    folders = _folders(checkpoints)
    # As long as there are so few, none need be read.
    if keep == 0 or len(folders) <= keep:
        return
    whole = 0
    for folder in folders:
        if whole == keep:
            remove_folder(_hide(folder))
        elif _is_whole(folder, known):
            whole += 1


def _is_whole(folder: Path, known: KnownCheckpoints) -> bool:
    if folder not in known:
        try:
            _read(folder)
            known[folder] = True
        except (InputError, OSError):
            known[folder] = False
    return known[folder]


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
