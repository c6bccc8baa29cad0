"""Seeds of what the processes of a run sample."""

from __future__ import annotations

from ..experiment.schema import Experiment
from ..tasks.counter_random import stream_of


def ranks_an_engine(experiment: Experiment) -> int:
    """Processes that hold one vLLM engine together: they draw the same."""
    vllm = experiment.torch.vllm
    return vllm.tensor_parallel if vllm is not None and vllm.mode == "colocate" else 1


def sampling_seed(experiment: Experiment, step: int, rank: int) -> int:
    """For what a process samples in a step (1-based)."""
    return (experiment.seed << 32) + stream_of("sampling", step * 4096 + rank // ranks_an_engine(experiment))
