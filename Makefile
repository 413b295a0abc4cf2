# `make` alone lists the words. Every word sets up what it needs first: Python 3.11+, pip and make are enough.
#
#   PYTHON=python3.12   the interpreter to build the environment with
#   TORCH='torch ...'   what pip is asked for first, where the default build of torch is not the one you want

PYTHON ?= python3
TORCH ?= torch
OUT ?= demo

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
READY := $(VENV)/.ready
READY_BENCH := $(VENV)/.ready-bench
NEWEST := numpy scipy scikit-image torchmetrics
# One thread a process in tests: two that spin against busy cores are many times slower.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup check test test-all newest demo claims bench planted families pix2pix zoo cards golden fix clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## the environment in .venv, every version as in constraints.txt

check: $(READY) ## in seconds: lint, format, types, which room may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: $(READY) ## the tests, a few minutes on two cores
	$(PYTEST) -m "not slow"

test-all: $(READY) ## the tests, the slow ones too
	$(PYTEST)

newest: $(READY) ## the tests of the measures with the newest numpy, scipy, scikit-image and torchmetrics that pip finds
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --no-deps --target .newest $(NEWEST)
	@PYTHONPATH=.newest $(BIN)/python -c 'from importlib.metadata import version; print(*(f"{n} {version(n)}" for n in "$(NEWEST)".split()))'
	PYTHONPATH=.newest $(PYTEST) -m "not slow" tests/measure tests/laws/test_measure_laws.py

demo: $(READY) ## the main job: train a VAE and a GAN, measure both, diagnose, write demo/report.html
	$(BIN)/acutance demo --out $(OUT)

claims: $(READY) ## puts the twelve explanations to the test, five seeds, writes claims/report.html
	$(BIN)/acutance claims --seeds 5 --out claims

bench: $(READY_BENCH) ## every benchmarks/bench_*.py
	set -e; for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script; done

planted: $(READY) ## diagnoses subjects with one planted fault, about an hour on a busy core; writes docs/planted.md
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/planted.py

families: $(READY) ## trains every family on icons, three seeds, an hour or two on one core; goes on where it stopped; writes docs/families.md
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/families.py

pix2pix: $(READY) ## Table 1 and 2 of pix2pix on icon pairs, three seeds, half an hour; goes on where it stopped; writes docs/pix2pix.md
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/pix2pix_table.py

zoo: $(READY) ## trains the small models that come with the package, ten minutes on one core, and writes their cards
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/zoo.py

cards: $(READY) ## measures those models anew, half a minute on one core, and writes their cards
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/zoo.py --cards

golden: $(READY) ## makes the golden values of the tests anew, from the reference libraries
	set -e; for script in benchmarks/golden_*.py; do echo "== $$script"; $(BIN)/python $$script; done

fix: $(READY) ## what ruff can put right by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## removes caches and builds; the environment and results stay
	rm -rf build dist .newest .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -exec rm -rf {} +

# Where Python came without ensurepip, the interpreter's own pip puts a pip into the environment.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "acutance needs Python 3.11 or newer, which $(PYTHON) is not: name another, make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { $(PYTHON) -m venv --clear --without-pip $(VENV) \
		&& $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }

# torch first and by itself: whatever is installed after it takes the build that is there.
$(READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "setting up $(VENV), once; torch is the large part"
	@$(PIP) $(TORCH)
	@$(PIP) hatchling
	@$(PIP) --no-build-isolation -e '.[dev,hf,wds,diffusers,onnx,pythae]'
	@touch $@

$(READY_BENCH): $(READY)
	@$(PIP) --no-build-isolation -e '.[bench]'
	@touch $@
