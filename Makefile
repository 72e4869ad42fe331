# One command for people, hooks and CI. `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV_VERSION := 0.13.9
UV := $(shell command -v uv || echo .tools/bin/uv)
BIN := .venv/bin
READY := .venv/.ready
PYTEST = $(BIN)/pytest
# With ARGS that choose a few tests, one of two runs may be left with none of them, which pytest tells by 5.
NOTHING_CHOSEN = $(if $(ARGS),|| [ $$? -eq 5 ])
DEPLOYABLES := controller fetch process upload notify
COMPILE = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --quiet

# Our own interpreter is chosen, never downloaded.
export UV_PYTHON_DOWNLOADS := never
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test check lock lock-check bench browser browser-test images-test screenshots clean smoke-cloud tools

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1|\2/' | column -t -s '|'

run: $(READY) ## Publish an episode (EPISODE=path for your own), then serve dashboard, site and feed; ONCE=1 ends after publishing
	@$(BIN)/podcast publish $(if $(EPISODE),-- "$$EPISODE",--sample)
ifndef ONCE
	@exec $(BIN)/podcast serve
endif

test: $(READY) ## Run every test that needs neither root nor an account
	@$(PYTEST) -m "not browser and not images" --ignore=tests/infra --numprocesses auto --dist worksteal $(ARGS) $(NOTHING_CHOSEN)
	@# Pulumi and Google's clients both bring google.rpc.Status, and one process can hold only one of the two.
	@$(PYTEST) tests/infra $(ARGS) $(NOTHING_CHOSEN)

check: $(READY) lock-check ## Format, lint, types and the lines between the rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini tests benchmarks
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/zizmor --offline --quiet --persona pedantic .github

bench: $(READY) ## Print every figure, as ratios measured in one run
	$(BIN)/python -m benchmarks $(ARGS)

browser: ## Install headless Chromium (Debian, needs root)
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -qq -y chromium fonts-noto-cjk fonts-noto-color-emoji >/dev/null; }

browser-test: $(READY) browser ## Drive the dashboard and the site in headless Chromium
	$(BIN)/pytest -m browser tests/browser $(ARGS)

images-test: $(READY) ## Build the five images, start each as Cloud Run would, print their sizes (root, where no Docker daemon runs)
	tests/sandbox/with_docker $(BIN)/pytest -m images tests/sandbox $(ARGS)

smoke-cloud: $(READY) ## Prove a deployed stack: publish a recording, wait for its episode in the feed (STACK=dev EPISODE=path)
	PYTHONPATH=. $(BIN)/python tests/smoke_cloud.py $(if $(STACK),--stack "$$STACK") $(if $(EPISODE),--episode "$$EPISODE")

tools: $(READY) ## Say where the Pulumi CLI for the tests is; build it first where there is none
	$(BIN)/python tests/support_pulumi_cli.py

screenshots: $(READY) browser ## Take the pictures of README.md anew
	$(BIN)/python tests/browser/screenshots.py

lock: $(UV) ## Compile the hashed requirement files from pyproject.toml
	@mkdir -p requirements
	for each in $(DEPLOYABLES); do $(COMPILE) --extra $$each -o requirements/$$each.txt; done
	$(COMPILE) --all-extras --group dev -o requirements/dev.txt

lock-check: $(UV) # The requirement files say what pyproject.toml says
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; cp requirements/*.txt "$$folder/"; \
	for each in $(DEPLOYABLES); do $(COMPILE) --extra $$each -o "$$folder/$$each.txt" >/dev/null; done; \
	$(COMPILE) --all-extras --group dev -o "$$folder/dev.txt" >/dev/null; \
	for file in requirements/*.txt; do \
	  diff <(grep -v '^ *#' "$$file") <(grep -v '^ *#' "$$folder/$$(basename "$$file")") >/dev/null \
	  || { echo "$$file does not fit pyproject.toml; run: make lock"; exit 1; }; done

clean: ## Remove the environment and caches; what was published in local/ stays
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): requirements/dev.txt pyproject.toml $(UV)
	@echo "Preparing .venv/ (once; a few hundred MB from the package index or the cache)"
	@$(UV) venv --quiet --clear --python '>=3.11,<3.14' .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

.tools/bin/uv:
	@echo "Bringing uv $(UV_VERSION) into .tools/"
	@python3 -m venv .tools && .tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
