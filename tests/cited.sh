#!/bin/sh
# Manual pages that the program's texts cite, such as "signal(7)", and that are not
# installed. Prints one a line. The pages come from the packages manpages and
# manpages-dev. Pages of programs (sections 1 and 8) come with those and are not asked for.
set -u

[ -e /usr/share/man/man7/signal.7.gz ] || [ -e /usr/share/man/man7/signal.7 ] || exit 0

git grep -ohE '"[^"]*[A-Za-z0-9_.-]+\([1-8]\)[^"]*"' -- 'src/*.c' |
    grep -oE '[A-Za-z_][A-Za-z0-9_.-]*\([1-8]\)' | sort -u |
    while read -r page; do
        name=${page%(*} section=${page##*(}
        section=${section%)}
        case $name:$section in
        reaptop*:* | *:1 | *:8) continue ;;
        _exit:7) continue ;; # a call with that argument
        esac
        set -- "/usr/share/man/man$section/$name.$section"*
        [ -e "$1" ] || echo "cited, not installed: $page"
    done
