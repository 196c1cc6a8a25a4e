# Keelson. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help deps build run image image-lock test test-appliance check sim browser bench-failover bench-replication bench-console cost soak fuzz fuzz-short test-release test-sanitize clean

# The floors only hold if nobody imports what the manifest does not name.
BUILD := swift build --explicit-target-dependency-import-check error
CONFIGURATION ?= debug
BIN = .build/$(CONFIGURATION)
VENV = build/venv
FUZZ := Configuration Netlink HTTP License Upload NBD Frame Journal

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

deps: ## install what building and running need (Debian 12 or 13, root)
	@image/install-packages

build: deps ## build every program (CONFIGURATION=release for the product, VENDOR_KEYS=folder for one that is sold)
	@keys=$(if $(VENDOR_KEYS),$$($(BUILD) -c $(CONFIGURATION) --product keelson-vendor >&2 \
		&& $(BIN)/keelson-vendor public-keys '$(VENDOR_KEYS)')) \
	&& KEELSON_VENDOR_KEYS=$$keys $(BUILD) -c $(CONFIGURATION) $(if $(PRODUCT),--product $(PRODUCT))

run: build ## three nodes to set up in a browser; AUTO=1 by command line, CUT=1 also cuts powers
	@$(BIN)/lab run $(if $(AUTO),--unattended) $(if $(CUT),--cut)

image: deps ## the appliance: root file system, kernel, bill of materials and raw disk image in build/image (root)
	@image/install-packages image
	@$(MAKE) --no-print-directory build CONFIGURATION=release
	@base=$$(image/make-base) && image/make-root "$$base" .build/release && image/make-disk

image-lock: deps ## the versions that Debian has today become those of the image
	@image/install-packages image
	@image/make-base --lock

test-appliance: $(VENV)/installed ## the image in QEMU, BIOS and UEFI: first boot, wizard reachable, power cut (make image first)
	@image/install-packages appliance
	@PYTHONDONTWRITEBYTECODE=1 $(VENV)/bin/pytest --quiet -p no:cacheprovider Tests/Appliance

# Tests that use whole cores, one after the other: beside them those with deadlines would fail.
BUSY := (CaptureService|JournalStore|LabTests|NBDServer|Simulation|SourceService)

# A thousand tests at once on two cores keep each other from meeting any deadline.
FEW := --experimental-maximum-parallelization-width 8

# The optimizer has crashed on what the debug build takes: both are built.
test: check ## everything that a change must pass
	@image/install-packages replication
	@$(MAKE) --no-print-directory sim
	@$(MAKE) --no-print-directory build CONFIGURATION=release
	@$(MAKE) --no-print-directory test-release
	@$(MAKE) --no-print-directory fuzz-short
	@swift test --skip-build $(FEW) --skip ClusterTests --skip '$(BUSY)'
	@swift test --skip-build --no-parallel --filter '$(BUSY)'
	@$(MAKE) --no-print-directory browser
	@swift test --skip-build --filter ClusterTests

check: deps ## format, floors and warnings
	@swift format lint --strict --recursive Package.swift Sources Tests bench
	@$(BUILD) --build-tests

SEED ?= 1
RUNS ?= 2000
sim: deps ## play the cores against models: SEED=n RUNS=n
	@$(BUILD) -c release --product simulator
	@.build/release/simulator --seed $(SEED) --runs $(RUNS)

$(VENV)/installed: Tests/Browser/requirements.txt
	@image/install-packages browser
	@python3 -m venv $(VENV) && $(VENV)/bin/pip install --quiet --requirement $< && touch $@

browser: $(VENV)/installed ## the console in a real browser, from the setup code to a failover
	@PYTHONDONTWRITEBYTECODE=1 $(VENV)/bin/pytest --quiet -p no:cacheprovider Tests/Browser

test-release: $(VENV)/installed ## the release programs, after both builds: what they read of licenses
	@PYTHONDONTWRITEBYTECODE=1 $(VENV)/bin/pytest --quiet -p no:cacheprovider Tests/Release

bench-console: $(VENV)/installed ## pages and open consoles; table and build/bench/console.json
	@$(MAKE) --no-print-directory build CONFIGURATION=release
	@CONFIGURATION=release PYTHONDONTWRITEBYTECODE=1 $(VENV)/bin/python Tests/Browser/bench_console.py

bench-failover: ## power cuts beside keepalived; table and build/bench/failover.json
	@image/install-packages bench
	@$(MAKE) --no-print-directory build CONFIGURATION=release
	@.build/release/lab bench-failover

bench-replication: ## blocks, NBD, tap, copies and journals beside others; table and build/bench/replication.json
	@image/install-packages replication
	@$(MAKE) --no-print-directory build CONFIGURATION=release
	@.build/release/lab bench-replication

cost: ## memory and CPU of every daemon at rest; table and build/bench/cost.json
	@$(MAKE) --no-print-directory build CONFIGURATION=release
	@.build/release/lab cost

soak: build ## every fault of the design, again and again
	@image/install-packages bench
	@$(BIN)/lab soak
	@image/install-packages replication
	@$(BUILD) --build-tests
	@KEELSON_POINTS=$${POINTS:-100} KEELSON_KILLS=$${KILLS:-100} KEELSON_FAULTS=$${FAULTS:-20} KEELSON_SEED=$(SEED) \
		swift test --skip-build --no-parallel \
		--filter '(CrashConsistency|Kill|LinkFault|ReceiverRestart|Sector|SpoolDisk)Tests'

fuzz: deps ## fuzz every parser, SECONDS_EACH=n each (600)
	@for target in $(FUZZ); do \
		Tests/Fuzz/build.sh $$target && Tests/Fuzz/run.sh $$target $${SECONDS_EACH:-600} || exit 1; done

fuzz-short: deps ## half a million inputs for each fuzzer, the same ones every time
	@for target in $(FUZZ); do Tests/Fuzz/build.sh $$target && Tests/Fuzz/run.sh $$target || exit 1; done

# Leaks are not looked for: at the end of a test run what Swift's runtime, XCTest and swift-nio keep counts as lost.
test-sanitize: deps ## the unit tests under the thread and the address sanitizer
	@swift test --sanitize=thread --scratch-path .build-tsan --skip ClusterTests
	@ASAN_OPTIONS=detect_leaks=0 swift test --sanitize=address --scratch-path .build-asan --skip ClusterTests

clean: ## remove what was built
	@rm -rf .build .build-* build
