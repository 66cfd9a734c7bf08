.DEFAULT_GOAL := help
.PHONY: help run test test314 lint format soak bench setup clean

help: ## list these commands
	@awk -F':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start the daemon on the demo configuration: no account, no key
	@scripts/setup
	@exec .venv/bin/biami-voice run -c config/biami.example.yaml

test: ## set up everything, lint, run all tests
	@scripts/test

test314: ## the engine's tests on Python 3.14, the one inside Home Assistant
	@scripts/test314

lint: ## style, types and import contracts, under both names of the engine
	@scripts/setup dev
	@scripts/lint

format: ## let ruff lay out the code
	@scripts/setup dev
	@.venv/bin/ruff check --fix-only --quiet && .venv/bin/ruff format

soak: ## the soak tests with their full counts
	@scripts/soak

bench: ## every benchmark in bench/, one after the other
	@scripts/bench

setup: ## make .venv with all that development needs
	@scripts/setup dev

clean: ## remove what the other commands made, except the caches in the home directory
	rm -rf .venv .venv314 .reports dist lab-output .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
