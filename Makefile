# Every target sets up what it needs: a virtual environment from the lock file with its hashes.

PYTHON ?= python3
HOST ?= $(or $(PASSAGE_HOST),127.0.0.1)
PORT ?= $(or $(PASSAGE_PORT),8080)
INDEX ?= $(or $(PASSAGE_INDEX),var/index)
DOCS ?=
MINUTES ?= 10

ifndef PASSAGE_DATA
ifneq ($(wildcard ../shared/data),)
export PASSAGE_DATA := $(abspath ../shared/data)
endif
endif

BIN := .venv/bin
READY := .venv/ready
BENCH := var/bench/venv

.DEFAULT_GOAL := help
.PHONY: help run index test check torture bench relevance clean

help: ## show this
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16
	@echo
	@echo '  variables: DOCS="folder file.md" (what to index), PORT=$(PORT), HOST=$(HOST), INDEX=$(INDEX), MINUTES=10, QUICK=1'

run: index ## set up, index (DOCS, or those of last time, or seeds/), serve the page
	@$(BIN)/python -m web --index "$(INDEX)" --host $(HOST) --port $(PORT)

index: $(READY) ## take added, changed and removed documents into the index
	@$(BIN)/python -m index $(DOCS) $(if $(DOCS),,$(if $(wildcard $(INDEX)/*.toc),,seeds)) --to "$(INDEX)"

test: $(READY) ## run the tests, a real browser among them
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/browser.py
	@$(BIN)/python -m pytest --cov --cov-report=term:skip-covered --cov-fail-under=90 $(ARGS)

torture: $(READY) ## hold the engine to the oracle on random collections, for MINUTES
	@$(BIN)/python tests/torture.py --minutes $(MINUTES)

bench: $(BENCH)/ready ## measure beside other engines; QUICK=1: a tenth of the text; SCALING=1: growth
	@$(BENCH)/bin/python -m search.warm  # else a change of the source would be compiled while measured
	@PYTHONPATH=tests $(BENCH)/bin/python -m bench$(if $(SCALING),.scaling) $(if $(QUICK),--quick)

relevance: $(READY) ## rank the judged collections of PASSAGE_DATA: docs/relevance.md
	@PYTHONPATH=tests $(BIN)/python -m relevance

check: $(READY) ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean: ## remove what was built, but not the index
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made anew when a lock file changes.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Passage needs Python 3.11 or later; say which: make PYTHON=python3.12")'
	@echo "Setting up .venv (once)..."
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m search.warm
	@touch $(READY)

# The benchmark's own, so that nothing of it is needed for anything else.
$(BENCH)/ready: requirements.lock tests/bench/requirements.lock
	@echo "Setting up $(BENCH) (once)..."
	@rm -rf $(BENCH)
	@$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock -r tests/bench/requirements.lock
	@$(BENCH)/bin/python -m search.warm
	@touch $@
