# Every target sets up what it needs: a virtual environment from the lock file with its hashes.

PYTHON ?= python3
HOST ?= $(or $(PASSAGE_HOST),127.0.0.1)
PORT ?= $(or $(PASSAGE_PORT),8080)
INDEX ?= $(or $(PASSAGE_INDEX),var/index)
DOCS ?=

BIN := .venv/bin
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: help run index test check clean

help: ## show this
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16
	@echo
	@echo '  variables: DOCS="folder file.md" (what to index), PORT=$(PORT), HOST=$(HOST), INDEX=$(INDEX)'

run: index ## set up, index (DOCS, or those of last time, or seeds/), serve the page
	@$(BIN)/python -m web --index "$(INDEX)" --host $(HOST) --port $(PORT)

index: $(READY) ## take added, changed and removed documents into the index
	@$(BIN)/python -m index $(DOCS) $(if $(DOCS),,$(if $(wildcard $(INDEX)/*.toc),,seeds)) --to "$(INDEX)"

test: $(READY) ## run the tests, a real browser among them
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/browser.py
	@$(BIN)/python -m pytest --cov --cov-report=term:skip-covered --cov-fail-under=90 $(ARGS)

check: $(READY) ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean: ## remove what was built, but not the index
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made anew when the lock file changes.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Passage needs Python 3.11 or later; say which: make PYTHON=python3.12")'
	@echo "Setting up .venv (once)..."
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m search.warm
	@touch $(READY)
