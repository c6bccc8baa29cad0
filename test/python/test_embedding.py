"""Sentence embeddings of the torch engine: those of the fixtures, to which the embedded engine is held as well."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from g2rl_torch.errors import InputError
from g2rl_torch.models.embedding import evaluation_embedder
from g2rl_torch.models.sentence_files import sentence_files

FIXTURES = Path(__file__).parents[1] / "fixtures" / "embeddings"
SETTING = "evaluation.embeddingModel"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURES / "bert", tmp_path / "model"))


@pytest.mark.parametrize("name", ["bert", "roberta"])
@pytest.mark.parametrize("mode", ["mean", "cls", "max", "lasttoken"])
def test_embeddings_are_those_of_the_fixtures(tmp_path: Path, name: str, mode: str) -> None:
    folder = Path(shutil.copytree(FIXTURES / name, tmp_path / "model"))
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": mode}))
    expected = json.loads((folder / "expected.json").read_text())
    embed = evaluation_embedder(str(folder), cpu=True)
    assert embed is not None
    found = embed(expected["texts"])
    torch.testing.assert_close(found, torch.tensor(expected["embeddings"][mode]), atol=2e-5, rtol=0)


def test_pooling_and_length_are_what_the_files_say(folder: Path) -> None:
    assert sentence_files(str(FIXTURES / "roberta"), SETTING).pooling == "cls"
    assert sentence_files(str(folder), SETTING).longest == 24
    (folder / "1_Pooling" / "config.json").unlink()
    assert sentence_files(str(folder), SETTING).pooling == "mean"
    (folder / "sentence_bert_config.json").unlink()
    assert sentence_files(str(folder), SETTING).longest is None


def test_what_is_not_done_is_refused(folder: Path) -> None:
    config = folder / "1_Pooling" / "config.json"
    config.write_text(json.dumps({"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True}))
    with pytest.raises(InputError, match="cls_token and max_tokens"):
        sentence_files(str(folder), SETTING)
    config.write_text("{")
    with pytest.raises(InputError, match=r"1_Pooling/config\.json"):
        sentence_files(str(folder), SETTING)
    modules = json.loads((folder / "modules.json").read_text())
    modules.append({"path": "3_Dense", "type": "sentence_transformers.models.Dense"})
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(InputError, match=r"modules\.json: the model has a Dense layer"):
        sentence_files(str(folder), SETTING)
