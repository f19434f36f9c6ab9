# reaptop: an ncurses process inspector and signal sender for Linux.
# `make help` lists the targets.

.DEFAULT_GOAL := all

## deps: installs what building and testing need (apt, dnf, pacman, apk, zypper)
.PHONY: deps
deps:
	@tests/deps.sh build test

## deps-iterator: what the kernel's task iterator is built with (optional)
.PHONY: deps-iterator
deps-iterator:
	@tests/deps.sh iterator

## deps-stacks: what user-space stacks are built with (optional)
.PHONY: deps-stacks
deps-stacks:
	@tests/deps.sh stacks

# What `deps` installs changes what the rest of this file finds out, so in
# `make deps run` the other goals wait for it, in a make that reads it anew.
AFTER_DEPS := $(filter-out deps,$(MAKECMDGOALS))
ifneq ($(and $(filter deps,$(MAKECMDGOALS)),$(AFTER_DEPS)),)
.PHONY: $(AFTER_DEPS)
$(firstword $(AFTER_DEPS)): deps
	@$(MAKE) --no-print-directory $(AFTER_DEPS)
$(wordlist 2,$(words $(AFTER_DEPS)),$(AFTER_DEPS)): $(firstword $(AFTER_DEPS))
	@:
else

VERSION := 0.1.0
PREFIX  ?= /usr/local
BUILD   ?= build
CC      ?= cc
CFLAGS  ?= -O2 -g
STD     ?= gnu17
PKG_CONFIG ?= pkg-config

# Each layer may include only those before it. The library a layer needs is
# named beside it and linked only where that layer is.
LAYERS       := base model source control lab view term cli app
LIBS_base    := libcap
LIBS_source  := libproc2 jansson
LIBS_control := libcap
LIBS_term    := ncursesw
LIBS_cli     := jansson
# app also needs inih, whose pkg-config name is the same on every distribution.
LIBS_app     := inih

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
            -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef -Wvla \
            -Wno-missing-field-initializers # a table leaves out what is NULL or 0
override CPPFLAGS += -D_GNU_SOURCE -DREAPTOP_VERSION='"$(VERSION)"' \
                     -DREAPTOP_PREFIX='"$(PREFIX)"' -Iinclude -I$(BUILD)/gen
# On a 32-bit machine sizes of files, inodes and times have 64 bits all the same.
ifeq ($(shell $(CC) -E -dM -x c /dev/null 2>/dev/null | grep -c __LP64__),0)
override CPPFLAGS += -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
endif
override CFLAGS += -std=$(STD) $(WARNINGS) -fno-common -pthread
override LDFLAGS += -pthread

ifdef WERROR
override CFLAGS += -Werror
endif

# One line for each thing made; V=1 shows the commands.
V ?= 0
ifeq ($(V),0)
say = @printf '  %-4s %s\n' '$(1)' '$@';
endif

pkg_cflags = $(foreach lib,$(1),$(shell $(PKG_CONFIG) --cflags $(lib) 2>/dev/null))
pkg_libs   = $(foreach lib,$(1),$(shell $(PKG_CONFIG) --libs $(lib) 2>/dev/null || echo -l$(patsubst lib%,%,$(lib))))

include src/features.mk

## all: the program, build/reaptop (what plain `make` does)
.PHONY: all
all: $(BUILD)/reaptop

# ---- objects and one archive for each layer --------------------------------

define layer_rules
SOURCES_$(1) := $$(filter-out %/main.c %/docgen.c %.bpf.c src/lab/programs/%,$$(wildcard src/$(1)/*.c src/$(1)/*/*.c))
OBJECTS_$(1) := $$(SOURCES_$(1):%.c=$$(BUILD)/obj/%.o)
ARCHIVE_$(1) := $$(if $$(SOURCES_$(1)),$$(BUILD)/lib/$(1).a)
LIBFLAGS_$(1) = $$(call pkg_libs,$$(LIBS_$(1)))
INCLUDES_$(1) := $$(call pkg_cflags,$$(LIBS_$(1)))
$$(OBJECTS_$(1)): private CPPFLAGS += -Isrc/$(1) $$(INCLUDES_$(1))
$$(BUILD)/lib/$(1).a: $$(OBJECTS_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR)$$(AR) rcs $$@ $$^
endef
$(foreach layer,$(LAYERS),$(eval $(call layer_rules,$(layer))))

reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
# Archives and libraries of the layers named, dependants first.
archives = $(foreach layer,$(call reverse,$(1)),$(ARCHIVE_$(layer)))
libflags = $(foreach layer,$(call reverse,$(1)),$(LIBFLAGS_$(layer)))

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

include src/lab/lab.mk

include src/layout.mk

PROGRAM_OBJECTS := $(BUILD)/obj/src/app/main.o $(ORDERED_OBJECTS)
$(BUILD)/reaptop: $(PROGRAM_OBJECTS) $(call archives,$(LAYERS))
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) $(PROGRAM_LDFLAGS) -o $@ $^ $(call libflags,$(LAYERS)) $(LDLIBS)

# ---- tests: one program for each layer, linked with what the layer may use ----

TEST_LAYERS_base    := base
TEST_LAYERS_model   := base model
TEST_LAYERS_source  := base model source
TEST_LAYERS_control := base model source control
TEST_LAYERS_lab     := base model source control lab
TEST_LAYERS_view    := base model view
TEST_LAYERS_term    := base model view term
TEST_LAYERS_cli     := base model source control lab view cli
TEST_LAYERS_app     := $(LAYERS)
TEST_LIBS_app       := vterm
TEST_LIBS_term      := vterm

define test_rules
TEST_SOURCES_$(1) := $$(wildcard tests/$(1)/*.c)
TEST_OBJECTS_$(1) := $$(TEST_SOURCES_$(1):%.c=$$(BUILD)/obj/%.o)
$$(TEST_OBJECTS_$(1)): private CPPFLAGS += -Isrc/$(1) -Itests
$$(BUILD)/tests/$(1): $$(TEST_OBJECTS_$(1)) $$(TEST_SUPPORT) $$(call archives,$$(TEST_LAYERS_$(1)))
	@mkdir -p $$(@D)
	$$(call say,LD)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(call libflags,$$(TEST_LAYERS_$(1))) \
	    $$(call pkg_libs,criterion $$(TEST_LIBS_$(1))) $$(LDLIBS)
ifneq ($$(TEST_SOURCES_$(1)),)
TEST_PROGRAMS += $$(BUILD)/tests/$(1)
endif
endef
# An archive: a program takes from it what it uses, and only then what that needs.
TEST_SUPPORT_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/support/*.c))
TEST_SUPPORT := $(if $(TEST_SUPPORT_OBJECTS),$(BUILD)/lib/tests-support.a)
$(TEST_SUPPORT_OBJECTS): private CPPFLAGS += -Itests
$(BUILD)/lib/tests-support.a: $(TEST_SUPPORT_OBJECTS)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^
$(foreach layer,$(LAYERS),$(eval $(call test_rules,$(layer))))

# Preloaded by tests/app/test_faults.c.
$(BUILD)/tests/faults.so: tests/faults/shim.c
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -D_GNU_SOURCE -std=gnu17 $(WARNINGS) -O1 -g -fPIC -shared -o $@ $< -ldl
$(BUILD)/tests/app: | $(BUILD)/tests/faults.so

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

include tests/tests.mk

# Those of `bench`, `hosts`, `soak` and `faults` too: a change that breaks one is else found at its next use.
.PHONY: test-build
test-build: $(TEST_PROGRAMS) $(MEASURE_PROGRAMS)

include src/po/po.mk
include man/docs.mk
include src/share/install.mk

## clean: removes what was built
## help: this list
.PHONY: clean help
clean:
	rm -rf build dist

help:
	@sed -n 's/^## \([a-z-]*\): /\1\t/p' $(MAKEFILE_LIST) | sort | expand -t 18

endif
