"""Files of an execution behind ``kestra://`` URIs.

kestra:///company/team/flow/executions/ID/tasks/TASK/RUN/name
kestra:///company/team/flow/executions/ID/inputs/INPUT/name
kestra:///company/team/_files/path          (namespace files)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from engine.errors import NotFound, Refused
from engine.storage.disk import Disk
from engine.storage.names import from_uri, namespace_path, safe_relative, slug, to_uri
from engine.storage.namespaces import NamespaceFiles


def folder_of(name: str) -> str:
    """The folder of a flow's or a task's files. As in Kestra an underscore becomes a dash; ids of executions and task
    runs keep apart what then has the same name."""
    return slug(name).replace("_", "-")


@dataclass(frozen=True, slots=True)
class ExecutionRef:
    """Names one execution: enough to know where its files lie."""

    namespace: str
    flow_id: str
    execution_id: str

    def location(self) -> PurePosixPath:
        """The directory of its files below the storage's root."""
        flow = PurePosixPath(namespace_path(self.namespace)) / folder_of(self.flow_id)
        return flow / "executions" / safe_relative(self.execution_id).name


class FileStore:
    """The storage as a whole; hands out the view of one execution or task run."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self.disk = Disk(root, durable=durable)
        self.namespaces = NamespaceFiles(self.disk)

    def execution(
        self,
        ref: ExecutionRef,
        *,
        task_id: str = "",
        task_run_id: str = "",
        readable: Sequence[ExecutionRef] = (),
        working_dir: Path | None = None,
        allowed_file_roots: Sequence[Path] = (),
    ) -> ExecutionFiles:
        """The files one task run sees. ``readable`` names other executions whose files it may read (its parent's,
        its trigger's, its children's); it is looked at on each read, so a list may grow. With ``working_dir``
        only files within it can be stored. ``file://`` is refused unless below one of ``allowed_file_roots``."""
        return ExecutionFiles(self, ref, task_id, task_run_id, readable, working_dir, tuple(allowed_file_roots))

    def delete_execution(self, ref: ExecutionRef) -> int:
        """Remove every file of an execution; gives how many."""
        return self.disk.delete(ref.location())

    def delete_task_run(self, ref: ExecutionRef, task_id: str, task_run_id: str) -> int:
        """Remove the files of one task run; gives how many."""
        return self.disk.delete(ref.location() / "tasks" / folder_of(task_id) / safe_relative(task_run_id).name)

    def put_cache(self, namespace: str, flow_id: str, task_id: str, archive: Path) -> None:
        """Keep the archive of a WorkingDirectory's cache for the flow's next execution."""
        self.disk.write(self._cache(namespace, flow_id, task_id), archive)

    def get_cache(self, namespace: str, flow_id: str, task_id: str) -> tuple[Path, datetime] | None:
        """The kept archive and when it was stored, or None."""
        where = self._cache(namespace, flow_id, task_id)
        if not self.disk.exists(where):
            return None
        file = self.disk.open(where)
        return file, datetime.fromtimestamp(file.stat().st_mtime, UTC)

    def delete_cache(self, namespace: str, flow_id: str, task_id: str) -> bool:
        return self.disk.delete(self._cache(namespace, flow_id, task_id)) > 0

    @staticmethod
    def _cache(namespace: str, flow_id: str, task_id: str) -> PurePosixPath:
        return PurePosixPath(namespace_path(namespace)) / slug(flow_id) / slug(task_id) / "cache" / "cache.zip"


