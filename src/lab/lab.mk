# The experiments are found by their definitions, so that a new one touches one file.
EXPERIMENT_SOURCES := $(wildcard src/lab/*.c)
$(BUILD)/gen/experiments.inc: $(EXPERIMENT_SOURCES)
	@mkdir -p $(@D)
	@sed -n 's/^const struct lab_experiment experiment_\([a-z_]*\) =.*/EXPERIMENT(\1)/p' \
	    $(EXPERIMENT_SOURCES) >$@.new
	@cmp -s $@.new $@ && touch $@ && rm -f $@.new || mv $@.new $@
$(BUILD)/obj/src/lab/registry.o: $(BUILD)/gen/experiments.inc

# The experiments' programs as strings, for `lab --source`.
PROGRAMS := $(wildcard src/lab/programs/*.c)
$(BUILD)/gen/programs.inc: $(PROGRAMS) src/lab/lab.mk
	@mkdir -p $(@D)
	@for file in $(PROGRAMS); do \
	    printf '{"%s",\n' "$$(basename $$file .c)"; \
	    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' $$file; \
	    printf '},\n'; \
	done >$@
$(BUILD)/obj/src/lab/registry.o: $(BUILD)/gen/programs.inc

# And each once more as a copy that reports its lines, for `lab --trace`: src/lab/program_report.awk.
# Not optimised, so that what is executed is what is written; warnings are the plain file's affair.
COPIES := $(PROGRAMS:src/lab/programs/%.c=$(BUILD)/gen/programs/%.c)
COPY_OBJECTS := $(COPIES:%.c=%.o)
COPY_CFLAGS := -w -O0 -fno-lto -fno-sanitize=all -UNDEBUG -U_FORTIFY_SOURCE
$(COPIES): $(BUILD)/gen/programs/%.c: src/lab/programs/%.c src/lab/program_report.awk
	@mkdir -p $(@D)
	@LC_ALL=C awk -v name=$* -f src/lab/program_report.awk $< >$@.new
	@mv $@.new $@
$(COPY_OBJECTS): %.o: %.c src/lab/program_report.h
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) $(COPY_CFLAGS) -include src/lab/program_report.h -c -o $@ $<
$(BUILD)/lib/lab.a: $(COPY_OBJECTS)
$(BUILD)/gen/program_copies.inc: $(PROGRAMS) src/lab/lab.mk
	@mkdir -p $(@D)
	@for name in $(PROGRAMS:src/lab/programs/%.c=%); do \
	    printf 'COPY("%s", lab_copy_%s)\n' "$$name" "$$(echo "$$name" | tr - _)"; \
	done >$@
$(BUILD)/obj/src/lab/program_report.o: $(BUILD)/gen/program_copies.inc
