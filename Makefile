# What people do with this repository. `make` alone tells.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help setup demo test check bench dev

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

demo: setup ## A county, a day, several phones. ONCE=1: show the figures and stop
	cargo build --quiet --bin anfang
	target/debug/anfang demo --data-dir $(DEMO_DATA) $(if $(ONCE),--once)

test: setup ## Every test, on a Postgres of its own
	cargo test --workspace

check: setup ## Form, lints, rules of the house
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --package anfang --test anfang tidy::

bench: setup ## Measure, beside what Postgres and the disk do here
	cargo bench --package anfang --bench anfang

dev: setup ## A server on data/dev, rebuilt by hand
	cargo run --bin anfang -- serve --data-dir data/dev
