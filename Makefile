# `make help` lists what there is.
CARGO ?= cargo
HOST ?= 127.0.0.1
PORT ?= 8080
IMAGE ?= quay.io/openshift-aiops/cluster-health-mcp
TAG ?= $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
# Only the docker-* targets need an engine
ENGINE ?= $(notdir $(firstword $(shell command -v podman docker 2>/dev/null)))

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

.PHONY: run
run: ## Serve the embedded demo cluster on 127.0.0.1:8080, and say how to connect
	@$(CARGO) build --release --bin mcp-server
	@MCP_HTTP_HOST=$(HOST) MCP_HTTP_PORT=$(PORT) ./target/release/mcp-server connect
	@./target/release/mcp-server report --demo | head -n 2
	@exec ./target/release/mcp-server --demo --log-format text --http-host $(HOST) --http-port $(PORT)

.PHONY: test
test: ## Run the tests; needs Rust and a C compiler, nothing else
	$(CARGO) test

.PHONY: lint
lint: ## Check formatting and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- --deny warnings

.PHONY: deny
deny: ## Check licences, sources and duplicate crates (needs cargo-deny)
	$(CARGO) deny --all-features check licenses bans sources

.PHONY: conformance
conformance: ## Run the official MCP conformance suite in both eras (needs npm)
	$(CARGO) build --bins --examples
	conformance/run target/debug

.PHONY: clients
clients: ## Talk to the server with the official Python client and the inspector (needs Python 3.10+, npm)
	$(CARGO) build --bins
	e2e/clients/run target/debug

# newest, newest-1, newest-2 or a version such as v1.36.3
KUBERNETES ?= newest

.PHONY: e2e
e2e: ## Run the server against a real Kubernetes API, and break the way to it (needs Go)
	$(CARGO) build --bin mcp-server
	$(CARGO) run --bin e2e -- --kubernetes $(KUBERNETES)

.PHONY: e2e-metrics
e2e-metrics: ## Ask a real Prometheus and Alertmanager with known truth (needs Python and both of Debian's packages)
	$(CARGO) build --bin mcp-server --bin scale
	e2e/metrics/run target/debug

.PHONY: bench
bench: ## Measure decode, assess and bytes a pod
	$(CARGO) bench --package cluster-health --bench assess --bench memory

.PHONY: bench-scale
bench-scale: FIGURES ?= start rest sync steady health
bench-scale: ## Measure the server on 150,000 pods of a fake API; FIGURES=sync for one figure
	$(CARGO) build --release --package cluster-health-mcp --package scale
	@for figure in $(FIGURES); do echo "== $$figure"; target/release/scale $$figure || exit 1; done

.PHONY: bench-peer
bench-peer: ## Ask this server and kubernetes-mcp-server the same question (needs npm)
	$(CARGO) build --release --package cluster-health-mcp --package scale
	bench/peer target/release

# Of each target
FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: ## Look for inputs that break what reads them: FUZZ_SECONDS for each parser, then many more random cases
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} $(CARGO) test --release --package cluster-health-mcp --test it fuzz
	PROPTEST_CASES=20000 $(CARGO) test --release --workspace random

.PHONY: monitoring
monitoring: ## Test the alerts (needs promtool: apt-get install prometheus)
	deploy/monitoring/test

.PHONY: chart
chart: ## Test the chart (needs helm, kubeconform, kustomize, Go, Python; .ci/delivery installs them)
	PATH=$(CURDIR)/target/tools/bin:$(CURDIR)/target/tools/python/bin:$$PATH deploy/test

.PHONY: manifests
manifests: ## Write deploy/manifests.yaml again (needs helm)
	PATH=$(CURDIR)/target/tools/bin:$$PATH deploy/render >deploy/manifests.yaml.new && mv deploy/manifests.yaml.new deploy/manifests.yaml

# Without an engine, root or a clock: the image's date is that of the commit. ARCH=arm64 builds for the other one.
ARCH ?= $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,amd64)
IMAGE_BUILD = $(CARGO) run --quiet --bin image-build --
IMAGE_ARGS = --created $(shell git log -1 --format=%ct) --tag $(TAG) \
	--revision $(shell git rev-parse HEAD)$(if $(shell git status --porcelain --untracked-files=no),-changed)
BINARY = target/image/bin/$(1)/mcp-server
DEBUG_LAYOUT = $(wildcard target/image/debug)

.PHONY: image-lock
image-lock: ## Lock the newest Debian packages of the recipe
	$(IMAGE_BUILD) lock

.PHONY: image-binary-amd64 image-binary-arm64
image-binary-amd64 image-binary-arm64: image-binary-%:
	images/binary $* $(call BINARY,$*)

.PHONY: image-binaries
image-binaries:
	images/binary amd64 $(call BINARY,amd64) arm64 $(call BINARY,arm64)

