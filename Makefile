# Everything a person or CI runs. `make demo` and `make test` need Python 3.11+, make and a package registry, nothing else.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
STAMP := .venv/.installed

# Tests that start servers wait most of the time: the others run beside them (tests/conftest.py).
# In the order of the folders: in that of their number of tests, the longest, tests/e2e, would come last.
SIDE_BY_SIDE := -n 4 --dist loadscope --no-loadscope-reorder

.PHONY: install demo test chaos check fuzz mining clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "instore needs Python 3.11 or newer; none was found. Name one with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

demo: install
	$(BIN)/instore demo

test: install
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

chaos: install
	$(BIN)/python -m tests.chaos
	INSTORE_TEST_AWAY_S=120 $(BIN)/python -m pytest tests/stream/test_hardship.py
	$(BIN)/python -m tests.chaos.overload --readings 10000000

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

# A million messages each: first the same ones each time, then guided by coverage. Ends at the first that is wrong. Some 10 minutes.
PAYLOADS ?= 1000000

fuzz: install
	$(BIN)/python -m tests.fuzz --payloads $(PAYLOADS)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz --payloads $(PAYLOADS) --guided

# Has pm4py open an exported event log, and holds its counts against ours. It is under the AGPL, and brings 300 MB with it.

mining: install
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[mining]'
	$(BIN)/python -m tests.docs.mining

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
