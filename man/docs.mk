# docs, screenshots.

# ---- generated documentation -----------------------------------------------
# man/NAME.in is the text; build/docgen fills in what the program's tables say.
# man/LANGUAGE/NAME.in is a translation, whose tables come from the catalogue: it is
# made for `make install` and not kept, since each change of a table would change it.

PAGES = $(patsubst man/%.in,%,$(wildcard man/*.in))
TRANSLATED_PAGES = $(patsubst man/%.in,%,$(wildcard man/*/*.in))

$(BUILD)/docgen: $(BUILD)/obj/src/app/docgen.o $(call archives,$(LAYERS))
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libflags,$(LAYERS)) $(LDLIBS)

# A page is written to a file of its own first: a failure must not truncate the old one.
# What `make fresh` and its like have recorded is filled in behind the program's tables.
TRIED = tests/tried.sh tests/tried.table
$(BUILD)/docs/%.md: %.md $(BUILD)/docgen $(TRIED)
	@mkdir -p $(@D)
	@LC_ALL=C $(BUILD)/docgen --markdown $< >$@.new && tests/tried.sh --fill <$@.new >$@
$(BUILD)/docs/README.%.md: README.%.md $(BUILD)/docgen $(CATALOGS) $(TRIED)
	@mkdir -p $(@D)
	@LC_ALL=C.UTF-8 LANGUAGE=$* $(BUILD)/docgen --markdown $< >$@.new && tests/tried.sh --fill $* <$@.new >$@
$(PAGES:%=$(BUILD)/docs/%): $(BUILD)/docs/%: man/%.in $(BUILD)/docgen
	@mkdir -p $(@D)
	@LC_ALL=C $(BUILD)/docgen $< >$@.new && mv $@.new $@
# C.UTF-8 takes LANGUAGE as any other locale does, and is everywhere; "C" does not.
$(TRANSLATED_PAGES:%=$(BUILD)/docs/%): $(BUILD)/docs/%: man/%.in $(BUILD)/docgen $(CATALOGS)
	@mkdir -p $(@D)
	@LC_ALL=C.UTF-8 LANGUAGE=$(*D) $(BUILD)/docgen $< >$@.new && mv $@.new $@

GENERATED = $(PAGES:%=$(BUILD)/docs/%) $(patsubst %,$(BUILD)/docs/%,$(wildcard README.md $(if $(MSGFMT),README.*.md) SECURITY.md))

## docs: writes the generated parts of the manual pages, the READMEs and SECURITY.md anew
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
	@tests/zombie.sh $(BUILD)/reaptop screenshots/zombie.svg
