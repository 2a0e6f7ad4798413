# `make help` lists the targets. Kubewarden's workflows expect policy.wasm, annotated-policy.wasm, test, e2e-tests, fmt, lint
# and clean. Recipes that are longer than a few lines are in scripts/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
# Incremental compilation writes files that take a quarter of the time of a new build of the workspace.
export CARGO_INCREMENTAL ?= 0

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
PROGRAM := $(TARGET_DIR)/debug/aws-pod-identity
HOST := $(TARGET_DIR)/debug/policy-host

BUILD_SCRIPTS := $(addprefix scripts/,build-module.sh pinned-rust.sh rust-version toolchain.sh toolchain-debian.sh \
	lib.sh)
# With the directories, because the removal of a file changes the time stamp of its directory only.
MODULE_CRATES := core json trust
MODULE_SOURCES := Cargo.toml Cargo.lock $(MODULE_CRATES:%=%/Cargo.toml) $(shell find src $(MODULE_CRATES:%=%/src)) \
	$(BUILD_SCRIPTS)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / { printf "%-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The client of the command audit takes more than a minute to compile on two cores.
WITHOUT_AUDIT := --no-default-features

.PHONY: run
run: policy.wasm ## build the policy and the program, and check the manifests in examples/
	cargo build --locked --package aws-pod-identity $(WITHOUT_AUDIT)
	@status=0; $(PROGRAM) check examples/ || status=$$?; \
	if [[ $$status -eq 1 ]]; then echo "The rejections in the examples are intentional (exit code 1)."; \
	else exit $$status; fi

# The workspace is compiled once for tests and lints: clippy-driver replaces rustc for the crates of the project, and rustc
# compiles the dependencies. (`cargo clippy` checks all dependencies a second time, minutes for the engine.)
CLIPPY := RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings

# In continuous integration, tests that the machine can run are not skipped, so the policies for comparison are also built.
.PHONY: test
test: setup ## run all checks: format, lints, tests of the code and of the module, end-to-end tests
	$(MAKE) --no-print-directory fmt
	$(MAKE) --no-print-directory policy.wasm $(if $(CI),bench-modules)
	$(CLIPPY) cargo build --workspace --all-targets --locked
	@echo "the three parts run at the same time; each prints its results when it is done"
	$(MAKE) --no-print-directory --jobs 3 --output-sync=target test-code test-end-to-end validate

# With `nice`, because the end-to-end tests run at the same time, and the components of a control plane have time limits.
# Without the job server of make, which rustdoc cannot use and warns about.
.PHONY: test-code
test-code:
	$(CLIPPY) env -u MAKEFLAGS -u MFLAGS nice cargo test --workspace --locked

# Lints, and validations with programs that are not part of the project.
.PHONY: validate
validate:
	$(MAKE) --no-print-directory lint-module
	$(MAKE) --no-print-directory validate-injected
	$(MAKE) --no-print-directory validate-reports HOST_IS_BUILT=1
	$(MAKE) --no-print-directory validate-chart
	$(MAKE) --no-print-directory validate-monitoring

# One after the other, because both annotate the module.
.PHONY: test-end-to-end
test-end-to-end:
	$(MAKE) --no-print-directory e2e-tests HOST_IS_BUILT=1
	$(MAKE) --no-print-directory e2e-cluster HOST_IS_BUILT=1

.PHONY: setup
setup: ## install the programs that the build and the tests need, as far as possible without asking
	@scripts/setup.sh

.PHONY: fmt
fmt: ## check the format
	cargo fmt --all -- --check

.PHONY: lint
lint: lint-module ## run clippy on everything; warnings are errors
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: lint-module
lint-module:
	@scripts/lint-module.sh

# In two steps, because Kubewarden's workflows write a policy.wasm from a plain `cargo build` to this path. The module that
# is annotated and released must be the reproducible one.
policy.wasm: $(TARGET_DIR)/policy.wasm ## build the module
	cp $< $@

$(TARGET_DIR)/policy.wasm: $(MODULE_SOURCES)
	scripts/build-module.sh $@

# The module contains the README, in which relative links would not work.
VERSION := $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml)
$(TARGET_DIR)/README.md: README.md Cargo.toml scripts/absolute-links.sh
	mkdir -p $(@D)
	scripts/absolute-links.sh $< $(VERSION) >$@

annotated-policy.wasm: policy.wasm metadata.yml $(TARGET_DIR)/README.md ## add the metadata to the module (needs kwctl)
	@command -v kwctl >/dev/null || { \
		echo "annotated-policy.wasm needs kwctl on PATH: https://docs.kubewarden.io/howtos/install-kwctl" >&2; \
		exit 1; \
	}
	kwctl annotate -m metadata.yml -u $(TARGET_DIR)/README.md -o $@ $<

artifacthub-pkg.yml: metadata.yml questions-ui.yml ## generate the metadata for Artifact Hub (needs kwctl)
	kwctl scaffold artifacthub --output $@

.PHONY: program
program: ## build the program aws-pod-identity
	cargo build --locked --package aws-pod-identity

.PHONY: e2e-tests
ifneq ($(shell command -v kwctl),)
e2e-tests: annotated-policy.wasm ## run e2e.bats with kwctl if it is on PATH, otherwise with policy-host
	scripts/e2e.sh kwctl $<
else
e2e-tests: policy.wasm $(if $(HOST_IS_BUILT),,host)
	scripts/e2e.sh $(HOST) $<
endif

.PHONY: host
host:
	cargo build --locked --package policy-host

.PHONY: validate-injected
validate-injected: ## validate the injected pods of cases/ with the schema of the newest Kubernetes (needs Python)
	@scripts/validate-injected.sh

