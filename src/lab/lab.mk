# The experiments are found by their definitions, so that a new one touches one file.
EXPERIMENT_SOURCES := $(wildcard src/lab/*.c)
$(BUILD)/gen/experiments.inc: $(EXPERIMENT_SOURCES)
	@mkdir -p $(@D)
	@sed -n 's/^const struct lab_experiment experiment_\([a-z_]*\) = {$$/EXPERIMENT(\1)/p' \
	    $(EXPERIMENT_SOURCES) >$@.new
	@cmp -s $@.new $@ && touch $@ && rm -f $@.new || mv $@.new $@
$(BUILD)/obj/src/lab/registry.o: $(BUILD)/gen/experiments.inc
