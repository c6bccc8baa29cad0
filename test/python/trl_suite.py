"""TRL's own tests of GRPOTrainer, run against TRL and against G2RLTrainer, side by side.

    python trl_suite.py <the folder tests of a checkout of TRL> [pytest's arguments, such as -k or -x]

Where TRL's tests are at hand, this needs nothing else: their models are random stand-ins made here, under TRL's names
in a cache of the hub, and so are their prompts. Reported is what passes with TRL and not with G2RLTrainer: refusals (of
tools, top_p, …), which are allowed, and anything else, which is a fault. Exit code 1 for a fault.

Each trainer's tests run in a process of their own, with this module as pytest's plugin.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KINDS = ("trl", "g2rl, λ 0.5", "g2rl, λ 0")
ALLOWED = ("RefusedError", "UnsupportedModelError")
ORGANIZATION = "trl-internal-testing"
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 32}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8, "decoder_sparse_step": 1}
GLM = {"n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8, "first_k_dense_replace": 1}
NEMOTRON: dict[str, object] = {"layers_block_type": ["mamba", "attention"], "mamba_num_heads": 4, "mamba_head_dim": 8}
NEMOTRON |= {"ssm_state_size": 8, "n_groups": 1, "chunk_size": 8, "hybrid_override_pattern": "M*"}
MODELS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "tiny-Qwen2ForCausalLM-2.5": ("Qwen2", "qwen2_5", {}),
    "tiny-Qwen2ForSequenceClassification-2.5": ("Qwen2", "qwen2_5", {}),
    "tiny-Qwen3ForCausalLM": ("Qwen3", "qwen3", {"head_dim": 4}),
    "tiny-Qwen3ForSequenceClassification": ("Qwen3", "qwen3", {"head_dim": 4}),
    "tiny-Qwen3MoeForCausalLM": ("Qwen3Moe", "qwen3", {"head_dim": 4, **EXPERTS}),
    "tiny-LlamaForCausalLM-3.2": ("Llama", "llama3_2", {}),
    "tiny-LlamaForSequenceClassification-3.2": ("Llama", "llama3_2", {}),
    "tiny-MistralForCausalLM-0.2": ("Mistral", "qwen2_5", {"sliding_window": None}),
    "tiny-Cohere2ForCausalLM": ("Cohere2", "cohere2", {}),
    "tiny-Gemma2ForCausalLM": ("Gemma2", "gemma", {"head_dim": 4}),
    "tiny-Glm4MoeForCausalLM": ("Glm4Moe", "glm4moe", {"head_dim": 4, **GLM}),
    "tiny-GptOssForCausalLM": ("GptOss", "gptoss", {"head_dim": 4, "num_local_experts": 4, "num_experts_per_tok": 2}),
    "tiny-NemotronHForCausalLM-nano": ("NemotronH", "nemotron_3_nano", NEMOTRON),
}
"""Architecture, chat template of TRL, and what is particular to it."""
PROMPTS = (
    "Beautiful is better than", "Explicit is", "Simple is better", "Complex", "Flat is better than", "Sparse is better",
    "Readability", "Special cases aren't special", "Although practicality", "Errors should never", "Unless explicitly",
    "In the face of ambiguity,", "There should be", "Although that way may", "Now is better", "Although never is", "If",
)  # fmt: skip


# What pytest calls, in the process of one trainer.


def pytest_configure() -> None:
    """Before a test is imported: the trainer, the prompts, and what an older suite imports that TRL no longer has."""
    import datasets
    import trl

    def missing(name: str) -> Callable[..., bool]:
        if not name.startswith("is_"):
            raise AttributeError(name)
        return lambda *_arguments: False

    importlib.import_module("trl.import_utils").__getattr__ = missing
    datasets.load_dataset = prompts
    kind = os.environ["TRL_SUITE_KIND"]
    if kind != "trl":
        trl.GRPOTrainer = substitute(0.0 if kind.endswith(" 0") else 0.5)


def substitute(strength: float) -> type:
    from g2rl_torch import G2RLTrainer, ShapingSettings

    class Substitute(G2RLTrainer):
        """G2RLTrainer with what a test cannot give it."""

        def __init__(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401
            super().__init__(*arguments, settings=ShapingSettings(lambda_=strength), **keywords)

    return Substitute


def prompts(name: str, config: str, split: str | None = None, *, streaming: bool = False) -> Any:  # noqa: ANN401
    """In the place of TRL's own data set."""
    from datasets import Dataset, DatasetDict, IterableDatasetDict

    if name != f"{ORGANIZATION}/zen" or not config.endswith("prompt_only"):
        raise FileNotFoundError(f"{name} {config} has no stand-in")
    texts: dict[str, list[Any]] = {"train": list(PROMPTS), "test": list(PROMPTS[:2])}
    if config.startswith("conversational"):
        texts = {part: [[{"role": "user", "content": text}] for text in some] for part, some in texts.items()}
    parts: dict[str, Any] = {part: Dataset.from_dict({"prompt": some}) for part, some in texts.items()}
    if streaming:
        parts = {part: one.to_iterable_dataset() for part, one in parts.items()}
    if split is not None:
        return parts[split]
    return IterableDatasetDict(parts) if streaming else DatasetDict(parts)


