# All of it runs in .venv, made from the hashes in build/requirements.lock.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -q
RUST := rustc libstd-rust-dev-wasm32 lld
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)
CODE := host bindings/python build tests $(wildcard demo)

.PHONY: help venv generate check-generated modules buf release-protos lint test soak simulate bench demo ci-tools lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(VENV)/ready ## .venv, with all tools and this checkout in it

$(VENV)/ready: build/requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --no-deps -r build/requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

generate: venv ## the committed generated code, from protos/
	$(PY) build/generate.py

check-generated: venv ## fails where `make generate` would change something
	$(PY) build/generate.py --check

modules: venv ## the .wasm files, where their sources changed
	$(PY) build/modules.py --strict

# Without npm nothing is installed; the tests then skip on a developer's machine, and fail in CI.
buf: ## the linter of protos, pinned by build/buf/package-lock.json
	@! command -v npm >/dev/null || $(MAKE) -s build/buf/node_modules/.package-lock.json

build/buf/node_modules/.package-lock.json: build/buf/package-lock.json
	cd build/buf && npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

release-protos: buf ## makes today's protos the ones that `buf breaking` holds the next to
	build/buf/node_modules/.bin/buf build --exclude-source-info -o build/buf/released.json
	$(PYTHON) -m json.tool --indent 1 --sort-keys build/buf/released.json build/buf/released.json

lint: venv ## ruff and mypy
	$(PY) -m ruff check $(CODE)
	$(PY) -m mypy $(CODE)

test: check-generated modules buf lint ## everything that CI checks
	$(PY) -m pytest

SOAK := tests
SOAK_TIME := 2h

soak: modules ## the long forms of the randomised tests, a line a test; a part of them: SOAK=tests/stress
	INTERLOCK_SOAK=1 timeout --foreground -s INT $(SOAK_TIME) \
	  $(PY) -m pytest -v --durations=20 -o timeout=1800 --deselect tests/bench $(SOAK)

SEED := 1
SEEDS := 20
STEPS := 10000

simulate: modules ## random scripts against plain references: SEED= the first, SEEDS= how many, STEPS= of each
	$(PY) -m tests.simulation --seed $(SEED) --seeds $(SEEDS) --steps $(STEPS)

bench: modules ## the speed, beside peers in one run; Redis where it is installed
	$(PIP) install --require-hashes --no-deps -r tests/bench/requirements.lock
	$(PY) -m tests.bench

demo: modules ## the main job on real input: Python, Go and TypeScript count the words of a library, one is killed
	$(PY) -m demo

# Prometheus is taken out of its package: installing it starts a service and brings thirty packages.
ci-tools: ## what CI needs beyond python3, make, Go, Node.js and a network: Debian's Rust for wasm32, Prometheus, Bazel
	@$(PYTHON) -c 'import venv, ensurepip'
	@go version && node --version
	@dpkg -s $(RUST) >/dev/null 2>&1 || { $(SUDO) apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(RUST); }
	@command -v promtool >/dev/null || { cd "$$(mktemp -d)" && $(SUDO) apt-get update -qq && \
	  apt-get download -qq -o APT::Sandbox::User=root prometheus && dpkg -x prometheus_*.deb . && \
	  $(SUDO) install usr/bin/prometheus usr/bin/promtool /usr/local/bin/; }
	@if command -v bazel >/dev/null; then :; elif [ -n "$$CI" ] || [ -z "$(SUDO)" ]; then $(SUDO) apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bazel-bootstrap; \
	  else echo "bazel is missing, and its tests will skip: apt-get install bazel-bootstrap"; fi

lock: ## pins the newest versions that pyproject.toml and build/requirements.in allow
	$(PYTHON) -m venv build/out/lock
	build/out/lock/bin/python -m pip install -q pip-tools
	build/out/lock/bin/pip-compile -q --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
	  --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-options \
	  -o build/requirements.lock pyproject.toml build/requirements.in

clean: ## removes what was built, .venv included
	rm -rf $(VENV) build/out build/buf/node_modules dist host/interlock_host/modules/*.wasm
