"""Trying a flow before it is trusted: it really runs, with typed stand-ins for whatever would touch the world outside.

outcome = trial(load_flow(text), {"name": "x"})
outcome.verdict            # passed, partly or failed
outcome.as_dict()          # {"verdict": ..., "tasks": [{"id", "how", "state", "why"}]}
"""

from engine.trial.certificate import TaskVerdict, Trial
from engine.trial.run import trial

__all__ = ["TaskVerdict", "Trial", "trial"]
