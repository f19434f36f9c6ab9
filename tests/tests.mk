# run, test, check, debug, asan, lint, fmt, fuzz, bench, coverage, fresh.

# Tests wait for children more than they compute: four at a time on two processors.
TEST_JOBS  ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n > 4 ? n : 4)))
TEST_FLAGS ?= --timeout 300 -j$(TEST_JOBS)
C_FILES = $(shell find src include tests -name '*.[ch]' | sort)

## run: builds and starts reaptop; make run ARGS='tree 1'
.PHONY: run
run: all
	@$(BUILD)/reaptop $(ARGS)

## test: builds and runs all tests; the last line is "N passed, N failed"
.PHONY: test
test: all $(TEST_PROGRAMS)
	@REAPTOP='$(abspath $(BUILD)/reaptop)' TEST_FLAGS='$(TEST_FLAGS)' tests/run.sh $(TEST_PROGRAMS)

## matrix: every situation in every condition, every death and every forecast, also as an ordinary user (root)
.PHONY: matrix
matrix: all $(BUILD)/tests/cli
	@REAPTOP='$(abspath $(BUILD)/reaptop)' REAPTOP_MATRIX=whole \
	 TEST_FLAGS='$(TEST_FLAGS) --filter @(situations|deaths|forecasts)/*' tests/run.sh $(BUILD)/tests/cli

## debug: build/debug/reaptop, unoptimised, for a debugger
.PHONY: debug
debug:
	@$(MAKE) BUILD=build/debug CFLAGS='-O0 -g3' all

