#!/bin/sh
# Installs packages this machine lacks: tests/deps.sh SET...
# Names those of another distribution: tests/deps.sh --list MANAGER SET...
#   build        compiler, make and the libraries reaptop is linked with
#   test         what `make test` uses besides
#   iterator     what the kernel's task iterator is built with; without it /proc is read
#   stacks       what user-space stacks are built with; without it they cannot be shown
#   check        what `make check`, `lint`, `fuzz`, `coverage`, `bench` use besides
#   screenshots  what `make screenshots` uses besides
#   fresh        what `make fresh` uses besides
#   kernels      what `make kernels` uses besides
# Prints each command before it runs it; nothing is run where nothing lacks. Of several sets
# the first must be there; what a distribution lacks of the others is said.
#
# apt's names are those of Debian 12, 13 and sid. Of the others these were found on 2026-11-30 in
# what the distributions list: procps-ng-devel (Fedora 43), procps-ng-dev (Alpine 3.24), inih-dev
# (Alpine 3.17 to edge), criterion (Arch extra), libinih and procps-ng (Arch Linux ARM). Criterion
# was found neither for Fedora nor for Alpine, and for openSUSE in devel:libraries:c_c++ alone.
set -eu

# set: package names for apt | dnf | pacman | apk | zypper, as far as they differ.
packages() {
    case $1:$2 in
    apt:build) echo gcc libc6-dev make pkg-config libncurses-dev libproc2-dev libjansson-dev \
        libinih-dev libcap-dev gettext ;;
    apt:test) echo libcriterion-dev libvterm-dev mandoc manpages manpages-dev procps strace util-linux tmux ;;
    apt:iterator) echo clang bpftool libbpf-dev ;;
    apt:stacks) echo libdw-dev ;;
    apt:check) echo clang clang-format cppcheck valgrind shellcheck lcov git python3 \
        btop forkstat htop lsof psmisc ;;
    apt:screenshots) echo xvfb xterm imagemagick xdotool x11-utils fonts-dejavu-core \
        fonts-wqy-zenhei ;;
    apt:fresh) echo debootstrap git util-linux ;;
    apt:kernels) echo qemu-system-x86 kmod cpio zstd ;;

    dnf:build) echo gcc make pkgconf-pkg-config ncurses-devel procps-ng-devel jansson-devel \
        inih-devel libcap-devel gettext ;;
    dnf:test) echo criterion-devel libvterm-devel mandoc man-pages procps-ng strace util-linux tmux ;;
    dnf:iterator) echo clang bpftool libbpf-devel ;;
    dnf:stacks) echo elfutils-devel ;;
    dnf:check) echo clang compiler-rt clang-tools-extra cppcheck valgrind ShellCheck lcov \
        libasan libubsan git python3 btop htop lsof psmisc ;;
    dnf:screenshots) echo xorg-x11-server-Xvfb xterm ImageMagick xdotool xwininfo \
        dejavu-sans-mono-fonts ;;
    dnf:fresh) echo debootstrap git util-linux ;;
    dnf:kernels) echo qemu-system-x86-core kmod cpio zstd apt dpkg ;;

    pacman:build) echo gcc make pkgconf ncurses procps-ng jansson libinih libcap gettext ;;
    pacman:test) echo criterion libvterm mandoc man-pages procps-ng strace util-linux tmux ;;
    pacman:iterator) echo clang bpf libbpf ;;
    pacman:stacks) echo libelf ;;
    pacman:check) echo clang compiler-rt cppcheck valgrind shellcheck lcov git python \
        btop htop lsof psmisc ;;
    pacman:screenshots) echo xorg-server-xvfb xterm imagemagick xdotool xorg-xwininfo \
        ttf-dejavu ;;
    pacman:fresh) echo debootstrap git util-linux ;;
    pacman:kernels) echo qemu-system-x86 kmod cpio zstd apt dpkg ;;

    # musl has no gettext(3) of its own.
    apk:build) echo gcc musl-dev linux-headers make pkgconf ncurses-dev procps-ng-dev \
        jansson-dev inih-dev libcap-dev gettext gettext-dev ;;
    apk:test) echo criterion-dev libvterm-dev mandoc man-pages procps-ng strace util-linux tmux ;;
    apk:iterator) echo clang bpftool libbpf-dev ;;
    apk:stacks) echo elfutils-dev ;;
    apk:check) echo clang compiler-rt clang-extra-tools cppcheck valgrind shellcheck lcov git \
        bash python3 btop htop lsof psmisc ;;
    apk:screenshots) echo xvfb xterm imagemagick xdotool xwininfo font-dejavu ;;
    apk:fresh) echo debootstrap git util-linux ;;
    apk:kernels) echo qemu-system-x86_64 kmod cpio zstd apt dpkg ;;

    zypper:build) echo gcc make pkgconf-pkg-config ncurses-devel procps-devel libjansson-devel \
        inih-devel libcap-devel gettext-tools ;;
    zypper:test) echo criterion-devel libvterm-devel mandoc man-pages procps strace util-linux tmux ;;
    zypper:iterator) echo clang bpftool libbpf-devel ;;
    zypper:stacks) echo libdw-devel ;;
    zypper:check) echo clang cppcheck valgrind ShellCheck lcov git python3 btop htop lsof psmisc ;;
    zypper:screenshots) echo xorg-x11-server-Xvfb xterm ImageMagick xdotool xwininfo \
        dejavu-fonts ;;
    zypper:fresh) echo debootstrap git util-linux ;;
    zypper:kernels) echo qemu-x86 kmod cpio zstd apt dpkg ;;

    *) echo "deps: no such set: $2" >&2; exit 2 ;;
    esac
}

