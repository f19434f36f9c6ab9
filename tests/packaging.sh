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

# libproc2 is loaded when it is needed: what looks at the program's libraries does not find it.
for row in 'reaptop.spec.in:^Requires:.*procps-ng' 'PKGBUILD.in:^depends=.*procps-ng' \
    'APKBUILD.in:^depends=.*procps-ng' 'deb.sh:depends, libproc2-0'; do
    grep -q "${row#*:}" "$packaging/${row%%:*}" || { echo "${row%%:*}: needs libproc2 to run"; failed=1; }
done

# What is installed is listed in the spec, which does not build with a file too many. The
# catalogues are those that %find_lang finds.
set -f
patterns=$(sed -n '/^%files/,$s/^\(%{_.*\)$/\1/p' $packaging/reaptop.spec.in | sed 's,%{_bindir},/usr/bin,
    s,%{_mandir},/usr/share/man,; s,%{_datadir},/usr/share,; s,%{_unitdir},/usr/lib/systemd/system,')
for file in /usr/bin/reaptop $(make -s print-installed PREFIX=/usr SYSTEMD_DIR=/usr/lib/systemd/system); do
    is_listed=no
    for pattern in $patterns '/usr/share/locale/*.mo'; do
        # shellcheck disable=SC2254 # patterns are meant
        case $file in $pattern | $pattern/*) is_listed=yes ;; esac
    done
    [ $is_listed = yes ] || { echo "reaptop.spec.in: $file is not among its files"; failed=1; }
done

# lintian warns of such lines.
awk 'length > 80 { print FILENAME ": line " FNR " has more than 80 characters"; failed = 1 } END { exit failed }' \
    $packaging/control.in || failed=1
exit $failed
