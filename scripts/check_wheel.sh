#!/bin/sh
# Builds the wheel, installs it into an empty environment and runs one keyless request from there.
set -eu
python=${1:-.venv/bin/python}
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m build --wheel --outdir "$work/dist" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --disable-pip-version-check -q -c constraints.txt torch
"$work/venv/bin/pip" install --disable-pip-version-check -q -c constraints.txt "$work"/dist/*.whl
cd "$work"
export FLOWWRIGHT_HOME="$work/home"
env -u GEMINI_API_KEY -u GOOGLE_API_KEY "$work/venv/bin/flowwright" new "log hello to the reader every day at 8" \
  --out flow.yaml --run --json >answer.json
"$work/venv/bin/flowwright" validate flow.yaml
"$work/venv/bin/python" - "$root" <<'PY'
import copilot, json, sys
from copilot.api.page import is_built
answer = json.load(open("answer.json"))
assert answer["status"] == "ok", answer
assert answer["receipt"]["provider"] == "offline", answer["receipt"]
assert answer["run"]["state"] == "SUCCESS", answer["run"]
assert answer["evidence"] and answer["evidence"][0]["sources"], "no evidence"
assert is_built(), "the wheel has no page"
assert not copilot.__file__.startswith(sys.argv[1]), "the source tree was imported, not the wheel"
print("the wheel answers from an empty environment")
PY
