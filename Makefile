# Targets for people and for CI. `make` alone lists them.

PYTHON ?= python3
VENV   ?= .venv
CORPUS ?= ../shared/corpus
PEERS  := .venv-peers
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
DOUBLES ?= .doubles
SEEDS  ?= 10000
SEED   ?= 1
SAMPLE ?= 300
FUZZ_S ?= 30
TESTS  ?= tests/unit tests/integration

.PHONY: help setup doubles test coverage mutants simulate fuzz lint format types demo docs bench peers corpus layers package aws \
	e2e smoke requirements clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with the pinned packages and the program (PYTHON=python3.13 uses another Python)

$(READY): requirements.txt tests/axe.txt pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --requirement tests/axe.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

doubles: $(DOUBLES)/.ready ## make .doubles with the AWS doubles that tests start

$(DOUBLES)/.ready: tests/doubles.txt
	test -x $(DOUBLES)/bin/pip || $(PYTHON) -m venv $(DOUBLES)
	$(DOUBLES)/bin/python -m pip install --quiet --requirement tests/doubles.txt
	touch $@

test: setup doubles ## run all tests, the slow files first, three at a time: they wait for servers and children
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

mutants: setup doubles ## break the program in SAMPLE=300 places, drawn by SEED=1, and list those that no test finds
	$(BIN)/python -m tests.mutation --seed $(SEED) --sample $(SAMPLE)

coverage: setup doubles ## run the unit and integration tests and print the share of lines and branches that they run
	$(BIN)/coverage run -m pytest $(TESTS)
	$(BIN)/coverage report --skip-covered --sort=cover
	@printf 'total: %s %%\n' "$$($(BIN)/coverage report --format=total)"

lint: setup ## check style, formatting and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: setup ## format the code
	$(BIN)/ruff format .

types: setup ## check the types
	$(BIN)/mypy

simulate: setup ## play the function suite with random faults, SEEDS=10000 times; each seed replays exactly
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.simulation --seeds $(SEEDS)

fuzz: setup ## try damaged images, headers and feeds for FUZZ_S=30 seconds each, from SEED=1 on; each seed replays exactly
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.fuzz --seconds $(FUZZ_S) --seed $(SEED)

demo: setup ## publish the sample hotels from a local server and print the address of the gallery
	$(BIN)/python samples/demo.py

docs: setup ## generate the pages on the command line, the settings and the manifest schema
	$(BIN)/python docs/generate.py

bench: setup ## measure speed and memory against the published method and other tools (QUICK=1: a small part)
	$(BIN)/python -m benchmarks --corpus $(CORPUS) $(if $(QUICK),--quick)

peers: ## make .venv-peers (6 GB) with the other tools that make bench compares with
	test -x $(PEERS)/bin/pip || $(PYTHON) -m venv $(PEERS)
	for package in $$(grep -v '^#' benchmarks/peers.txt); do \
		$(PEERS)/bin/python -m pip install --quiet $$package || echo "$$package: could not be installed"; done

corpus: setup ## measure the grouping and fail below its gate; writes pages to report/, with a history
	rm -rf build/corpus
	$(BIN)/image-release corpus make samples/hotels build/corpus --recipe ordinary --seed 1
	$(BIN)/image-release corpus evaluate build/corpus --gate --report report/samples
	$(if $(wildcard $(CORPUS)/labels.csv),$(BIN)/image-release corpus evaluate $(CORPUS) --gate --report report/corpus)

layers: setup ## build the layers of the functions (needs Python 3.13; LAMBDA_PYTHON may name it)
	$(BIN)/python -m deployment.package --only layers

package: setup ## package the suite for every stage and check the templates
	$(BIN)/python -m deployment.package
	$(BIN)/pytest -m packaged tests/integration/packaged

aws: setup ## deploy the suite to a local AWS and keep it running until Ctrl-C
	$(BIN)/python -m deployment.serve

e2e: setup ## deploy the suite to a local AWS and test it as partners and people use it
	$(BIN)/python -m deployment.package --only zips
	$(BIN)/pytest -m deployed tests/end_to_end/deployed

smoke: setup ## try the suite in ACCOUNT=123456789012 (REGION, STAGE): deploys, publishes, corrects, removes, cleans up
	$(BIN)/python -m deployment.smoke $(if $(ACCOUNT),--account $(ACCOUNT)) $(if $(REGION),--region $(REGION)) \
		$(if $(STAGE),--stage $(STAGE))

requirements: setup ## update the pinned packages, for all supported Pythons at once
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --no-emit-index-url \
		--quiet --custom-compile-command "make requirements" --output-file requirements.txt
	$(BIN)/uv pip compile deployment/requirements.in --python-version 3.13 --upgrade --no-emit-index-url \
		--quiet --custom-compile-command "make requirements" --output-file deployment/requirements.txt

clean: ## delete everything that can be made again, including the environments
	rm -rf $(VENV) $(DOUBLES) .venv-aws node_modules build dist demo report
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf shared/*.egg-info
