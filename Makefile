PY := .venv/bin/python

.PHONY: help setup demo test check bench assets

help:            ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

setup:           ## install what the tests and the demo need, where it is missing
	@bash scripts/setup.sh test

demo:            ## a browsable sample community, from nothing to a served page
	@bash scripts/setup.sh demo
	@exec .venv/bin/gridmap demo $(ARGS)

test:            ## everything the tests need, then the whole suite
	@bash scripts/setup.sh test
	$(PY) -m pytest $(ARGS)

check:           ## style, types, layers, docstrings, translations
	@bash scripts/check.sh

bench:           ## the figures of docs/benchmarks.md
	@bash benchmarks/run.sh $(ARGS)

assets:          ## browser assets from npm and compiled translations
	$(PY) web/build.py
