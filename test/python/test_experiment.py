"""The experiment as Python reads it: held against the schema that the editor has, and errors that name the field."""

from __future__ import annotations

import json
import types
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from g2rl_torch.errors import InputError
from g2rl_torch.evaluation.checkpoint import AskedBenchmark, parse_request
from g2rl_torch.experiment.parse import FieldError, fields_of, parse
from g2rl_torch.experiment.schema import Experiment, RolloutSettings, TorchSettings
from g2rl_torch.run.manifest import read_manifest
from runs import experiment, make_run

SCHEMA = Path(__file__).parents[2] / "media" / "schema" / "experiment.schema.json"
Kind = frozenset[Any]


def kind_in_python(hint: Any) -> Kind:  # noqa: ANN401
    """What JSON a field takes, in a form that the schema's can be compared with; that a field is optional aside."""
    if get_origin(hint) in (Union, types.UnionType):
        return frozenset().union(*(kind_in_python(one) for one in get_args(hint) if one is not type(None)))
    if get_origin(hint) is Literal:
        return frozenset(get_args(hint))
    if get_origin(hint) is tuple:
        item, _ = get_args(hint)
        return frozenset({("array", kind_in_python(item))})
    if is_dataclass(hint):
        return frozenset({"object"})
    return frozenset({{int: "integer", float: "number", bool: "boolean", str: "string"}[hint]})


def kind_in_schema(schema: dict[str, Any]) -> Kind:
    if "anyOf" in schema:
        return frozenset().union(*(kind_in_schema(one) for one in schema["anyOf"]))
    if "const" in schema:
        return frozenset({schema["const"]})
    if "enum" in schema:
        return frozenset(schema["enum"])
    if schema["type"] == "array":
        return frozenset({("array", kind_in_schema(schema["items"]))})
    return frozenset({schema["type"]})


def differences(kind: Any, schema: dict[str, Any], place: str = "experiment") -> list[str]:  # noqa: ANN401
    """Where a dataclass is not what the schema says."""
    found = []
    own = {one.name: one for one in fields(kind)}
    for field in fields_of(kind):
        where = f"{place}.{field.key}"
        expected = schema["properties"].get(field.key)
        if expected is None:
            found.append(f"{where} is not in the schema")
            continue
        if kind_in_python(field.type) != kind_in_schema(expected):
            found.append(f"{where} is {field.type} here, {kind_in_schema(expected)} in the schema")
        default = own[field.name].default
        if default is not MISSING and (None if default is None else json.loads(json.dumps(default))) != expected.get(
            "default"
        ):
            found.append(f"{where} is {default} by default, {expected.get('default')} in the schema")
        for inner in get_args(field.type) or (field.type,):
            if is_dataclass(inner):
                found += differences(inner, expected.get("items", expected), where)
    return found


def test_all_that_is_read_is_in_the_schema() -> None:
    assert differences(Experiment, json.loads(SCHEMA.read_text(encoding="utf-8"))["if"]) == []


def test_a_difference_from_the_schema_is_found() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))["if"]
    rollout, torch = schema["properties"]["rollout"]["properties"], schema["properties"]["torch"]["properties"]
    del rollout["groupSize"]
    rollout["temperature"]["type"] = "integer"
    torch["vllm"]["properties"]["gpuMemoryUtilization"]["default"] = 0.5
    schema["properties"]["evaluation"]["properties"]["benchmarks"]["items"]["properties"]["seed"]["type"] = "string"
    places = [text.split(" ")[0] for text in differences(Experiment, schema)]
    assert places == [
        "experiment.rollout.groupSize",
        "experiment.rollout.temperature",
        "experiment.evaluation.benchmarks.seed",
        "experiment.torch.vllm.gpuMemoryUtilization",
    ]


def test_numbers_stay_as_they_are_written_and_unknown_fields_do_not_matter() -> None:
    content = {"promptsPerStep": 4.0, "groupSize": 2, "temperature": 1, "maxNewTokens": 8, "keep": 3, "later": {}}
    found = parse(RolloutSettings, content)
    assert found == RolloutSettings(4, 2, 1, 8, 3)
    assert type(found.prompts_per_step) is int
    assert parse(TorchSettings, {"vllm": None, "lora": {"targets": ["q", "v"]}}).lora is not None
    assert parse(Experiment, experiment()).task.number_counts == (3, 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rollout": {"groupSize": "8"}}, "experiment.rollout.groupSize: must be an integer, not '8'."),
        ({"rollout": {"groupSize": True}}, "experiment.rollout.groupSize: must be an integer, not True."),
        ({"rollout": {"groupSize": 1.5}}, "experiment.rollout.groupSize: must be an integer, not 1.5."),
        ({"rollout": {"temperature": None}}, "experiment.rollout.temperature: must be a number, not null."),
        ({"rollout": {"keep": "some"}}, "experiment.rollout.keep: must be 'all' or 'none' or an integer, not 'some'."),
        ({"task": {"name": "chess"}}, "experiment.task.name: must be 'countdown' or 'problems', not 'chess'."),
        ({"task": {"numberCounts": [3, "4"]}}, "experiment.task.numberCounts[1]: must be an integer, not '4'."),
        ({"task": {"numberCounts": 3}}, "experiment.task.numberCounts: must be a list, not 3."),
        ({"torch": {"cpu": 1}}, "experiment.torch.cpu: must be true or false, not 1."),
        ({"torch": {"lora": "yes"}}, "experiment.torch.lora: must be an object, not 'yes'."),
        ({"evaluation": {"benchmarks": [{"name": "a"}]}}, "experiment.evaluation.benchmarks[0].samples: is missing."),
        ({"threads": {"number": 2}}, "experiment.threads: must be an integer, not an object."),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldError) as caught:
        parse(Experiment, experiment(**changes), "experiment")
    assert str(caught.value) == message


def test_a_missing_field_of_a_run_is_named_with_its_file(tmp_path: Path) -> None:
    content = experiment()
    del content["optimization"]["learningRate"]
    directory = make_run(tmp_path, content)
    with pytest.raises(InputError) as caught:
        read_manifest(directory)
    assert str(caught.value) == f"{directory / 'run.json'}: experiment.optimization.learningRate: is missing."
    assert "again" in caught.value.hint
    manifest = json.loads((directory / "run.json").read_text(encoding="utf-8"))
    (directory / "run.json").write_text(json.dumps({**manifest, "schema": 3}), encoding="utf-8")
    with pytest.raises(InputError, match="newer"):
        read_manifest(directory)


def test_a_request_to_evaluate_is_checked_like_an_experiment() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))["if"]
    benchmarks = schema["properties"]["evaluation"]["properties"]["benchmarks"]
    assert differences(AskedBenchmark, benchmarks["items"]) == []
    benchmark = {"name": "sums", "samples": 2, "temperature": 0, "seed": 4, "maxNewTokens": 6, "answerAs": "text"}
    request = {"folder": "/a", "step": 2, "run": "/b", "problems": "/c", "benchmark": benchmark, "vllm": None}
    assert parse_request(json.dumps(request)).benchmark == AskedBenchmark("sums", 2, 0, 4, 6)
    del benchmark["maxNewTokens"]
    with pytest.raises(InputError, match=r"cannot be read: request\.benchmark\.maxNewTokens: is missing\.") as caught:
        parse_request(json.dumps(request))
    assert caught.value.hint == "Update G2RL Lab."
    with pytest.raises(InputError, match="cannot be read"):
        parse_request("{")
