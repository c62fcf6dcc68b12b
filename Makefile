# What people do with this repository. `make` alone tells.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help setup web demo test check bench clients clients-ready browsers dev fleet crashes model year

# Where the demo keeps its data; a second `make demo` finds it again.
DEMO_DATA ?= data/demo

help: ## Tell what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## Install what is missing (PostgreSQL binaries, a C compiler)
	@if ! ls /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres >/dev/null 2>&1 && ! command -v postgres >/dev/null; then \
	  missing="$$missing postgresql"; fi; \
	command -v cc >/dev/null || missing="$$missing build-essential"; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then as=; else as=sudo; fi; \
	  echo "installing:$$missing"; \
	  $$as mkdir -p /etc/postgresql-common && \
	  echo 'create_main_cluster = false' | $$as tee /etc/postgresql-common/createcluster.conf >/dev/null; \
	  $$as apt-get update -q && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -q $$missing; \
	fi
	@command -v cargo >/dev/null || { echo "Rust is missing: see https://rustup.rs"; exit 1; }

# The two web apps. What is built here is embedded when the server is compiled next.
WEB := server/web
WEB_SOURCES := $(shell find $(WEB) \( -name node_modules -o -name dist -o -name shots \) -prune -o -type f -print)
web: $(WEB)/dist/field/index.html ## Build the web apps (npm ci, vite)

$(WEB)/node_modules/.made: $(WEB)/package-lock.json
	@command -v node npm >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then as=; else as=sudo; fi; \
	  $$as apt-get update -q && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -q nodejs npm; \
	}
	cd $(WEB) && npm ci --silent --no-fund --no-audit
	@touch $@

$(WEB)/dist/field/index.html: $(WEB)/node_modules/.made $(WEB_SOURCES)
	cd $(WEB) && npm run --silent build
	@touch $@

demo: setup web ## A county, a day, several phones. ONCE=1: show the figures and stop
	cargo build --quiet --bin anfang
	target/debug/anfang demo --data-dir $(DEMO_DATA) $(if $(ONCE),--once)

# Most of a test's time is waiting (for a disk, a clock, a peer): two at a time for each core.
test: export RUST_TEST_THREADS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
test: setup web ## Every test, on a Postgres of its own; then the web apps in Chromium
	@rm -f target/tmp/figures.txt
	cargo test --workspace --no-fail-fast
	@echo; echo 'Measured, drawn from, and skipped:'; sort target/tmp/figures.txt; echo
	cd $(WEB) && npm test --silent
	$(MAKE) --no-print-directory browsers
	@if $(MAKE) --no-print-directory clients-ready; \
	  then ANFANG_PROGRAM=target/debug/anfang $(MAKE) --no-print-directory clients SEED=$(or $(SEED),1); \
	  else echo "clients: NOT RUN, for their packages cannot be had from PyPI or npm here"; fi

# On the program that `make test` has just built.
browsers: web ## The web apps in a real Chromium
	@[ -x "$${CHROMIUM:-/usr/bin/chromium}" ] || { \
	  if [ "$$(id -u)" = 0 ]; then as=; else as=sudo; fi; \
	  $$as apt-get update -q && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium fonts-noto-cjk; \
	}
	@[ -x target/debug/anfang ] || cargo build --quiet --bin anfang
	cd $(WEB) && npm run --silent sizes && npm run --silent test:e2e

# 200 phones for ten minutes on a bad network, against two servers. ANFANG_SEED=… draws the same again;
# ANFANG_FLEET_PHONES and ANFANG_FLEET_SECONDS make it smaller or larger. `make test` has 9 phones and 8 s.
fleet: export ANFANG_FLEET_PHONES ?= 200
fleet: export ANFANG_FLEET_SECONDS ?= 600
fleet: setup ## Many phones on a bad network, two servers: lost, doubled, sent again
	cargo test --package anfang --test anfang -- fleet:: --nocapture --test-threads 1

# 1,000 deaths of server and Postgres at random, as many at the named points, Postgres restarted every ten seconds for
# ten minutes, a full disk (as root, who may mount one). About an hour on two cores; `make test` has the short version.
crashes: export ANFANG_CRASHES ?= 1000
crashes: export ANFANG_RESTARTS ?= 60
crashes: setup ## Server, Postgres and phones killed anywhere: 0 lost, 0 doubled
	cargo test --package anfang --test anfang -- crashes:: --nocapture --test-threads 1

check: setup $(WEB)/node_modules/.made ## Form, lints, rules of the house
	cd $(WEB) && npm run --silent check
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --package anfang --test anfang tidy::

bench: setup ## Measure, beside what Postgres and the disk do here
	cargo bench --package anfang --bench anfang

# A Python environment and node modules of exactly the locked versions, made anew when a lock changes.
CLIENTS := target/clients
clients-ready: setup
	@command -v node npm >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then as=; else as=sudo; fi; \
	  $$as apt-get update -q && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv nodejs npm postgresql-client; \
	}
	@mkdir -p $(CLIENTS)
	@cmp -s tests/clients/requirements.txt $(CLIENTS)/python.lock || { \
	  rm -rf $(CLIENTS)/venv && python3 -m venv $(CLIENTS)/venv && \
	  $(CLIENTS)/venv/bin/pip install -q --disable-pip-version-check --require-hashes -r tests/clients/requirements.txt && \
	  cp tests/clients/requirements.txt $(CLIENTS)/python.lock; }
	@{ [ -d tests/clients/node/node_modules ] && cmp -s tests/clients/node/package-lock.json $(CLIENTS)/node.lock; } || { \
	  (cd tests/clients/node && npm ci --silent) && cp tests/clients/node/package-lock.json $(CLIENTS)/node.lock; }

clients: clients-ready ## Clients that nobody here wrote, against a real server. LONG=1: the long run; SEED=n: again
	@[ -n "$$ANFANG_PROGRAM" ] || cargo build --quiet --bin anfang
	$(CLIENTS)/venv/bin/python tests/clients/run.py $(if $(LONG),--long) $(if $(SEED),--seed $(SEED))

model: export ANFANG_CASES ?= 10000
model: export ANFANG_CASES_ON_POSTGRES ?= 1000
model: setup ## Ten thousand random days of phones, network and server, a thousand of them with a real Postgres beside
	cargo test --package anfang --test anfang -- flows::engine --nocapture --test-threads 1

year: setup ## A county's year in simulated time: nothing missing, nothing twice, all on its day
	ANFANG_YEAR_DAYS=365 ANFANG_YEAR_FINDINGS=20000 ANFANG_YEAR_INSPECTORS=300 cargo test --package anfang --test anfang -- --nocapture flows::year

dev: setup ## A server on data/dev, rebuilt by hand
	cargo run --bin anfang -- serve --data-dir data/dev
