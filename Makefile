# `make help` lists what there is. Names and behaviour are those that Kubewarden's workflows expect
# (policy.wasm, annotated-policy.wasm, test, e2e-tests, fmt, lint, clean); scripts/ holds what is longer
# than a line.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
PROGRAM := $(TARGET_DIR)/debug/aws-pod-identity
HOST := $(TARGET_DIR)/debug/policy-host

BUILD_SCRIPTS := $(addprefix scripts/,build-module.sh toolchain.sh toolchain-debian.sh lib.sh)
# Directories are listed too: theirs is the time stamp that changes when a file goes.
MODULE_SOURCES := Cargo.toml Cargo.lock core/Cargo.toml json/Cargo.toml $(shell find src core/src json/src) \
	$(BUILD_SCRIPTS)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / { printf "%-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: policy.wasm program ## build the policy, and show what it does with the manifests in examples/
	@status=0; $(PROGRAM) check examples/ || status=$$?; \
	if [[ $$status -eq 1 ]]; then echo "Rejections among the examples are on purpose (exit code 1)."; \
	else exit $$status; fi

# The workspace is compiled once for tests and lints: clippy-driver takes the place of rustc for the project's own crates,
# and everything else is compiled as usual. (`cargo clippy` checks all dependencies a second time, minutes for the engine.)
CLIPPY := RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings

.PHONY: test
test: setup ## run everything that has to pass: format, lints, tests of the code and of the module, e2e tests
	$(MAKE) --no-print-directory fmt
	$(MAKE) --no-print-directory policy.wasm
	$(CLIPPY) cargo build --workspace --all-targets --locked
	$(CLIPPY) cargo test --workspace --locked
	$(MAKE) --no-print-directory lint-module
	$(MAKE) --no-print-directory validate-injected
	$(MAKE) --no-print-directory e2e-tests HOST_IS_BUILT=1
	$(MAKE) --no-print-directory e2e-cluster

.PHONY: setup
setup: ## install what the tests need, where that needs no questions
	@scripts/setup.sh

.PHONY: fmt
fmt: ## check the format
	cargo fmt --all -- --check

.PHONY: lint
lint: lint-module ## run clippy on everything; warnings are errors
	cargo clippy --workspace --all-targets --locked -- -D warnings

# The module's own code is linted for its own target where rustup's clippy knows it.
.PHONY: lint-module
lint-module:
	@if [[ $$(scripts/toolchain.sh) == rustup ]]; then \
		set -x; cargo clippy --target wasm32-wasip1 --locked -- -D warnings; \
	else \
		echo "SKIPPED: clippy for wasm32-wasip1, which needs rustup's std for that target"; \
	fi

# In two steps: Kubewarden's workflows put a policy.wasm of their own there, from a plain `cargo build`. What
# is annotated and released is to be the reproducible one all the same.
policy.wasm: $(TARGET_DIR)/policy.wasm ## build the policy
	cp $< $@

$(TARGET_DIR)/policy.wasm: $(MODULE_SOURCES)
	scripts/build-module.sh $@

annotated-policy.wasm: policy.wasm metadata.yml README.md ## add the metadata (needs kwctl)
	@command -v kwctl >/dev/null || { \
		echo "annotated-policy.wasm needs kwctl on PATH: https://docs.kubewarden.io/howtos/install-kwctl" >&2; \
		exit 1; \
	}
	kwctl annotate -m metadata.yml -u README.md -o $@ $<

artifacthub-pkg.yml: metadata.yml questions-ui.yml ## what Artifact Hub is told (needs kwctl; a release makes its own)
	kwctl scaffold artifacthub --output $@

.PHONY: program
program: ## build aws-pod-identity, the program for people
	cargo build --locked --package aws-pod-identity

.PHONY: e2e-tests
ifneq ($(shell command -v kwctl),)
e2e-tests: annotated-policy.wasm ## run e2e.bats, with kwctl if it is on PATH, else with policy-host
	scripts/e2e.sh kwctl $<
else
e2e-tests: policy.wasm $(if $(HOST_IS_BUILT),,host)
	scripts/e2e.sh $(HOST) $<
endif

.PHONY: host
host:
	cargo build --locked --package policy-host

.PHONY: validate-injected
validate-injected: ## check the injected pods of cases/ against the schema of the newest Kubernetes (needs Python)
	@scripts/validate-injected.sh

.PHONY: e2e-cluster
e2e-cluster: $(if $(shell command -v kwctl),annotated-policy.wasm) ## e2e-cluster.bats, on a control plane from PATH or E2E_KUBECONFIG
	scripts/e2e-cluster.sh annotated-policy.wasm

# The policies that this one is compared with. The empty one is optimised for speed, which flatters it; the other is
# built with Cargo's own release profile, as Kubewarden's template and its official policies are.
BENCH_MODULES := $(TARGET_DIR)/bench/empty.wasm $(TARGET_DIR)/bench/usual-way.wasm

.PHONY: bench
bench: policy.wasm bench-modules ## measure, beside an empty policy and one written the usual way
	cargo bench --locked --package policy-bench --bench compare

.PHONY: bench-growth
bench-growth: policy.wasm ## what hostile input costs at two sizes
	cargo test --locked --package policy-bench --test growth -- --nocapture

.PHONY: bench-instructions
bench-instructions: policy.wasm ## write bench/instructions.txt, which the tests compare with
	UPDATE_INSTRUCTIONS=1 cargo test --locked --package policy-bench --test instructions
	@git --no-pager diff --stat bench/instructions.txt

.PHONY: bench-modules
bench-modules: $(BENCH_MODULES)

$(TARGET_DIR)/bench/%.wasm: BENCH_PROFILE = CARGO_PROFILE_RELEASE_OPT_LEVEL=3
$(TARGET_DIR)/bench/usual-way.wasm: BENCH_PROFILE = CARGO_PROFILE_RELEASE_OPT_LEVEL=3 CARGO_PROFILE_RELEASE_LTO=false \
	CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_PANIC=unwind CARGO_PROFILE_RELEASE_STRIP=debuginfo

$(BENCH_MODULES): $(TARGET_DIR)/bench/%.wasm: Cargo.toml Cargo.lock $(BUILD_SCRIPTS) $(shell find bench/policies)
	$(BENCH_PROFILE) scripts/build-module.sh $@ bench-policy-$*

# The same module with the names of its functions still in it, and without debug information, which the linker could
# not keep right in a module with short numbers.
.PHONY: size
size: policy.wasm ## list what the bytes of the module are for
	CARGO_PROFILE_RELEASE_STRIP=debuginfo scripts/build-module.sh $(TARGET_DIR)/bench/policy-with-names.wasm
	cargo run --quiet --locked --package policy-bench --bin size-report -- \
		$(TARGET_DIR)/bench/policy-with-names.wasm

.PHONY: fuzz
fuzz: ## run the fuzz targets, each for FUZZ_SECONDS (60)
	scripts/fuzz.sh

.PHONY: mutants
mutants: ## change core/ and json/ in one place at a time, and list what no test notices (an hour; MUTANTS_ARGS)
	scripts/mutants.sh $(MUTANTS_ARGS)

.PHONY: deny
deny: ## licences, sources and bans of all dependencies; advisories where their database can be fetched
	scripts/deny.sh

.PHONY: reproducible
reproducible: ## build the module in two folders and compare the bytes
	scripts/reproducible.sh

.PHONY: clean
clean: ## remove everything that was built
	cargo clean
	rm -f policy.wasm annotated-policy.wasm
