# Everything from a clean clone: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
WORDS ?=

.PHONY: setup system demo test lint serve wheel clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt scripts/system_packages.sh
	@echo "== setting up (once) =="
	@sh scripts/system_packages.sh
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q -c constraints.txt torch
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

demo: setup
	@$(BIN)/python scripts/demo.py $(if $(WORDS),"$(WORDS)")

test: setup
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

serve: setup
	@$(BIN)/flowwright serve

wheel: setup
	@$(BIN)/python -m build --wheel --outdir dist

clean:
	rm -rf $(VENV) dist build .flowwright
