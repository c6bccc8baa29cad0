"""What a real machine has and this one lacks: other generation settings, several GPUs, a server that goes away."""

from __future__ import annotations

import http.server
import os
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from g2rl_torch.errors import InputError
from g2rl_torch.evaluation.benchmark import Request, evaluate_policy
from g2rl_torch.gpus import keep_to_one
from g2rl_torch.method.settings import ShapingSettings
from g2rl_torch.method.similarity import similarity_matrix, upper_triangle
from g2rl_torch.models.capture import SamplingCapture, features_from_hidden
from g2rl_torch.models.embedding import evaluation_embedder
from g2rl_torch.models.head import end_tokens_of
from g2rl_torch.run.seeds import sampling_seed
from g2rl_torch.sampling.by_transformers import PolicySampler
from g2rl_torch.tasks.countdown import CountdownBenchmark
from g2rl_torch.trl import configuration
from g2rl_torch.trl.server_watch import server_watched
from g2rl_torch.trl.trainer import G2RLTrainer
from policies import write_encoder, write_policy
from runs import experiment, lines_of, log_of, make_run, parsed, train
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"))


def answers(folder: Path, **generation: object) -> list[dict[str, Any]]:
    """An evaluation's responses to one problem, of a policy with generation settings of its own."""
    model = AutoModelForCausalLM.from_pretrained(folder)
    for name, value in generation.items():
        setattr(model.generation_config, name, value)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    sampler = PolicySampler(lambda: nullcontext(model), tokenizer, torch.device("cpu"))
    benchmark = CountdownBenchmark("countdown-test", 1)
    graded: list[list[str]] = []
    grade = benchmark.grade
    benchmark.grade = lambda index, texts: (graded.append(list(texts)), grade(index, texts))[1]  # type: ignore[method-assign]
    request = Request("countdown-test", 16, 1.0, 0, 24, 0, "")
    record = evaluate_policy(sampler, benchmark, request, None, lambda _done, _all: True)
    assert record is not None
    assert all(getattr(model.generation_config, name) == value for name, value in generation.items())
    return [{"text": text, "truncated": record["truncated"]} for text in graded[0]]


def test_an_evaluation_samples_from_the_policy_alone(policy: Path) -> None:
    """A generation_config.json may have penalties and cuts, which transformers fills in where a call says nothing."""
    assert answers(policy, repetition_penalty=1.5, min_p=0.3, no_repeat_ngram_size=2) == answers(policy)


