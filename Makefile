# Needs python3 (3.10 to 3.13) with venv, pip and make; no system package.
#
#   make demo    set up .venv and run the main job on a clip that it renders itself
#   make test    set up .venv, then lint, types and tests
#   make fuzz    a minute of hostile files
#
# PYTHON    the interpreter that .venv is made with: make PYTHON=python3.12 test
#           (an existing .venv keeps its own: make clean first)
# PIP_ARGS  more arguments for pip. constraints.txt pins torch==2.13.0, and on Linux pip's
#           default is then the CUDA build, several GB. For a CPU build (0.2 GB), or one for
#           another CUDA, pass the index that PyTorch's install page names for it:
#             make PIP_ARGS="--extra-index-url URL" venv
#           A build with a local version (2.13.0+cpu) fits the pin and wins over the plain one.
#           A folder that holds the wheel does as well: PIP_ARGS="--find-links FOLDER".
# PYTEST_ARGS  make test PYTEST_ARGS="-k retime", or PYTEST_ARGS='-m ""' for the large ones too
# DEMO_DIR     where make demo writes

PYTHON ?= python3
PIP_ARGS ?=
PYTEST_ARGS ?=
DEMO_DIR ?= demo-output

BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := test
.PHONY: venv demo lint test fuzz clean

venv: $(STAMP)

# The tests look for pip, which venv installs last, so that a broken start is begun again.
$(STAMP): setup.cfg pyproject.toml constraints.txt
	test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt $(PIP_ARGS) -e '.[dev]'
	touch $@

demo: $(STAMP)
	$(BIN)/syncfix demo $(DEMO_DIR)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy syncfix

test: lint
	$(BIN)/pytest $(PYTEST_ARGS)

# Hostile files with a fixed seed; the whole of it: .venv/bin/python scripts/fuzz.py
fuzz: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python scripts/fuzz.py --seconds 60

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
