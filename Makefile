# Every task of the project, wrapped around the presets of CMakePresets.json. Plain `make` lists them.
# Stamps below build/ carry a checksum of what they depend on, so that nothing is installed or
# configured twice, and `make run` on a built tree goes straight to the answer.

SHELL := bash
.SHELLFLAGS := -o pipefail -c

MODEL  ?= smollm2-135m
PROMPT ?= Why is the sky blue?
FUZZ_SECONDS ?= 60
export MODEL PROMPT FUZZ_SECONDS

export RIDGE_CACHE ?= $(HOME)/.cache/ridgeline
RIDGE := build/release/ridge
# A path is used as it is; a short name stands for a file of the model store.
model_file = $(if $(findstring /,$(MODEL))$(filter %.gguf,$(MODEL)),$(MODEL),$(RIDGE_CACHE)/models/$(MODEL).gguf)
checksum = $(firstword $(shell cat $(1) | cksum))
packages_run := build/.packages-run-$(call checksum,tools/packages.txt tools/setup.sh)
packages_test := build/.packages-test-$(call checksum,tools/packages.txt tools/setup.sh)
presets := $(call checksum,CMakePresets.json)
build_aarch64 := cmake --preset aarch64 >/dev/null && ninja -C build/aarch64

.DEFAULT_GOAL := help
.PHONY: help run build test test-clients models aarch64 asan tsan fuzz format tidy clean

help: ## this list
	@echo "Ridgeline: local language models at the speed your memory allows"; echo
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { sub(/ /, ", ", $$1); printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo; echo '  make run MODEL=qwen2.5-coder-1.5b PROMPT="Write quicksort in C."'

run: $(RIDGE).built $(model_file) ## set up what is missing, build, and answer PROMPT with MODEL
	@$(RIDGE) run "$(model_file)" --temp 0 -p "$$PROMPT"

build: $(RIDGE).built ## build the program: build/release/ridge

# Always runs ninja, which knows what is out of date; a tree that is up to date costs it 0.1 s.
.PHONY: $(RIDGE).built
$(RIDGE).built: | build/release/.configured-$(presets)
	@if [ -x $(RIDGE) ]; then ninja --quiet -C build/release ridge | { grep -v "no work to do" || :; }; \
	else ninja -C build/release ridge; fi

test: build/release/.tests-$(presets) ## set up what is missing, build everything and run all tests
	@tools/models.py get smollm2-135m
	@tools/material.py get
	@ninja -C build/release
	@$(build_aarch64)
	@ctest --preset release -j$$(nproc)

test-clients: $(RIDGE).built $(RIDGE_CACHE)/models/qwen2.5-coder-1.5b.gguf ## run the clients that people use against the server
	@tools/clients/run.py $(RIDGE) $(RIDGE_CACHE)/models/qwen2.5-coder-1.5b.gguf
	@ninja --quiet -C build/release replay_server
	@tools/clients/agents.py build/release/tests/clients/replay_server $(RIDGE_CACHE)/models/qwen2.5-coder-1.5b.gguf

models: | $(packages_run) ## fetch every model that a test can use (2 GB)
	@tools/models.py get --all

aarch64: build/release/.tests-$(presets) ## build the core for 64-bit Arm and run its tests under QEMU
	@$(build_aarch64)
	@ctest --preset release -L aarch64 -j$$(nproc)

asan tsan: $(packages_test) ## build and run the unit tests under sanitizers (address + undefined, thread)
	@cmake --preset $@ >/dev/null
	@ninja -C build/$@
	@ctest --preset $@ -j$$(nproc)

# What reads foreign bytes, serves and shares memory; the rest takes half an hour more.
asan_quick := base tensor gguf spec hub text sample grammar chat kv engine server
.PHONY: asan-quick
asan-quick: $(packages_test) ## the part of asan that CI runs
	@cmake --preset asan >/dev/null
	@ninja -C build/asan $(asan_quick:%=%_test)
	@ctest --preset asan-quick -j$$(nproc)

fuzz: $(packages_test) ## run every fuzz target for FUZZ_SECONDS each
	@cmake --preset fuzz >/dev/null
	@ninja -C build/fuzz fuzzers
	@tools/fuzz.sh build/fuzz

format: $(packages_test) ## rewrite the C++ files in the house format
	@git ls-files '*.h' '*.cpp' | xargs clang-format-19 -i

tidy: build/release/.tests-$(presets) ## clang-tidy on the files changed since main
	@tools/tidy.sh

clean: ## remove build/; models and other downloads stay
	rm -rf build

build/.packages-%:
	@tools/setup.sh $(firstword $(subst -, ,$*))
	@mkdir -p build && rm -f build/.packages-$(firstword $(subst -, ,$*))-* && touch $@

$(packages_test): $(packages_run)

# A new tree is set up without tests, which need more packages; one that has them keeps them.
build/release/.configured-%: | $(packages_run)
	@grep -qs RIDGE_TESTS:BOOL=ON build/release/CMakeCache.txt && tests=ON || tests=OFF; \
	cmake --preset release -DRIDGE_TESTS=$$tests >/dev/null
	@touch $@

build/release/.tests-%: | $(packages_test)
	@cmake --preset release -DRIDGE_TESTS=ON >/dev/null
	@touch build/release/.configured-$* $@

$(RIDGE_CACHE)/models/%.gguf: | $(packages_run)
	@tools/models.py get $*
