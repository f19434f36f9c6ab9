# docs, screenshots, install, uninstall, dist.

MANPAGES = $(wildcard man/*.1 man/*.5 man/*.7)
DESTDIR ?=
BINDIR  = $(DESTDIR)$(PREFIX)/bin
MANDIR  = $(DESTDIR)$(PREFIX)/share/man
INSTALL ?= install

## install: the program and its manual pages, under DESTDIR and PREFIX (/usr/local)
.PHONY: install
install: all
	$(INSTALL) -d '$(BINDIR)'
	$(INSTALL) -m 755 $(BUILD)/reaptop '$(BINDIR)/reaptop'
	@set -e; for page in $(MANPAGES); do \
	    dir='$(MANDIR)'/man$${page##*.}; \
	    $(INSTALL) -d "$$dir"; \
	    echo "$(INSTALL) -m 644 $$page $$dir/"; \
	    $(INSTALL) -m 644 "$$page" "$$dir/"; \
	done

## uninstall: removes what install put there
.PHONY: uninstall
uninstall:
	rm -f '$(BINDIR)/reaptop'
	@set -e; for page in $(MANPAGES); do \
	    file='$(MANDIR)'/man$${page##*.}/$$(basename "$$page"); \
	    echo "rm -f $$file"; rm -f "$$file"; \
	done

## dist: dist/reaptop-VERSION.tar.gz of what is committed
.PHONY: dist
dist:
	@mkdir -p dist
	git archive --format=tar.gz --prefix=reaptop-$(VERSION)/ -o dist/reaptop-$(VERSION).tar.gz HEAD
