# 參與式預算投票 · participatory-budgeting voting
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test bench check lint types contracts format wheel lock clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.dev.lock setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## set up and serve the demo city on http://127.0.0.1:8000
	$(BIN)/pbvote demo

test: $(STAMP) ## set up and run every test
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

check: lint types contracts ## linters, types, import contracts and the quick tests
	$(BIN)/python -m pytest -q -m "not slow and not browser and not postgres"

lint: $(STAMP) ## ruff and djlint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --select D1 --ignore D105,D107 pbvote/core pbvote/verifier
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/djlint --quiet --check templates

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

contracts: $(STAMP) ## import contracts
	$(BIN)/lint-imports

bench: $(STAMP) ## measure the count (see docs/performance.md)
	$(BIN)/python bench/tally.py
	$(BIN)/python bench/ballot_page.py

format: $(STAMP) ## format code and templates
	$(BIN)/ruff format .
	$(BIN)/djlint --quiet --reformat templates || $(BIN)/djlint --quiet --check templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(STAMP) ## build the wheel for a server into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-header --no-annotate

lock: $(STAMP) ## renew both locks: what a server runs, and what developers need besides
	$(LOCK) --extra pg -o requirements.lock setup.cfg
	$(LOCK) --extra test --extra lint -c requirements.lock -o requirements.dev.lock setup.cfg requirements.build.in

clean: ## remove everything that was made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache var
