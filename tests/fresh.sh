#!/bin/bash
# tests/fresh.sh [SUITE|SUITE-ARCH...]: what the README promises, on fresh machines. Makes
# a minimal Debian root for each suite (bookworm, trixie and sid), puts the committed
# tree and make there, and runs `make deps run` and `make deps test` in it. For
# SUITE-ARCH (bookworm-i386 and bookworm-arm64) it builds program and tests there with
# Debian's cross compiler, where warnings are errors. Prints a line for each and keeps
# it in tests/tried.table, for the README.
# tests/fresh.sh --deb [SUITE...]: the same for the package that `make deb` made:
# `apt-get install ./reaptop_*.deb` runs, completes in bash, zsh and fish, has its
# manual in both languages, and leaves nothing when it is removed.
#   FRESH_MIRROR  where Debian comes from (default: debootstrap's own choice)
#   FRESH_DIR     where the roots are made (default /var/tmp); they are removed
#   FRESH_KEEP=1  keeps roots and logs
# Root only. All mounts are made in a mount namespace of their own and end with it.
set -u -o pipefail

cd "$(dirname "$0")/.." || exit 1

# Runs inside the mount namespace, first outside and then within the new root.
enter() {
    root=$1
    shift
    mount --make-rprivate /
    mount --bind "$root" "$root"
    cd "$root" || exit 1
    mount -t proc proc proc
    mount -t sysfs -o ro sysfs sys
    mount -t tmpfs -o mode=755 tmpfs dev
    for node in null zero full random urandom tty; do
        : >"dev/$node"
        mount --bind "/dev/$node" "dev/$node"
    done
    mkdir dev/pts dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    mkdir -p old
    pivot_root . old
    cd / || exit 1
    umount -l /old
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=xterm-256color \
        ${http_proxy:+http_proxy="$http_proxy"} bash /reaptop/tests/fresh.sh --within "$@"
}

# The program must draw its screen under a pseudo-terminal, and leave on `q`.
within_run() {
    command=$1
    typescript=/tmp/typescript
    keys=/tmp/keys
    rm -f $keys $typescript
    mkfifo $keys
    script -qefc "stty rows 24 cols 80; $command" $typescript <$keys >/dev/null &
    script=$!
    exec 3>$keys
    for ((i = 0; i < 3000; i++)); do
        # The alternate screen, and then a heading.
        grep -aq $'\e\\[?1049h.*PID' <(tr -d '\r\n' 2>/dev/null <$typescript) && break
        kill -0 $script 2>/dev/null || break
        sleep 0.2
    done
    printf q >&3
    for ((i = 0; i < 100; i++)); do
        kill -0 $script 2>/dev/null || break
        sleep 0.1
    done
    kill $script 2>/dev/null
    wait $script
    status=$?
    exec 3>&-
    grep -aq $'\e\\[?1049h' $typescript || { tail -n 15 $typescript; echo "no screen was drawn"; return 1; }
    tail -c 400 $typescript | grep -aq $'\e\\[?1049l' || { echo "the terminal was not restored"; return 1; }
    return $status
}

# Every file that a package could leave; what package tools keep for themselves is theirs.
list_files() {
    find / -xdev \( -path /reaptop -o -path /tmp -o -path /var/cache -o -path /var/lib/apt \
        -o -path /var/lib/dpkg -o -path /var/log -o -path /root \) -prune -o -print | sort
}

# check WHAT COMMAND...: says whether it holds.
check() {
    what=$1
    shift
    if "$@" >/tmp/out 2>&1; then
        echo "deb: $what: ok"
    else
        echo "deb: $what: FAILED"
        tail -n 5 /tmp/out
        failed=1
    fi
}

# shellcheck disable=SC2016 # what is single-quoted is for the other shells
within_deb() {
    failed=0
    export DEBIAN_FRONTEND=noninteractive
    apt-get update && apt-get install -y --no-install-recommends \
        man-db bash-completion zsh fish locales || return 1
    localedef -i zh_CN -f UTF-8 zh_CN.UTF-8 || return 1
    list_files >/tmp/before
    check 'apt-get install ./reaptop_*.deb' apt-get install -y --no-install-recommends \
        /reaptop/dist/reaptop_*.deb
    check 'reaptop --version' reaptop --version
    check 'tree' sh -c 'reaptop tree | grep -q reaptop'
    check 'send -n' sh -c 'reaptop send -n TERM $$ --force | grep -q ends'
    check 'the screen' within_run reaptop
    check 'Chinese sentences' sh -c 'LC_ALL=zh_CN.UTF-8 reaptop --help | grep -q 用法'
    for page in '1 reaptop' '7 reaptop-states' '7 reaptop-lab' '5 reaptop.conf' '5 reaptop-json'; do
        # shellcheck disable=SC2086 # section and name
        check "man $page" sh -c "LC_ALL=C.UTF-8 man $page | grep -q '^NAME'"
        check "man $page in Chinese" sh -c "LC_ALL=zh_CN.UTF-8 man $page | grep -q '^名称'"
    done
    check 'bash completes' bash -c '. /usr/share/bash-completion/bash_completion
        _completion_loader reaptop || [ $? -eq 124 ]
        COMP_WORDS=(reaptop tr) COMP_CWORD=1 COMP_LINE="reaptop tr" COMP_POINT=10
        function=$(complete -p reaptop | sed "s/.* -F \([^ ]*\).*/\1/")
        $function reaptop tr reaptop; [[ ${COMPREPLY[*]} = *tree* ]]'
    check 'zsh completes' zsh -fc 'autoload -Uz compinit; compinit -u -d /tmp/zcompdump
        [[ $_comps[reaptop] = _reaptop ]] && autoload -Uz +X _reaptop'
    check 'fish completes' fish -c 'complete -C "reaptop tr" | grep -q ^tree'
    check 'apt-get purge' apt-get purge -y --autoremove reaptop
    list_files >/tmp/after
    check 'nothing is left' diff /tmp/before /tmp/after
    return $failed
}

