#!/bin/bash
# tests/kernels.sh BUILD [SUITE...]: reaptop as built, on the kernels of Debian's
# suites (bullseye 5.10, bookworm 6.1, trixie 6.12, sid the newest) under qemu.
# Each boots from an initramfs made of this machine's own programs and libraries
# and runs tests/kernels/init.sh: every command as root and as a plain user, the
# screen, the lab, and the test programs that need no terminal. Prints a line for
# each cell that is not as on the kernel reaptop is built on, and a table; exit 1
# where such a line is not expected by name in tests/kernels/expected. The table's lines
# are kept in tests/tried.table, for the README.
#   KERNELS_DIR     where packages are kept (default: ~/.cache/reaptop-kernels)
#   KERNELS_MIRROR  where they come from (default: where this machine's own do)
#   KERNELS_PARTS   what is run (default: commands lab tests)
# Needs what tests/deps.sh kernels installs; no root.
set -u -o pipefail

cd "$(dirname "$0")/.." || exit 1
build=$(realpath "${1:-build}")
shift
suites=("$@")
[ $# -gt 0 ] || suites=(bullseye bookworm trixie sid)
cache=${KERNELS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/reaptop-kernels}
mirror=${KERNELS_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
    grep '/debian/*$' | head -n 1)}
for tool in qemu-system-x86_64 modprobe depmod cpio zstd apt-get; do
    PATH=$PATH:/usr/sbin:/sbin type -P $tool >/dev/null || { echo "kernels: needs $tool (tests/deps.sh kernels)"; exit 1; }
