"""What every command shares: one JSON document or text on stdout, progress on stderr, errors as exit codes."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from copilot.errors import EXIT, Usage, described


def emit(document: Mapping[str, Any]) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def say(text: str = "") -> None:
    """A line of the answer, for people, on stdout."""
    sys.stdout.write(f"{text}\n")


def progress(text: str) -> None:
    """A line about what is going on, on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def finish(good: bool) -> NoReturn:
    """End with 0 when the answer is yes, 1 when it is no."""
    raise SystemExit(0 if good else 1)


@contextmanager
def boundary(as_json: bool = False) -> Iterator[None]:
    """Turns our errors into one shape and an exit code. The one place of the command line that catches everything."""
    try:
        yield
    except SystemExit:
        raise
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        progress("stopped")
        raise SystemExit(130) from None
    except Exception as error:  # noqa: BLE001
        code, message, hint, exit_code = _shown(error)
        if exit_code == EXIT["unexpected"]:
            traceback.print_exc(file=sys.stderr)
        violations = [v for v in getattr(error, "violations", ()) if isinstance(v, str)]
        if as_json:
            more = {"violations": violations} if violations else {}
            emit({"error": {"code": code, "message": message, "hint": hint, **more}})
        else:
            said = "".join(f"\n  - {violation}" for violation in violations)
            progress(f"error [{code}]: {message}{said}" + (f"\n  hint: {hint}" if hint else ""))
        raise SystemExit(exit_code) from None


def _shown(error: Exception) -> tuple[str, str, str, int]:
    """(code, message, hint, exit code) of any error; one that is not ours is a fault of flowwright itself."""
    if ours := described(error):
        kind, code, message, hint = ours
        return code, message, hint, EXIT[kind]
    hint = "this is a fault of flowwright; the trace above says where"
    return "unexpected", f"{type(error).__name__}: {error}", hint, EXIT["unexpected"]


def read_flow(path: Path) -> str:
    """The text of a flow file, ``-`` for standard input; Usage error when it cannot be read."""
    try:
        if str(path) == "-":
            return sys.stdin.read()
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise Usage(
            f"there is no file {path}", hint="check the path; - reads standard input", code="no-such-file"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Usage(
            f"{path} cannot be read: {error}", hint="a flow is a UTF-8 text file", code="unreadable-file"
        ) from None


def read_inputs(pairs: Sequence[str]) -> tuple[dict[str, Any], dict[str, Path]]:
    """``k=v`` pairs as values and, for ``k=@path``, files; Usage error for anything else."""
    values: dict[str, Any] = {}
    files: dict[str, Path] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise Usage(f"--input {pair!r} is not of the form name=value", hint="a file is name=@path")
        if value.startswith("@"):
            files[key] = Path(value[1:])
            if not files[key].is_file():
                raise Usage(f"--input {key}: there is no file {value[1:]}", hint="name=@path reads that file")
        else:
            values[key] = value
    return values, files


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is either whole or untouched."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Usage(f"{path} cannot be written: {error.strerror}", hint="choose another place with --out") from None


def show_findings(findings: Sequence[Any], name: str, put: Callable[[str], None] = say) -> None:
    """Findings as compilers print them: file:line:column, severity, message, hint."""
    for finding in findings:
        put(f"{name}:{finding.line}:{finding.column}: {finding.severity}: {finding.message} [{finding.code}]")
        if finding.hint:
            put(f"    hint: {finding.hint}")
