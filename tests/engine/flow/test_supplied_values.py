"""Properties that lack and can be only one thing, and ids that are there twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.edits import fix_all
from engine.flow.findings import errors

Flow = Callable[..., str]

UPLOAD = """
- id: download
  type: io.kestra.plugin.core.http.Download
  uri: https://kestra.io
- id: upload
  type: io.kestra.plugin.aws.s3.Upload
  {}
"""


def test_an_input_of_the_same_name_that_nothing_reads_is_meant(flow: Flow) -> None:
    tasks = UPLOAD.format('from: "{{ outputs.download.uri }}"\n  key: x')
    text = flow(tasks, "inputs:\n  - id: bucket\n    type: STRING\n")
    fixed, left = fix_all(text)
    assert 's3.Upload\n    bucket: "{{ inputs.bucket }}"\n' in fixed
    assert errors(left) == []


def test_the_file_that_nothing_reads_is_meant(flow: Flow) -> None:
    fixed, left = fix_all(flow(UPLOAD.format("bucket: b\n  key: x")))
    assert 's3.Upload\n    from: "{{ outputs.download.uri }}"\n' in fixed
    assert errors(left) == []


def test_what_all_neighbours_write_is_meant(flow: Flow) -> None:
    tasks = """
    - id: a
      type: io.kestra.plugin.jdbc.postgresql.Query
      url: jdbc:postgresql://db/x
      sql: select 1
    - id: b
      type: io.kestra.plugin.jdbc.postgresql.Queries
      sql: select 2
    """
    fixed, left = fix_all(flow(tasks))
    assert fixed.count("url: jdbc:postgresql://db/x\n") == 2
    assert errors(left) == []


def test_nothing_is_supplied_where_two_answers_are_possible(flow: Flow) -> None:
    tasks = """
    - id: a
      type: io.kestra.plugin.jdbc.postgresql.Query
      url: jdbc:postgresql://db/x
      sql: select 1
    - id: b
      type: io.kestra.plugin.jdbc.postgresql.Query
      url: jdbc:postgresql://db/y
      sql: select 1
    - id: c
      type: io.kestra.plugin.jdbc.postgresql.Query
      sql: select 2
    """
    text = flow(tasks)
    assert fix_all(text)[0] == text


def test_a_subflow_of_no_namespace_is_one_of_the_same(flow: Flow) -> None:
    fixed, left = fix_all(flow("- id: a\n  type: io.kestra.plugin.core.flow.Subflow\n  flowId: other"))
    assert 'Subflow\n    namespace: "{{ flow.namespace }}"\n' in fixed
    assert errors(left) == []


TWICE = """
- id: load
  type: io.kestra.plugin.core.http.Download
  uri: https://kestra.io
- id: {}
  type: io.kestra.plugin.core.{}
- id: show
  type: io.kestra.plugin.core.log.Log
  message: "{{{{ outputs.{}.{} }}}}"
"""


@pytest.mark.parametrize(
    ("second", "read", "field", "renamed"),
    [
        ("debug.Return\n  format: x", "made", "value", "made"),
        ("debug.Return\n  format: x", "load", "uri", "load_2"),
        ("http.Download\n  uri: https://x.io", "load", "uri", ""),
        ('log.Log\n  message: "{{ outputs.load.uri }}"', "zzz", "uri", "load_2"),
    ],
)
def test_the_second_of_two_gets_a_name_where_it_is_plain_which_is_read(
    second: str, read: str, field: str, renamed: str, flow: Flow
) -> None:
    text = flow(TWICE.format("load", second, read, field))
    fixed, _ = fix_all(text)
    assert fixed == (flow(TWICE.format(renamed, second, read, field)) if renamed else text)


def test_an_input_read_by_a_name_that_lacks_is_renamed_to_it(flow: Flow) -> None:
    inputs = "inputs:\n  - id: a_name\n    type: STRING\n  - id: a_name\n    type: STRING\n"
    log = '- id: l\n  type: io.kestra.plugin.core.log.Log\n  message: "{{ inputs.a_name }} {{ inputs.b_name }}"'
    fixed, left = fix_all(flow(log, inputs))
    assert "  - id: b_name\n" in fixed
    assert [f for f in left if f.severity != "hint"] == []


def test_every_finding_says_what_to_do(flow: Flow) -> None:
    for found in check_flow(flow("- id: a\n  type: io.kestra.plugin.core.flow.Subflow\n- id: a\n  type: x.y.Z")):
        assert found.hint
