# One line of purpose per target; the work is done by programs that are named by their module.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
python := .venv/bin/python

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install everything that the repository needs (quick when nothing changed)
	@sh deploy/local/setup.sh

.PHONY: lock
lock: setup ## Resolve requirements.in again into requirements.lock
	@sh deploy/local/lock.sh

.PHONY: format
format: setup ## Rewrite the code in the agreed format
	@$(python) -m ruff check --fix-only --quiet
	@$(python) -m ruff format

.PHONY: lint
lint: setup ## Style, types, direction of imports
	$(python) -m ruff format --check
	$(python) -m ruff check
	.venv/bin/basedpyright --level error
	.venv/bin/lint-imports --no-cache
