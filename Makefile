# Shortcuts for the commands of CONTRIBUTING.md. `make PYTHON=python3.11` picks another interpreter for a new .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup test slow lint types docs site demo

setup:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c requirements.lock -e '.[dev]'

test:
	$(BIN)/python -m pytest -q

slow:
	$(BIN)/python -m pytest -q -n 0 -m slow

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

docs:
	$(BIN)/python docs/generate.py

site:
	$(BIN)/pip install -q -c requirements.lock '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build -q

demo:
	$(BIN)/pmcmine demo
