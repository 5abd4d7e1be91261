# One command for each thing one does here; `make help` lists them. The work is in scripts/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-cpp test-python test-package test-readme test-browser test-all \
        bench sensitivity format tidy asan asan-python tsan fuzz clean

# Debian's own CMake before one that a Python tool manager may have put in the way.
CTEST := $(firstword $(wildcard /usr/bin/ctest) ctest)
VENV := .venv/bin
# The random cases of each instruction that `make test-all` compares with the NumPy reading; ten
# times as many random programs (25 minutes on one core) and random wrong calls (5 minutes).
CASES_ALL := 10000
# As many with sanitizers, where each takes several times as long.
CASES_ASAN := 20
# How long `make fuzz` runs each fuzzer.
FUZZ_SECONDS := 60

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup:  ## install what is missing, make .venv, build the wheel into it
	@scripts/setup.sh

demo: setup  ## flash attention in NKI on a virtual Trainium3, with timeline and joules
	@scripts/demo.sh

test: setup test-cpp test-python test-package test-readme  ## everything that must hold on every commit
	@echo "==> make test: all steps passed"

test-cpp:  ## C++ tests, release build
	@scripts/build.sh release
	@echo "==> C++ tests"
	@$(CTEST) --preset release

test-python: setup  ## Python tests and the style test
	@echo "==> Python tests and tidy"
	@$(VENV)/python -m pytest -q tests/python tests/tidy

test-readme: setup  ## run the commands that the README promises
	@echo "==> README commands"
	@$(VENV)/python tests/readme/check_readme.py
	@$(VENV)/python -m pytest -q tests/readme

test-package:  ## use the installed CMake package from another project
	@scripts/build.sh release
	@scripts/check_package.sh

test-browser:  ## reports of `trainyard cluster` in Debian's Chromium, which it installs
	@scripts/setup.sh chromium
	@echo "==> reports in a browser"
	@$(VENV)/python -m pytest -q tests/browser

test-all: test test-browser asan asan-python tsan sensitivity  ## `test`, many more random cases, sanitizers, constants moved
	@echo "==> Python tests, $(CASES_ALL) random cases an instruction (hours on two cores)"
	@TRAINYARD_CASES=$(CASES_ALL) $(VENV)/python -m pytest -q tests/python

sensitivity: setup  ## which families of measurements feel each timing constant, trn2 and trn1
	@for machine in trn2 trn1; do \
	    $(VENV)/python -m trainyard.validate.sensitivity --machine $$machine; done

bench:  ## one JSON object of medians on stdout
	@scripts/setup.sh >&2
	@scripts/build.sh release >&2
	@$(VENV)/python bench/run.py

format:  ## clang-format every C++ file
	@scripts/sources.sh | xargs clang-format-14 -i

tidy:  ## the style test alone
	@python3 tests/tidy/tidy.py

asan:  ## C++ tests with the address and undefined-behaviour sanitizers
	@scripts/build.sh asan
	@$(CTEST) --preset asan

asan-python: setup  ## Python tests with the extension under the same sanitizers
	@TRAINYARD_CASES=$(CASES_ASAN) scripts/asan_python.sh

tsan:  ## C++ tests with the thread sanitizer
	@scripts/build.sh tsan
	@scripts/fixed_addresses.sh $(CTEST) --preset tsan

fuzz:  ## libFuzzer on every parser, FUZZ_SECONDS=60 each
	@scripts/fuzz.sh $(FUZZ_SECONDS)

clean:  ## forget everything that was built
	@rm -rf build .venv
