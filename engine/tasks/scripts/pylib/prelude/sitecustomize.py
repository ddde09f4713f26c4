"""Lets a script use true, false and null, as JSON rendered into it has them."""

import builtins

vars(builtins).update({"true": True, "false": False, "null": None})
