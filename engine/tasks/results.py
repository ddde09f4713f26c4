"""What a task may ask of the execution it runs in, beside its outputs.

Most tasks return a plain map of outputs. The few that change the execution itself return an ``Effect``;
the runner journals it together with the end of the task run and applies it to the execution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ExitState = Literal["SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED"]


@dataclass(frozen=True, slots=True)
class Effect:
    """Outputs and what else is to change.

    - ``warning``: the task run ends WARNING instead of SUCCESS
    - ``labels``: added to the execution's labels, same keys replaced
    - ``variables``: added to the execution's ``vars``, same keys replaced
    - ``unset_variables``: names removed from ``vars``
    - ``exit_state``: the execution ends in this state now; task runs still in progress are killed for KILLED,
      and no further task starts for any of them
    """

    outputs: Mapping[str, Any] = field(default_factory=dict)
    warning: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    unset_variables: tuple[str, ...] = ()
    exit_state: ExitState | None = None


def outputs_of(result: Mapping[str, Any] | Effect | None) -> Mapping[str, Any]:
    """The outputs alone, whatever form a task returned them in."""
    if isinstance(result, Effect):
        return result.outputs
    return result or {}
