# What a person or CI asks of this repository; `make` alone lists it.

PYTHON ?= python3
VENV   ?= .venv
CORPUS ?= ../shared/corpus
PEERS  := .venv-peers
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
DOUBLES ?= .doubles
SEEDS  ?= 10000

.PHONY: help setup doubles test simulate lint format types demo docs bench peers corpus layers package aws e2e \
	requirements clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv: the pinned packages, and the program itself (PYTHON=python3.13 for another Python)

$(READY): requirements.txt pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

doubles: $(DOUBLES)/.ready ## make .doubles: the local AWS that tests start (they are skipped without it)

$(DOUBLES)/.ready: tests/doubles.txt
	test -x $(DOUBLES)/bin/pip || $(PYTHON) -m venv $(DOUBLES)
	$(DOUBLES)/bin/python -m pip install --quiet --requirement tests/doubles.txt
	touch $@

test: setup ## run all tests
	$(BIN)/pytest --numprocesses 2 --dist loadfile

lint: setup ## rules of style, formatting, and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: setup ## format the code
	$(BIN)/ruff format .

types: setup ## check the types
	$(BIN)/mypy

simulate: setup ## play the function suite under faults, SEEDS=10000 stories; each replays by its seed
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.simulation --seeds $(SEEDS)

demo: setup ## publish the sample hotels from a local server and say where the gallery is
	$(BIN)/python samples/demo.py

docs: setup ## write the pages that are made from the program: command line, settings, manifest schema
	$(BIN)/python docs/generate.py

bench: setup ## measure what a hotel costs, beside the published method, the floor and peers (QUICK=1: a small part)
	$(BIN)/python -m benchmarks --corpus $(CORPUS) $(if $(QUICK),--quick)

peers: ## make .venv-peers (6 GB): what people use instead, for make bench; each one that installs
	test -x $(PEERS)/bin/pip || $(PYTHON) -m venv $(PEERS)
	for package in $$(grep -v '^#' benchmarks/peers.txt); do \
		$(PEERS)/bin/python -m pip install --quiet $$package || echo "$$package: left out"; done

corpus: setup ## is it the same picture? hold the grouping to its gate; pages in report/, each run adds a point
	rm -rf build/corpus
	$(BIN)/image-release corpus make samples/hotels build/corpus --recipe ordinary --seed 1
	$(BIN)/image-release corpus evaluate build/corpus --gate --report report/samples
	$(if $(wildcard $(CORPUS)/labels.csv),$(BIN)/image-release corpus evaluate $(CORPUS) --gate --report report/corpus)

layers: setup ## build the layers of the functions (Python 3.13, which LAMBDA_PYTHON may name)
	$(BIN)/python -m deployment.package --only layers

package: setup ## package the suite for every stage, and judge the templates
	$(BIN)/python -m deployment.package
	$(BIN)/pytest -m packaged tests/integration/packaged

aws: setup ## deploy the suite to an AWS on this machine, and keep it until Ctrl-C
	$(BIN)/python -m deployment.serve

e2e: setup ## deploy the suite to an AWS on this machine, and drive it as partners and people would
	$(BIN)/python -m deployment.package --only zips
	$(BIN)/pytest -m deployed tests/end_to_end/deployed

requirements: setup ## pin the packages anew, for every supported Python at once
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --no-emit-index-url \
		--quiet --custom-compile-command "make requirements" --output-file requirements.txt
	$(BIN)/uv pip compile deployment/requirements.in --python-version 3.13 --upgrade --no-emit-index-url \
		--quiet --custom-compile-command "make requirements" --output-file deployment/requirements.txt

clean: ## remove what can be made again, the environment too
	rm -rf $(VENV) $(DOUBLES) .venv-aws node_modules build dist demo report
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf shared/*.egg-info