# Criterion passes a test that leaks; run.sh looks for the report. Left out are tests of
# programs that are not built here, and those that take the same road through the same
# code once more to look at processes and verdicts, not at memory.
ASAN_SKIPS := programs/*|interruption/*|experiments/a_sight_s_*|experiments/seen_by_*
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
            -Wno-format-truncation
REPORTS  := ERROR: AddressSanitizer|SUMMARY: UndefinedBehavior|runtime error:

## asan: the tests under AddressSanitizer, LeakSanitizer and UBSan, in build/asan
.PHONY: asan
asan:
	@ASAN_OPTIONS='detect_leaks=1:detect_stack_use_after_return=1' \
	 LSAN_OPTIONS='exitcode=0' \
	 UBSAN_OPTIONS='print_stacktrace=1' \
	 TEST_REPORT='$(REPORTS)' \
	 $(MAKE) BUILD=build/asan WERROR=1 CFLAGS='-O1 -g1 $(SANITIZE)' LDFLAGS='$(SANITIZE)' \
	     TEST_FLAGS='--timeout 600 --filter !($(ASAN_SKIPS))' test

## valgrind: the tests of base, model and view and some commands under memcheck
.PHONY: valgrind
valgrind: all $(filter %/base %/model %/view,$(TEST_PROGRAMS))
	@tests/valgrind.sh $(BUILD) $(filter %/base %/model %/view,$(TEST_PROGRAMS))

## clang: everything built with clang, warnings are errors, in build/clang
.PHONY: clang
clang:
	@$(MAKE) BUILD=build/clang CC=clang CFLAGS=-O0 WERROR=1 all test-build

## werror: everything built with warnings as errors, in build/werror
.PHONY: werror
werror:
	@$(MAKE) BUILD=build/werror WERROR=1 all test-build

## lint: format, layers, forbidden calls, cppcheck, shell scripts, manual pages
.PHONY: lint
lint:
	@tests/lint.sh

## fmt: formats the C sources in place
.PHONY: fmt
fmt:
	clang-format -i $(C_FILES)

## check: all that must hold before a change goes in
.PHONY: check
check:
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory asan
	@$(MAKE) --no-print-directory valgrind
	@$(MAKE) --no-print-directory werror clang
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory docs-check
	@tests/po.sh
	@$(MAKE) --no-print-directory fuzz
	@$(MAKE) --no-print-directory faults FAULTS=quick
	@$(MAKE) --no-print-directory hostile HOSTILE=--check
	@echo "check: all of it holds"

## deps-check: installs what check, lint, fuzz, coverage and bench need besides
.PHONY: deps-check
deps-check:
	@tests/deps.sh build test iterator stacks check

# ---- fuzzing ----------------------------------------------------------------
# Every tests/fuzz/fuzz_NAME.c is a libFuzzer target; its kept inputs are in
# tests/fuzz/corpus/NAME/. What a run finds stays in build/fuzz/.

FUZZ_SECONDS ?= 5
FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_LAYERS := base model source control view
FUZZ_LAYERS_config := $(LAYERS)
fuzz_layers = $(or $(FUZZ_LAYERS_$(1)),$(FUZZ_LAYERS))
ifdef FUZZING
FUZZ_TARGETS := $(FUZZ_NAMES:%=$(BUILD)/fuzz_%)
define fuzz_rule
$$(BUILD)/fuzz_$(1): $$(BUILD)/obj/tests/fuzz/fuzz_$(1).o $$(call archives,$$(call fuzz_layers,$(1)))
	$$(call say,LD)$$(CC) $$(CFLAGS) $$(LDFLAGS) -fsanitize=fuzzer -o $$@ $$^ \
	    $$(call libflags,$$(call fuzz_layers,$(1))) $$(LDLIBS)
endef
$(foreach name,$(FUZZ_NAMES),$(eval $(call fuzz_rule,$(name))))
$(FUZZ_NAMES:%=$(BUILD)/obj/tests/fuzz/fuzz_%.o): private CPPFLAGS += -Isrc/source -Isrc/model -Itests
.PHONY: fuzz-build
fuzz-build: $(FUZZ_TARGETS)
endif

## fuzz: each tests/fuzz target for FUZZ_SECONDS (5), with clang's libFuzzer
.PHONY: fuzz
fuzz:
	@$(MAKE) --no-print-directory FUZZING=1 BUILD=build/fuzz CC=clang WERROR=1 \
	    CFLAGS='-O1 -g1 -fsanitize=fuzzer-no-link $(FUZZ_SANITIZE)' LDFLAGS='$(FUZZ_SANITIZE)' fuzz-build
	@FUZZ_SECONDS='$(FUZZ_SECONDS)' tests/fuzz/run.sh build/fuzz $(FUZZ_NAMES)

# ---- faults -----------------------------------------------------------------

FAULT_LIBS = $(call pkg_libs,vterm)
FAULT_OBJECTS = $(patsubst tests/%.c,$(BUILD)/obj/tests/%.o,$(wildcard tests/faults/fault_*.c))
$(BUILD)/tests/grid: $(FAULT_OBJECTS) $(TEST_SUPPORT)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FAULT_LIBS) $(LDLIBS)
$(BUILD)/tests/soak: $(BUILD)/obj/tests/soak/soak.o $(TEST_SUPPORT)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FAULT_LIBS) $(LDLIBS)
$(FAULT_OBJECTS) $(BUILD)/obj/tests/soak/soak.o: private CPPFLAGS += -Itests

## hostile: every condition of tests/hostile.table made to happen; HOSTILE='helper epoll' selects, HOSTILE=--check only looks
.PHONY: hostile
hostile: all $(TEST_PROGRAMS)
	@tests/hostile.sh $(BUILD) $(HOSTILE)

## faults: each fallible call failing, k-th and from k-th on, in every command and screen; FAULTS='quick tree open'
.PHONY: faults
faults: all $(BUILD)/tests/grid $(BUILD)/tests/faults.so
	@$(BUILD)/tests/grid '$(abspath $(BUILD)/reaptop)' '$(abspath $(BUILD)/tests/faults.so)' $(FAULTS)

## prove: what must hold, measured, as a table; PROVE='reuse faults soak coverage' selects
.PHONY: prove
prove: all $(TEST_PROGRAMS) $(BUILD)/tests/grid $(BUILD)/tests/soak $(BUILD)/tests/faults.so
	@PROVE='$(PROVE)' tests/prove.sh $(BUILD)

SOAK_SECONDS ?= 60
SOAK_BIRTHS ?= 200

## soak: memory and descriptors of the screen's processes under churn and random keys; SOAK_SECONDS, SOAK_BIRTHS
.PHONY: soak
soak: all $(BUILD)/tests/soak
	@$(BUILD)/tests/soak '$(abspath $(BUILD)/reaptop)' $(SOAK_SECONDS) $(SOAK_BIRTHS)

# ---- measuring --------------------------------------------------------------

## coverage: line coverage of the tests, in build/coverage
.PHONY: coverage
coverage:
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || :
	@$(MAKE) --no-print-directory BUILD=build/coverage CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage test
	@tests/coverage.sh build/coverage

## bench: the table of BENCHMARKS.md; BENCH='80 1000 10000 30000 threads churn columns rounds=5 seconds=10'
.PHONY: bench
bench: all $(BUILD)/bench/bench $(BUILD)/bench/opens
	@$(BUILD)/bench/bench '$(abspath $(BUILD)/reaptop)' $(BENCH)
	@$(BUILD)/bench/opens '$(abspath $(BUILD)/reaptop)'

## bench-record: what recording costs beside the refresh it records, in CPU time
.PHONY: bench-record
bench-record: $(BUILD)/bench/record
	@$(BUILD)/bench/record

BENCH_LIBS = $(call pkg_libs,vterm)
BENCH_PARTS := bench_tables screens commands column_costs floors churn
BENCH_OBJECTS = $(BENCH_PARTS:%=$(BUILD)/obj/tests/bench/%.o)
$(BUILD)/bench/bench: $(BENCH_OBJECTS) $(BUILD)/obj/tests/bench/measure.o $(TEST_SUPPORT)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(BENCH_LIBS)
RECORD_LAYERS := base model source
$(BUILD)/bench/record: $(BUILD)/obj/tests/bench/record.o $(TEST_SUPPORT) $(call archives,$(RECORD_LAYERS))
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libflags,$(RECORD_LAYERS)) $(LDLIBS)
$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/obj/tests/bench/measure.o $(TEST_SUPPORT)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(BENCH_LIBS)
$(BUILD)/obj/tests/bench/%.o: private CPPFLAGS += -Itests
.PRECIOUS: $(BUILD)/obj/tests/bench/%.o

MEASURE_PROGRAMS := $(patsubst %,$(BUILD)/bench/%,bench opens record hosts) $(BUILD)/tests/grid $(BUILD)/tests/soak

## environments: every command, the screen and the lab under 17 restrictions (root); LAB=no, ENVIRONMENTS='hidepid2 user'
.PHONY: environments
environments: all
	@tests/environments.sh $(BUILD) $(ENVIRONMENTS)

## kernels: the commands, the lab and tests on the kernels of four Debian suites, under qemu; KERNELS='bullseye sid'
.PHONY: kernels
kernels: all test-build
	@tests/kernels.sh $(BUILD) $(KERNELS)

## fresh: `make deps run` and `make deps test` in minimal Debian 12, 13 and sid roots, and cross builds for i386 and arm64; FRESH='sid'
.PHONY: fresh
fresh:
	@tests/fresh.sh $(FRESH)

## fresh-deb: the package that `make deb` makes, installed, tried and removed in minimal Debian 12 and 13 roots
.PHONY: fresh-deb
fresh-deb: deb
	@tests/fresh.sh --deb
	@command -v lintian >/dev/null || { echo "lintian: skipped, it is not installed"; exit 0; }; \
	    lintian --fail-on error,warning dist/reaptop_$(VERSION)_*.deb && echo "lintian: clean"

## hosts: keys on the screen of three hosts, one cut off, one restarted, one flooding; each with its own sshd (root)
.PHONY: hosts
hosts: all $(BUILD)/bench/hosts
	@tests/hosts.sh $(BUILD)

## monitored: metrics through real node_exporter and Prometheus, until an alert fires for a zombie
.PHONY: monitored
monitored: all
	@tests/monitored.sh $(BUILD)
