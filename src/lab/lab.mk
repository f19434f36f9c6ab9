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
