"""Lets a script use true, false and null, as JSON rendered into it has them; in a trial, nothing sleeps."""

import builtins
import os
import time

vars(builtins).update({"true": True, "false": False, "null": None})
if os.environ.get("FLOWWRIGHT_NO_WAITING"):
    vars(time)["sleep"] = lambda seconds: None
