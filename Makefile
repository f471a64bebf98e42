# One line of purpose per target; the work is done by programs that are named by their module.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
python := .venv/bin/python

# What `make token` puts into the token, apart from SUB and SCOPE.
REGION ?= US
AGE_VERIFIED ?= true

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# -- The local stack ---------------------------------------------------------------------------

.PHONY: run
run: setup ## Start everything, play an evening, show what came of it; leaves the stack up
	@$(python) -m local_stack run

.PHONY: stop
stop: setup ## End everything that run started
	@$(python) -m local_stack stop

.PHONY: check
check: setup ## Check the books of the running stack; fails on any breach
	@$(python) -m local_stack check

.PHONY: daily
daily: setup ## Check the books, report what is owed, fail on what has waited too long
	@$(python) -m local_stack daily

.PHONY: urls
urls: setup ## Print every address of the running stack as JSON
	@$(python) -m local_stack urls

.PHONY: token
token: setup ## Print a token: SUB=alice SCOPE="viewer creator" [REGION= AGE_VERIFIED= KIND= SUPERVISED= WARDS= TTL_S=]
	@$(python) -m local_stack token --subject='$(SUB)' --scope='$(SCOPE)' --region='$(REGION)' \
		--age-verified='$(AGE_VERIFIED)' $(if $(KIND),--account-kind='$(KIND)') \
		$(if $(SUPERVISED),--supervised='$(SUPERVISED)') $(if $(WARDS),--wards='$(WARDS)') \
		$(if $(TTL_S),--ttl-s='$(TTL_S)')

.PHONY: trace
trace: setup ## Print the trace of one gift: GIFT=<gift id>
	@$(python) -m local_stack trace '$(GIFT)'

.PHONY: observe
observe: setup ## Watch the running stack: Prometheus, alerts, dashboards, until Ctrl-C
	@$(python) -m observe run

# -- Checks ------------------------------------------------------------------------------------

.PHONY: test
test: lint ## Everything that a change must pass
	@sh deploy/local/test.sh

.PHONY: test-page
test-page: setup ## Test the page in a real Chromium; fails where there is none (make test skips that)
	@LARGESSE_CHROMIUM="$${LARGESSE_CHROMIUM:-chromium}" sh deploy/local/test.sh -n 0 tests/page

.PHONY: test-rules
test-rules: setup ## Have promtool check and test the alert rules; fails where there is neither it nor Go
	@$(python) -m observe test-rules

.PHONY: test-otel
test-otel: setup ## Have the collector judge its configuration; fails where there is no Go to build it
	@$(python) -m observe test-collector

.PHONY: lint
lint: setup ## Style, types, direction of imports
	@$(python) -m ruff format --check --quiet || { echo "lint: make format puts that right" >&2; exit 1; }
	@$(python) -m ruff check --quiet
	@.venv/bin/basedpyright --level error
	@.venv/bin/lint-imports --no-cache
	@.venv/bin/node services/gateway/node_modules/typescript/bin/tsc --noEmit --project services/gateway
	@.venv/bin/node deploy/page/node_modules/typescript/bin/tsc --noEmit --project deploy/page

.PHONY: format
format: setup ## Rewrite the code in the agreed format
	@$(python) -m ruff check --fix-only --quiet
	@$(python) -m ruff format --quiet

.PHONY: capacity
capacity: setup ## What a load takes: [GIFTS_PER_S= VIEWERS= ROOMS= DAYS= COSTS=]; without one, the tables of docs/capacity.md
	@$(python) -m capacity $(if $(GIFTS_PER_S),--gifts-per-s='$(GIFTS_PER_S)') \
		$(if $(VIEWERS),--viewers='$(VIEWERS)') $(if $(ROOMS),--rooms='$(ROOMS)') \
		$(if $(DAYS),--days='$(DAYS)') $(if $(COSTS),--costs='$(COSTS)')

.PHONY: manifests
manifests: setup ## Render and check the Kubernetes manifests: schemas, references, settings, policy, topics
	@$(python) -m manifests check

.PHONY: manifests-generated
manifests-generated: setup ## Write the manifests that are made from contracts and rules
	@$(python) -m manifests generate

.PHONY: test-k8s
test-k8s: setup ## Run the manifests on the cluster of KUBECONFIG: an evening, pods deleted, a drain, the books
	@$(python) -m manifests try

.PHONY: faults
faults: setup ## Kill processes under load, take PostgreSQL away, upgrade, restore each database alone; then check the books
	@$(python) -m pytest -m long -s tests/faults tests/recovery

.PHONY: soak
soak: setup ## Run at 70 % load while all goes wrong in turn, for 20 minutes: [SECONDS= SEED=]; memory must stay flat
	@cd tests/load && PYTHONPATH=.. ../../$(python) -m soak \
		$(if $(SECONDS),--seconds='$(SECONDS)') $(if $(SEED),--seed='$(SEED)')

benches := bench-p1 bench-p2 bench-p3 bench-p4 bench-p5 bench-p6 bench-p8 bench-p9 bench-boards bench-memory
.PHONY: $(benches)
$(benches): bench-%: setup
	@cd tests/load && ../../$(python) -m $*

bench-p1: ## Benchmark: the wallet applies charges
bench-p2: ## Benchmark: the same with a star, a whale, dirty input, limits, reversals
bench-p3: ## Benchmark: gifts through the three services
bench-p4: ## Benchmark: sendGift through the gateway
bench-p5: ## Benchmark: a federated read through the gateway
bench-p6: ## Benchmark: the live hub tells a hot room to its viewers
bench-p8: ## Benchmark: recovery after kill -9
bench-p9: ## Benchmark: a purchase over 10,000 gifts is taken back while gifts flow
bench-boards: ## Benchmark: boards of a creator with a million gifters
bench-memory: ## Benchmark: memory of the whole stack at rest

# -- Images ------------------------------------------------------------------------------------

.PHONY: images
images: setup ## Build the images of deploy/docker; needs a Docker engine
	@$(python) -m local_stack build-images

.PHONY: test-images
test-images: setup ## Start the whole stack from the images, play an evening, check the books, stop it
	@$(python) -m local_stack test-images

.PHONY: sbom
sbom: setup ## List what is in each image, as CycloneDX, in .local/sbom
	@$(python) -m local_stack sbom

.PHONY: audit
audit: setup ## Look for known vulnerabilities in what the locks pin
	@$(python) -m local_stack audit

.PHONY: stand-in-images
stand-in-images: setup ## Make base images of this machine, where no registry can be reached
	@sh deploy/docker/stand-in/build.sh

# -- Set-up ------------------------------------------------------------------------------------

.PHONY: setup
setup: ## Install everything that the repository needs (quick when nothing changed)
	@sh deploy/local/setup.sh

.PHONY: lock
lock: setup ## Resolve requirements.in again into requirements.lock
	@sh deploy/local/lock.sh
