"""`run.json`: what the launcher asks for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..experiment.parse import FieldError, parse
from ..experiment.schema import Experiment
from ..files import SCHEMA

_AGAIN = "Start the experiment again."


@dataclass(frozen=True)
class Manifest:
    id: str
    experiment: Experiment
    schema: int = SCHEMA
    experiment_file: str | None = None
    """Absolute path, if there was one."""
    policy_checksum: str | None = None
    """SHA-256 of the starting policy's weights; unknown for a policy of the hub."""

    @property
    def first_step(self) -> int:
        """The step that asks the first problems of a list. Runs of schema 1 keep their order, which leaves out a
        batch."""
        return 1 if self.schema >= 2 else 0


def read_manifest(root: Path) -> Manifest:
    """`run.json`. Raises InputError when it is missing, broken, or of a newer schema."""
    path = root / "run.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}).", _AGAIN) from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if not isinstance(schema, int):
        raise InputError(f"{path}: schema: is missing.", _AGAIN)
    if schema > SCHEMA:
        raise InputError(
            f"{path}: schema {schema} is newer than this version understands ({SCHEMA}).", "Update G2RL Lab."
        )
    try:
        return parse(Manifest, content)
    except FieldError as error:
        raise InputError(f"{path}: {error}", "Correct it there, or start the experiment again.") from error
