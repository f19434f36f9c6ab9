# docs, screenshots.

# ---- generated documentation -----------------------------------------------
# man/NAME.in is the text; build/docgen fills in what the program's tables say.

PAGES = $(patsubst man/%.in,%,$(wildcard man/*.in))

$(BUILD)/docgen: $(BUILD)/obj/src/app/docgen.o $(call archives,$(LAYERS))
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libflags,$(LAYERS)) $(LDLIBS)

# A page is written to a file of its own first: a failure must not truncate the old one.
$(BUILD)/docs/%.md: %.md $(BUILD)/docgen
	@mkdir -p $(@D)
	@$(BUILD)/docgen --markdown $< >$@.new && mv $@.new $@
$(BUILD)/docs/%: man/%.in $(BUILD)/docgen
	@mkdir -p $(@D)
	@$(BUILD)/docgen $< >$@.new && mv $@.new $@

GENERATED = $(PAGES:%=$(BUILD)/docs/%) $(patsubst %,$(BUILD)/docs/%,$(wildcard README.md SECURITY.md))

## docs: writes the generated parts of the manual pages, README.md and SECURITY.md anew
.PHONY: docs
docs: $(GENERATED)
	@set -e; for made in $(GENERATED); do \
	    name=$${made##*/}; file=man/$$name; [ "$${name%.md}" = "$$name" ] || file=$$name; \
	    cmp -s $$made $$file || { cp $$made $$file; echo "docs: $$file"; }; \
	done

## docs-check: fails where `make docs` would change something
.PHONY: docs-check
docs-check: $(GENERATED)
	@stale=0; for made in $(GENERATED); do \
	    name=$${made##*/}; file=man/$$name; [ "$${name%.md}" = "$$name" ] || file=$$name; \
	    cmp -s $$made $$file || { echo "docs: $$file is out of date; make docs"; stale=1; }; \
	done; [ $$stale -eq 0 ] && echo "docs: up to date"

## deps-screenshots: installs what screenshots needs besides
.PHONY: deps-screenshots
deps-screenshots:
	@tests/deps.sh build test screenshots

## screenshots: pictures of the program in a terminal emulator, into screenshots/
.PHONY: screenshots
screenshots: all
	@tests/screenshots.sh $(BUILD)/reaptop screenshots
