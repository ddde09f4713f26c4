"""Blocks for scripts: Python, shell and their kin; a working directory with a cloned repository."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.ir import Step
from copilot.draft.offline.services import PREFIX
from copilot.draft.offline.writer import Data, Task, Writer, named_secrets

_PROCESS = {"type": PREFIX + "core.runner.Process"}
_DOCKER = {"type": PREFIX + "scripts.runner.docker.Docker"}


def runner(w: Writer) -> dict[str, Any]:
    """Process where the words exclude Docker or name it; the default runner otherwise."""
    low = w.text.masked
    if re.search(
        (
            r"\b(?:no|without|not|kein|ohne|sans|sin)\s+(?:in\s+)?docker\b|\bprocess\s+runner\b"
            r"|\binstalled\s+on\s+the\s+worker|\bon\s+the\s+worker\s+itself|\bon\s+the\s+(?:host|worker)\b|\blocally\b"
        ),
        low,
    ):
        return _PROCESS
    if re.search(r"\b(?:in|with|inside)\s+docker\b|\bcontainers?\b", low):
        return _DOCKER
    return {}


def _with_runner(w: Writer) -> dict[str, Any]:
    chosen = runner(w)
    return {"taskRunner": chosen} if chosen else {}


@block("python")
def python(w: Writer, step: Step) -> list[Task]:
    low = w.text.masked
    if w.extra.get("clone") and (file := _script_file(w)):
        task = w.task(
            f"run_{file.rsplit('/', 1)[-1].removesuffix('.py')}",
            "scripts.python.Commands",
            **_with_runner(w),
            beforeCommands=["pip install -r requirements.txt"] if "requirements" in low else None,
            commands=[f"python {file}"],
        )
        return [task]
    if w.extra.get("clone"):
        return [w.task("run_python", "scripts.python.Commands", **_with_runner(w), commands=["python main.py"])]
    if re.search(r"\b(?:two|2|several)\s+python\s+tasks\b", low):
        return _two(w)
    body, dependencies, files = _body(w, step)
    hidden = _environment(w)
    task = w.task(
        _name(step),
        "scripts.python.Script",
        **_with_runner(w),
        containerImage="python:3.12-slim" if runner(w) is not _PROCESS else None,
        dependencies=dependencies or None,
        env=hidden or None,
        inputFiles=_inputs(w),
        outputFiles=files or None,
        script=body,
    )
    if step.args.get("loop"):
        return [task]
    if files:
        name = files[0]
        data = w.yields(task, "file", f"outputFiles['{name}']", name.rsplit(".", 1)[-1])
        w.data[-1] = Data(data.task, "file", data.format, data.expression, w.out(task["id"], "outputFiles"))
    else:
        w.yields(task, "value", "vars.result")
    return [task]


def _script_file(w: Writer) -> str:
    match = re.search(r"\b([\w/-]+\.py)\b", w.text.plain)
    return match[1] if match else ""


def _name(step: Step) -> str:
    verb = re.search(
        (
            r"\b(compute|calculate|clean|transform|extract|pull|keep|change|parse|score|filter|report"
            "|process|convert|train|forecast)"
        ),
        step.words.lower(),
    )
    return f"{verb[1]}_with_python" if verb else "python_script"


def _inputs(w: Writer) -> dict[str, str] | None:
    if w.loops and not (w.last and w.last.task in w.extra.get(w.loops[-1], ())):
        return None
    files = [d for d in w.data if d.kind == "file" and d.expression][-3:]
    if not files:
        return None
    if len(files) > 1 and w.extra.get("parallel_files"):
        return {f"{d.task}.{d.format}": f"{{{{ {d.expression} }}}}" for d in files}
    return {f"data.{files[-1].format}": f"{{{{ {files[-1].expression} }}}}"}


def _environment(w: Writer) -> dict[str, str]:
    """Inputs by their upper-case names, and the secrets the words name, for the script's environment."""
    secrets = {name: w.secret(name) for name in named_secrets(w.text) if re.search(r"\benv", w.text.masked)}
    return secrets | {
        name.upper(): f"{{{{ inputs.{name}{' | toJson' if spec.type in ('ARRAY', 'JSON', 'MULTISELECT') else ''} }}}}"
        for name, spec in w.inputs.items()
        if spec.type in ("ARRAY", "STRING", "SELECT", "INT", "FLOAT", "DATE") and name not in w.placeholders
    }


