"""Check many flows at once, in several processes, with the references between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from docs_corpus import CATALOG
from engine.flow.catalog import DEFAULT_TARGET, catalog
from engine.flow.check import check_flow
from engine.flow.findings import Finding, errors
from engine.flow.runs_here import runs_here
from engine.flow.source import MAX_BYTES, parse

_PARALLEL_FROM = 64
_CHUNK = 16


@dataclass(frozen=True, slots=True)
class FileReport:
    """The verdicts on one file. ``cannot_run`` names the types that keep it from running here."""

    file: Path
    findings: tuple[Finding, ...]
    runs_here: bool
    cannot_run: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing that was found is an error."""
        return not errors(list(self.findings))

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape of ``flowwright validate``."""
        return {
            "file": str(self.file),
            "valid": self.valid,
            "runs_here": self.runs_here,
            "cannot_run": list(self.cannot_run),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def flow_files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and every .yaml and .yml below the folders, in order."""
    files: dict[Path, None] = {}
    for path in paths:
        found = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml")) if path.is_dir() else [path]
        files.update(dict.fromkeys(found))
    return list(files)


def check_folder(
    paths: Iterable[Path],
    target: str = DEFAULT_TARGET,
    workers: int = 1,
    *,
    siblings: bool = True,
    catalog_folder: Path = CATALOG,
) -> Iterator[FileReport]:
    """A report a file, in order of the files, as soon as each is ready; with another catalog than the bundled one
    if a folder is named.

    ``siblings``: flows of the same call know one another, so that Subflow tasks and Flow triggers that name a
    flow of a namespace found here are checked against it.
    """
    files = flow_files(paths)
    others = read_siblings(files) if siblings and len(files) > 1 else {}
    check = partial(check_file, target=target, siblings=others, catalog_folder=catalog_folder)
    if workers <= 1 or len(files) < _PARALLEL_FROM:
        yield from map(check, files)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(check, files, chunksize=_CHUNK)


def check_file(
    file: Path,
    target: str = DEFAULT_TARGET,
    siblings: Mapping[str, dict[str, Any]] | None = None,
    catalog_folder: Path = CATALOG,
) -> FileReport:
    """The verdicts on one file; a file that cannot be read is one finding."""
    try:
        if file.stat().st_size > MAX_BYTES:
            return _refused(file, "too_large", f"the file is larger than {MAX_BYTES} bytes", "Split the flow.")
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return _refused(file, "bad_yaml", "the file is not UTF-8", "Save it as UTF-8.")
    except OSError as error:
        return _refused(file, "unreadable", f"the file cannot be read: {error.strerror}", "Check its path and rights.")
    known = catalog(catalog_folder)
    runs, missing = runs_here(text, known=known)
    findings = check_flow(text, target, siblings=siblings, known=known)
    return FileReport(file, tuple(findings), runs, tuple(missing))


def _refused(file: Path, code: str, message: str, hint: str) -> FileReport:
    return FileReport(file, (Finding(code, "error", (), 1, 1, message, hint),), runs_here=False)


def read_siblings(files: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """What other flows need to know of each flow, by ``namespace.id``: its inputs, outputs and what it calls."""
    out: dict[str, dict[str, Any]] = {}
    for file in files:
        try:
            if file.stat().st_size > MAX_BYTES:
                continue
            value = parse(file.read_text("utf-8")).value
        except (OSError, UnicodeDecodeError):
            continue
        if isinstance(value, dict) and isinstance(value.get("id"), str) and isinstance(value.get("namespace"), str):
            kept = {key: value.get(key) for key in ("id", "namespace", "inputs", "outputs")}
            out[f"{value['namespace']}.{value['id']}"] = {**kept, "file": str(file)}
    return out
