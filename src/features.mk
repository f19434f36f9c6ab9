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
