"""Inputs: every type with its rules, defaults, dependencies, and all problems told at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.execution.flow_outputs import BadOutputs, render_outputs
from engine.execution.inputs import BadInputs, FileUpload, describe_inputs, resolve_declared, resolve_inputs, unknown
from engine.flow.model import Flow
from engine.storage.encryption import is_sealed, new_key, seal, unseal

KEY = new_key()


def render(value, variables):
    """Just enough of the expression language: one dotted name, or an equality of one with a text."""
    if not isinstance(value, str) or not (found := re.fullmatch(r"\{\{ *([\w.]+)(?: == '(\w*)')? *\}\}", value)):
        return value
    place = variables
    for part in found[1].split("."):
        place = place[part]
    return place if found[2] is None else place == found[2]


def resolve(declared, given=None, **places):
    declared = [declared] if isinstance(declared, dict) else declared
    return resolve_declared(declared, given or {}, render=render, encrypt=lambda text: seal(KEY, text), **places)


def problems(declared, given=None, **places):
    with pytest.raises(BadInputs) as refusal:
        resolve(declared, given, **places)
    return refusal.value.problems


def one(kind, value, **rules):
    return resolve({"id": "x", "type": kind, **rules}, {"x": value})["x"]


@pytest.mark.parametrize(
    ("kind", "value", "typed"),
    [
        ("STRING", "text", "text"),
        ("STRING", "", ""),
        ("STRING", True, "true"),
        ("STRING", 5, "5"),
        ("STRING", {"a": 1}, '{"a":1}'),
        ("INT", "42", 42),
        ("INT", "-7", -7),
        ("INT", 42, 42),
        ("FLOAT", "4.5", 4.5),
        ("FLOAT", 4, 4.0),
        ("BOOLEAN", "true", True),
        ("BOOLEAN", "TRUE", True),
        ("BOOLEAN", "yes", False),
        ("BOOL", False, False),
        ("DATETIME", "2024-05-31T12:00:00+02:00", "2024-05-31T10:00:00Z"),
        ("DATETIME", "2024-05-31T12:00:00.123Z", "2024-05-31T12:00:00.123Z"),
        ("DATE", "2024-05-31", "2024-05-31"),
        ("TIME", "18:27", "18:27:00"),
        ("TIME", "18:27:49", "18:27:49"),
        ("DURATION", "P1DT1H", "PT25H"),
        ("JSON", '{"a": [1, null]}', {"a": [1, None]}),
        ("JSON", {"a": 1}, {"a": 1}),
        ("JSON", '"text"', "text"),
        ("YAML", "a:\n  - 1\n  - b", {"a": [1, "b"]}),
        ("URI", "https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("EMAIL", "a.b+c@example.org", "a.b+c@example.org"),
        ("ARRAY", '["a", 1]', ["a", 1]),
        ("ARRAY", [1, 2], [1, 2]),
    ],
)
def test_a_value_is_read_as_its_type(kind, value, typed):
    found = one(kind, value)
    assert found == typed
    assert type(found) is type(typed)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("INT", "4.2"),
        ("INT", "x"),
        ("INT", ""),
        ("INT", True),
        ("INT", "2147483648"),
        ("FLOAT", "x"),
        ("FLOAT", "nan"),
        ("FLOAT", False),
        ("DATETIME", "2024-05-31T12:00:00"),
        ("DATETIME", "yesterday"),
        ("DATE", "31.5.2024"),
        ("DATE", "2024-02-30"),
        ("DATE", "20240531"),
        ("TIME", "25:00"),
        ("TIME", "6 pm"),
        ("DURATION", "1 hour"),
        ("JSON", "{"),
        ("JSON", "[NaN]"),
        ("YAML", "a: ["),
        ("URI", "http:/bla"),
        ("EMAIL", "nobody"),
        ("ARRAY", "a, b"),
        ("ARRAY", '{"a":1}'),
        ("FILE", "/etc/passwd"),
        ("FILE", "some text"),
        ("NOTHING", "x"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_told_with_what_would_fit(kind, value):
    (problem,) = problems({"id": "x", "type": kind}, {"x": value})
    assert problem.input == "x"
    assert problem.hint
    assert str(problem).startswith("x: Invalid input for `x`, ")


@pytest.mark.parametrize(
    ("kind", "rules", "good", "bad", "reason"),
    [
        (
            "STRING",
            {"validator": r"A\d+"},
            ["A1", "A123"],
            ["a1", "A1b", "", "xA1"],
            r"it must match the pattern `A\d+`",
        ),
        ("SECRET", {"validator": "[a-z]+"}, ["abc"], ["ABC"], "it must match the pattern `[a-z]+`"),
        ("INT", {"min": 10, "max": 20}, [10, "20"], [9], "it must be more than `10`"),
        ("INT", {"min": 10, "max": 20}, [15], ["21"], "it must be less than `20`"),
        ("FLOAT", {"min": 0.1}, [0.1], [0], "it must be more than `0.1`"),
        ("FLOAT", {"max": 10}, [10], [10.5], "it must be less than `10.0`"),
        ("EMAIL", {}, ["", "a@localhost", "a.b+c@example.com"], ["a", "a@b c"], "The input must be a valid email"),
        ("DURATION", {"min": "PT10S", "max": "PT1M"}, ["PT60S", "PT10S"], ["PT61S"], "It must be less than `PT1M`"),
        ("DATE", {"after": "2024-01-01"}, ["2024-01-01"], ["2023-12-31"], "it must be after `2024-01-01`"),
        ("TIME", {"before": "12:00:00"}, ["11:59", "12:00"], ["12:00:01"], "it must be before `12:00`"),
        (
            "DATETIME",
            {"after": "2024-01-01T00:00:00Z"},
            ["2024-01-01T01:00:00+01:00"],
            ["2024-01-01T00:59:59+01:00"],
            "it must be after `2024-01-01T00:00:00Z`",
        ),
        ("ENUM", {"values": ["A", "B"]}, ["A"], ["C", "a"], "it must match the values `[A, B]`"),
        (
            "SELECT",
            {"values": ["A", {"label": "bee", "value": "B"}]},
            ["B"],
            ["bee"],
            "it must match the values `[A, B]`",
        ),
        ("SELECT", {"values": ["A"], "allowCustomValue": True}, ["A", "Z"], [], ""),
        (
            "MULTISELECT",
            {"values": ["A", "B"]},
            [["A"], '["B", "A"]', []],
            [["A", "C"]],
            "it must match the values `[A, B]`",
        ),
        ("MULTISELECT", {"options": ["A"]}, [["A"]], [["B"]], "it must match the values `[A]`"),
        (
            "MULTISELECT",
            {"values": ["1", "2"], "itemType": "INT"},
            [[1], '["2"]'],
            [[3]],
            "it must match the values `[1, 2]`",
        ),
        (
            "ARRAY",
            {"itemType": "INT"},
            ["[1, 2]", '["3"]'],
            ['["s1"]'],
            "Unable to parse array element as `INT` on `s1`",
        ),
    ],
)
def test_rules_accept_and_refuse(kind, rules, good, bad, reason):
    for value in good:
        one(kind, value, **rules)
    for value in bad:
        (problem,) = problems({"id": "x", "type": kind, **rules}, {"x": value})
        assert problem.reason == reason


def test_array_items_are_typed():
    assert one("ARRAY", '["1", 2]', itemType="INT") == [1, 2]
    assert one("ARRAY", '["PT60S"]', itemType="DURATION") == ["PT1M"]


def test_every_problem_is_told_at_once_one_line_each():
    declared = [
        {"id": "count", "type": "INT", "max": 3},
        {"id": "name", "type": "STRING"},
        {"id": "fine", "type": "STRING", "defaults": "ok"},
        {"id": "when", "type": "DATE"},
    ]
    with pytest.raises(BadInputs) as refusal:
        resolve(declared, {"count": "4", "when": "soon"})
    assert refusal.value.message.splitlines() == [
        "count: Invalid input for `count`, it must be less than `3`, but received `4`",
        "name: Invalid input for `name`, missing required input, but received `null`",
        "when: Invalid input for `when`, Expected `DATE` but received `soon`, but received `soon`",
    ]
    assert refusal.value.kind == "invalid" and refusal.value.code == "invalid-inputs"
    assert "name: give a value for `name`" in refusal.value.hint


def test_an_optional_input_left_out_is_null_and_present():
    assert resolve({"id": "x", "type": "INT", "required": False}) == {"x": None}


def test_a_validator_knows_javas_classes_and_cannot_hang():
    assert one("STRING", "Ärger", validator=r"\p{L}+") == "Ärger"
    for pattern, text in (("(", "x"), ("(a|aa)+", "a" * 60 + "c")):
        (problem,) = problems({"id": "x", "type": "STRING", "validator": pattern}, {"x": text})
        assert "validator" in problem.reason


def test_a_default_stands_in_and_is_typed_and_checked_too():
    assert resolve({"id": "x", "type": "INT", "defaults": "5"}) == {"x": 5}
    assert resolve({"id": "x", "type": "BOOLEAN", "defaults": False}) == {"x": False}
    assert problems({"id": "x", "type": "INT", "defaults": 5, "max": 4})[0].received == "5"


def test_a_given_value_goes_before_the_default_even_an_empty_or_false_one():
    assert resolve({"id": "x", "type": "STRING", "defaults": "d"}, {"x": ""}) == {"x": ""}
    assert resolve({"id": "x", "type": "BOOLEAN", "defaults": True}, {"x": False}) == {"x": False}


def test_a_prefill_is_only_a_suggestion():
    assert resolve({"id": "x", "type": "STRING", "required": False, "prefill": "p"}) == {"x": None}


def test_a_default_may_use_what_the_input_depends_on():
    declared = [
        {"id": "b", "type": "STRING", "defaults": "{{ inputs.a }}", "dependsOn": {"inputs": ["a"]}},
        {"id": "a", "type": "STRING"},
    ]
    assert resolve(declared, {"a": "1"}) == {"b": "1", "a": "1"}


def test_what_an_input_does_not_depend_on_is_not_there():
    declared = [{"id": "a", "type": "STRING"}, {"id": "b", "type": "STRING", "defaults": "{{ inputs.a }}"}]
    with pytest.raises(KeyError):
        resolve(declared, {"a": "1"})


CHAIN = [
    {"id": "cloud", "type": "STRING"},
    {
        "id": "region",
        "type": "STRING",
        "dependsOn": {"inputs": ["cloud"], "condition": "{{ inputs.cloud == 'aws' }}"},
    },
    {"id": "zone", "type": "STRING", "dependsOn": {"inputs": ["region"]}},
]


def test_an_input_whose_condition_is_false_is_dropped_with_all_that_depend_on_it():
    assert resolve(CHAIN, {"cloud": "gcp", "region": "ignored"}) == {"cloud": "gcp"}


def test_an_input_whose_condition_is_true_is_required_like_any_other():
    assert [p.input for p in problems(CHAIN, {"cloud": "aws"})] == ["region"]
    assert resolve(CHAIN, {"cloud": "aws", "region": "r", "zone": "z"})["zone"] == "z"


def test_what_depends_on_a_refused_input_is_not_reported_on_top():
    assert [p.input for p in problems(CHAIN, {})] == ["cloud"]


def test_dependencies_in_a_circle_or_on_nothing_are_told():
    circle = [
        {"id": "a", "type": "STRING", "dependsOn": {"inputs": ["b"]}},
        {"id": "b", "type": "STRING", "dependsOn": {"inputs": ["a"]}},
        {"id": "c", "type": "STRING", "dependsOn": {"inputs": ["absent"]}},
    ]
    reasons = {p.input: p.reason for p in problems(circle, {"a": "1", "b": "1", "c": "1"})}
    assert "it depends on itself" in reasons.values()
    assert reasons["c"] == "it depends on `absent`, which is not an input"


def test_a_choice_may_take_its_values_from_an_expression():
    declared = [
        {"id": "all", "type": "ARRAY"},
        {"id": "pick", "type": "SELECT", "expression": "{{ inputs.all }}", "dependsOn": {"inputs": ["all"]}},
    ]
    assert resolve(declared, {"all": '["a", "b"]', "pick": "b"})["pick"] == "b"
    assert problems(declared, {"all": ["a"], "pick": "b"})[0].reason == "it must match the values `[a]`"
    assert problems({"id": "pick", "type": "SELECT", "expression": 5}, {"pick": "b"})[0].hint


def test_the_first_choice_is_taken_when_asked_for():
    assert resolve({"id": "x", "type": "SELECT", "values": ["a", "b"], "autoSelectFirst": True}) == {"x": "a"}
    assert resolve({"id": "x", "type": "MULTISELECT", "values": ["a"], "autoSelectFirst": True}) == {"x": ["a"]}


def test_a_secret_comes_out_sealed_and_is_never_shown():
    resolved = resolve({"id": "s", "type": "SECRET"}, {"s": "hush-hush"})
    assert is_sealed(resolved["s"]) and "hush" not in str(resolved)
    assert unseal(KEY, resolved) == {"s": "hush-hush"}
    (problem,) = problems({"id": "s", "type": "SECRET", "validator": "x"}, {"s": "hush-hush"})
    assert "hush" not in str(problem)


def test_a_secret_without_an_encryption_key_is_refused():
    with pytest.raises(BadInputs, match="encryption is not configured"):
        resolve_declared([{"id": "s", "type": "SECRET"}], {"s": "v"}, render=render)


def test_a_sealed_secret_passes_on_as_it_is_and_conditions_see_secrets_in_clear():
    sealed = seal(KEY, "v")
    assert resolve({"id": "s", "type": "SECRET"}, {"s": sealed}) == {"s": sealed}
    declared = [
        {"id": "s", "type": "SECRET"},
        {"id": "x", "type": "INT", "dependsOn": {"inputs": ["s"], "condition": "{{ inputs.s == 'open' }}"}},
    ]
    assert resolve(declared, {"s": "open", "x": 1})["x"] == 1


def test_a_file_is_stored_and_becomes_its_address():
    stored = []

    def put_file(input_id, name, content):
        stored.append((input_id, name, content))
        return f"kestra:///{input_id}/{name}"

    declared = [{"id": name, "type": "FILE"} for name in ("up", "path", "raw", "known")]
    given_files = {"up": FileUpload("a.csv", b"1"), "path": Path("/tmp/b.txt"), "raw": b"2", "known": "kestra:///x"}
    resolved = resolve(declared, given_files, put_file=put_file)
    assert resolved == {
        "up": "kestra:///up/a.csv",
        "path": "kestra:///path/b.txt",
        "raw": "kestra:///raw/raw",
        "known": "kestra:///x",
    }
    assert stored == [("up", "a.csv", b"1"), ("path", "b.txt", Path("/tmp/b.txt")), ("raw", "raw", b"2")]


def test_a_file_must_have_an_allowed_extension():
    declared = {"id": "f", "type": "FILE", "allowedFileExtensions": [".csv"]}
    places = {"put_file": lambda input_id, name, content: f"kestra:///{name}"}
    assert resolve(declared, {"f": FileUpload("A.CSV", b"")}, **places) == {"f": "kestra:///A.CSV"}
    (problem,) = problems(declared, {"f": FileUpload("a.txt", b"")}, **places)
    assert (problem.received, "`[.csv]`" in problem.reason) == ("a.txt", True)


def test_ids_with_dots_give_nested_values_and_take_nested_ones():
    declared = [{"id": "n.a", "type": "INT"}, {"id": "n.b.c", "type": "STRING"}]
    expected = {"n": {"a": 1, "b": {"c": "x"}}}
    assert resolve(declared, {"n.a": "1", "n.b.c": "x"}) == expected
    assert resolve(declared, {"n": {"a": 1, "b": {"c": "x"}}}) == expected


def test_the_inputs_of_a_form_lie_under_its_id():
    form = {
        "id": "form",
        "type": "FORM",
        "inputs": [
            {"id": "kind", "type": "STRING"},
            {
                "id": "more",
                "type": "INT",
                "dependsOn": {"inputs": ["kind"], "condition": "{{ inputs.form.kind == 'x' }}"},
            },
        ],
    }
    assert resolve(form, {"form": {"kind": "x", "more": "2"}}) == {"form": {"kind": "x", "more": 2}}
    assert resolve(form, {"form.kind": "y"}) == {"form": {"kind": "y"}}


def test_the_old_name_stands_in_for_the_id():
    assert resolve({"name": "x", "type": "INT"}, {"x": 1}) == {"x": 1}


def test_what_nothing_declares_is_ignored_and_can_be_listed():
    declared = [{"id": "a", "type": "STRING"}, {"id": "n.b", "type": "STRING", "required": False}]
    given_values = {"a": "1", "typo": "2", "n": {"b": "x"}}
    assert resolve(declared, given_values) == {"a": "1", "n": {"b": "x"}}
    assert unknown(declared, given_values) == ["typo"]


def test_a_long_received_value_is_cut():
    assert len(problems({"id": "x", "type": "INT"}, {"x": "y" * 100_000})[0].received) < 300


def test_a_form_learns_what_to_ask_for():
    flow = Flow("f", "a", (), inputs=({"id": "x", "type": "SELECT", "values": ["p", {"label": "Q", "value": "q"}]},))
    (described,) = describe_inputs(flow)
    assert described["values"] == [{"label": "p", "value": "p"}, {"label": "Q", "value": "q"}]
    assert (described["required"], described["displayName"]) == (True, "x")


@given(
    st.dictionaries(st.sampled_from("abcd"), st.text() | st.integers() | st.none() | st.lists(st.text()), max_size=4)
)
def test_whatever_is_given_either_resolves_to_json_or_is_refused(given_values):
    kinds = {"a": "INT", "b": "DURATION", "c": "JSON", "d": "ARRAY"}
    declared = [{"id": name, "type": kind, "required": False} for name, kind in kinds.items()]
    try:
        resolved = resolve(declared, given_values)
    except BadInputs as refusal:
        assert {p.input for p in refusal.problems} <= set(given_values)
    else:
        assert set(resolved) == set(kinds)


def outputs(*declared, values=None, **places):
    flow = Flow("f", "a", (), outputs=tuple(declared))
    return render_outputs(flow, lambda value: render(value, values or {}), **places)


def test_flow_outputs_are_rendered_and_typed():
    assert outputs(
        {"id": "n", "type": "INT", "value": "{{ n }}"},
        {"id": "j", "type": "JSON", "value": '{"a":1}'},
        {"id": "s", "type": "STRING", "value": "{{ m }}"},
        {"id": "any", "value": "{{ m }}"},
        {"id": "f", "type": "FILE", "value": "kestra:///a"},
        values={"n": "5", "m": {"x": 1}},
    ) == {"n": 5, "j": {"a": 1}, "s": '{"x":1}', "any": {"x": 1}, "f": "kestra:///a"}


def test_flow_outputs_that_do_not_fit_are_all_named():
    with pytest.raises(BadOutputs) as failure:
        outputs({"id": "a", "type": "INT", "value": "x"}, {"id": "b", "type": "BOOL"}, {"id": "c", "type": "FLOAT"})
    assert [line.split(",")[0] for line in failure.value.message.splitlines()] == [
        "Invalid output for `a`",
        "Invalid output for `b`",
        "Invalid output for `c`",
    ]


def test_a_null_output_is_allowed_where_it_is_optional_or_text():
    assert outputs({"id": "a", "type": "INT", "required": False, "value": "{{ n }}"}, values={"n": None}) == {"a": None}
    assert outputs({"id": "a", "type": "STRING", "value": "{{ n }}"}, values={"n": None}) == {"a": None}


def test_a_secret_output_is_sealed():
    sealed = outputs({"id": "a", "type": "SECRET", "value": "v"}, encrypt=lambda text: seal(KEY, text))
    assert unseal(KEY, sealed) == {"a": "v"}
    with pytest.raises(BadOutputs, match="encryption is not configured"):
        outputs({"id": "a", "type": "SECRET", "value": "v"})


def test_the_inputs_of_a_flow_are_those_it_declares():
    flow = Flow("f", "a", (), inputs=({"id": "x", "type": "INT"},))
    assert resolve_inputs(flow, {"x": "1"}, render=render) == {"x": 1}
