"""What replaces what was removed from Kestra, in words."""

from __future__ import annotations

_CORE = "io.kestra.plugin.core."
# By type (or part of the flow language) and name; "" is the flow itself.
_PROPERTIES: dict[tuple[str, str], str] = {
    ("", "taskDefaults"): "Call it pluginDefaults.",
    ("", "pluginDefaults"): "Write the values in each task that uses them.",
    ("", "listeners"): "Use errors, finally or afterExecution, or a flow with a Flow trigger.",
    ("", "workerGroup"): "Use workerSelector.",
    ("Pause", "delay"): "Use pauseDuration.",
    ("Pause", "tasks"): "Put the tasks after the Pause.",
    ("Subflow", "outputs"): "Declare outputs in the called flow; they are at outputs.<task>.outputs.",
    ("Flow", "preconditions"): "Use dependsOn, with window and mode.",
    ("Schedule", "scheduleConditions"): "Use when with an expression.",
    ("Schedule", "backfill"): "Start backfills from the API, the page or the command line.",
    ("retry", "maxAttempt"): "Call it maxAttempts.",
    ("input", "BOOLEAN"): "Use BOOL.",
    ("input", "ENUM"): "Use SELECT.",
    ("input", "name"): "Use id.",
}
_ANYWHERE = {
    "conditions": "Use when with an expression.",
    "workerGroup": "Use workerSelector.",
    "minLogLevel": "Use logLevel.",
    "maxAttempt": "Call it maxAttempts.",
    "runner": "Use taskRunner.",
    "docker": "Use taskRunner with containerImage.",
    "dockerOptions": "Use taskRunner with containerImage.",
    "sslOptions": "Use options.ssl.",
    "timeWindow": "Use window.",
}
_TYPES = {
    "flow.ForEach": (
        "Use io.kestra.plugin.core.flow.Loop; taskrun.value becomes item.value, taskrun.iteration item.index."
    ),
    "flow.EachSequential": "Use io.kestra.plugin.core.flow.Loop with values; taskrun.value becomes item.value.",
    "flow.EachParallel": "Use io.kestra.plugin.core.flow.Loop with values and concurrencyLimit: 0.",
    "flow.ForEachItem": "Use io.kestra.plugin.core.flow.Loop over the file, with a Subflow inside.",
    "flow.Template": "Use io.kestra.plugin.core.flow.Subflow.",
    "debug.Echo": "Use io.kestra.plugin.core.log.Log.",
    "storage.LocalFiles": "Use inputFiles, outputFiles or a WorkingDirectory task.",
    "state.Get": "Use io.kestra.plugin.core.kv.Get.",
    "state.Set": "Use io.kestra.plugin.core.kv.Set.",
    "state.Delete": "Use io.kestra.plugin.core.kv.Delete.",
    "log.Fetch": "Read logs through the API.",
    "trigger.Toggle": "Switch triggers through the API.",
    "execution.Resume": "Resume through the API.",
    "execution.Count": "Ask the API for executions.",
}


# Those that only changed their name, so that nothing else has to be rewritten.
_RENAMED = {
    ("", "taskDefaults"): "pluginDefaults",
    ("Pause", "delay"): "pauseDuration",
}
_RENAMED_ANYWHERE = {"minLogLevel": "logLevel", "maxAttempt": "maxAttempts"}


def renamed(where: str, what: str) -> str:
    """The new name of a property that only changed its name; else empty."""
    return _RENAMED.get((where, what)) or _RENAMED_ANYWHERE.get(what, "")


def replacement(where: str, what: str) -> str:
    """What to write in place of a removed property; empty when nothing is known."""
    return _PROPERTIES.get((where, what)) or _ANYWHERE.get(what, "")


def type_replacement(type_name: str, replaced_by: str = "") -> str:
    """What to write in place of a removed type; empty when nothing is known."""
    if replaced_by:
        return f"Use {replaced_by}."
    short = type_name.removeprefix(_CORE)
    if short.startswith("condition."):
        return "Use when with an expression on the trigger."
    return _TYPES.get(short, "")