def test_a_response_ends_with_any_of_the_models_end_tokens(policy: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(policy)
    plus = tokenizer("+")["input_ids"][0]
    found = answers(policy, eos_token_id=[plus])
    assert any(one["text"].endswith("+") for one in found)
    assert not any("+" in one["text"][:-1] for one in found)
    assert found[0]["truncated"] < answers(policy)[0]["truncated"]
    model = AutoModelForCausalLM.from_pretrained(policy)
    model.generation_config.eos_token_id = plus
    assert end_tokens_of(model, tokenizer) == [tokenizer.eos_token_id, plus]


def test_an_evaluation_keeps_the_geometry_of_its_responses(policy: Path, tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(policy)
    tokenizer = AutoTokenizer.from_pretrained(policy, padding_side="left")
    sampler = PolicySampler(lambda: nullcontext(model), tokenizer, torch.device("cpu"))
    benchmark = CountdownBenchmark("countdown-test", 3)
    encoder = write_encoder(tmp_path / "sentences")
    embed = evaluation_embedder(str(encoder), cpu=True)
    assert embed is not None
    request = Request("countdown-test", 4, 1.0, 0, 12, 0, "", str(encoder))
    record = evaluate_policy(sampler, benchmark, request, tmp_path, lambda _done, _all: True, embed=embed)
    assert record is not None
    header, *problems = lines_of(tmp_path / record["samples_file"])
    assert header["evaluation"]["embedding_model"] == str(encoder)
    assert sum(record["similarity_histogram"]) == 3 * 6
    for problem in problems:
        assert sum(problem["similarity_histogram"]) == 6
        assert sum(problem["similarity_histogram"][:10]) == round(6 * problem["negative_pair_ratio"])
        s = torch.eye(4, dtype=torch.float64)
        rows, columns = torch.triu_indices(4, 4, offset=1)
        s[rows, columns] = s[columns, rows] = torch.tensor(problem["similarity"], dtype=torch.float64)
        # The kept pairs are rounded.
        assert problem["logdet"] == pytest.approx(torch.logdet(torch.eye(4) + s).item(), abs=1e-2)
        texts = similarity_matrix(embed([one["text"] for one in problem["responses"]]))
        assert texts is not None
        assert problem["text_similarity_mean"] == pytest.approx(upper_triangle(texts).mean().item())
    for mean, of in (("logdet_mean", "logdet"), ("text_similarity_mean", "text_similarity_mean")):
        assert record[mean] == pytest.approx(sum(problem[of] for problem in problems) / 3)
    # Without a model nothing is said of the texts, and the header is as it has been.
    plain = Request("countdown-test", 2, 1.0, 0, 12, 0, "")
    record = evaluate_policy(sampler, benchmark, plain, tmp_path, lambda _done, _all: True)
    assert record is not None
    assert "text_similarity_mean" not in record
    assert "embedding_model" not in lines_of(tmp_path / record["samples_file"])[0]["evaluation"]


def test_rollouts_come_from_the_policy_alone(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = AutoModelForCausalLM.from_pretrained(policy)
    model.generation_config.min_p = 0.3
    seen: list[list[str]] = []
    processors = type(model)._get_logits_processor

    def spy(self: object, *arguments: object, **keywords: object) -> Any:  # noqa: ANN401 - transformers' own list
        found = processors(self, *arguments, **keywords)
        seen.append([type(one).__name__ for one in found])
        return found

    monkeypatch.setattr(type(model), "_get_logits_processor", spy)
    capture = SamplingCapture(model, 1.0, [1])
    with capture.watching():
        config = GenerationConfig(do_sample=True, top_k=0, max_new_tokens=2)
        model.generate(torch.tensor([[4, 5]]), generation_config=config)
    assert seen == [[]]


def test_a_scoring_pass_under_autocast_projects_in_float32() -> None:
    torch.manual_seed(0)
    head, hidden = torch.randn(64, 16), torch.randn(2, 6, 16)
    completions = [[1, 2, 3], [4, 5, 6, 7, 8, 9]]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = features_from_hidden(hidden, completions, head, None, 1.0)
    assert found.dtype == torch.float32
    rounded = hidden.bfloat16() @ head.bfloat16().T
    for row, tokens in enumerate(completions):
        sums = rounded[row, : len(tokens)].float().softmax(dim=-1).sum(dim=0)
        counts = torch.bincount(torch.tensor(tokens), minlength=64)
        torch.testing.assert_close(found[row], ((counts - sums) / len(tokens)) @ head, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("visible", "ranks", "expected"),
    [
        (None, "1", "0"),
        ("2,3", "1", "2"),
        (" 2 , 3", "1", "2"),
        ("GPU-1a, GPU-2b", "1", "GPU-1a"),
        ("", "1", ""),
        ("-1", "1", ""),
        ("-1,0", "1", ""),
        # CUDA sees nothing where one comes twice.
        ("0,0", "1", ""),
        ("0,1", "2", "0,1"),
    ],
)
def test_a_process_alone_keeps_to_one_gpu(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, ranks: str, expected: str
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setenv("WORLD_SIZE", ranks)
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    keep_to_one()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == expected
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


def test_the_order_of_gpus_that_a_person_wants_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    keep_to_one()
    assert os.environ["CUDA_DEVICE_ORDER"] == "FASTEST_FIRST"


def test_a_policy_is_not_spread_over_devices(tmp_path: Path) -> None:
    assert configuration.configuration(parsed(), tmp_path, 1).model_init_kwargs["device_map"] is None


def test_processes_wait_longer_for_each_other_than_a_checkpoint_takes(
    policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import torch.distributed as d\n"
        "start = d.init_process_group\n"
        "d.init_process_group = lambda *a, **k: (print('timeout', k['timeout'].total_seconds()), start(*a, **k))\n",
        encoding="utf-8",
    )
    directory = make_run(tmp_path, experiment(policy, optimization={"steps": 1}, evaluation={"benchmarks": []}))
    place = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29517"}
    for name, value in {**place, "PYTHONPATH": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    assert train(directory) == 0, log_of(directory)
    assert "timeout 7200.0" in log_of(directory)


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def test_a_server_that_is_gone_is_reported() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    gone = threading.Event()
    with server_watched(f"http://127.0.0.1:{server.server_port}", gone.set, poll=0.05, patience=0.3):
        assert not gone.wait(0.8)
        server.shutdown()
        server.server_close()
        assert gone.wait(5)
    gone.clear()
    with server_watched(f"http://127.0.0.1:{server.server_port}", gone.set, poll=0.05, patience=0.3):
        pass
    assert not gone.wait(0.6)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("HTTPConnectionPool(host='box', port=8000): Max retries exceeded with url: /inference"),
        Exception("Request failed: 500, Internal Server Error"),
    ],
)
def test_a_server_that_fails_is_named(policy: Path, tmp_path: Path, error: Exception) -> None:
    arguments = configuration.configuration(parsed(policy), tmp_path, 1)
    tokenizer = AutoTokenizer.from_pretrained(policy, padding_side="left")
    rows = [{"prompt": "3,7,12=27:"}] * 8
    trainer = G2RLTrainer(
        str(policy),
        [lambda prompts, **_: [0.0] * len(prompts)],
        arguments,
        settings=ShapingSettings(),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )

    def fail() -> None:
        with trainer._server_expected():
            raise error

    with pytest.raises(type(error)):
        fail()
    # As if rollouts came from a server, which this test is not about.
    trainer.use_vllm = True
    trainer.args.vllm_mode = "server"
    trainer.args.vllm_server_base_url = "http://box:8000"
    with pytest.raises(InputError, match="The vLLM server http://box:8000 failed") as told:
        fail()
    assert "torch.vllm.server" in told.value.hint


def test_processes_of_one_vllm_engine_draw_the_same(tmp_path: Path) -> None:
    content = parsed(torch={"vllm": {"mode": "colocate", "tensorParallel": 2}})
    seeds = [sampling_seed(content, step=3, rank=rank) for rank in range(4)]
    assert seeds[0] == seeds[1] != seeds[2] == seeds[3]
    alone = parsed(torch={"vllm": {"mode": "server", "server": "http://box:8000"}})
    assert len({sampling_seed(one, step=3, rank=rank) for rank in range(4) for one in (parsed(), alone)}) == 4