def _body(w: Writer, step: Step) -> tuple[str, list[str], list[str]]:
    """(script, packages, output files): what the words ask of Python, as far as they can be written down."""
    low = w.text.masked
    sentence = w.extra["sentences"].get(step.clause, step.words)
    arithmetic = re.search(r"\bcomputes?\s+(?:the\s+(?:value|result)\s+of\s+)?([\d.+\-*/() ]{3,})", step.words)
    if arithmetic:
        return (
            f"from kestra import Kestra\n\nresult = {arithmetic[1].strip()}\nKestra.outputs({{'result': result}})\n",
            ["kestra"],
            [],
        )
    data = w.last_of("file")
    keeps = next((n for n, s in w.inputs.items() if s.type in ("ARRAY", "MULTISELECT")), None)
    if keeps and re.search(r"\bkeeps?\b|\bcolumns?\b", low) and data and data.format == "json":
        body = (
            f"import json\nimport os\n\ncolumns = json.loads(os.environ['{keeps.upper()}'])\nwith "
            "open('data.json') as file:\n    loaded = json.load(file)\nrows = loaded if "
            "isinstance(loaded, list) else next(v for v in loaded.values() if isinstance(v, list))\nwith "
            f"open('rows.json', 'w') as file:\n    json.dump([{{c: row.get(c) for c in columns}} for row "
            "in rows], file)\n"
        )
        return body, [], ["rows.json"]
    return _outline(w, data, sentence)


def _outline(w: Writer, data: Data | None, sentence: str) -> tuple[str, list[str], list[str]]:
    """A script that runs as it is and says where the reader's own logic goes."""
    said = re.sub(r"\s+", " ", sentence).strip()
    pandas = bool(re.search(r"\bpandas\b", w.text.masked))
    wanted = (
        "parquet" if re.search(r"\bparquet\b", w.text.masked) and not (data and data.format == "parquet") else "csv"
    )
    w.note(f"The Python task holds the frame for “{said}”; its own logic has to be filled in.")
    if data is None and w.last and w.last.kind in ("rows", "body", "answer"):
        return (
            (
                f"# {said}\nimport json\n\nfrom kestra import Kestra\n\nrows = json.loads({{{{ "
                f"{w.last.expression} | toJson | toJson }}}})\nKestra.outputs({{'result': rows}})\n"
            ),
            ["kestra"],
            [],
        )
    if data is None and not w.loops:
        return (
            f"# {said}\nfrom kestra import Kestra\n\nresult = 'done'\nKestra.outputs({{'result': result}})\n",
            ["kestra"],
            [],
        )
    if data is None and not pandas and wanted != "parquet":
        value = f"{{{{ {w.extra['loop_value'][-1]} }}}}"
        return (
            f"# {said}\nfrom kestra import Kestra\n\nvalue = '{value}'\nKestra.outputs({{'value': value}})\n",
            ["kestra"],
            [],
        )
    name = f"data.{data.format}" if data else "data.csv"
    if pandas or wanted == "parquet":
        read = {"json": "read_json", "parquet": "read_parquet", "excel": "read_excel"}.get(
            data.format if data else "csv", "read_csv"
        )
        source = "'{{ taskrun.value }}'" if w.loops and not data else f"'{name}'"
        if w.loops:
            source = f"'{{{{ {w.extra['loop_value'][-1]} }}}}'"
        save = "to_parquet('result.parquet')" if wanted == "parquet" else "to_csv('result.csv', index=False)"
        return (
            f"# {said}\nimport pandas as pd\n\nframe = pd.{read}({source})\nframe.{save}\n",
            ["pandas", *(["pyarrow"] if wanted == "parquet" else [])],
            [f"result.{wanted}"],
        )
    return (
        (
            f"# {said}\nfrom pathlib import Path\n\ntext = "
            f"Path('{name}').read_text(errors='replace')\nPath('result.{data.format if data and data.format in ('csv', 'json', 'txt') else 'txt'}').write_text(text)\n"
        ),
        [],
        [f"result.{data.format if data and data.format in ('csv', 'json', 'txt') else 'txt'}"],
    )


def _two(w: Writer) -> list[Task]:
    first = w.task(
        "write_csv",
        "scripts.python.Script",
        **_with_runner(w),
        containerImage="python:3.12-slim",
        outputFiles=["data.csv"],
        script="from pathlib import Path\n\nPath('data.csv').write_text('id,value\\n1,10\\n2,20\\n')\n",
    )
    second = w.task(
        "read_csv",
        "scripts.python.Script",
        **_with_runner(w),
        containerImage="python:3.12-slim",
        inputFiles={"data.csv": f"{{{{ outputs.{first['id']}.outputFiles['data.csv'] }}}}"},
        script="from pathlib import Path\n\nprint(Path('data.csv').read_text())\n",
    )
    return [first, second]


@block("shell")
def shell(w: Writer, step: Step) -> list[Task]:
    low = w.text.masked
    process = runner(w) or ({} if "image" in low else _PROCESS)
    if re.search(r"\b(?:several|\d+|two|three|four)\s+(?:bash|shell)\s+(?:scripts|commands)", low) and re.search(
        r"\b(?:share|same\s+(?:folder|working\s+dir))", low
    ):
        return [_shared_folder(w, step, process)]
    commands = _commands(w, step)
    files = None
    if re.search(r"\bpdf\b", low):
        files = ["*.pdf"]
    elif re.search(r"\.csv", low):
        files = ["*.csv"]
    elif (kept := re.search(r"\b([\w-]+\.(?:txt|json|md|log|xml))\b", low)) and re.search(
        r"\b(?:keep|output|outputs|result)\w*\b", low
    ):
        files = [kept[1]]
    task = w.task(_shell_name(step), "scripts.shell.Commands", taskRunner=process, outputFiles=files, commands=commands)
    if any("::" in c for c in commands):
        w.yields(task, "value", "vars.result")
    return [task]


