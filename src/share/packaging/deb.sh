#!/bin/sh
# Builds a Debian package of what is built: deb.sh VERSION DIRECTORY. Called by
# `make deb`. What it depends on is found out from the program's own libraries.
set -eu
version=$1 to=$2
here=$(dirname "$0")
arch=$(dpkg --print-architecture)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/reaptop

$MAKE -s install DESTDIR="$root" >/dev/null # with PREFIX and BUILD as this make has them
strip --remove-section=.comment --remove-section=.note "$root/usr/bin/reaptop"
find "$root/usr/share/man" -type f -exec gzip -9n {} +

doc=$root/usr/share/doc/reaptop
mkdir -p "$doc"
cat >"$doc/copyright" <<EOF
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: reaptop

Files: *
Copyright: 2026 The reaptop authors
License: Expat

License: Expat
$(sed -n '/^Permission/,$p' LICENSE | sed 's/^$/./; s/^/ /')
EOF
date=$(date -R -d "@$(git log -1 --format=%ct 2>/dev/null || date +%s)")
{
    echo "reaptop ($version) unstable; urgency=medium"
    echo
    echo "  * Upstream version; its changes are in NEWS.gz."
    echo
    echo " -- The reaptop authors <reaptop@example.org>  $date"
} | gzip -9n >"$doc/changelog.gz"
gzip -9nc CHANGELOG.md >"$doc/NEWS.gz"

# dpkg-shlibdeps(1) wants a source package around it.
mkdir -p "$stage/debian" "$root/DEBIAN"
printf 'Source: reaptop\n\nPackage: reaptop\nArchitecture: any\n' >"$stage/debian/control"
depends=$(cd "$stage" && dpkg-shlibdeps -O reaptop/usr/bin/reaptop 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
# It is loaded when it is needed, so that no library of the program names it.
case $depends in *libproc2*) ;; *) depends="$depends, libproc2-0 (>= 2:4.0.0)" ;; esac
size=$(du -sk "$root/usr" "$root/lib" | awk '{ sum += $1 } END { print sum }')
sed -e "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$size/" -e "s/@DEPENDS@/$depends/" \
    "$here/control.in" >"$root/DEBIAN/control"
(cd "$root" && find usr lib -type f -exec md5sum {} + | sort -k2 >DEBIAN/md5sums)
chmod -R u=rwX,go=rX "$root"

mkdir -p "$to"
dpkg-deb --root-owner-group -Zxz --build "$root" "$to/reaptop_${version}_$arch.deb"
