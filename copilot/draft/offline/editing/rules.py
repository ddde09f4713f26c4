"""The readings of a clause, in the order they are tried.

Each reading does its own part of the clause. The third member names readings after which this one is left out, since
they have said the same thing already; ``*`` stands for all of them.
"""

from __future__ import annotations

from copilot.draft.offline.editing.alerts import add_alert, add_recipient, post_json, swap_service
from copilot.draft.offline.editing.change import Rule
from copilot.draft.offline.editing.commands import add_command
from copilot.draft.offline.editing.copying import add_like
from copilot.draft.offline.editing.dating import dated
from copilot.draft.offline.editing.entries import add_entry, add_output
from copilot.draft.offline.editing.extracting import extract
from copilot.draft.offline.editing.inputs import change_input
from copilot.draft.offline.editing.lists import add_to_list, add_to_named_list
from copilot.draft.offline.editing.logging import add_log
from copilot.draft.offline.editing.moving import move
from copilot.draft.offline.editing.narrowing import keep_only, leave_out
from copilot.draft.offline.editing.numbers import (
    days_back,
    kept_days,
    only_files,
    pass_inputs,
    start_at,
    swap_number,
    value_of_noun,
)
from copilot.draft.offline.editing.policies import cache, concurrency, polling, retry, timeout
from copilot.draft.offline.editing.removing import remove
from copilot.draft.offline.editing.renaming import rename
from copilot.draft.offline.editing.replacing import new_version, replace_text, same_family, swap_phrase, swap_word
from copilot.draft.offline.editing.secrets import secrets_for
from copilot.draft.offline.editing.setting import set_value
from copilot.draft.offline.editing.sharing import migrate, plugin_defaults, runner
from copilot.draft.offline.editing.sql import change_sql, turn_order
from copilot.draft.offline.editing.starting import add_start, add_subflow
from copilot.draft.offline.editing.steps import (
    add_approval,
    add_case,
    add_last_step,
    add_pause,
    add_step,
    truncate_first,
    write_out,
)
from copilot.draft.offline.editing.switching import failures, leave_undone, switch
from copilot.draft.offline.editing.timing import reschedule
from copilot.draft.offline.editing.wrapping import arrange, at_once, only_if

BESIDE = frozenset({"dated", "only_files"})
"""Readings of a part of a clause that leave the rest of it to others."""

STRUCTURAL = frozenset({"rename", "remove", "move", "extract", "arrange"})
"""Readings that cannot be mistaken for a new value: where they would break the flow, no other one is tried."""

RULES: tuple[tuple[str, Rule, tuple[str, ...]], ...] = (
    ("migrate", migrate, ()),
    ("rename", rename, ()),
    ("extract", extract, ()),
    ("replace_text", replace_text, ("rename", "extract")),
    ("service", swap_service, ("replace_text",)),
    ("plugin_defaults", plugin_defaults, ("extract",)),
    ("truncate", truncate_first, ()),
    ("secrets", secrets_for, ("extract",)),
    ("switch", switch, ("service",)),
    ("failures", failures, ()),
    ("undone", leave_undone, ("*",)),
    ("remove", remove, ("truncate", "switch", "failures", "secrets", "replace_text")),
    ("runner", runner, ("remove", "service")),
    ("case", add_case, ()),
    ("start", add_start, ("remove", "switch", "rename")),
    ("subflow", add_subflow, ("remove", "rename")),
    ("pause", add_pause, ("remove",)),
    ("approval", add_approval, ("remove",)),
    ("arrange", arrange, ("switch", "remove")),
    ("only_if", only_if, ("switch", "remove", "failures")),
    ("input", change_input, ("case", "remove", "rename", "extract", "only_if")),
    ("concurrency", concurrency, ("remove",)),
    ("at_once", at_once, ("concurrency", "arrange")),
    ("polling", polling, ()),
    ("cache", cache, ()),
    ("retry", retry, ("polling", "remove", "failures")),
    ("timeout", timeout, ("polling", "remove")),
    ("like", add_like, ("case", "input", "remove", "rename")),
    (
        "schedule",
        reschedule,
        ("start", "like", "replace_text", "retry", "timeout", "concurrency", "polling", "remove", "rename"),
    ),
    ("command", add_command, ("remove", "rename", "extract", "replace_text")),
    (
        "move",
        move,
        (
            "subflow",
            "command",
            "rename",
            "extract",
            "arrange",
            "schedule",
            "remove",
            "input",
            "runner",
            "only_if",
            "switch",
        ),
    ),
    ("order", turn_order, ("service", "truncate", "move")),
    ("sql", change_sql, ("service", "truncate", "move", "remove")),
    ("post", post_json, ("service", "remove")),
    ("recipient", add_recipient, ("service", "remove")),
    (
        "alert",
        add_alert,
        ("post", "recipient", "like", "service", "remove", "switch", "only_if", "move", "rename", "retry", "failures"),
    ),
    ("output", add_output, ("remove", "rename")),
    (
        "entry",
        add_entry,
        (
            "post",
            "schedule",
            "only_if",
            "only_if",
            "like",
            "remove",
            "rename",
            "extract",
            "input",
            "output",
            "replace_text",
            "secrets",
            "alert",
        ),
    ),
    ("log", add_log, ("like", "alert", "case", "entry", "remove", "output", "move", "only_if", "rename")),
    ("out", write_out, ("alert", "log", "remove", "arrange", "move")),
    ("only_files", only_files, ()),
    ("dated", dated, ("schedule", "input")),
    ("pass_inputs", pass_inputs, ("entry", "input")),
    ("last_step", add_last_step, ("*",)),
    ("back", days_back, ("*",)),
    ("kept", kept_days, ("*",)),
    ("version", new_version, ("*",)),
    ("keep_only", keep_only, ("*",)),
    ("named_list", add_to_named_list, ("*",)),
    ("value", set_value, ("*",)),
    ("member", add_to_list, ("*",)),
    ("family", same_family, ("*",)),
    ("number", swap_number, ("*",)),
    ("word", swap_word, ("*",)),
    ("phrase", swap_phrase, ("*",)),
    ("leave_out", leave_out, ("*",)),
    ("noun", value_of_noun, ("*",)),
    ("start_at", start_at, ("*",)),
    ("step", add_step, ("*",)),
)
