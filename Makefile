# Two verbs do everything on a fresh machine: `make preview` and `make test`.
STACK ?= eu-prod
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --frozen
PYTHON ?= python3
SOURCES := __main__.py audit_log benchmarks cli components config delivery drill evidence intake jurisdictions model_images models pentest plan policies records retrieval tests tools weights

.DEFAULT_GOAL := help
.PHONY: help setup preview preview-all check test test-slow test-browser cluster-tools test-cluster serving-tools test-serving bench-serving pentest pentest-real scan docs format rules mutate bench bench-fleet bench-gateway fuzz clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.tools/bin/uv:
	@$(PYTHON) -m venv .tools && .tools/bin/pip install --quiet --disable-pip-version-check uv

setup: $(if $(findstring .tools,$(UV)),.tools/bin/uv) ## Fetch uv if need be, and the locked environment
	@$(UV) sync --frozen --quiet

preview: setup ## Plan STACK (eu-prod) without a cloud, and judge it
	@$(RUN) bailiwick preview $(STACK)

preview-all: setup ## Plan and judge every stack
	@$(RUN) bailiwick preview --all --quiet

check: setup ## Lint, types, the graph of imports, generated docs up to date
	@$(RUN) ruff check $(SOURCES)
	@$(RUN) ruff format --check $(SOURCES)
	@$(RUN) lint-imports
	@$(RUN) bailiwick secrets
	@$(RUN) mypy
	@$(RUN) python -m docs.generate --check

test: setup ## Run the tests, but the slow ones; the last line is pytest's own
	@$(RUN) pytest -m "not slow and not cluster and not serving and not browser"

test-slow: setup ## Run the slow tests: packs as processes, a copied project, every stack
	@$(RUN) pytest -m slow

test-browser: setup ## Try the page over all stacks in Chromium (Debian: apt-get install chromium)
	@BAILIWICK_REQUIRE_BROWSER=1 $(RUN) --group browser pytest -m browser -n 0

cluster-tools: setup ## Obtain etcd, kube-apiserver (built with Go, some minutes once) and definitions for test-cluster
	@$(RUN) python -m tools.cluster

test-cluster: setup ## Apply every manifest of every stack to a real API server, and hold what it says against what was meant
	@BAILIWICK_REQUIRE_CLUSTER=1 $(RUN) pytest -m cluster -n 0

serving-tools: setup ## Obtain vLLM for test-serving: 6 GB; for this machine's GPU where it has one, else for its CPU
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.tools/serving $(UV) sync --frozen --quiet --project model_images/vllm \
	  --group $(if $(shell command -v nvidia-smi 2>/dev/null),image,cpu)

test-serving: serving-tools ## Serve a tiny model by real vLLM, behind its proxy and the whole gateway (minutes)
	@BAILIWICK_REQUIRE_SERVING=1 $(RUN) pytest -m serving -n 0

bench-serving: serving-tools ## Print start, verification and latency of a real model server (minutes)
	@$(RUN) python -m benchmarks.serving

pentest: setup ## Attack the whole gateway before a model that gives way; report and thresholds (.pentest/, minutes)
	@$(RUN) python -m pentest

pentest-real: serving-tools ## The same before real vLLM: its prefix cache, its template's tokens, exhaustion (minutes)
	@$(RUN) python -m pentest --real

DOCKERFILES := $(wildcard model_images/*/Dockerfile)
scan: setup ## Judge the images' Dockerfiles by hadolint and checkov
	@$(RUN) hadolint $(DOCKERFILES)
	@$(UV) run --frozen --isolated --no-default-groups --only-group scan checkov $(addprefix --file ,$(DOCKERFILES)) \
	  --framework dockerfile --skip-download --compact --quiet

docs: setup ## Write the generated reference
	@$(RUN) python -m docs.generate

format: setup ## Put the code in form
	@$(RUN) ruff format $(SOURCES)
	@$(RUN) ruff check --fix $(SOURCES)

rules: setup ## List the rules
	@$(RUN) bailiwick rules

mutate: setup ## Weaken every resource of every stack, one property at a time: all must be refused (minutes)
	@$(RUN) python -m tests.policies.mutate

bench: setup ## Print times and memory
	@$(RUN) python -m benchmarks.preview
	@$(RUN) python -m benchmarks.growth
	@$(RUN) python -m benchmarks.reachability
	@$(RUN) python -m benchmarks.beside_opa

bench-gateway: setup ## Print what the gateway adds to an answer's way, what it finds, what tokens and the audit log cost (minutes)
	@$(RUN) python -m benchmarks.gateway
	@$(RUN) python -m benchmarks.deidentify_speed
	@$(RUN) --group peers python -m benchmarks.deidentify
	@$(RUN) python -m benchmarks.tokens
	@$(RUN) python -m benchmarks.audit

FUZZ_SECONDS ?= 60
fuzz: setup ## Search, led by coverage, for bytes that a parser of the gateway does not refuse in its own words (FUZZ_SECONDS each)
	@for target in request header answer whole arguments restored text encoded log stored; do \
	  $(RUN) --group fuzz python -m tests.model_images.gateway.fuzz $$target -max_total_time=$(FUZZ_SECONDS) -max_len=4096 || exit 1; done

bench-fleet: setup ## Print times and memory of many stacks (minutes)
	@$(RUN) python -m benchmarks.fleet

clean: ## Remove environments and caches
	@rm -rf .venv .tools .pentest .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