# Program and tests for another architecture, with warnings as errors; tests where Criterion is there for it.
within_cross() {
    case $1 in
    i386) triple=i686-linux-gnu libraries=i386-linux-gnu ;;
    arm64) triple=aarch64-linux-gnu libraries=$triple ;;
    *) echo "fresh: no such architecture: $1"; return 2 ;;
    esac
    dpkg --add-architecture "$1" && apt-get update || return 1
    goals=all
    packages=$(tests/deps.sh --list apt build | tr ' ' '\n' | grep -- '-dev$' | sed "s/\$/:$1/")
    # shellcheck disable=SC2086 # names are single words
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        make pkg-config gettext "gcc-$triple" $packages || return 1
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        "libcriterion-dev:$1" "libvterm-dev:$1" && goals='all test-build'
    export PKG_CONFIG_LIBDIR=/usr/lib/$libraries/pkgconfig:/usr/share/pkgconfig
    # shellcheck disable=SC2086
    make -j2 CC="$triple-gcc" AR="$triple-ar" WERROR=1 $goals || return 1
    echo "built: $goals"
}

case ${1-} in
--enter)
    shift
    set -e
    enter "$@"
    ;;
--within)
    cd /reaptop || exit 1
    case $2 in
    prepare)
        apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends make
        ;;
    run) within_run 'make deps run' ;;
    deb) within_deb ;;
    test) make deps test </dev/null ;;
    cross-*) within_cross "${2#cross-}" ;;
    esac
    exit
    ;;
esac

[ "$(id -u)" -eq 0 ] || { echo "fresh: needs root: debootstrap and mount" >&2; exit 1; }
tests/deps.sh fresh || exit 1
all_commands='prepare run test' default='bookworm trixie sid bookworm-i386 bookworm-arm64'
if [ "${1-}" = --deb ]; then
    shift
    all_commands=deb default='bookworm trixie'
    ls dist/reaptop_*.deb >/dev/null 2>&1 || { echo "fresh: make deb first" >&2; exit 1; }
fi
# shellcheck disable=SC2086 # names are single words
[ $# -gt 0 ] || set -- $default

dir=$(mktemp -d "${FRESH_DIR:-/var/tmp}/reaptop-fresh.XXXXXX") || exit 1
cleanup() {
    [ -n "${FRESH_KEEP-}" ] || rm -rf --one-file-system "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

failed=0
results=
outcome() { # outcome WHAT RESULT, of the suite at hand
    results+="$suite: $1: $2"$'\n'
    tests/tried.sh --note "Debian $suite" "$1" "$2"
}
for suite in "$@"; do
    root=$dir/$suite
    log=$dir/$suite.log
    commands=$all_commands
    case $suite in *-*) commands="cross-${suite#*-}" ;; esac
    echo "== $suite: debootstrap"
    if ! debootstrap --variant=minbase "${suite%%-*}" "$root" ${FRESH_MIRROR:+"$FRESH_MIRROR"} \
        >"$log" 2>&1; then
        tail -n 20 "$log"
        results+="$suite: debootstrap FAILED"$'\n'
        failed=1
        continue
    fi
    mkdir -p "$root/reaptop"
    git archive HEAD | tar -x -C "$root/reaptop"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null

    # A mirror that lags behind is as good there as this machine takes it to be.
    apt-config dump Acquire::Check-Valid-Until | grep . >"$root/etc/apt/apt.conf.d/90valid-until" || :
    [ "$commands" != deb ] || { mkdir "$root/reaptop/dist" && cp dist/reaptop_*.deb "$root/reaptop/dist/"; }

    for command in $commands; do
        # The first command installs; the second starts from what a user would have then.
        case $command in
        run | test) echo "== $suite: make deps $command" ;;
        esac
        if unshare --mount bash tests/fresh.sh --enter "$root" "$command" >"$log" 2>&1 </dev/null; then
            result=ok
        else
            result=FAILED
            failed=1
            grep -a '^\[FAIL\]\|: ended without\|left behind\|error:' "$log"
            tail -n 40 "$log"
        fi
        case $command in
        cross-*) outcome 'cross build' "$result: $(sed -n 's/^built: //p' "$log" | tail -n 1)" ;;
        run) outcome 'make deps run' "$result" ;;
        deb) results+=$(sed -n "s/^deb: /$suite: /p" "$log")$'\n' ;;
        test)
            sum=$(grep -aE '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
            grep 'warning:' "$log" && { result="FAILED (warnings)"; failed=1; }
            outcome 'make deps test' "$result: $sum"
            ;;
        esac
        [ -z "${FRESH_KEEP-}" ] || cp "$log" "$dir/$suite-$command.log"
    done
    [ -n "${FRESH_KEEP-}" ] || rm -rf --one-file-system "$root"
done

printf '%s' "$results"
exit $failed