class ExecutionFiles:
    """Implements ``engine.tasks.context.Files`` for one task run, or for an execution's inputs."""

    def __init__(
        self,
        store: FileStore,
        ref: ExecutionRef,
        task_id: str,
        task_run_id: str,
        readable: Sequence[ExecutionRef],
        working_dir: Path | None,
        allowed_file_roots: tuple[Path, ...],
    ) -> None:
        self._store = store
        self._disk = store.disk
        self._ref = ref
        self._top = ref.location()
        self._task_id = task_id
        self._task_run_id = task_run_id
        self._readable = readable
        self._working_dir = working_dir
        self._allowed_file_roots = allowed_file_roots

    def put(self, path: Path, name: str | None = None) -> str:
        """Store a local file for this task run under ``name`` (default: its own); gives its URI."""
        return self._write(self._task_place() / safe_relative(name or path.name), self._storable(path))

    def put_bytes(self, content: bytes, name: str) -> str:
        """Store bytes for this task run; gives the URI."""
        return self._write(self._task_place() / safe_relative(name), content)

    def put_input(self, input_id: str, name: str, content: Path | bytes) -> str:
        """Store the file given for a FILE input; gives its URI. The caller vouches for the path."""
        return self._write(self._top / "inputs" / slug(input_id) / safe_relative(name), content)

    def put_trigger(self, trigger_id: str, name: str, content: bytes) -> str:
        """Store what a trigger hands to the execution; gives its URI."""
        return self._write(self._top / "trigger" / slug(trigger_id) / safe_relative(name), content)

    def open(self, uri: str) -> Path:
        """A readable local path of a stored file (kestra://, nsfile:// or file:// where allowed). NotFound, Refused."""
        if uri.startswith("nsfile://"):
            return self._disk.open(self._namespace_file(uri))
        if uri.startswith("file://"):
            return self._local(uri)
        path = from_uri(uri, "kestra")
        if not self._may_read(path):
            raise Refused(
                f"'{uri}' belongs to another execution",
                hint="only files of this execution, of those it is connected with, and namespace files can be read",
                code="file-of-another-execution",
            )
        return self._disk.open(path)

    def may_read(self, uri: str) -> bool:
        """Whether ``open`` would not refuse a kestra:// URI."""
        return self._may_read(from_uri(uri, "kestra"))

    def exists(self, uri: str) -> bool:
        """Whether ``open`` would find it; Refused as there."""
        try:
            self.open(uri)
        except NotFound:
            return False
        return True

    def size(self, uri: str) -> int:
        """Bytes. NotFound, Refused."""
        return self.open(uri).stat().st_size

    def delete(self, uri: str) -> bool:
        """Remove one file of this execution; False when there was none; Refused for any other file."""
        path = from_uri(uri, "kestra")
        if not path.is_relative_to(self._top):
            raise Refused(f"'{uri}' is not a file of this execution", hint="", code="file-of-another-execution")
        return self._disk.delete(path) > 0

    def delete_execution_files(self, *, only_task_runs: bool = False) -> int:
        """Delete the files of this execution; gives how many."""
        return self._disk.delete(self._top / "tasks" if only_task_runs else self._top)

    def namespace_put(self, namespace: str, path: str, content: bytes) -> str:
        return self._store.namespaces.put(namespace, path, content)

    def namespace_get(self, namespace: str, path: str) -> Path:
        return self._store.namespaces.get(namespace, path)

    def namespace_list(self, namespace: str) -> list[str]:
        return self._store.namespaces.list(namespace)

    def namespace_delete(self, namespace: str, path: str) -> bool:
        return self._store.namespaces.delete(namespace, path)

    def _write(self, where: PurePosixPath, content: Path | bytes) -> str:
        self._disk.write(where, content)
        return to_uri(where.as_posix())

    def _task_place(self) -> PurePosixPath:
        if not self._task_id:
            return self._top / "files"
        place = self._top / "tasks" / folder_of(self._task_id)
        return place / safe_relative(self._task_run_id).name if self._task_run_id else place

    def _storable(self, path: Path) -> Path:
        """Generated code may leave a link to a file that is none of its business: follow, then look where it leads."""
        if self._working_dir is None:
            return path
        real = path.resolve()
        if not real.is_relative_to(self._working_dir.resolve()):
            raise Refused(
                f"'{path.name}' lies outside the working directory",
                hint="write the file into the working directory, links out of it are not followed",
                code="outside-working-directory",
            )
        return real

    def _may_read(self, path: PurePosixPath) -> bool:
        if path.is_relative_to(self._top) or any(path.is_relative_to(ref.location()) for ref in tuple(self._readable)):
            return True
        return "_files" in path.parts[1:-1] and "executions" not in path.parts[: path.parts.index("_files")]

    def _namespace_file(self, uri: str) -> PurePosixPath:
        host, _, path = uri.removeprefix("nsfile://").partition("/")
        return self._store.namespaces.location(unquote(host) or self._ref.namespace, unquote(path))

    def _local(self, uri: str) -> Path:
        path = Path(unquote(uri.removeprefix("file://"))).resolve()
        if not any(path.is_relative_to(root.resolve()) for root in self._allowed_file_roots):
            raise Refused(
                f"'{uri}' is outside the directories that flows may read",
                hint="add its directory to the setting of allowed file roots, or upload it as an input",
                code="file-not-allowed",
            )
        if not path.is_file():
            raise NotFound(f"no file '{path}'", hint="check the path", code="file-not-found")
        return path
