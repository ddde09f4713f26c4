"""Every source gives documents with an origin, the right versions, and nothing it must not take in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import InvalidSource, SourceNotFound
from rag.sources.corpus import CorpusSource
from rag.sources.flows import FlowsSource, flow_document
from rag.sources.folder import FolderSource
from rag.sources.named import open_source
from rag.sources.releases import ReleasesSource
from rag.sources.web import DumpSource
from rag.versions import covers


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_a_folder_gives_its_pages_with_titles_from_front_matter_heading_or_file(tmp_path: Path) -> None:
    _write(tmp_path, "a.md", "---\ntitle: From front matter\n---\ntext\n")
    _write(tmp_path, "b.mdx", "# From heading\n\ntext\n")
    _write(tmp_path, "05.some-page/index.md", "text\n")
    _write(tmp_path, "node_modules/x.md", "# Not ours\n")
    _write(tmp_path, "notes.txt", "no page\n")
    titles = [d.title for d in FolderSource(tmp_path).documents()]
    assert titles == ["some page", "From front matter", "From heading"]


def test_pages_of_the_0x_time_are_known_by_path_or_contents_and_end_before_today(tmp_path: Path) -> None:
    _write(tmp_path, "docs-0.x/a.md", "# Old by path\n")
    _write(tmp_path, "b.md", "# Old by type\n\n`type: io.kestra.core.tasks.log.Log`\n")
    _write(tmp_path, "c.md", "# Old by language\n\n```handlebars\n{{ firstDefined a b }}\n```\n")
    _write(tmp_path, "d.md", "# Of today\n\n`io.kestra.plugin.core.log.Log`\n")
    ranges = {d.title: covers(d.since, d.removed, "1.1") for d in FolderSource(tmp_path).documents()}
    assert ranges == {"Old by path": False, "Old by type": False, "Old by language": False, "Of today": True}


def test_kestras_version_field_is_the_first_version_of_a_page(tmp_path: Path) -> None:
    _write(tmp_path, "a.md", '---\ntitle: T\nversion: ">= 1.2.0"\n---\nx\n')
    (document,) = FolderSource(tmp_path).documents()
    assert document.since == "1.2"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = _write(tmp_path, "outside/secret.md", "# Secret\n")
    _write(tmp_path, "inside/a.md", "# A\n")
    (tmp_path / "inside" / "link.md").symlink_to(secret)
    assert [d.title for d in FolderSource(tmp_path / "inside").documents()] == ["A"]


def test_an_empty_or_missing_folder_and_a_page_that_is_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidSource):
        list(FolderSource(tmp_path).documents())
    with pytest.raises(SourceNotFound):
        list(FolderSource(tmp_path / "nowhere").documents())
    (tmp_path / "a.md").write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(InvalidSource, match="UTF-8"):
        list(FolderSource(tmp_path).documents())


def test_the_corpus_gives_types_guides_releases_and_blueprints(corpus: Path) -> None:
    documents = {d.id: d for d in CorpusSource(corpus).documents()}
    assert set(documents) == {
        *(f"type/io.kestra.plugin.core.{n}" for n in ("log.Log", "http.Download", "flow.ForEach", "flow.Loop")),
        *("guides/g0", "guides/g1", "guides/g2", "releases/1.1", "blueprints/hello"),
    }
    assert documents["blueprints/hello"].types == ("io.kestra.plugin.core.log.Log",)
    assert documents["releases/1.1"].topics == ("release notes", "release notes 1.1")
    assert documents["type/io.kestra.plugin.core.log.Log"].aliases == ("io.kestra.core.tasks.log.Log",)


def test_a_reference_says_what_is_required_and_when_it_exists(corpus: Path) -> None:
    documents = {d.id: d for d in CorpusSource(corpus).documents()}
    download = documents["type/io.kestra.plugin.core.http.Download"]
    assert "Required: uri." in download.body
    assert "Outputs: uri (string)." in download.body
    assert documents["type/io.kestra.plugin.core.flow.Loop"].since == "2.0"
    assert documents["type/io.kestra.plugin.core.flow.ForEach"].removed == "2.0"


def test_a_catalog_with_a_broken_line_names_the_line(corpus: Path) -> None:
    with (corpus / "catalog" / "types.jsonl").open("a") as lines:
        lines.write("\n{broken")
    with pytest.raises(InvalidSource, match="line 5"):
        list(CorpusSource(corpus).documents())


def test_own_flows_become_examples_without_their_passwords(tmp_path: Path) -> None:
    flow = (
        "id: load\nnamespace: shop\ndescription: How we load to BigQuery\ntasks:\n  - id: q\n"
        "    type: io.kestra.plugin.gcp.bigquery.Query\n    password: Hunter2\n    apiToken: \"{{ secret('T') }}\"\n"
    )
    _write(tmp_path, "load.yaml", flow)
    _write(tmp_path, "docker-compose.yml", "services: {}\n")
    (document,) = FlowsSource(tmp_path).documents()
    assert document.kind == "example"
    assert document.types == ("io.kestra.plugin.gcp.bigquery.Query",)
    assert "How we load to BigQuery" in document.body
    assert "Hunter2" not in document.body
    assert "{{ secret('T') }}" in document.body


def test_what_is_not_a_flow_is_none() -> None:
    assert flow_document("a: [", origin="o") is None
    assert flow_document("id: x\nnamespace: y\n", origin="o") is None


def test_saved_releases_leave_out_drafts_and_pre_releases(tmp_path: Path) -> None:
    entries = [
        {"tag_name": "v1.1.3", "name": "1.1.3", "body": "## Fixes\n- one", "html_url": "https://example.org/r"},
        {"tag_name": "v1.2.0-rc1", "body": "x"},
        {"tag_name": "v1.2.0", "body": "x", "draft": True},
        {"tag_name": "nightly", "body": "x"},
    ]
    path = _write(tmp_path, "releases.json", json.dumps(entries))
    (document,) = ReleasesSource(str(path)).documents()
    assert document.topics == ("release notes", "release notes 1.1")
    assert document.origin == "https://example.org/r"


def test_a_file_that_is_no_list_of_releases_is_told(tmp_path: Path) -> None:
    path = _write(tmp_path, "releases.json", '{"message": "Not Found"}')
    with pytest.raises(InvalidSource, match="list of releases"):
        list(ReleasesSource(str(path)).documents())


def test_a_text_dump_comes_apart_into_its_pages(tmp_path: Path) -> None:
    text = (
        "# Retries\nURL: https://example.org/docs/retries\n\nTry again.\n\n```yaml\n# a comment, no page\n```\n\n"
        "# Inputs\nSource: https://example.org/docs/inputs\n\nTyped values.\n\n# Empty\n"
    )
    path = _write(tmp_path, "llms-full.txt", text)
    documents = list(DumpSource(str(path)).documents())
    assert [(d.title, d.origin) for d in documents] == [
        ("Retries", "https://example.org/docs/retries"),
        ("Inputs", "https://example.org/docs/inputs"),
    ]
    assert "# a comment, no page" in documents[0].body


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("corpus", "corpus"),
        ("releases:kestra-io/kestra", "releases:kestra-io/kestra"),
        ("kestra:http://localhost:8080/", "kestra:http://localhost:8080"),
        ("https://kestra.io/llms-full.txt", "dump:https://kestra.io/llms-full.txt"),
        ("https://kestra.io/docs/retries", "page:https://kestra.io/docs/retries"),
    ],
)
def test_sources_go_by_name(name: str, key: str) -> None:
    assert open_source(name).key == key


def test_a_name_that_is_no_source_is_told_with_what_could_be() -> None:
    with pytest.raises(SourceNotFound) as told:
        open_source("no/such/folder")
    assert "flows:FOLDER" in told.value.hint
