"""`as_if_on_gpus` with a vLLM server on a processor: what NCCL sends between GPUs goes through a file, which the server
is told to load.
"""

from __future__ import annotations

import runpy
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file
from trl.generation.vllm_client import VLLMClient


def nothing_to_join(_self: VLLMClient, device: object = 0) -> None:
    del device


def write_and_load(self: VLLMClient, _metadata: object, named_params: Iterator[tuple[str, torch.Tensor]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Tied weights share their storage, which the format has no word for.
        tensors = {name: weights.detach().clone().contiguous() for name, weights in named_params}
        save_file(tensors, Path(folder) / "model.safetensors", metadata={"format": "pt"})
        self._post(
            f"{self.base_url}/collective_rpc", json={"method": "reload_weights", "kwargs": {"weights_path": folder}}
        )


VLLMClient.init_communicator = nothing_to_join
VLLMClient.update_named_params = write_and_load
runpy.run_module("as_if_on_gpus", run_name="__main__")
