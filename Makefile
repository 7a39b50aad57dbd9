# Two verbs do everything on a fresh machine: `make preview` and `make test`.
STACK ?= eu-prod
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --frozen
PYTHON ?= python3
SOURCES := __main__.py audit_log benchmarks breach cli components config database delivery drill evidence intake jurisdictions model_images models pentest pipeline plan policies records repository retrieval scanners tests token_vault tools weights

.DEFAULT_GOAL := help
.PHONY: help setup preview preview-all evidence check test test-slow cluster-tools test-cluster serving-tools test-serving bench-serving pentest pentest-real scan docs format rules mutate bench bench-evidence bench-fleet bench-gateway fuzz clean release-check scan-tools test-scan changed-stacks review comment engine-preview engine-up drift check-deployed lifecycle-due keep-plan fetch-plan test-browser

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

evidence: setup ## Write what a reviewer signs of STACK (.evidence/STACK)
	@$(RUN) bailiwick evidence $(STACK) --out .evidence/$(STACK)

check: setup ## Lint, types, the graph of imports, generated docs up to date
	@$(RUN) ruff check $(SOURCES)
	@$(RUN) ruff format --check $(SOURCES)
	@$(RUN) lint-imports
	@$(RUN) bailiwick secrets
	@$(RUN) mypy
	@$(RUN) python -m docs.generate --check

test: setup ## Run the tests, but the slow ones; the last line is pytest's own
	@$(RUN) pytest -m "not slow and not cluster and not serving and not scanning and not browser"

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

scan-tools: setup ## Obtain the scanners: packages into .tools/scan and .tools/secrets, and two built with Go (a minute once)
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.tools/scan $(UV) sync --frozen --quiet --inexact --no-default-groups --only-group scan
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.tools/secrets $(UV) sync --frozen --quiet --no-default-groups --only-group secrets
	@$(RUN) python -m tools.scan

SARIF ?=
scan: scan-tools ## Other people's scanners on plans, manifests, images, YAML, scripts, pipelines, secrets, dependencies
	@$(RUN) python -m scanners $(if $(SARIF),--sarif $(SARIF))

test-scan: scan-tools ## Try the scanners themselves, each on one thing broken
	@BAILIWICK_REQUIRE_SCANNERS=1 $(RUN) pytest -m scanning

# What the pipelines call (docs/guides/ci.md), here so that a person can call it too.
BASE ?= origin/main
FORMAT ?= lines
changed-stacks: setup ## The stacks that the change since BASE touches; ALL=1 every one, ONLY=… of these alone
	@$(RUN) python -m pipeline changed $(if $(ALL),--all,--base "$(BASE)") $(if $(filter undefined,$(origin ONLY)),,--only "$(ONLY)") --format $(FORMAT)

OUT ?= .evidence/$(STACK)
review: setup ## Plan and judge STACK, and write what a reviewer reads into OUT; AGAINST=REV says what differs
	@code=0; $(RUN) bailiwick evidence "$(STACK)" --out "$(OUT)" $(if $(AGAINST),--against "$(AGAINST)") || code=$$?; \
	  case $$code in 0|3|4) cat "$(OUT)/summary.md" ;; esac; exit $$code

comment: setup ## Write FILE as the pull request's comment on STACK, or edit the one that is there
	@$(RUN) python -m pipeline comment "$(STACK)" "$(FILE)"

# With the real engine, logged in where the state lies: docs/guides/deploy.md.
PLAN ?= .evidence/$(STACK).plan.json
PACKS := $(foreach pack,sovereignty patient_data platform,--policy-pack policies/packs/$(pack))
engine-preview: setup ## Preview STACK with the real engine and every pack, and save its plan as PLAN
	@mkdir -p "$(dir $(PLAN))"
	@pulumi preview --non-interactive --stack "$(STACK)" $(PACKS) --save-plan "$(PLAN)"

engine-up: setup ## Do to STACK what PLAN says, and nothing else
	@pulumi up --non-interactive --yes --stack "$(STACK)" $(PACKS) --plan "$(PLAN)"

drift: setup ## Fail where STACK is no longer what was deployed
	@pulumi preview --non-interactive --stack "$(STACK)" --refresh --expect-no-changes

lifecycle-due: setup ## Say which served versions must be approved anew within 60 days; refuse those whose day has passed
	@$(RUN) bailiwick lifecycle check

check-deployed: setup ## Judge what is deployed of STACK, from its state
	@state=$$(mktemp --suffix=.json) && trap 'rm -f "$$state"' EXIT \
	  && pulumi stack export --non-interactive --stack "$(STACK)" > "$$state" && $(RUN) bailiwick check "$$state"

keep-plan: setup ## Put PLAN of STACK into its state ACCOUNT under RUN_ID; print its SHA-256
	@$(RUN) python -m pipeline keep-plan "$(STACK)" "$(PLAN)" --account "$(ACCOUNT)" --run "$(RUN_ID)"

fetch-plan: setup ## Take PLAN of STACK back, if it still has that SHA256
	@mkdir -p "$(dir $(PLAN))"
	@$(RUN) python -m pipeline fetch-plan "$(STACK)" "$(PLAN)" --account "$(ACCOUNT)" --run "$(RUN_ID)" --sha256 "$(SHA256)"

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

VERSION ?=
release-check: setup ## Hold this tree against release VERSION=x.y.z: version, lock, changelog, tag, a clean tree
	@$(RUN) python -m tools.release $(VERSION)

bench-evidence: setup ## Print times and sizes of evidence, of one stack and of twenty (minutes)
	@$(RUN) python -m benchmarks.evidence
	@$(RUN) python -m benchmarks.beside_engine

bench-fleet: setup ## Print times and memory of many stacks (minutes)
	@$(RUN) python -m benchmarks.fleet

clean: ## Remove environments and caches
	@rm -rf .venv .tools .pentest .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .evidence
