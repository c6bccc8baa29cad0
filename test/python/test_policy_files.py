"""Policies that cannot be trained, and odd ones that can, in real runs."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from g2rl_torch.errors import InputError
from g2rl_torch.files import sha256_of
from g2rl_torch.models.head import check_model
from g2rl_torch.models.policy import policy_checksum, policy_tokenizer, weights_files
from g2rl_torch.run.checkpoints import Checkpoint, newest_checkpoint, prune
from policies import COUNTDOWN, write_encoder, write_policy
from runs import experiment, lines_of, log_of, make_run, status_of, train
from safetensors.torch import load_file, save_file
from save_policy import random_model
from transformers import Gemma2Config


def change(folder: Path, file: str, **values: Any) -> None:  # noqa: ANN401
    """Sets keys of a JSON file; None removes them."""
    content = {**json.loads((folder / file).read_text(encoding="utf-8")), **values}
    kept = {name: value for name, value in content.items() if value is not None}
    (folder / file).write_text(json.dumps(kept), encoding="utf-8")


def cut(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])


def lose_a_shard(folder: Path) -> None:
    random_model(21, tied=False).save_pretrained(folder, max_shard_size="16KB")
    (folder / "model.safetensors").unlink()
    min(folder.glob("model-*.safetensors")).unlink()


def lose_a_tensor(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.0.self_attn.q_proj.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def with_rows(rows: int) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        torch.manual_seed(7)
        random_model(rows, tied=True).save_pretrained(folder)

    return write


def remove(folder: Path, *files: str) -> None:
    for file in files:
        (folder / file).unlink()


CASES: list[tuple[str, Callable[[Path], object], str, str]] = [
    (
        "no tokenizer",
        lambda it: remove(it, "tokenizer.json", "tokenizer_config.json"),
        "no tokenizer",
        "tokenizer.json",
    ),
    ("no end", lambda it: change(it, "tokenizer_config.json", eos_token=None), "no end-of-sequence", "eos_token"),
    ("unknown model", lambda it: change(it, "config.json", model_type="nonsense"), "`nonsense`", "config.json"),
    ("no config", lambda it: remove(it, "config.json"), "cannot be loaded", "config.json"),
    ("no architecture", lambda it: change(it, "config.json", architectures=None), "no architecture", "Qwen3"),
    ("an encoder", write_encoder, "is a BertModel, which does not write text", "Qwen3"),
    ("cut weights", cut, "model.safetensors cannot be read", "Download or copy"),
    ("a lost tensor", lose_a_tensor, "lack model.layers.0.self_attn.q_proj.weight.", "Download or copy"),
    ("a lost shard", lose_a_shard, "lacks model-00001-of", "Download or copy"),
    ("fewer rows than tokens", with_rows(12), "has 21 tokens, its weights only 12", "Put the tokenizer"),
]


@pytest.mark.parametrize(("break_it", "message", "hint"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_a_policy_that_cannot_be_trained(
    tmp_path: Path, break_it: Callable[[Path], object], message: str, hint: str
) -> None:
    policy = write_policy(tmp_path / "policy")
    break_it(policy)
    with pytest.raises(InputError) as caught:
        policy_tokenizer(str(policy))
    assert str(caught.value).startswith("policy: ")
    assert str(policy) in str(caught.value)
    assert message in str(caught.value)
    assert hint in caught.value.hint


def test_a_run_says_so_before_it_loads_anything(tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "policy")
    cut(policy)
    directory = make_run(tmp_path, experiment(policy))
    assert train(directory) == 1
    status = status_of(directory)
    assert status["state"] == "failed"
    assert status["error"]["message"].startswith(f"policy: {policy}/model.safetensors cannot be read")
    assert "loading" not in log_of(directory)


def test_rows_of_padding_are_no_tokens_and_no_harm(tmp_path: Path) -> None:
    """As Qwen3's: its weights have more rows than its tokenizer has tokens. Here most of what is drawn is padding."""
    policy = write_policy(tmp_path / "policy")
    with_rows(64)(policy)
    steps = {"optimization": {"steps": 2}, "evaluation": {"every": 0}}
    directory = make_run(tmp_path, experiment(policy, **steps))
    assert train(directory) == 0, log_of(directory)
    groups = lines_of(directory / "groups.jsonl")
    assert {group["step"] for group in groups} == {1, 2}
    assert all(abs(value) <= 1 + 1e-6 for group in groups for value in group["similarity"])
    assert [line["step"] for line in lines_of(directory / "benchmarks.jsonl")] == [0, 2]


