# Works with GNU make 3.81 (macOS) and newer. Needs Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ARGS ?=

.PHONY: help setup setup-test demo serve test lint format bench pictures lock clean

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf '  %-12s %s\n' "$$name" "$$what"; done

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/setup: $(VENV)/made requirements.lock vendor.lock pyproject.toml app/cli/vendor.py
	@echo "Setting up $(VENV) (about a minute the first time)"
	$(PIP) --require-hashes --no-deps -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@rm -rf $(VENV)/vendor
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps -r vendor.lock -d $(VENV)/vendor
	$(BIN)/python -m app.cli.vendor $(VENV)/vendor
	@touch $@

$(VENV)/setup-test: $(VENV)/setup requirements-test.lock
	$(PIP) --require-hashes --no-deps -r requirements-test.lock
	@touch $@

setup: $(VENV)/setup ## Make .venv from the hashed lock and fill static/vendor

setup-test: $(VENV)/setup-test ## The same with what tests need

demo: setup ## Two small real models, a demo study, a browser page (ARGS=--no-serve ends after the run)
	$(BIN)/styloscope demo $(ARGS)

serve: setup ## Serve the dashboard
	$(BIN)/styloscope serve $(ARGS)

lint: setup-test ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: setup-test lint ## Style, types, unit tests on both databases, browser tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not browser" $(ARGS)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m browser $(ARGS)

bench: setup-test ## A short form of the benchmarks (ARGS=demo: a fresh clone to its first page)
	$(BIN)/python -m bench $(ARGS)

pictures: setup-test ## Make the README's pictures anew from the demo
	$(BIN)/python docs/pictures.py

format: setup-test ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## Resolve the lock files anew (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" --quiet pyproject.toml --extra build -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" --quiet pyproject.toml --extra build --extra test -c requirements.lock -o requirements-test.lock

clean: ## Remove what setup made
	rm -rf $(VENV) static/vendor/*.js
