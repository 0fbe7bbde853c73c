# pgcontract. The two commands of README.md: make demo, make test. Every other target is for those who work on it.
BUILD  ?= build
CONFIG ?= Release
JOBS   ?= $(shell nproc)
TESTS  ?=
ENV    ?= local
ARGS   ?=

PGCONTRACT := $(CURDIR)/$(BUILD)/src/pgcontract
STRATMASTER := $(MAKE) --no-print-directory -C stratmaster PGCONTRACT=$(PGCONTRACT) ENV=$(ENV) ARGS="$(ARGS)"

.PHONY: help build demo demo.down test peers check format bench tenthousand matrix long asan tsan migrate db.psql db.reset clean

help: ## list the targets
	@sed -n 's/^\([a-z.]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

build: ## install what it needs and build the program
	@tools/install_packages build
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=$(CONFIG) -DPGCONTRACT_TESTS=$(if $(TESTS),ON,OFF) >$(BUILD).log 2>&1 \
	  || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log
	@ln -sf $(BUILD)/compile_commands.json compile_commands.json
	@tools/build_progress $(BUILD) $(JOBS) $(if $(TESTS),all,pgcontract)

demo: ## bring a private cluster under stratmaster/contract.yaml and print the verdict
	@tools/install_packages build run
	@echo "building"
	@$(MAKE) --no-print-directory build
	@tools/demo $(PGCONTRACT)

demo.down: ## remove the demo's cluster
	@if [ -x $(PGCONTRACT) ]; then $(PGCONTRACT) --contract stratmaster/contract.yaml down --remove --yes; fi

test: ## install, build, and run every test but the longest suites
	@tools/install_packages build run test
	@$(MAKE) --no-print-directory build TESTS=1
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS) -LE 'matrix|long' $(ARGS); \
	  status=$$?; tools/skipped $(BUILD); exit $$status

peers: ## build the S3 servers that the tests of stores run against (ten minutes, once; needs Go)
	@tools/peers

check: ## formatting, static analysis, include rules, shell scripts
	@tools/install_packages build test check
	@$(MAKE) --no-print-directory build TESTS=1
	@tools/check $(BUILD)

format: ## format the C++ sources
	@tools/install_packages check
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

bench: ## measure, against pg_dump
	@tools/install_packages build run bench
	@$(MAKE) --no-print-directory build
	@bench/run $(PGCONTRACT)

tenthousand: ## a fleet of 10,000 tenants: what the daily commands take, in time, memory and locks
	@tools/install_packages build run bench
	@$(MAKE) --no-print-directory build
	@PGC_BENCH_TENANTS=$${PGC_BENCH_TENANTS:-10000} PGC_BENCH_TABLES=$${PGC_BENCH_TABLES:-0} bench/run $(PGCONTRACT) tenthousand

matrix: ## the server tests on PostgreSQL 14, 16, 17 and 18
	@$(MAKE) --no-print-directory build TESTS=1
	@tools/matrix $(BUILD)

long: ## the longest suites: kill -9 at every moment, a cut at every statement
	@tools/install_packages build run test
	@$(MAKE) --no-print-directory build TESTS=1
	@ctest --test-dir $(BUILD) --output-on-failure -L long; status=$$?; tools/skipped $(BUILD); exit $$status

asan: ## every test under the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory test BUILD=build-asan CONFIG=Asan

tsan: ## the tests that use threads under the thread sanitizer
	@$(MAKE) --no-print-directory test BUILD=build-tsan CONFIG=Tsan ARGS="-R 'unit|pg_act'"

# The daily commands of the reference deployment, from here: ENV=compose make migrate
migrate db.psql db.reset:
	@$(STRATMASTER) $@

clean: ## remove what was built
	rm -rf build build-asan build-tsan compile_commands.json