.PHONY: validate-reports
validate-reports: ## validate reports of the program with their schemas (needs Python and npm)
	@$(if $(HOST_IS_BUILT),PROGRAM=$(PROGRAM)) scripts/validate-reports.sh

.PHONY: validate-chart
validate-chart: ## lint the Helm chart and compare its renderings with the expected ones (needs helm)
	@scripts/validate-chart.sh

.PHONY: validate-monitoring
validate-monitoring: ## test the alert rules (needs promtool)
	@scripts/validate-monitoring.sh

# The cluster tests need the program, and without E2E_KUBECONFIG also the module. If they are skipped, nothing is built.
E2E_CLUSTER_NEEDS := $(if $(E2E_KUBECONFIG),,$(if $(shell command -v kwctl),annotated-policy.wasm)) \
	$(if $(HOST_IS_BUILT),,$(if $(E2E_KUBECONFIG)$(shell command -v kwctl),program))

.PHONY: e2e-cluster
e2e-cluster: $(E2E_CLUSTER_NEEDS) ## run tests/cluster/ on a control plane from PATH, or on the cluster of E2E_KUBECONFIG
	PROGRAM=$(abspath $(PROGRAM)) scripts/e2e-cluster.sh annotated-policy.wasm

# The policies for comparison. The one that accepts everything is optimized for speed, to its advantage. The one with the SDK
# is built with the release profile of Cargo, as Kubewarden's template and official policies are.
BENCH_MODULES := $(addprefix $(TARGET_DIR)/bench/,empty.wasm lean.wasm sdk.wasm)

.PHONY: docs
docs: ## build the documentation site with mdBook, and its playground, into target/site
	scripts/docs.sh

.PHONY: playground
playground: ## build the playground, which is a page of the site, into target/site/playground
	scripts/playground.sh $(TARGET_DIR)/site/playground/index.html

.PHONY: test-playground
test-playground: ## test the playground in Chromium, and compare it with the program (skipped without Chromium)
	@scripts/test-playground.sh

.PHONY: test-report
test-report: ## test the html report in Chromium (skipped without Chromium)
	@scripts/test-report.sh

.PHONY: recordings
recordings: ## record the session and the picture of the README (the picture needs Chromium)
	scripts/recordings.sh

.PHONY: bench
# The workspace, because the features of dependencies are then those of the tests.
bench: policy.wasm bench-modules ## measure time, size and memory, compared with other policies
	$(CLIPPY) cargo bench --locked --config bench/profile.toml --profile dev --workspace --bench compare

.PHONY: bench-program
bench-program: ## measure the program with 10,000 manifests: time, first output, memory
	cargo bench --locked --package aws-pod-identity --no-default-features --features mimalloc --profile dist --bench program

.PHONY: bench-growth
bench-growth: policy.wasm ## measure hostile input at two sizes
	cargo test --locked --package policy-bench --test module -- --nocapture growth::

.PHONY: bench-instructions
bench-instructions: policy.wasm ## update bench/instructions.txt, which the tests compare with
	UPDATE_INSTRUCTIONS=1 cargo test --locked --package policy-bench --test module -- instructions::
	@git --no-pager diff --stat bench/instructions.txt

.PHONY: bench-modules
bench-modules: $(BENCH_MODULES)

$(TARGET_DIR)/bench/%.wasm: BENCH_PROFILE = CARGO_PROFILE_RELEASE_OPT_LEVEL=3
$(TARGET_DIR)/bench/sdk.wasm: BENCH_PROFILE = CARGO_PROFILE_RELEASE_OPT_LEVEL=3 CARGO_PROFILE_RELEASE_LTO=false \
	CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_PANIC=unwind CARGO_PROFILE_RELEASE_STRIP=debuginfo

$(BENCH_MODULES): $(TARGET_DIR)/bench/%.wasm: Cargo.toml Cargo.lock $(BUILD_SCRIPTS) $(shell find bench/policies)
	$(BENCH_PROFILE) scripts/build-module.sh $@ bench-policy-$*

# The module with the names of its functions, and without debug information, which is wrong after --compress-relocations.
.PHONY: size
size: policy.wasm ## list the bytes of the module by their purpose
	CARGO_PROFILE_RELEASE_STRIP=debuginfo scripts/build-module.sh $(TARGET_DIR)/bench/policy-with-names.wasm
	cargo run --quiet --locked --package policy-bench --example size-report -- \
		$(TARGET_DIR)/bench/policy-with-names.wasm

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZ_SECONDS (default 60)
	scripts/fuzz.sh

.PHONY: sdk-matrix
sdk-matrix: ## measure which credentials AWS SDKs use, without network access (SDKS=go-v2 for one; an hour for all)
	sdk-matrix/run.sh $(SDKS)

.PHONY: mutants
mutants: ## run mutation tests of core/, json/ and trust/ (hours; arguments in MUTANTS_ARGS)
	scripts/mutants.sh $(MUTANTS_ARGS)

.PHONY: deny
deny: ## check licenses, sources and bans of all dependencies, and advisories if they can be fetched
	scripts/deny.sh

.PHONY: shellcheck
shellcheck: ## check the shell scripts (needs shellcheck)
	shellcheck --external-sources scripts/*.sh scripts/action/*.sh scripts/cluster/*.sh .ci/run e2e.bats \
		tests/cluster/*.bats tests/cluster/*.bash

.PHONY: lint-workflows
lint-workflows: ## check the workflows with actionlint and zizmor
	@scripts/lint-workflows.sh

.PHONY: reproducible
reproducible: ## build the module in two directories and compare the bytes
	scripts/reproducible.sh

.PHONY: clean
clean: ## remove all build output
	cargo clean
	rm -f policy.wasm annotated-policy.wasm
