#!/bin/sh
# What is wrong with the translations: tests/po.sh [LANGUAGE]... For each
# src/po/LANGUAGE.po the sentences that are missing, fuzzy, no sentence of the
# sources any more, or that printf(3) would take differently; exit 1 where there are some.
set -eu
cd "$(dirname "$0")/.."
command -v msgfmt >/dev/null || { echo "po: skipped, there is no msgfmt (gettext)"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8
make -s BUILD="$work" pot

# count FILE OPTION...: how many messages, without the header.
count() {
    file=$1
    shift
    msgattrib --no-wrap "$@" "$file" | awk '/^(#~ )?msgid "/ { n++ } END { print n ? n - 1 : 0 }'
}

failed=0
[ $# -gt 0 ] || set -- src/po/*.po
for po in "$@"; do
    language=$(basename "$po" .po)
    po=src/po/$language.po
    msgmerge -q --no-wrap --no-fuzzy-matching -o "$work/$language.po" "$po" "$work/reaptop.pot"
    merged=$work/$language.po
    missing=$(count "$merged" --untranslated)
    fuzzy=$(count "$po" --only-fuzzy)
    unused=$(msgattrib --only-obsolete "$merged" | grep -c '^#~ msgid "' || :)
    if [ "$missing" -ne 0 ] || [ "$fuzzy" -ne 0 ] || [ "$unused" -ne 0 ]; then
        echo "$po: $missing missing, $fuzzy fuzzy, $unused of no sentence; make po"
        failed=1
    fi
    msgfmt -c -o /dev/null "$merged" || failed=1
done
exit $failed
