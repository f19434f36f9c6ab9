#!/bin/sh
# Compares what the packages of other distributions say that building needs with
# tests/deps.sh, which says it once; prints what differs, exit 1.
set -eu
cd "$(dirname "$0")/.."
packaging=src/share/packaging
failed=0

words() { tr ' ' '\n' | sed '/^$/d' | LC_ALL=C sort -u | tr '\n' ' '; }
needed() { tests/deps.sh --list "$1" build | words; }

compare() { # compare MANAGER FILE TEXT
    wanted=$(needed "$1")
    found=$(printf '%s\n' "$3" | words)
    [ "$wanted" = "$found" ] || {
        echo "$2: needs '$found', tests/deps.sh has '$wanted' for $1"
        failed=1
    }
}

compare dnf reaptop.spec.in \
    "$(sed -n 's/^BuildRequires: *//p' $packaging/reaptop.spec.in | sed '/systemd-rpm-macros/d')"
compare pacman PKGBUILD.in \
    "$(sed -n 's/^\(make\)*depends=(\(.*\))$/\2/p' $packaging/PKGBUILD.in | tr '\n' ' ')"
compare apk APKBUILD.in "$(sed -n 's/^makedepends="\(.*\)"$/\1/p' $packaging/APKBUILD.in)"

# What is installed is listed in the spec, which does not build with a file too many.
for row in $(make -s print-installed); do
    file=${row##*/}
    base=${file%%.*}
    grep -q "$base" $packaging/reaptop.spec.in || case $row in
    */examples/*) ;;
    *) echo "reaptop.spec.in: $row is not among its files"; failed=1 ;;
    esac
done

# lintian warns of such lines.
awk 'length > 80 { print FILENAME ": line " FNR " has more than 80 characters"; failed = 1 } END { exit failed }' \
    $packaging/control.in || failed=1
exit $failed
