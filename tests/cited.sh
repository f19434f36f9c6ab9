#!/bin/sh
# Manual pages that the program's texts and its own manual pages cite, such as "signal(7)",
# and those of /proc that a comment cites, and that not both of Debian 12 and 13 have:
# tests/cited.pages. Prints one a line. Pages of programs (sections 1 and 8) come with those
# and are not asked for. Then the manual pages of its own that do not name one another.
set -u

pages=tests/cited.pages

{
    git grep -ohE '"[^"]*[A-Za-z0-9_.-]+\([1-8]\)[^"]*"' -- 'src/*.c' |
        grep -oE '[A-Za-z_][A-Za-z0-9_.-]*\([1-8]\)'
    git grep -ohE 'proc_[a-z_]+\(5\)' -- src include tests # in comments too
    git grep -ohE '^\.Xr [A-Za-z_][A-Za-z0-9_.-]* [1-8]' -- 'man/*.in' |
        sed 's/^\.Xr \([^ ]*\) \([1-8]\)$/\1(\2)/'
} | sort -u |
    while read -r page; do
        case $page in
        reaptop* | *'(1)' | *'(8)') continue ;;
        '_exit(7)') continue ;;   # a call with that argument
        'gettext(3)') continue ;; # comes with gettext
        esac
        grep -qxF "$page" "$pages" || echo "cited, not in both Debian releases: $page"
    done

# The manual pages name one another at their end.
for page in man/*.in man/*/*.in; do
    for other in "${page%/*}"/*.in; do
        [ "$page" != "$other" ] || continue
        name=${other##*/}
        name=${name%.in}
        awk '/^\.Sh / { text = "" } { text = text "\n" $0 } END { print text }' "$page" |
            grep -qE "^\.Xr ${name%.*} ${name##*.}( |$)" || echo "$page: SEE ALSO lacks $name"
    done
done