def _shell_name(step: Step) -> str:
    low = step.words.lower()
    return (
        "deploy"
        if "deploy" in low
        else "git_log"
        if "git log" in low
        else "say_hello"
        if "hello" in low
        else "shell_task"
    )


def _commands(w: Writer, step: Step) -> list[str]:
    low = w.text.masked
    given = [
        one.value
        for one in w.text.literals
        if one.kind == "\ue002"
        and re.match(
            r"\s*(?:echo|ls|cat|python|pip|curl|wget|bash|sh|npm|make|rsync|tar|cp|mv|grep|date|git|./)\b", one.value
        )
    ]
    if given:
        return given
    dated = re.search(r"\bwrites?\s+(?:today'?s|the\s+current|the)\s+date\s+(?:in)?to\s+`?([\w-]+\.\w+)", step.words)
    if dated:
        return [f"date +%F > {dated[1]}"]
    beside = [one.value for one in step.args.get("literals", ()) if one.kind == "\ue002"]
    if beside and re.search(r"\b(?:command|commands|run|execute|shell|bash)\b", step.words.lower()):
        return beside
    tool = re.search(
        (
            r"\b(pytest|meltano\s+run|meltano|npm\s+\w+|yarn\s+\w+|make\s+(?:build|test|all|install"
            r"|deploy)|mvn\s+\w+|gradle\s+\w+|cargo\s+\w+|tox)\b"
        ),
        step.words.lower(),
    )
    if tool:
        return [tool[1]]
    if re.search(r"\bhello\b", step.words.lower()):
        who = "{{ inputs.user }}" if "user" in w.inputs else "{{ inputs.name }}" if "name" in w.inputs else "world"
        return [f"""echo '::{{"outputs": {{"result": "Hello, {who}"}}}}::'"""]
    if "git log" in low:
        return [
            "cd repository",
            "git log --since='7 days ago' --pretty=format:'%h %an %s' > ../log.txt",
            """echo "::{\\"outputs\\": {\\"result\\": \\"$(wc -l < ../log.txt) commits\\"}}::" """.strip(),
        ]
    if re.search(r"\bgotenberg\b|\bpdf\b", low):
        return [
            (
                f"curl --fail --request POST '{w.ask('gotenberg_url', 'URI', note='address of the Gotenberg server')}/forms/chromium/convert/url' "
                f"--form url='{w.ask('page_url', 'URI', note='page to turn into a PDF')}' -o page.pdf"
            )
        ]
    if re.search(r"\bfail\b", low) and re.search(r"can\s+fail|that\s+fails", low):
        return ["exit 1"]
    return [w.ask("command", note="shell command to run; it was not named")]


def _shared_folder(w: Writer, step: Step, process: dict[str, Any]) -> Task:
    low = w.text.masked
    commands = []
    for piece in re.split(r",|\band\b|;", w.text.plain[w.text.plain.find(":") + 1 :] if ":" in w.text.plain else ""):
        file = re.search(r"\b([\w-]+\.\w+)\b", piece)
        if file:
            commands.append(f"echo 'id,value' > {file[1]}")
        elif more := re.search(r"append\s+(\d+|two|three)\s+lines?", piece):
            n = {"two": 2, "three": 3}.get(more[1]) or int(more[1])
            commands.append(f'for i in $(seq {n}); do echo "$i,$i" >> data.csv; done')
        elif re.search(r"count\b", piece):
            commands.append("wc -l < data.csv")
    commands = commands or ["echo 'first' > shared.txt", "echo 'second' >> shared.txt", "cat shared.txt"]
    if re.search(r"\bdata\.csv\b", low) is None and len(commands) < 2:
        commands = ["echo 'first' > shared.txt", "cat shared.txt"]
    tasks = [
        w.task(f"step_{n}", "scripts.shell.Commands", taskRunner=process, commands=[c])
        for n, c in enumerate(commands, start=1)
    ]
    return w.task("shared_folder", "core.flow.WorkingDirectory", tasks=tasks)


@block("node", "powershell", "rscript", "julia", "ruby", "perl", "golang", "php")
def other_language(w: Writer, step: Step) -> list[Task]:
    name = {"rscript": "r", "golang": "go"}.get(step.what, step.what)
    comment = f"// {step.words}" if name in ("node", "go", "php") else f"# {step.words}"
    hello = {
        "node": "console.log('ok')",
        "powershell": "Write-Output 'ok'",
        "r": "print('ok')",
        "julia": 'println("ok")',
        "ruby": "puts 'ok'",
        "perl": "print 'ok';",
        "go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("ok") }',
        "php": "<?php echo 'ok';",
    }[name]
    w.note(f"The {name} task holds a frame; its own logic has to be filled in.")
    task = w.task(
        f"{name}_script",
        f"scripts.{name}.Script",
        **_with_runner(w),
        inputFiles=_inputs(w),
        script=f"{comment}\n{hello}\n" if name != "php" else hello,
    )
    return [task]
