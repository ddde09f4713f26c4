"""Tasks on stored files, namespace files, archives and allowed folders."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError, TaskFailed
from engine.tasks.ion import read_rows


def test_write_size_and_delete(make_task: Any) -> None:
    task = make_task("core.storage.Write", content="hé {{ 1 + 1 }}", extension=".txt")
    uri = task.outputs()["uri"]
    assert uri.endswith(".txt") and task.read(uri) == "hé 2"
    assert make_task("core.storage.Size", uri=uri).outputs() == {"size": 5}
    assert make_task("core.storage.Delete", uri=uri).outputs() == {"uri": uri, "deleted": True}
    assert make_task("core.storage.Delete", uri=uri).outputs()["deleted"] is False
    with pytest.raises(TaskFailed, match="no file"):
        make_task("core.storage.Delete", uri=uri, errorOnMissing=True).result()


def test_concat_joins_files_from_a_list_or_json_text(make_task: Any) -> None:
    task = make_task("core.storage.Concat", separator="\n", extension=".txt")
    uris = [task.store("a", "1"), task.store("b", "2")]
    task.variables["uris"] = uris
    task.properties = {**task.properties, "files": "{{ uris }}"}
    assert task.read(task.outputs()["uri"]) == "1\n2\n"
    task.properties = {**task.properties, "files": uris}
    assert task.read(task.outputs()["uri"]) == "1\n2\n"


@pytest.mark.parametrize(
    ("how", "parts"),
    [
        ({"rows": 2}, ["1\n2\n", "3\n4\n", "5\n"]),
        ({"partitions": 2}, ["1\n3\n5\n", "2\n4\n"]),
        ({"bytes": "4"}, ["1\n2\n", "3\n4\n", "5\n"]),
        ({"bytes": "3"}, ["1\n2\n", "3\n4\n", "5\n"]),
        ({"rows": 3, "separator": ";"}, ["1;2;3;", "4;5;"]),
        ({"regexPattern": "([1-3])"}, ["1\n", "2\n", "3\n"]),
    ],
)
def test_split_cuts_by_rows_partitions_bytes_or_pattern(make_task: Any, how: dict[str, Any], parts: list[str]) -> None:
    task = make_task("core.storage.Split")
    task.properties = {"from": task.store("n.txt", "1\n2\n3\n4\n5\n"), **how}
    uris = task.outputs()["uris"]
    assert [task.read(uri) for uri in uris] == parts
    assert all(uri.endswith(".txt") for uri in uris)


def test_split_needs_to_be_told_how(make_task: Any) -> None:
    task = make_task("core.storage.Split")
    task.properties = {"from": task.store("n.txt", "1\n")}
    with pytest.raises(TaskFailed, match="Invalid configuration"):
        task.outputs()


@pytest.mark.parametrize("text", ["a\r\n\r\nb\r\n", "a\r\rb", "a\n\nb\n"])
def test_split_takes_every_line_end_and_keeps_empty_lines(make_task: Any, text: str) -> None:
    task = make_task("core.storage.Split")
    task.properties = {"from": task.store("n.txt", text), "rows": 1}
    assert [task.read(uri) for uri in task.outputs()["uris"]] == ["a\n", "\n", "b\n"]


def test_split_of_nothing_gives_nothing(make_task: Any) -> None:
    task = make_task("core.storage.Split", rows=2)
    task.properties = {**task.properties, "from": task.store("n.txt", "")}
    assert task.outputs() == {"uris": []}


def test_reverse_puts_the_last_line_first(make_task: Any) -> None:
    task = make_task("core.storage.Reverse")
    task.properties = {"from": task.store("n.txt", "1\n2\n3\n")}
    assert task.read(task.outputs()["uri"]) == "3\n2\n1\n"


def test_filter_items_keeps_rows_by_their_own_fields(make_task: Any) -> None:
    task = make_task("core.storage.FilterItems")
    task.properties = {"from": task.store("r.ion", "{n:1}\n{n:2}\n{n:3}\n"), "filterCondition": "{{ n > 1 }}"}
    outputs = task.outputs()
    assert (outputs["processedItemsTotal"], outputs["droppedItemsTotal"]) == (3, 1)
    assert list(read_rows(task.files.open(outputs["uri"]))) == [{"n": 2}, {"n": 3}]
    task.properties = {**task.properties, "filterType": "EXCLUDE"}
    assert list(read_rows(task.files.open(task.outputs()["uri"]))) == [{"n": 1}]
    task.properties = {**task.properties, "filterCondition": "{{ missing > 1 }}"}
    with pytest.raises(TaskFailed, match="filterCondition"):
        task.result()
    task.properties = {**task.properties, "errorOrNullBehavior": "EXCLUDE"}
    assert task.outputs()["droppedItemsTotal"] == 3


def test_deduplicate_items_keeps_the_last_of_each_key(make_task: Any) -> None:
    task = make_task("core.storage.DeduplicateItems", expr="{{ k }}")
    task.properties = {**task.properties, "from": task.store("r.ion", "{k:1,v:1}\n{k:2,v:2}\n{k:1,v:3}\n")}
    outputs = task.outputs()
    assert list(read_rows(task.files.open(outputs["uri"]))) == [{"k": 2, "v": 2}, {"k": 1, "v": 3}]
    assert (outputs["numKeys"], outputs["droppedItemsTotal"]) == (2, 1)


def test_local_files_places_inputs_and_keeps_outputs(make_task: Any) -> None:
    task = make_task("core.storage.LocalFiles", inputs={"a.txt": "1", "b.csv": "2"}, outputs=["*.csv"])
    uris = task.outputs()["uris"]
    assert set(uris) == {"b.csv"} and (task.working_dir / "a.txt").read_text() == "1"


def test_purge_deletes_the_files_of_the_execution(make_task: Any) -> None:
    task = make_task("core.storage.PurgeCurrentExecutionFiles")
    uri = task.store("a", "1")
    task.result()
    with pytest.raises(EngineError):
        task.files.open(uri)


def test_namespace_files_are_uploaded_downloaded_and_deleted(make_task: Any) -> None:
    task = make_task("core.namespace.UploadFiles", namespace="company.team", destination="/lib")
    task.properties = {**task.properties, "filesMap": {"a.txt": task.store("x", "1")}}
    assert set(task.outputs()["files"]) == {"lib/a.txt"}
    task.properties = {**task.properties, "conflict": "ERROR"}
    with pytest.raises(TaskFailed, match="exists already"):
        task.result()
    down = make_task("core.namespace.DownloadFiles", namespace="company.team", files=["**/*.txt"])
    files = down.outputs()["files"]
    assert set(files) == {"lib/a.txt"} and down.read(files["lib/a.txt"]) == "1"
    gone = make_task("core.namespace.DeleteFiles", namespace="company.team", files="lib/**")
    assert gone.outputs() == {"files": {"lib/a.txt": True}}


def test_upload_takes_files_of_the_working_folder_by_pattern(make_task: Any) -> None:
    task = make_task("core.namespace.UploadFiles", namespace="company.team", files=["src/**"])
    (task.working_dir / "src").mkdir()
    (task.working_dir / "src/main.py").write_text("1")
    (task.working_dir / "other.py").write_text("2")
    assert set(task.outputs()["files"]) == {"src/main.py"}


def test_states_outlive_the_task_and_grow(make_task: Any) -> None:
    flow = {"flow": {"id": "f"}}
    make_task("core.state.Set", VARIABLES=flow, data={"a": 1}).result()
    assert make_task("core.state.Set", VARIABLES=flow, data={"b": 2}).outputs()["count"] == 2
    assert make_task("core.state.Get", VARIABLES=flow).outputs() == {"count": 2, "data": {"a": 1, "b": 2}}
    assert make_task("core.state.Get", VARIABLES={"flow": {"id": "other"}}).outputs()["data"] == {}
    assert make_task("core.state.Delete", VARIABLES=flow).outputs() == {"deleted": True}
    with pytest.raises(TaskFailed, match="no state"):
        make_task("core.state.Get", VARIABLES=flow, errorOnMissing=True).result()


def test_metrics_are_published_with_their_kind(make_task: Any) -> None:
    metrics = [
        {"type": "counter", "name": "rows", "value": "{{ 2 + 1 }}", "tags": {"a": "b"}},
        {"type": "timer", "name": "took", "value": "PT1M"},
        {"type": "gauge", "name": "level", "value": 0.5},
    ]
    task = make_task("core.metric.Publish", metrics=metrics)
    task.result()
    assert [(name, kind, value) for name, kind, value, _ in task.metrics] == [
        ("rows", "counter", 3.0),
        ("took", "timer", 60.0),
        ("level", "gauge", 0.5),
    ]


def test_a_templated_task_runs_what_its_spec_says(make_task: Any) -> None:
    spec = "id: x\ntype: io.kestra.plugin.core.debug.Return\nformat: '{{ inputs.a }}'"
    task = make_task("core.templating.TemplatedTask", VARIABLES={"inputs": {"a": "z"}}, spec=spec)
    assert task.outputs() == {"value": "z"}
    with pytest.raises(TaskFailed, match="does not run here"):
        make_task("core.templating.TemplatedTask", spec="type: io.kestra.plugin.nowhere.X").result()


def test_log_fetch_stores_the_lines_from_a_level_up(make_task: Any) -> None:
    entries = [
        {"level": "INFO", "taskId": "a", "message": "1"},
        {"level": "DEBUG", "taskId": "a", "message": "2"},
        {"level": "ERROR", "taskId": "b", "message": "3"},
    ]
    task = make_task("core.log.Fetch", SETTINGS={"logs.reader": lambda execution: entries}, level="INFO")
    outputs = task.outputs()
    assert outputs["size"] == 2
    assert [row["message"] for row in read_rows(task.files.open(outputs["uri"]))] == ["1", "3"]


@pytest.mark.parametrize("way", ["GZIP", "BZIP2", "XZ", "LZMA", "DEFLATE"])
def test_files_are_compressed_and_decompressed(make_task: Any, way: str) -> None:
    task = make_task("compress.FileCompress", compression=way)
    task.properties = {**task.properties, "from": task.store("a.csv", "x" * 5000)}
    packed = task.outputs()["uri"]
    assert task.files.open(packed).stat().st_size < 5000
    back = make_task("compress.FileDecompress", compression=way, **{"from": packed})
    uri = back.outputs()["uri"]
    assert back.read(uri) == "x" * 5000 and uri.endswith("/a.csv")


@pytest.mark.parametrize(("kind", "way"), [("ZIP", None), ("JAR", None), ("TAR", None), ("TAR", "GZIP")])
def test_archives_are_packed_and_unpacked(make_task: Any, kind: str, way: str | None) -> None:
    how = {"algorithm": kind, **({"compression": way} if way else {})}
    task = make_task("compress.ArchiveCompress", **how)
    task.properties = {**task.properties, "from": {"a.txt": task.store("1", "one"), "d/b.txt": task.store("2", "two")}}
    archive = task.outputs()["uri"]
    back = make_task("compress.ArchiveDecompress", **how, **{"from": archive})
    files = back.outputs()["files"]
    assert {name: back.read(uri) for name, uri in files.items()} == {"a.txt": "one", "d/b.txt": "two"}


def _zip(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


def test_an_archive_cannot_write_outside_its_folder(make_task: Any) -> None:
    task = make_task("compress.ArchiveDecompress", algorithm="ZIP")
    task.properties = {**task.properties, "from": task.store("evil.zip", _zip("../../evil"))}
    with pytest.raises(TaskFailed, match="leads out"):
        task.result()


def test_links_and_devices_in_an_archive_are_left_out(make_task: Any) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    task = make_task("compress.ArchiveDecompress", algorithm="TAR")
    task.properties = {**task.properties, "from": task.store("a.tar", out.getvalue())}
    assert task.outputs() == {"files": {}}


def test_what_is_no_archive_says_so(make_task: Any) -> None:
    for type_, how in (
        ("compress.ArchiveDecompress", {"algorithm": "ZIP"}),
        ("compress.ArchiveDecompress", {"algorithm": "TAR", "compression": "GZIP"}),
        ("compress.FileDecompress", {"compression": "GZIP"}),
        ("compress.FileDecompress", {"compression": "XZ"}),
    ):
        task = make_task(type_, **how)
        task.properties = {**task.properties, "from": task.store("a", "plain text")}
        with pytest.raises(TaskFailed, match="is not a"):
            task.result()
    with pytest.raises(TaskFailed, match="not available here"):
        task = make_task("compress.FileDecompress", compression="SNAPPY")
        task.properties = {**task.properties, "from": task.store("a", gzip.compress(b"x"))}
        task.result()


def test_local_folders_are_reached_only_where_allowed(make_task: Any, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("1")
    (folder / "b.txt").write_text("2")
    allowed = {"files.allowed_roots": [str(folder)]}
    with pytest.raises(EngineError) as failure:
        make_task("fs.local.Download", **{"from": str(folder / "a.csv")}).result()
    assert failure.value.code == "path-not-allowed"
    task = make_task("fs.local.Download", SETTINGS=allowed, **{"from": str(folder / "a.csv")})
    assert task.read(task.outputs()["uri"]) == "1"
    with pytest.raises(EngineError):
        make_task("fs.local.Download", SETTINGS=allowed, **{"from": str(folder / "../secret")}).result()
    listed = make_task("fs.local.List", SETTINGS=allowed, regExp=r".*\.csv", **{"from": str(folder)}).outputs()
    assert [file["name"] for file in listed["files"]] == ["a.csv"] and listed["count"] == 1
    up = make_task("fs.local.Upload", SETTINGS=allowed, to=f"{folder}/new/c.txt")
    up.properties = {**up.properties, "from": up.store("x", "3")}
    assert up.outputs()["size"] == 1 and (folder / "new/c.txt").read_text() == "3"
    make_task("fs.local.Move", SETTINGS=allowed, to=f"{folder}/moved.txt", **{"from": f"{folder}/b.txt"}).result()
    assert (folder / "moved.txt").exists() and not (folder / "b.txt").exists()
    with pytest.raises(TaskFailed, match="exists already"):
        make_task("fs.local.Copy", SETTINGS=allowed, to=f"{folder}/moved.txt", **{"from": f"{folder}/a.csv"}).result()
    down = make_task("fs.local.Downloads", SETTINGS=allowed, action="DELETE", **{"from": str(folder)}).outputs()
    assert set(down["outputFiles"]) == {"a.csv", "moved.txt"} and not (folder / "a.csv").exists()
    gone = make_task("fs.local.Delete", SETTINGS=allowed, **{"from": f"{folder}/new/c.txt"}).outputs()
    assert gone["deleted"] and not (folder / "new/c.txt").exists()
