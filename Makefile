# The commands of this project. `make help` lists them.

PYTHON ?= python3
UV = UV_PYTHON_DOWNLOADS=never PYTHON=$(PYTHON) scripts/uv
BIN = .venv/bin
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml

.DEFAULT_GOAL := help

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: .venv/installed ## run the main job on the sample clip
	@$(BIN)/vodpull demo

# Where this is set, each of some hundred processes would compile the package anew, which is half of its start.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/installed-test ## install what the tests need and run all of them
	scripts/test-services
	# A file at a time for each of five processes, the slow ones first: two or three of them mostly wait for something.
	$(BIN)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder --cov --cov-report=
	$(BIN)/python scripts/coverage-report.py

lint: .venv/installed-test ## style, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-test ## rewrite the code in house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

CLIP ?= $(or $(VODPULL_TEST_MEDIA),../shared/media)/real_1080p30_18s.mp4
SHAKA ?= $(shell command -v shaka-streamer)

bench: .venv/installed-test ## measure against the plain ways, on a quiet machine: docs/benchmarks.md
	$(BIN)/python -m benchmarks.encode $(CLIP)
	$(BIN)/python -m benchmarks.item $(CLIP) --shaka "$(SHAKA)"
	$(BIN)/python -m benchmarks.package $(CLIP)
	$(BIN)/python -m benchmarks.proof $(CLIP)
	$(BIN)/python -m benchmarks.overlap $(CLIP)
	$(BIN)/python -m benchmarks.fetch

chaos: .venv/installed-test ## 500 random kills of a fleet, 100 of a single process, 20 full disks, 200 uploads: nothing may be lost
	$(BIN)/python -m tests.chaos --kills 500 --tasks 200
	$(BIN)/python -m tests.chaos --mode embedded --kills 100 --tasks 50 --pause 4
	$(BIN)/python -m tests.chaos.disk --points 20 --tasks 20
	$(BIN)/python -m tests.chaos.uploads --runs 200 --kills 20

import-campaign: .venv/installed-test ## 500 videos move from one vodpull into another that is killed 20 times: nothing lost or double
	$(BIN)/python -m tests.chaos.moving --videos 500 --kills 20

bucket-campaign: .venv/installed-test ## a bucket of 2,000 objects, 100 of them no videos, comes along through 10 kills
	$(BIN)/python -m tests.chaos.bucket --objects 2000 --kills 10
	$(BIN)/python -m tests.chaos.long_list

faults: .venv/installed-test ## seed 200 faults into films: the proof must find all of them
	$(BIN)/python -m tests.corpus.faults

combinations: .venv/installed-test ## 950 kinds of sources, each must become what the plain film becomes
	$(BIN)/python -m tests.corpus.combinations

corpus: .venv/installed-test ## DIR=folder: every file through the service and through plain FFmpeg, and what differs
	$(BIN)/python -m tests.corpus.library "$(DIR)"

docs: .venv/installed-test ## build the docs site into site/, its reference pages from the code
	$(BIN)/python scripts/docs-reference.py
	$(BIN)/zensical build --strict --clean

lock: ## pin every dependency again, with hashes: one resolution, so that tests run what users install
	$(COMPILE) --extra test -o requirements-test.lock
	$(COMPILE) -c requirements-test.lock -o requirements.lock

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "vodpull needs Python 3.11 or newer; set PYTHON=" >&2; exit 1; }
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@touch $@

.venv/installed: requirements.lock pyproject.toml | .venv/python
	@echo "installing vodpull into .venv" >&2
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

.venv/installed-test: requirements-test.lock .venv/installed
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-test.lock
	@touch $@

clean: ## remove what was installed and built
	rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .cache dist site

.PHONY: help demo test lint format bench chaos faults import-campaign bucket-campaign combinations corpus docs lock clean
