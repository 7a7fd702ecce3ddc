# The commands of this project. Each works on a machine with Python 3.11 or newer and make.

BIN := .venv/bin
PORT ?= 8000
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
# Tests and demo start many processes; without it each would compile the whole project anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo demo-reset install services test test-all lint bench

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*  ## /make \1|/p' Makefile | while IFS='|' read -r name does; do \
		printf '  %-16s %s\n' "$$name" "$$does"; done

demo: install  ## serve the site on http://127.0.0.1:$PORT/ with a made-up institution; Ctrl-C stops it
	@PORT=$(PORT) exec $(BIN)/python -m config.demo

demo-reset: install  ## forget the demo's data
	@exec $(BIN)/python -m config.demo --reset

install: .venv/.installed  ## make .venv with the locked dependencies

.venv/.installed: requirements.lock
	@scripts/make_venv.sh
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

services:
	@scripts/test_services.sh

test: install services  ## run the tests, those in the browser too
	$(PYTEST) --numprocesses=logical --dist=loadfile --no-loadscope-reorder --ignore=tests/browser
	$(PYTEST) --numprocesses=logical --dist=load tests/browser

test-all: export TANDEM_LONG = 1
test-all: test  ## run the tests with the long replays and storms

lint: install  ## check style, types, import directions, templates, migrations, compose file and shell scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# mypy leaves without running exit handlers: it must not start the embedded database
	DATABASE_URL=postgres://unused@localhost/unused $(BIN)/mypy manage.py config phases scheduling integration adminconsole
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet --profile django .
	DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	for script in scripts/*.sh .ci/run; do bash -n "$$script" || exit 1; done

bench: install  ## run the benchmarks and print their table
	$(BIN)/python -m benchmarks
	DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python -m benchmarks.far_sis
