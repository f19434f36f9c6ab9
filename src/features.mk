# Optional libraries, found at build time.

# System calls by number, of the architecture that the compiler builds for.
.DEFAULT_GOAL := all
$(BUILD)/gen/syscall_table.inc:
	@mkdir -p $(@D)
	@echo '#include <sys/syscall.h>' | $(CC) -E -dM - \
	    | sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9][0-9]*\)$$/    [\2] = "\1",/p' \
	    | sort -t'[' -k2n >$@.new
	@mv $@.new $@
$(BUILD)/obj/src/model/syscall_names.o: $(BUILD)/gen/syscall_table.inc

# The symbols of errno, of the C library that is compiled for.
$(BUILD)/gen/errno_table.inc:
	@mkdir -p $(@D)
	@echo '#include <errno.h>' | $(CC) -E -dM - \
	    | sed -n 's/^#define \(E[A-Z0-9]*\) \([0-9][0-9]*\)$$/    [\2] = "\1",/p' \
	    | sort -t'[' -k2n >$@.new
	@mv $@.new $@
$(BUILD)/obj/src/base/libc.o: $(BUILD)/gen/errno_table.inc

# libproc2 is loaded when it is needed, by the name that the linker would note. Where that is not
# found out, the program is linked with it.
LIBPROC2_FILE := $(shell $(CC) $(shell $(PKG_CONFIG) --libs-only-L libproc2 2>/dev/null) -print-file-name=libproc2.so)
LIBPROC2_SONAME := $(shell readelf -d $(LIBPROC2_FILE) 2>/dev/null | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p')
ifneq ($(LIBPROC2_SONAME),)
$(BUILD)/obj/src/source/libproc.o: private CPPFLAGS += $(call pkg_cflags,libproc2) \
    -DLIBPROC2_SONAME='"$(LIBPROC2_SONAME)"'
LIBS_source := $(filter-out libproc2,$(LIBS_source))
endif

# Relative relocations packed into a bitmap: a table of pointers else costs three times its size in
# the file, and all of that is read at every start. Linker and loader must both know them (binutils
# 2.38, glibc 2.36; not every linker says what the loader asks for), so a program is made and run.
RELR_FLAGS := -Wl,-z,pack-relative-relocs
$(BUILD)/gen/linker.mk:
	@mkdir -p $(@D)
	@echo 'int zero; int *const volatile at = &zero; int main(void) { return *at; }' >$@.c
	@for flags in '$(RELR_FLAGS)' '-fuse-ld=bfd $(RELR_FLAGS)'; do \
	    if $(CC) $$flags -Werror -fPIE -pie -o $@.probe $@.c 2>/dev/null && $@.probe 2>/dev/null; \
	        then echo "PROGRAM_LDFLAGS := $$flags"; break; fi; done >$@.new
	@rm -f $@.probe $@.c && mv $@.new $@
-include $(BUILD)/gen/linker.mk

# The task iterator: a BPF program, which clang compiles and bpftool packs into a header. Without
# these two and libbpf's headers there is none, and the program is complete all the same.
BPF_CLANG ?= $(shell command -v clang)
BPFTOOL   ?= $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool)
BPF_CFLAGS := $(call pkg_cflags,libbpf)
HAVE_TASK_ITERATOR := $(if $(and $(BPF_CLANG),$(BPFTOOL),$(shell $(PKG_CONFIG) --exists libbpf && echo 1)),yes,no)

$(BUILD)/gen/task_iterator.skel.h: src/source/task_iterator.bpf.c src/source/task_record.h
	@mkdir -p $(@D)
	$(call say,BPF)$(BPF_CLANG) $(BPF_CFLAGS) -O2 -g -Wall -Wextra -target bpf -c -o $(@D)/task_iterator.bpf.o $<
	@{ echo '#pragma GCC system_header' && \
	    $(BPFTOOL) gen skeleton -L $(@D)/task_iterator.bpf.o name task_iterator_bpf; } >$@.new
	@mv $@.new $@
$(BUILD)/gen/task_iterator.yes: $(BUILD)/gen/task_iterator.skel.h
	@rm -f $(@D)/task_iterator.no && touch $@
$(BUILD)/gen/task_iterator.no:
	@mkdir -p $(@D)
	@rm -f $(@D)/task_iterator.yes && touch $@
$(BUILD)/obj/src/source/task_iterator.o: $(BUILD)/gen/task_iterator.$(HAVE_TASK_ITERATOR)
ifeq ($(HAVE_TASK_ITERATOR),yes)
$(BUILD)/obj/src/source/task_iterator.o: private CPPFLAGS += -DHAVE_TASK_ITERATOR $(BPF_CFLAGS)
endif

# User-space stacks: elfutils' libdw, of which the headers are enough; it is loaded when it is
# needed. Without them, or for another processor, the program is complete all the same.
HAVE_LIBDW ?= $(if $(shell $(PKG_CONFIG) --exists 'libdw >= 0.170' && $(CC) -E -dM -x c /dev/null 2>/dev/null \
    | grep __LP64__ && $(CC) -E -dM -x c /dev/null | grep __x86_64__),yes,no)
$(BUILD)/gen/libdw.$(HAVE_LIBDW):
	@mkdir -p $(@D)
	@rm -f $(@D)/libdw.yes $(@D)/libdw.no && touch $@
$(BUILD)/obj/src/source/unwind.o: $(BUILD)/gen/libdw.$(HAVE_LIBDW)
ifeq ($(HAVE_LIBDW),yes)
$(BUILD)/obj/src/source/unwind.o: private CPPFLAGS += -DHAVE_LIBDW $(call pkg_cflags,libdw)
endif
