# Everything from a clean clone: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
WORDS ?=
CASES ?= tests/rag/questions/retrieval.jsonl

.PHONY: help setup page demo test test-slow lint serve wheel reference fuzz fuzz-short bench-engine bench-peers bench-validate bench-retrieval clean

help:
	@echo "make demo [WORDS=...]   words to a flow that ran, offline"
	@echo "make test | lint        all tests | ruff, mypy, import contracts"
	@echo "make serve              the page and the HTTP API on 127.0.0.1"
	@echo "make page               build the page anew after a change of copilot/web"
	@echo "make wheel              build the wheel into dist/"
	@echo "make reference          write the generated pages of docs/ anew"
	@echo "make fuzz | fuzz-short  generated expressions and damaged flows, long | as in CI"
	@echo "make bench-engine | bench-peers | bench-validate | bench-retrieval"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt scripts/system_packages.sh
	@echo "== setting up (once) =="
	@sh scripts/system_packages.sh
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	@echo "installing torch (CPU)"
	@$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt torch
	@echo "installing flowwright and its tested dependencies"
	@$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e '.[dev]'
	@$(BIN)/python -m compileall -q copilot rag engine docs_corpus
	@touch $(STAMP)

demo: setup
	@$(BIN)/python scripts/demo.py $(if $(WORDS),"$(WORDS)")

test: setup page
	@cd copilot/web && ../../$(BIN)/npm test --silent
	@$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: setup
	@$(BIN)/python -m pytest -m slow

# The page is built while the package is installed; this builds it again after a change of its sources.
page: setup
	@$(BIN)/python hatch_build.py

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/write_conformance.py --check
	@$(BIN)/python scripts/build_reference.py --check

serve: setup
	@$(BIN)/flowwright serve

wheel: setup
	@$(BIN)/python -m build --wheel --outdir dist

fuzz: setup
	@$(BIN)/python scripts/fuzz_expressions.py --count 1000000
	@$(BIN)/python scripts/fuzz_validate.py --count 100000

fuzz-short: setup
	@$(BIN)/python scripts/fuzz_expressions.py --count 20000
	@$(BIN)/python scripts/fuzz_validate.py --count 3000

bench-engine: setup
	@$(BIN)/python scripts/bench_engine.py
	@$(BIN)/python scripts/bench_peers/compare.py

bench-peers: setup
	@$(BIN)/python scripts/bench_peers/compare.py

bench-validate: setup
	@$(BIN)/python scripts/bench_validate.py

bench-retrieval: setup
	@$(BIN)/python scripts/bench_retrieval.py $(CASES)

reference: setup
	@$(BIN)/python scripts/build_reference.py

clean:
	rm -rf $(VENV) dist build .flowwright
