"""Files behind kestra:// URIs: where they lie, who may read them, what can never get in or out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError, NotFound, Refused
from engine.storage.files import ExecutionRef, FileStore

OTHER = ExecutionRef("company.team", "other-flow", "exec2")


def test_a_task_file_lies_under_namespace_flow_execution_task_and_run(store, ref):
    files = store.execution(ref, task_id="My_Task", task_run_id="run1")
    uri = files.put_bytes(b"hello", "out.txt")
    assert uri == "kestra:///company/team/my-flow/executions/exec1/tasks/my-task/run1/out.txt"
    assert files.open(uri).read_bytes() == b"hello"
    assert files.size(uri) == 5


def test_an_input_file_lies_under_inputs(store, ref):
    uri = store.execution(ref).put_input("data", "a b.csv", b"x")
    assert uri == "kestra:///company/team/my-flow/executions/exec1/inputs/data/a%20b.csv"
    assert store.execution(ref).open(uri).read_bytes() == b"x"


def test_a_local_file_is_copied_under_its_own_name(store, ref, tmp_path):
    source = tmp_path / "report.json"
    source.write_text("{}")
    files = store.execution(ref, task_id="t", task_run_id="r")
    uri = files.put(source)
    source.write_text("changed")
    assert uri.endswith("/report.json")
    assert files.open(uri).read_text() == "{}"


@pytest.mark.parametrize("name", ["é ü.txt", "100%.txt", "a+b&c=d.csv", "q?x#y.txt", "日本.bin", "sub/dir/f.txt"])
def test_any_name_survives_the_way_through_the_uri(store, ref, name):
    files = store.execution(ref, task_id="t", task_run_id="r")
    assert files.open(files.put_bytes(b"1", name)).read_bytes() == b"1"


def test_a_file_of_another_execution_is_refused(store, ref):
    theirs = store.execution(OTHER, task_id="t", task_run_id="r").put_bytes(b"private", "x")
    with pytest.raises(Refused, match="another execution") as refusal:
        store.execution(ref).open(theirs)
    assert refusal.value.code == "file-of-another-execution"


def test_a_file_of_the_parent_can_be_read_once_it_is_named_readable(store, ref):
    theirs = store.execution(OTHER, task_id="t", task_run_id="r").put_bytes(b"shared", "x")
    readable: list[ExecutionRef] = []
    files = store.execution(ref, readable=readable)
    with pytest.raises(Refused):
        files.open(theirs)
    readable.append(OTHER)
    assert files.open(theirs).read_bytes() == b"shared"


def test_an_execution_whose_id_begins_alike_is_still_another(store):
    theirs = store.execution(ExecutionRef("a", "f", "id12"), task_id="t", task_run_id="r").put_bytes(b"", "x")
    with pytest.raises(Refused):
        store.execution(ExecutionRef("a", "f", "id1")).open(theirs)


def test_namespace_files_can_be_read_by_both_kinds_of_address(store, ref):
    files = store.execution(ref)
    uri = files.namespace_put("company.data", "queries/a.sql", b"select 1")
    assert uri == "kestra:///company/data/_files/queries/a.sql"
    assert files.open(uri).read_bytes() == b"select 1"
    assert files.open("nsfile://company.data/queries/a.sql").read_bytes() == b"select 1"
    with pytest.raises(NotFound):
        files.open("nsfile:///queries/a.sql")  # the flow's own namespace has none


def test_a_folder_called_like_namespace_files_within_an_execution_gives_no_access(store, ref):
    theirs = store.execution(OTHER, task_id="t", task_run_id="r").put_bytes(b"", "_files/x")
    with pytest.raises(Refused):
        store.execution(ref).open(theirs)


@pytest.mark.parametrize(
    "uri",
    [
        "kestra:///company/team/my-flow/executions/exec1/../../../../../../etc/passwd",
        "kestra:///company/team/my-flow/executions/exec1/%2e%2e/%2e%2e/x",
        "kestra://host/company/team/my-flow/executions/exec1/x",
        "kestra:///company/team/my-flow/executions/exec1/x?y",
        "nsfile:///../../secret",
        "nsfile://../x",
        "file:///etc/passwd",
        "http://example.com/x",
        "/etc/passwd",
        "",
    ],
)
def test_addresses_that_lead_elsewhere_are_refused(store, ref, uri):
    with pytest.raises(Refused):
        store.execution(ref).open(uri)


def test_local_files_are_readable_below_an_allowed_root_only(store, ref, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    (tmp_path / "secret.txt").write_text("s")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "secret.txt")
    files = store.execution(ref, allowed_file_roots=[tmp_path / "in"])
    assert files.open(f"file://{tmp_path}/in/a.txt").read_text() == "a"
    for path in ("secret.txt", "in/../secret.txt", "in/link"):
        with pytest.raises(Refused):
            files.open(f"file://{tmp_path}/{path}")


def test_a_link_left_in_the_working_directory_cannot_carry_a_file_out(store, ref, tmp_path):
    work = tmp_path / "work"
    (work / "sub").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("s")
    (work / "file").symlink_to(tmp_path / "outside" / "secret")
    (work / "dir").symlink_to(tmp_path / "outside")
    (work / "real").write_text("r")
    (work / "inner").symlink_to(work / "real")
    files = store.execution(ref, task_id="t", task_run_id="r", working_dir=work)
    for path in (work / "file", work / "dir" / "secret", tmp_path / "outside" / "secret"):
        with pytest.raises(Refused):
            files.put(path)
    assert files.open(files.put(work / "inner")).read_text() == "r"


def test_links_and_devices_are_not_stored(store, ref, tmp_path):
    (tmp_path / "link").symlink_to("/etc/hostname")
    files = store.execution(ref, task_id="t", task_run_id="r")
    for path in (tmp_path / "link", Path("/dev/zero"), tmp_path):
        with pytest.raises(Refused):
            files.put(path, "x")
    with pytest.raises(NotFound):
        files.put(tmp_path / "absent")


def test_a_link_planted_in_the_storage_is_not_followed(store, ref, tmp_path):
    files = store.execution(ref, task_id="t", task_run_id="r")
    place = files.open(files.put_bytes(b"", "x")).parent
    (place / "planted").symlink_to("/etc/hostname")
    (place / "folder").symlink_to(tmp_path)
    top = "kestra:///company/team/my-flow/executions/exec1/tasks/t/r"
    with pytest.raises(Refused):
        files.open(f"{top}/planted")
    with pytest.raises(Refused):
        files.put_bytes(b"", "folder/escaped")
    assert not (tmp_path / "escaped").exists()


def test_storing_again_replaces_and_leaves_nothing_behind(store, ref):
    files = store.execution(ref, task_id="t", task_run_id="r")
    files.put_bytes(b"one", "x")
    uri = files.put_bytes(b"two", "x")
    assert files.open(uri).read_bytes() == b"two"
    assert list((store.disk.root / ".parts").iterdir()) == []


def test_a_failed_copy_leaves_the_old_file_and_no_rest(store, ref, tmp_path):
    files = store.execution(ref, task_id="t", task_run_id="r")
    uri = files.put_bytes(b"old", "x")
    with pytest.raises(NotFound):
        files.put(tmp_path / "absent", "x")
    assert files.open(uri).read_bytes() == b"old"
    assert list((store.disk.root / ".parts").iterdir()) == []


def test_files_of_an_execution_can_be_deleted_by_run_and_as_a_whole(store, ref):
    one = store.execution(ref, task_id="t", task_run_id="r1")
    two = store.execution(ref, task_id="t", task_run_id="r2")
    given_file = one.put_input("f", "f", b"")
    one.put_bytes(b"", "a")
    kept = two.put_bytes(b"", "a")
    other = store.execution(OTHER, task_id="t", task_run_id="r").put_bytes(b"", "a")
    assert store.delete_task_run(ref, "t", "r1") == 1
    assert two.exists(kept)
    assert two.delete_execution_files(only_task_runs=True) == 1
    assert two.exists(given_file)
    assert store.delete_execution(ref) == 1
    assert not two.exists(given_file)
    assert store.execution(OTHER).exists(other)
    assert store.delete_execution(ref) == 0


def test_one_file_can_be_deleted_but_not_one_of_another_execution(store, ref):
    files = store.execution(ref, task_id="t", task_run_id="r")
    uri = files.put_bytes(b"", "a")
    theirs = store.execution(OTHER, task_id="t", task_run_id="r").put_bytes(b"", "a")
    assert files.delete(uri) is True
    assert files.delete(uri) is False
    with pytest.raises(Refused):
        files.delete(theirs)


def test_the_cache_of_a_working_directory_outlives_its_execution(store, ref, tmp_path):
    archive = tmp_path / "c.zip"
    archive.write_bytes(b"zip")
    assert store.get_cache("company.team", "my-flow", "dir") is None
    store.put_cache("company.team", "my-flow", "dir", archive)
    store.delete_execution(ref)
    found = store.get_cache("company.team", "my-flow", "dir")
    assert found is not None and found[0].read_bytes() == b"zip" and found[1].tzinfo is not None
    assert store.delete_cache("company.team", "my-flow", "dir") is True


def test_namespace_files_are_listed_moved_and_deleted(store):
    files = store.namespaces
    files.put("company", "/a.txt", b"1")
    files.put("company", "d/b.txt", b"2")
    files.put("company.sub", "c.txt", b"3")
    assert files.list("company") == ["a.txt", "d/b.txt"]
    files.move("company", "a.txt", "e/a.txt")
    assert files.get("company", "e/a.txt").read_bytes() == b"1"
    assert files.delete("company", "d") is True
    assert files.delete("company", "d") is False
    assert files.list("company") == ["e/a.txt"]
    assert files.list("nothing.here") == []


@pytest.mark.parametrize("namespace", ["", "..", "a..b", "a/b", "/etc", "a.", "a b", "x" * 151, "a\n"])
def test_what_is_no_namespace_is_refused(store, namespace):
    with pytest.raises(Refused):
        store.namespaces.put(namespace, "x", b"")


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(st.sampled_from("./\\%2eE\ud800\x00a~"), max_size=12))
def test_no_name_whatever_writes_outside_the_task_run(name):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "storage"
        store = FileStore(root, durable=False)
        files = store.execution(ExecutionRef("a", "f", "e"), task_id="t", task_run_id="r")
        try:
            uri = files.put_bytes(b"x", name)
        except EngineError:
            written = [p for p in root.rglob("*") if p.is_file()]
            assert written == []
            return
        assert files.open(uri).resolve().is_relative_to(root.resolve() / "a/f/executions/e/tasks/t/r")


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(st.sampled_from("./\\%2eE\ud800\x00a~"), max_size=12))
def test_no_address_whatever_reads_outside_the_storage(text):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "storage"
        (Path(folder) / "secret").write_text("s")
        files = FileStore(root, durable=False).execution(ExecutionRef("a", "f", "e"))
        for uri in (text, f"kestra:///{text}", f"nsfile:///{text}", f"kestra:///a/f/executions/e/{text}"):
            with pytest.raises(EngineError):
                files.open(uri)
