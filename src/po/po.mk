# Catalogues: src/po/LANGUAGE.po is a translation, and all there is to one.

LANGUAGES = $(patsubst src/po/%.po,%,$(wildcard src/po/*.po))
CATALOGS  = $(LANGUAGES:%=$(BUILD)/locale/%/LC_MESSAGES/reaptop.mo)
MSGFMT   ?= $(shell command -v msgfmt)

ifneq ($(MSGFMT),)
all: $(CATALOGS)
else
all: no-msgfmt
.PHONY: no-msgfmt
no-msgfmt:
	@echo 'there is no msgfmt (gettext): sentences stay English'
endif

# The program takes no catalogue from a directory that others may write.
$(BUILD)/locale/%/LC_MESSAGES/reaptop.mo: src/po/%.po
	@mkdir -p $(@D)
	@chmod 755 $(BUILD)/locale
	$(call say,MO)$(MSGFMT) -o $@ $<

SENTENCES = $(shell find src include -name '*.[ch]' ! -path 'src/lab/programs/*' ! -name '*.bpf.c' | LC_ALL=C sort)

# Without the date, so that nothing changes where no sentence did.
$(BUILD)/reaptop.pot: $(SENTENCES)
	@mkdir -p $(@D)
	@LC_ALL=C.UTF-8 xgettext --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=say --no-location --no-wrap \
	    --package-name=reaptop --package-version='$(VERSION)' -o - $^ \
	    | sed '/^"POT-Creation-Date:/d; s/charset=CHARSET/charset=UTF-8/' >$@.new
	@mv $@.new $@

## pot: the sentences to be translated, build/reaptop.pot
## po: brings src/po/LANGUAGE.po up to date with the sources; PO=LANGUAGE begins one
.PHONY: pot po
pot: $(BUILD)/reaptop.pot
po: pot
	@$(if $(PO),test -f src/po/$(PO).po || msginit --no-translator --no-wrap -l $(PO) -i $(BUILD)/reaptop.pot -o src/po/$(PO).po)
	@for po in src/po/*.po; do \
	    msgmerge -q -N --no-wrap --no-location --backup=off --update $$po $(BUILD)/reaptop.pot; \
	    msgattrib --no-wrap --no-obsolete -o $$po $$po; \
	    printf '%s: ' $$po; LC_ALL=C msgfmt --statistics -o /dev/null $$po; done
