"""The evaluations of a run: which benchmarks are due after a step, and scoring them."""

from __future__ import annotations

from collections.abc import Callable

from accelerate import PartialState

from ..errors import StopRequested
from ..evaluation.benchmark import Place, Request, evaluate_policy
from ..experiment.schema import BenchmarkSettings
from ..files import log
from ..models.embedding import Embed
from ..sampling.sampler import Sampler
from ..tasks.verdicts import Benchmark
from .directory import RunDirectory
from .manifest import Manifest
from .ranks import from_rank_0
from .seeds import ranks_an_engine
from .status import Status
from .stopping import StopFlag


class Evaluations:
    """On all ranks, which call its methods together."""

    def __init__(
        self,
        manifest: Manifest,
        directory: RunDirectory,
        status: Status | None,
        flag: StopFlag,
        benchmarks: dict[str, Benchmark],
        sampler: Callable[[], Sampler],
        embed: Embed | None,
    ) -> None:
        """status: on rank 0. benchmarks: by name. sampler: makes one that samples from the policy as it is then.
        embed: of evaluation.embeddingModel.
        """
        self._manifest = manifest
        self._experiment = manifest.experiment
        self._directory = directory
        self._status = status
        self._flag = flag
        self._benchmarks = benchmarks
        self._sampler = sampler
        self._embed = embed
        self._scored = set(from_rank_0(directory.scored_benchmarks()))

    def due(self, step: int) -> bool:
        """Whether a benchmark is to be scored after a step and has not been yet."""
        every = self._experiment.evaluation.every
        wanted = step in (0, self._experiment.optimization.steps) or (every > 0 and step % every == 0)
        return wanted and any((step, one.name) not in self._scored for one in self._experiment.evaluation.benchmarks)

    def run_due(self, step: int) -> None:
        """Scores the benchmarks that are due after a step. Raises StopRequested."""
        if not self.due(step):
            return
        for benchmark in self._experiment.evaluation.benchmarks:
            if (step, benchmark.name) not in self._scored:
                self._run(step, benchmark)
                self._scored.add((step, benchmark.name))

    def _run(self, step: int, benchmark: BenchmarkSettings) -> None:
        name = benchmark.name

        def go_on(done: int, total: int) -> bool:
            if self._status is not None:
                progress = {"benchmark": name, "done": done, "total": total}
                self._status.change(state="evaluating", step=step, evaluation=progress)
            return not from_rank_0(self._flag.requested)

        request = Request(
            benchmark=name,
            samples=benchmark.samples,
            temperature=benchmark.temperature,
            seed=benchmark.seed,
            max_new_tokens=self._experiment.response_limit(benchmark),
            step=step,
            policy=self._policy_at(step),
            embedding_model=self._experiment.evaluation.embedding_model,
        )
        root = self._directory.root
        benchmark_of = self._benchmarks[name]
        record = evaluate_policy(self._sampler(), benchmark_of, request, root, go_on, self._place(), self._embed)
        if self._status is not None:
            self._status.change(evaluation=None)
        if record is None:
            raise StopRequested
        if self._status is not None:
            self._directory.append_benchmark(record)
            log(f"step {step} {name} pass@1 {record['pass_at_1']:.3f} pass@{record['k']} {record['pass_at_k']:.3f}")

    def _place(self) -> Place:
        state, together = PartialState(), ranks_an_engine(self._experiment)
        rank, ranks = state.process_index, state.num_processes
        return Place(rank // together, ranks // together, reports=rank % together == 0)

    def _policy_at(self, step: int) -> str:
        """What names the weights of a step: those of step 0 by their checksum, later ones by the run that made them."""
        start = self._manifest.policy_checksum or self._experiment.policy
        return start if step == 0 else f"step {step} of {self._manifest.id} from {start}"
