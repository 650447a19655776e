# make lab             JupyterLab on the tutorial  (PORT=8888 ARGS=--no-browser)
# make test            all checks: lint, tests, tutorials, browser; needs neither root nor a cluster
# make lint            formatting, types, layers
# make bench           the numbers, beside kubectl and the kubernetes package  (ARGS="streams terminals" for parts)
# make test-cluster    the behaviour tests on a real two-node Kubernetes, built on the way (root); or CONTEXT=kind-dev
# make clean           back to a fresh clone
#
# Needs Python 3.11 or newer. Everything else lands in .venv and node_modules, Node.js included where there is none.
# Stamps make a second run fast; an interrupted step has no stamp and is done again.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 8888
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
OUTER_PATH := $(PATH)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Images of Python often set it; then each kernel, terminal and worker of the tests compiles kt_jupyter anew.
unexport PYTHONDONTWRITEBYTECODE

FRONTEND := package.json yarn.lock .yarnrc.yml $(shell find labextension/src labextension/style labextension/tsconfig.json kt_jupyter/notebook/views/style.css -type f)

say = @printf '\033[1m== %s\033[0m\n' "$(1)"

.PHONY: help lab test lint bench clean install browser test-python test-notebooks test-ui test-cluster cluster-up cluster-down

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

# ---- install

# A Python that was upgraded or moved leaves a dangling link: everything that was made with it is made again.
$(shell [ -e $(BIN)/python ] || rm -f $(addprefix $(VENV)/.,python packages labextension installed))

# All or nothing: a pip that was interrupted while it replaced itself cannot be asked to try again.
$(VENV)/.python:
	$(call say,Python)
	@export PATH="$(OUTER_PATH)"; \
	for python in python3.13 python3.12 python3.11 python3; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break || python=; \
	done; \
	if [ -z "$$python" ]; then echo "kt_jupyter needs Python 3.11 or newer, and none is on the PATH."; exit 1; fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv"; exit 1; \
	fi; \
	$$python --version; $$python -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet 'pip>=25.1'
	@touch $@

# pip writes a line for every package it already has; only what it does is shown.
PIP := $(BIN)/python -m pip
quietly = 2>&1 | awk '!/already satisfied/ { print; fflush() }'

$(VENV)/.packages: pyproject.toml | $(VENV)/.python
	$(call say,Python packages (a minute the first time))
	@$(PIP) install --group dev $(quietly)
	@touch $@

$(VENV)/.labextension: $(FRONTEND) hatch_build.py $(VENV)/.packages
	$(call say,The JupyterLab part (a minute or two the first time))
	@node=$$($(BIN)/python hatch_build.py requirements); \
	if [ -n "$$node" ]; then echo "No Node.js 20.19 or newer here: installing one from PyPI"; $(PIP) install $$node $(quietly); fi
	@$(BIN)/python hatch_build.py
	@touch $@

$(VENV)/.installed: $(VENV)/.labextension install.json $(wildcard jupyter-config/*)
	$(call say,kt_jupyter itself)
	@$(PIP) install --no-build-isolation --editable . $(quietly)
	@touch $@

install: $(VENV)/.installed

# ---- use

# As root Jupyter wants to be told; without a display a browser would be a text browser in this terminal.
LAB_FLAGS := $(shell [ "$$(id -u)" = 0 ] && echo --allow-root) \
	$(shell [ "$$(uname)" = Linux ] && [ -z "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] && echo --no-browser)

lab: install
	@$(BIN)/jupyter trust notebooks/*.ipynb >/dev/null
	$(call say,JupyterLab: end it with Ctrl-C)
	@exec $(BIN)/jupyter lab --port=$(PORT) $(LAB_FLAGS) --LabApp.default_url=/lab/tree/notebooks/01-volumes.ipynb $(ARGS)

$(VENV)/.bench: pyproject.toml | $(VENV)/.packages
	@$(PIP) install --group bench $(quietly)
	@touch $@

bench: install $(VENV)/.bench
	@$(BIN)/python -m tests.bench $(ARGS)

# ---- check

STAGES := install lint test-python test-notebooks test-ui

test:
	@took=; for stage in $(STAGES); do \
		SECONDS=0; $(MAKE) --no-print-directory $$stage; took+=" $$stage $$SECONDS,"; \
	done; \
	printf '\033[1m== all of it passed; in seconds:%s\033[0m\n' "$${took%,}"

VERSION = $$(node -p 'require("./package.json").version')

lint: install
	$(call say,lint)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/jlpm lint
	@version=$(VERSION); grep -m1 '^## ' CHANGELOG.md | grep -qF "$$version" || \
		{ echo "CHANGELOG.md does not begin with version $$version, which package.json has"; exit 1; }

# On the embedded cluster, of which each of the two has its own, as it has a Jupyter and a browser; a file's tests stay
# together. ARGS="-n 0" for a debugger.
TWO_AT_ONCE := -n 2 --dist loadfile

test-python: install
	$(call say,tests)
	$(BIN)/pytest $(TWO_AT_ONCE) --ignore=tests/ui --ignore=tests/bench $(ARGS)

test-notebooks: install
	$(call say,tutorials)
	@state=$$(mktemp -d); \
	export HOME=$$state KUBECONFIG= KT_JUPYTER_LOCAL_DIR=$$state/local; \
	trap '$(BIN)/python -m kt_jupyter.local stop >/dev/null 2>&1; rm -rf "$$state"' EXIT; \
	$(BIN)/pytest --nbval --nbval-current-env --nbval-cell-timeout=60 \
		--nbval-sanitize-with=tests/notebooks/sanitize.cfg notebooks

test-ui: install browser
	$(call say,in a browser)
	$(BIN)/pytest $(TWO_AT_ONCE) tests/ui $(ARGS)

# The same tests on real Kubernetes, and a terminal's life in a browser: on the cluster of CONTEXT, else on one made for
# the occasion, which is also asked whether it still answers as recorded.
CONTEXT ?= $(KT_TEST_CONTEXT)
ON_CLUSTER := tests/cluster tests/ui/test_terminal.py tests/ui/test_terminal_lives.py
test-cluster: install browser
	$(call say,on real Kubernetes)
	@if [ -n "$(CONTEXT)" ]; then export KT_TEST_CONTEXT="$(CONTEXT)"; exec $(BIN)/pytest $(ON_CLUSTER) $(ARGS); \
	else exec $(BIN)/python -m tests.realcluster --with-parent run -- \
		$(BIN)/pytest $(ON_CLUSTER) tests/parity $(ARGS); fi

cluster-up cluster-down: cluster-%: install
	@exec $(BIN)/python -m tests.realcluster --with-parent $*

# Chromium comes from the distribution. Who may not install it goes without the UI tests, and they say so.
browser:
	@if ! { command -v chromium || command -v google-chrome; } >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium; \
		else \
			echo "No Chromium on the PATH: the UI tests will be skipped."; \
		fi; \
	fi

clean:
	rm -rf $(VENV) node_modules .yarn kt_jupyter/labextension labextension/lib labextension/tsconfig.tsbuildinfo dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