if [ "${1-}" = --list ]; then
    list_manager=$2
    shift 2
    for set in "$@"; do packages "$list_manager" "$set"; done
    exit 0
fi

is_installed() {
    case $manager in
    apt) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
    dnf | zypper) rpm -q --whatprovides "$1" >/dev/null 2>&1 ;;
    pacman) pacman -Qq "$1" >/dev/null 2>&1 ;;
    apk) apk info -e "$1" >/dev/null 2>&1 ;;
    esac
}

run() {
    echo "+ $*"
    "$@"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        run "$@"
    elif command -v sudo >/dev/null; then
        run sudo "$@"
    else
        echo "deps: not root, and there is no sudo; as root, run: $*" >&2
        exit 1
    fi
}

manager=
for name in apt dnf pacman apk zypper; do
    tool=$name
    [ $name != apt ] || tool=apt-get
    if command -v $tool >/dev/null; then
        manager=$name
        break
    fi
done
if [ -z "$manager" ]; then
    echo "deps: found none of apt, dnf, pacman, apk, zypper; what is needed, in Debian's names:" >&2
    for set in "$@"; do packages apt "$set" >&2; done
    exit 1
fi

# Those of the sets that are not installed.
missing_of() {
    for set in "$@"; do
        for package in $(packages $manager "$set"); do
            is_installed "$package" || printf ' %s' "$package"
        done
    done
}

install() {
    case $manager in
    apt)
        as_root apt-get update
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
        ;;
    dnf) as_root dnf install -y "$@" ;;
    pacman) as_root pacman -S --needed --noconfirm "$@" ;;
    apk) as_root apk add "$@" ;;
    zypper) as_root zypper --non-interactive install --no-recommends "$@" ;;
    esac
}

missing=$(missing_of "$@")
if [ -z "$missing" ]; then
    echo "deps: everything for '$*' is installed"
    exit 0
fi
echo "deps: missing:$missing"
# shellcheck disable=SC2086
if install $missing; then
    exit 0
fi
[ $# -gt 1 ] || exit 1

# One package that there is not keeps away all: set by set, then.
first=$1
for name in "$@"; do
    missing=$(missing_of "$name")
    # shellcheck disable=SC2086
    if [ -n "$missing" ] && ! install $missing; then
        [ "$name" != "$first" ] || exit 1
        echo "deps: not everything for '$name' can be installed here:$missing" >&2
    fi
done