.PHONY: image
image: image-binary-$(ARCH) ## Build the image: target/image/oci, and target/image/docker.tar for `docker load`
	$(IMAGE_BUILD) build --binary $(ARCH)=$(call BINARY,$(ARCH)) $(IMAGE_ARGS) --docker-archive target/image/docker.tar

.PHONY: image-debug
image-debug: image-binary-$(ARCH) ## Build the variant with a shell: target/image/debug
	$(IMAGE_BUILD) build --binary $(ARCH)=$(call BINARY,$(ARCH)) $(IMAGE_ARGS) --debug --out target/image/debug

.PHONY: image-all
image-all: image-binaries ## Build the image for both architectures, under one index
	$(IMAGE_BUILD) build --binary amd64=$(call BINARY,amd64) --binary arm64=$(call BINARY,arm64) $(IMAGE_ARGS)

.PHONY: image-debug-all
image-debug-all: image-binaries ## The same for both architectures
	$(IMAGE_BUILD) build --binary amd64=$(call BINARY,amd64) --binary arm64=$(call BINARY,arm64) $(IMAGE_ARGS) \
		--debug --out target/image/debug

.PHONY: image-verify
image-verify: ## Check every promise of images/*.expect.toml, and print what was measured
	$(IMAGE_BUILD) verify --run

.PHONY: image-sbom
image-sbom: ## Write SBOMs and provenance of the image
	$(IMAGE_BUILD) sbom
	$(if $(DEBUG_LAYOUT),$(IMAGE_BUILD) sbom --layout $(DEBUG_LAYOUT) --output $(DEBUG_LAYOUT)-attachments)

.PHONY: image-scan
image-scan: ## Fail on HIGH and CRITICAL vulnerabilities; ADVISORIES names a clone of rustsec/advisory-db
	$(IMAGE_BUILD) scan $(if $(ADVISORIES),--advisories "$(ADVISORIES)")

.PHONY: image-metrics
image-metrics: ## Write what was measured as Prometheus text
	$(IMAGE_BUILD) metrics --output target/image/metrics.prom

.PHONY: image-run
image-run: engine image ## Run the image as OpenShift would, on the demo cluster
	$(ENGINE) load --input target/image/docker.tar
	$(ENGINE) run --rm --read-only --cap-drop ALL --security-opt no-new-privileges --user 1000680000:0 --memory 64m \
		--publish $(HOST):$(PORT):8080 $(IMAGE):$(TAG) --demo

# SIGN=keyless, or SIGN=KEYFILE
PUSH = $(IMAGE_BUILD) push --to $(IMAGE) --tag $(1) --layout $(2) $(if $(wildcard $(3)),--attachments $(3)) \
	$(if $(filter keyless,$(SIGN)),--sign-keyless,$(if $(SIGN),--sign-key "$(SIGN)"))

.PHONY: image-push
image-push: ## Push the image, and the debug variant if it was built, to IMAGE under TAG, with SBOMs; SIGN=keyless or SIGN=KEY signs
	$(call PUSH,$(TAG),target/image/oci,target/image/attachments)
	$(if $(DEBUG_LAYOUT),$(call PUSH,$(TAG)-debug,$(DEBUG_LAYOUT),$(DEBUG_LAYOUT)-attachments))

ENGINE_ARGS = --build-arg VERSION=$(TAG) --build-arg REVISION=$(shell git rev-parse HEAD) \
	--build-arg CREATED=$(shell git log -1 --format=%cI)

.PHONY: docker-build
docker-build: engine ## Build the image with a container engine, from images/Containerfile
	$(ENGINE) build --file images/Containerfile $(ENGINE_ARGS) --tag $(IMAGE):$(TAG) .

.PHONY: docker-build-debug
docker-build-debug: docker-build ## Put the same binary on a base with a shell
	$(ENGINE) build --file images/Containerfile.debug --build-arg IMAGE=$(IMAGE):$(TAG) --tag $(IMAGE):$(TAG)-debug images

.PHONY: docker-push
docker-push: engine ## Push what docker-build made
	$(ENGINE) push $(IMAGE):$(TAG)

.PHONY: docker-buildx
docker-buildx: engine ## Build for both architectures with an engine; with PUSH=1 also push
	images/buildx $(ENGINE) $(IMAGE):$(TAG) $(ENGINE_ARGS)

.PHONY: engine
engine:
	@test -n "$(ENGINE)" || { echo "no container engine: install podman or docker, or use \`make image\`, which needs none" >&2; exit 1; }

.PHONY: docs
docs: ## Write the generated parts of the documents again
	UPDATE_DOCS=1 $(CARGO) test --package cluster-health-mcp --test it -- docs deploy

.PHONY: snapshots
snapshots: ## Accept the present reports of clusters/ and the present MCP surface
	UPDATE_SNAPSHOTS=1 $(CARGO) test --package cluster-health-mcp --test it

.PHONY: clean
clean: ## Remove what was built
	$(CARGO) clean