def test_the_shipped_policy_and_one_with_tokens_added_are_fine(tmp_path: Path) -> None:
    policy_tokenizer(str(COUNTDOWN))
    # Gemma 3 has one token more than rows, for images that it never sees.
    policy = write_policy(tmp_path / "policy")
    shutil.copy(COUNTDOWN / "tokenizer.json", policy / "tokenizer.json")
    tokenizer = json.loads((policy / "tokenizer.json").read_text(encoding="utf-8"))
    special = {**tokenizer["added_tokens"][0], "id": 21, "content": "<image>"}
    tokenizer["added_tokens"].append(special)
    (policy / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    policy_tokenizer(str(policy))


def test_a_head_that_is_not_plain_is_refused_with_what_helps() -> None:
    with pytest.raises(InputError, match="gemma2 changes its logits") as caught:
        check_model(Gemma2Config())
    assert caught.value.hint == "Choose another policy."


class Hub(http.server.BaseHTTPRequestHandler):
    """Answers as the hub does to those who may not see a model, or where there is none."""

    def do_HEAD(self) -> None:
        code = "GatedRepo" if "/gated/" in self.path else "RepoNotFound"
        self.send_response(403 if code == "GatedRepo" else 401)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.mark.parametrize(
    ("policy", "message", "hint"),
    [
        ("gated/model", "access a gated repo", "`hf auth login` or set HF_TOKEN, and resume"),
        ("nobody/model", "not a valid model identifier", "Specify a model by its name on the hub"),
    ],
)
def test_a_model_that_the_hub_does_not_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str, message: str, hint: str
) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    directory = make_run(tmp_path, experiment(**{"policy": policy}))
    try:
        # Cold: where the hub is, is read when packages are imported.
        assert train(directory, cold=True) == 1
    finally:
        server.shutdown()
        server.server_close()
    status = status_of(directory)
    assert status["state"] == "failed"
    assert status["error"]["message"].startswith(f"policy: {policy} cannot be loaded.")
    assert message in status["error"]["message"]
    assert hint in status["error"]["hint"]


def test_the_checksum_is_that_of_the_shards_that_the_index_names(tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "policy")
    random_model(21, tied=False).save_pretrained(policy, max_shard_size="16KB")
    (policy / "model.safetensors").unlink()
    shards = sorted(policy.glob("model-*.safetensors"))
    assert len(shards) > 1
    (policy / "adapter_model.safetensors").write_bytes(b"anything")
    assert policy_checksum(policy) == sha256_of(shards)
    for file in [*shards, policy / "model.safetensors.index.json"]:
        file.unlink()
    assert policy_checksum(policy) == sha256_of([policy / "adapter_model.safetensors"])


@pytest.mark.parametrize(
    "name", ["../other.safetensors", "/etc/passwd", "a/../../b", "C:\\x.safetensors", "\\\\x\\y", ""]
)
def test_an_index_names_only_files_of_its_own_folder(tmp_path: Path, name: str) -> None:
    policy = write_policy(tmp_path / "policy")
    (policy / "model.safetensors").unlink()
    index = {"weight_map": {"model.norm.weight": name}}
    (policy / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(InputError, match="which is not in it"):
        weights_files(policy)


def test_a_checkpoint_names_a_checksum_of_each_file_of_a_resume(tmp_path: Path) -> None:
    checkpoints = tmp_path / "checkpoints"
    folder = checkpoints / "step-000001"
    (folder / "trainer").mkdir(parents=True)
    state = {"schema": 1, "step": 1, "optimizerSteps": 1, "tokens": 9}
    (folder / "trainer" / "state.json").write_text(json.dumps(state), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "notes.txt").write_text("anyone's", encoding="utf-8")
    files = ["model.safetensors", "trainer/state.json"]
    checksums = {name: sha256_of([folder / name]) for name in files}

    def newest(content: object) -> Checkpoint | None:
        (folder / "trainer" / "checksums.json").write_text(json.dumps(content), encoding="utf-8")
        return newest_checkpoint(checkpoints, {})

    assert newest(checksums) is not None
    for damaged in ({}, [], {files[0]: checksums[files[0]]}, {**checksums, "../../../outside": "0"}):
        with pytest.raises(InputError, match="The only checkpoint of this run is damaged") as refused:
            newest(damaged)
        assert "Restore one from a backup; or delete" in refused.value.hint


def _checkpoint(checkpoints: Path, step: int) -> Path:
    folder = checkpoints / f"step-{step:06d}"
    (folder / "trainer").mkdir(parents=True)
    state = {"schema": 1, "step": step, "optimizerSteps": step, "tokens": 9}
    (folder / "trainer" / "state.json").write_text(json.dumps(state), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"weights")
    checksums = {name: sha256_of([folder / name]) for name in ("model.safetensors", "trainer/state.json")}
    (folder / "trainer" / "checksums.json").write_text(json.dumps(checksums), encoding="utf-8")
    return folder


def test_damaged_checkpoints_push_no_whole_one_out(tmp_path: Path) -> None:
    for step in (30, 35, 40, 45, 50):
        folder = _checkpoint(tmp_path, step)
        if step >= 45:
            (folder / "model.safetensors").write_bytes(b"w")
    known: dict[Path, bool] = {}
    checkpoint = newest_checkpoint(tmp_path, known)
    assert checkpoint is not None
    assert checkpoint.step == 40
    prune(tmp_path, 2, known)
    assert sorted(path.name[-2:] for path in tmp_path.iterdir()) == ["35", "40", "45", "50"]
    prune(tmp_path, 1, known)
    assert sorted(path.name[-2:] for path in tmp_path.iterdir()) == ["40", "45", "50"]
    prune(tmp_path, 0, known)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes among files")
@pytest.mark.parametrize("name", ["model.safetensors", "trainer/checksums.json", "trainer/state.json"])
def test_a_pipe_in_the_place_of_a_file_is_named_and_not_waited_for(tmp_path: Path, name: str) -> None:
    file = _checkpoint(tmp_path, 1) / name
    file.unlink()
    os.mkfifo(file)
    # A pipe is no file, so that no checksum of it is asked for; one that is named is not read.
    with pytest.raises(InputError, match="is a device or a pipe"):
        newest_checkpoint(tmp_path, {})