def pytest_runtest_logreport(report: Any) -> None:  # noqa: ANN401 - pytest's own
    """Appends a line for each test: how it ended, and its last error."""
    if report.when != "call" and report.outcome == "passed":
        return
    crash = getattr(report.longrepr, "reprcrash", None)
    line = {"test": report.nodeid, "outcome": report.outcome, "error": crash.message if crash else ""}
    with Path(os.environ["TRL_SUITE_RESULTS"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


# What the script does.


def write_models(cache: Path) -> None:
    """Random models with TRL's names and chat templates; those without a stand-in cannot be found, as offline."""
    import torch
    import transformers
    import trl
    from tokenizers import Tokenizer
    from tokenizers.decoders import ByteLevel as ByteLevelDecoder
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel

    templates = Path(trl.__file__).parent / "chat_templates"
    alphabet = sorted(ByteLevel.alphabet())
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<pad>"]
    for name, (architecture, template, particular) in MODELS.items():
        folder = cache / f"models--{ORGANIZATION}--{name}"
        snapshot = folder / "snapshots" / "0"
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text("0", encoding="ascii")
        tokenizer = Tokenizer(BPE({character: index for index, character in enumerate(alphabet)}, []))
        tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.decoder = ByteLevelDecoder()
        tokenizer.add_special_tokens(special)
        fast = transformers.PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<pad>", model_max_length=4096
        )
        fast.chat_template = (templates / f"{template}.jinja").read_text(encoding="utf-8")
        fast.save_pretrained(snapshot)
        torch.manual_seed(0)
        ends = {"eos_token_id": fast.eos_token_id, "pad_token_id": fast.pad_token_id, "bos_token_id": None}
        sizes = {**SIZES, "num_key_value_heads": 2, **particular}
        config = getattr(transformers, f"{architecture}Config")(vocab_size=len(fast), **sizes, **ends)
        kind = "ForSequenceClassification" if "SequenceClassification" in name else "ForCausalLM"
        if kind == "ForSequenceClassification":
            config.num_labels = 1
        getattr(transformers, architecture + kind)(config).save_pretrained(snapshot)


def run(kind: str, tests: Path, place: Path, arguments: list[str]) -> dict[str, dict[str, str]]:
    """Results by test."""
    results = place / f"{kind}.jsonl"
    paths = [str(HERE), str(HERE.parents[1] / "src" / "torch"), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "HF_HOME": str(place / "hub"),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(paths),
        "TOKENIZERS_PARALLELISM": "false",
        "TRL_SUITE_KIND": kind,
        "TRL_SUITE_RESULTS": str(results),
    }
    command = [sys.executable, "-m", "pytest", "-p", "trl_suite", "-p", "no:cacheprovider", "-q", "--tb=short"]
    with (place / f"{kind}.log").open("wb") as log:
        subprocess.run(
            [*command, "tests/test_grpo_trainer.py", *arguments],
            cwd=tests.parent,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return {line["test"]: line for line in map(json.loads, lines)}


def main(source: Path, arguments: list[str]) -> int:
    place = Path(tempfile.mkdtemp(prefix="trl-suite-"))
    # In a folder of their own, so that no configuration of a checkout is read.
    tests = place / "tests"
    tests.mkdir()
    for name in ("__init__.py", "conftest.py", "testing_utils.py", "test_grpo_trainer.py"):
        shutil.copy(source / name, tests / name)
    write_models(place / "hub" / "hub")
    found = {kind: run(kind, tests, place, arguments) for kind in KINDS}
    passed = {test for test, line in found["trl"].items() if line["outcome"] == "passed"}
    print(f"Logs: {place}\n")
    if not passed:
        print("No test passes with TRL itself: its log says why.")
        return 2
    print(f"{'trainer':14}  pass  fail  skip  TRL passes, not here: refused  other")
    faults = 0
    for kind, lines in found.items():
        counts = Counter(line["outcome"] for line in lines.values())
        lost = {test: lines.get(test, {"error": "not run"})["error"] for test in sorted(passed)}
        lost = {test: error for test, error in lost.items() if lines.get(test, {}).get("outcome") != "passed"}
        refused = {test for test, error in lost.items() if any(name in error for name in ALLOWED)}
        faults += len(lost) - len(refused)
        numbers = (counts["passed"], counts["failed"], counts["skipped"], len(refused), len(lost) - len(refused))
        print("{:14} {:5} {:5} {:5} {:30} {:6}".format(kind, *numbers))
        for test, error in lost.items():
            first = error.splitlines()[0][:200] if error else ""
            print(f"    {'refused' if test in refused else 'FAILED '} {test.split('::', 1)[-1]}: {first}")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