done
export PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$cache"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch SUITE: its newest cloud kernel unpacked in $cache/SUITE; prints the version.
fetch() {
    local dir=$cache/$1 options package packages
    if [ ! -e "$dir/fetched" ]; then
        rm -rf "$dir"
        mkdir -p "$dir"/{lists/partial,archives/partial,root}
        echo "deb $mirror $1 main" >"$dir/sources.list"
        options=(-qq -o "Dir::Etc::SourceList=$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null
            -o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir" -o APT::Architecture=amd64
            -o Acquire::Languages=none -o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
        apt-get "${options[@]}" update >&2 || return 1
        package=$(apt-cache "${options[@]}" depends linux-image-cloud-amd64 |
            sed -n 's/ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
        [ -n "$package" ] || { echo "kernels: $1 has no linux-image-cloud-amd64" >&2; return 1; }
        # Newer packages have the kernel and its modules apart.
        mapfile -t packages < <(apt-cache "${options[@]}" depends "$package" |
            sed -n 's/ *Depends: \(linux-\(base\|binary\|modules\)-[^ ]*\)$/\1/p')
        (cd "$dir" && apt-get "${options[@]}" download "$package" "${packages[@]}") >&2 || return 1
        for package in "$dir"/*.deb; do
            dpkg-deb -x "$package" "$dir/root" || return 1
        done
        # Since Debian 13 a kernel's modules are below /usr.
        [ -d "$dir/root/lib/modules" ] || { mkdir -p "$dir/root/lib" && ln -s ../usr/lib/modules "$dir/root/lib/modules"; }
        rm -rf "$dir/lists" "$dir/archives"
        depmod -b "$dir/root" "$(ls "$dir/root/lib/modules")" || return 1
        : >"$dir/fetched"
    fi
    ls "$dir/root/lib/modules"
}

# What is put into the initramfs: programs by name, each with its libraries.
programs=(bash dash mount umount setpriv unshare script setsid ps kill pgrep grep sed awk find ip modprobe
    stty strace tmux mandoc cmp)
mapfile -t core < <(dpkg -L coreutils | grep -E '^(/usr)?/bin/[^/]+$')
modules=(unix_diag inet_diag tcp_diag udp_diag netlink_diag af_packet_diag fuse)
tests=(base model view source control)

put() { # put FILE...: each at its own path below $root, with what it is linked with
    local file
    for file in "$@"; do
        mkdir -p "$root$(dirname "$file")"
        cp -L "$file" "$root$file"
    done
    ldd "$@" 2>/dev/null | grep -oE '/[^ ]+ \(0x' | sed 's/ (0x$//' | sort -u | while read -r file; do
        [ -e "$root$file" ] || { mkdir -p "$root$(dirname "$file")" && cp -L "$file" "$root$file"; }
    done
}

make_root() { # the same for every kernel
    root=$work/root
    mkdir -p "$root"/{proc,sys,dev,tmp,run,root,etc,var/tmp,sbin,bin,reaptop/build/tests}
    local paths=() name
    for name in "${programs[@]}"; do
        name=$(type -P "$name") && paths+=("$name")
    done
    put "${paths[@]}" "${core[@]}" "$(gcc -print-file-name=libgcc_s.so.1)"
    ln -sf "$(type -P bash)" "$root/bin/bash" 2>/dev/null
    ln -sf dash "$(dirname "$root$(type -P dash)")/sh"
    for name in sh bash dash; do [ -e "$root/bin/$name" ] || ln -s "/usr/bin/$name" "$root/bin/$name"; done
    ln -sf "$(type -P modprobe)" "$root/sbin/modprobe" 2>/dev/null
    for name in /lib/terminfo /usr/share/terminfo /usr/lib/locale/C.utf8; do
        [ -d "$name" ] && mkdir -p "$root$(dirname "$name")" && cp -rL "$name" "$root$name"
    done
    put "$build/reaptop"
    for name in "${tests[@]}"; do put "$build/tests/$name"; done
    mv "$root$build/reaptop" "$root/reaptop/build/" && mv "$root$build"/tests/* "$root/reaptop/build/tests/"
    cp -r tests "$root/reaptop/tests"
    cp tests/kernels/init.sh "$root/init"
    printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
    echo 'passwd: files' >"$root/etc/nsswitch.conf"
}

boot() { # boot SUITE VERSION: the kernel's console, on standard output
    local dir=$cache/$1/root extra=$work/extra-$1 name
    mkdir -p "$extra/lib/modules/$2"
    for name in "${modules[@]}"; do
        modprobe -d "$dir" -S "$2" --show-depends "$name" 2>/dev/null
    done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r file; do
        cp --parents -t "$extra" "${file/#"$dir"/.}" 2>/dev/null ||
            (cd "$dir" && cp --parents -t "$extra" "./lib/${file#*/lib/}")
    done
    cp "$dir/lib/modules/$2"/modules.{order,builtin} "$extra/lib/modules/$2/"
    depmod -b "$extra" "$2" 2>/dev/null
    (cd "$extra" && find . | cpio -o -H newc --quiet) | cat "$work/root.cpio" - | gzip -1 >"$work/initrd"
    timeout "${KERNELS_SECONDS:-900}" qemu-system-x86_64 -accel kvm -accel tcg,thread=multi -cpu max -smp 2 -m 3072 \
        -nographic -no-reboot -nic none -kernel "$(find "$dir" -name 'vmlinuz*' -type f | head -n 1)" -initrd "$work/initrd" \
        -append "console=ttyS0 quiet panic=-1 reaptop_parts=${KERNELS_PARTS:-commands,lab,tests}" </dev/null 2>&1 | tr -d '\r'
}

make_root
(cd "$work/root" && find . | cpio -o -H newc --quiet) >"$work/root.cpio"
failed=0
: >"$work/table"
for suite in "${suites[@]}"; do
    version=$(fetch "$suite") || { echo "kernels: $suite: no kernel"; failed=1; continue; }
    boot "$suite" "$version" >"$work/$suite.log"
    cp "$work/$suite.log" "$cache/$suite/console"
    grep -a '^@@ ' "$work/$suite.log" | sed 's/^@@ //' >"$work/$suite.cells"
    grep -q '^end ' "$work/$suite.cells" || echo "boot BAD:did-not-end" >>"$work/$suite.cells"
    ok=0 said=0 expected=0 bad=0
    while read -r cell value; do
        case $value in
        ok) ok=$((ok + 1)) ;;
        said) said=$((said + 1)) ;;
        BAD*)
            if why=$(grep -E "^($suite|[*]) $cell " tests/kernels/expected); then
                expected=$((expected + 1))
                echo "$suite: $cell: as expected: ${why#*"$cell "}"
            else
                bad=$((bad + 1))
                failed=1
                echo "$suite: $cell: ${value#BAD:}"
            fi ;;
        esac
    done <"$work/$suite.cells"
    grep -a 'not seen ' "$work/$suite.log" | sed "s/^/$suite:   /"
    printf '%-9s %-24s %4d %5d %9d %4d  %s\n' "$suite" "$version" $ok $said $expected $bad \
        "$(sed -n 's/^sum //p' "$work/$suite.cells" | paste -sd ';')" >>"$work/table"
    tests/tried.sh --note "Linux $version ($suite), emulated" "${KERNELS_PARTS:-commands lab tests}" \
        "$ok ok, $said said, $expected differ as expected, $bad failed$(sed -n 's/^sum /; /p' "$work/$suite.cells" | tr -d '\n')"
done
printf '%-9s %-24s %4s %5s %9s %4s  %s\n' suite kernel ok said expected bad 'lab: seen/skipped/not seen; tests'
cat "$work/table"
exit $failed
