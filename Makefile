# Fresh machine: Python 3.11 or later, git, make and a package registry.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.made-from
TOOLS := .venv/.tools-from
LOCKED := --quiet --disable-pip-version-check --no-deps --require-hashes
COMPILED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

.PHONY: report test bench setup tools lab lint lock schema clean
report: setup
	@$(BIN)/green-report build --region 全国,广东 --to html,pdf

test: tools
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest --numprocesses auto --maxprocesses 4

# What the intake takes, as a multiple of the time in which the file is only read; all indicators of 20 M rows beside a
# query by hand; the roll-up of readings beside other engines; the scenarios; many reports beside the plain way of making them. Half an hour.
bench: tools
	@status=0; for one in filings indicators scenarios evaluation workbench page rollup fleet edition; do $(BIN)/python tests/benchmarks/bench_$$one.py || status=1; done; exit $$status

setup: $(STAMP)

tools: $(TOOLS)

$(STAMP): requirements-run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "需要 Python 3.11 或更高（现在是 $$($(PYTHON) --version 2>&1)）；可用 make PYTHON=python3.12 指定"; exit 2; }
	@echo "正在准备 .venv（只在第一次或依赖改变时）…"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install $(LOCKED) -r requirements-run.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(TOOLS): requirements.lock $(STAMP)
	@echo "正在装开发用的软件包（只在第一次或依赖改变时）…"
	@$(BIN)/python -m pip install $(LOCKED) -r requirements.lock
	@touch $@

lab: tools
	@$(BIN)/green-report lab

# What is written to the locks: every platform, every hash, no registry's address; the same versions in both.
lock:
	uv pip compile pyproject.toml --all-extras -o requirements.lock $(COMPILED)
	uv pip compile pyproject.toml --extra install -c requirements.lock -o requirements-run.lock $(COMPILED)

# notebooks/params/schema.json, from the declaration of the parameters.
schema: setup
	@$(BIN)/python -m pipeline.given.schema

clean:
	rm -rf data/processed reports/20*
