# install, uninstall, dist, deb, and what is installed beside the program.

MANPAGES = $(wildcard man/*.1 man/*.5 man/*.7)
TRANSLATED_MANPAGES = $(if $(MSGFMT),$(TRANSLATED_PAGES:%=$(BUILD)/docs/%))
DESTDIR ?=
INSTALL ?= install
SYSTEMD_DIR ?= $(PREFIX)/lib/systemd/system
# Debian's zsh looks for a package's functions in share/zsh/vendor-completions.
ZSH_DIR ?= $(PREFIX)/share/zsh/site-functions

# FILE:DIRECTORY:NAME, below PREFIX but for the units.
INSTALLED = $(foreach page,$(MANPAGES),$(page):$(PREFIX)/share/man/man$(subst .,,$(suffix $(page))):$(notdir $(page))) \
    $(foreach page,$(TRANSLATED_MANPAGES),$(page):$(PREFIX)/share/man/$(notdir $(patsubst %/,%,$(dir $(page))))/man$(subst .,,$(suffix $(page))):$(notdir $(page))) \
    $(BUILD)/share/reaptop.bash:$(PREFIX)/share/bash-completion/completions:reaptop \
    $(BUILD)/share/reaptop.zsh:$(ZSH_DIR):_reaptop \
    $(BUILD)/share/reaptop.fish:$(PREFIX)/share/fish/vendor_completions.d:reaptop.fish \
    $(BUILD)/share/reaptop.conf:$(PREFIX)/share/doc/reaptop/examples:reaptop.conf \
    src/share/prometheus/reaptop-alerts.yml:$(PREFIX)/share/doc/reaptop/examples:reaptop-alerts.yml \
    src/share/prometheus/reaptop-dashboard.json:$(PREFIX)/share/doc/reaptop/examples:reaptop-dashboard.json \
    src/share/desktop/reaptop.desktop:$(PREFIX)/share/applications:reaptop.desktop \
    src/share/desktop/reaptop.svg:$(PREFIX)/share/icons/hicolor/scalable/apps:reaptop.svg \
    src/share/desktop/io.github.reaptop.reaptop.metainfo.xml:$(PREFIX)/share/metainfo:io.github.reaptop.reaptop.metainfo.xml \
    $(BUILD)/share/reaptop-metrics.service:$(SYSTEMD_DIR):reaptop-metrics.service \
    $(BUILD)/share/reaptop-metrics-watch.service:$(SYSTEMD_DIR):reaptop-metrics-watch.service \
    src/share/systemd/reaptop-metrics.timer:$(SYSTEMD_DIR):reaptop-metrics.timer \
    $(if $(MSGFMT),$(foreach language,$(LANGUAGES),$(BUILD)/locale/$(language)/LC_MESSAGES/reaptop.mo:$(PREFIX)/share/locale/$(language)/LC_MESSAGES:reaptop.mo))

UNITS = $(BUILD)/share/reaptop-metrics.service $(BUILD)/share/reaptop-metrics-watch.service
GENERATED_SHARE = $(foreach shell,bash zsh fish,$(BUILD)/share/reaptop.$(shell)) \
    $(BUILD)/share/reaptop.conf $(UNITS) $(TRANSLATED_MANPAGES)

$(BUILD)/share/reaptop.bash $(BUILD)/share/reaptop.zsh $(BUILD)/share/reaptop.fish: $(BUILD)/share/reaptop.%: $(BUILD)/docgen
	@mkdir -p $(@D)
	@LC_ALL=C $(BUILD)/docgen --completion $* >$@.new && mv $@.new $@
$(BUILD)/share/reaptop.conf: $(BUILD)/docgen
	@mkdir -p $(@D)
	@LC_ALL=C $(BUILD)/docgen --configuration >$@.new && mv $@.new $@
# The units name the program where it is installed.
$(UNITS): $(BUILD)/share/%: src/share/systemd/% FORCE
	@mkdir -p $(@D)
	@sed 's|^ExecStart=/usr/bin/|ExecStart=$(PREFIX)/bin/|' $< >$@
.PHONY: FORCE
FORCE:

## completions: bash, zsh and fish completion files, in build/share
.PHONY: completions
completions: $(GENERATED_SHARE)

## install: program, manual, completions and the rest, under DESTDIR and PREFIX (/usr/local)
.PHONY: install
install: all $(GENERATED_SHARE)
	$(INSTALL) -D -m 755 $(BUILD)/reaptop '$(DESTDIR)$(PREFIX)/bin/reaptop'
	@set -e; for row in $(INSTALLED); do \
	    file=$${row%%:*}; rest=$${row#*:}; to='$(DESTDIR)'$${rest%%:*}/$${rest#*:}; \
	    echo "$(INSTALL) -D -m 644 $$file $$to"; $(INSTALL) -D -m 644 "$$file" "$$to"; \
	done

# For tests/packaging.sh.
.PHONY: print-installed
print-installed:
	@printf '%s\n' $(foreach row,$(INSTALLED),$(word 2,$(subst :, ,$(row)))/$(word 3,$(subst :, ,$(row))))

## uninstall: removes what install put there
.PHONY: uninstall
uninstall:
	rm -f '$(DESTDIR)$(PREFIX)/bin/reaptop'
	@set -e; for row in $(INSTALLED); do \
	    rest=$${row#*:}; to='$(DESTDIR)'$${rest%%:*}/$${rest#*:}; \
	    echo "rm -f $$to"; rm -f "$$to"; \
	done
	@rmdir -p '$(DESTDIR)$(PREFIX)/share/doc/reaptop/examples' 2>/dev/null || :

## dist: dist/reaptop-VERSION.tar.gz of what is committed; the same bytes each time
.PHONY: dist
dist:
	@mkdir -p dist
	git archive --format=tar --prefix=reaptop-$(VERSION)/ HEAD | gzip -9n >dist/reaptop-$(VERSION).tar.gz

## deb: dist/reaptop_VERSION_ARCH.deb, a Debian package of this tree
.PHONY: deb deb-package
deb:
	@$(MAKE) --no-print-directory BUILD=build/deb PREFIX=/usr SYSTEMD_DIR=/lib/systemd/system \
	    ZSH_DIR=/usr/share/zsh/vendor-completions deb-package
deb-package: all $(GENERATED_SHARE)
	@MAKE='$(MAKE)' src/share/packaging/deb.sh '$(VERSION)' dist

## packaging: dist/ has the rpm spec, the PKGBUILD and the APKBUILD of this version
.PHONY: packaging
packaging:
	@mkdir -p dist
	@for file in reaptop.spec PKGBUILD APKBUILD; do \
	    sed 's/@VERSION@/$(VERSION)/g' src/share/packaging/$$file.in >dist/$$file; echo "dist/$$file"; done
