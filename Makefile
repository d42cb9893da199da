# The commands of this project; README.md says what each is for. The work is done by the scripts in lms/ops (what an
# installation needs) and .ci (what only a developer and CI need).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ifdef LMS_VAR
export LMS_VAR
endif
ifdef PORT
export PORT
endif

.PHONY: help run install upgrade rollback test test-services bench shots lint lock messages clean

help:
	@echo 'make run            the site with its demo on http://localhost:8000 (PORT=, LMS_VAR= may be set)'
	@echo 'make install        the site on this server, by root: Debian 12/13, Ubuntu 24.04 (lms/docs/van-hanh.md)'
	@echo 'make upgrade        this version on a server that has another · make rollback  back to the one before'
	@echo 'make test           every check and test on SQLite, in a real browser too'
	@echo 'make test-services  the tests on PostgreSQL and Redis, private ones that it starts itself'
	@echo 'make bench          the benchmarks · make shots  pictures of the main screens in var/shots'
	@echo 'make lint           the checks without the tests · make messages  collect texts to translate'
	@echo 'make lock           lock the requirements anew · make clean  remove what can be made again'

run:
	@lms/ops/system.sh run
	@lms/ops/venv.sh base
	@exec lms/ops/run.sh

install:
	@exec lms/ops/install.sh

upgrade:
	@exec lms/ops/upgrade.sh

rollback:
	@exec lms/ops/rollback.sh

test:
	@.ci/prepare test
	@exec .ci/test

test-services:
	@.ci/prepare test services
	@exec .ci/test-services

bench:
	@.ci/prepare test
	@exec .ci/python -m pytest tests/bench --override-ini 'python_files=bench_*.py' --override-ini 'python_functions=bench_*' -q -s

shots:
	@.ci/prepare test
	@exec .ci/python -m pytest tests/shots --override-ini 'python_files=shots_*.py' -q

lint:
	@.ci/prepare test
	@exec .ci/lint

lock:
	@lms/ops/system.sh run
	@exec .ci/lock

messages:
	@.ci/prepare test
	@exec .ci/messages

# The data folder stays: it may hold what somebody entered.
clean:
	@rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache
	@find lms courses quizzes certificates media tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@find lms/locale -name '*.mo' -delete
