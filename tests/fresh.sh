#!/bin/bash
# tests/fresh.sh [SUITE...]: what the README promises, on fresh machines. Makes
# a minimal Debian root for each suite (bookworm and trixie), puts the committed
# tree and make there, and runs `make deps run` and `make deps test` in it.
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
    typescript=/tmp/typescript
    keys=/tmp/keys
    rm -f $keys $typescript
    mkfifo $keys
    script -qefc 'stty rows 24 cols 80; make deps run' $typescript <$keys >/dev/null &
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
    run) within_run ;;
    test) make deps test </dev/null ;;
    esac
    exit
    ;;
esac

[ "$(id -u)" -eq 0 ] || { echo "fresh: needs root: debootstrap and mount" >&2; exit 1; }
tests/deps.sh fresh || exit 1
[ $# -gt 0 ] || set -- bookworm trixie

dir=$(mktemp -d "${FRESH_DIR:-/var/tmp}/reaptop-fresh.XXXXXX") || exit 1
cleanup() {
    [ -n "${FRESH_KEEP-}" ] || rm -rf --one-file-system "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

failed=0
results=
for suite in "$@"; do
    root=$dir/$suite
    log=$dir/$suite.log
    echo "== $suite: debootstrap"
    if ! debootstrap --variant=minbase "$suite" "$root" ${FRESH_MIRROR:+"$FRESH_MIRROR"} \
        >"$log" 2>&1; then
        tail -n 20 "$log"
        results+="$suite: debootstrap FAILED"$'\n'
        failed=1
        continue
    fi
    mkdir -p "$root/reaptop"
    git archive HEAD | tar -x -C "$root/reaptop"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null

    for command in prepare run test; do
        # The first command installs; the second starts from what a user would have then.
        [ $command = prepare ] || echo "== $suite: make deps $command"
        if unshare --mount bash tests/fresh.sh --enter "$root" "$command" >"$log" 2>&1 </dev/null; then
            result=ok
        else
            result=FAILED
            failed=1
            grep -a '^\[FAIL\]\|: ended without\|left behind\|error:' "$log"
            tail -n 40 "$log"
        fi
        case $command in
        run) results+="$suite: make deps run: $result"$'\n' ;;
        test)
            sum=$(tail -n 1 "$log")
            grep 'warning:' "$log" && { result="FAILED (warnings)"; failed=1; }
            results+="$suite: make deps test: $result: $sum"$'\n'
            ;;
        esac
        [ -z "${FRESH_KEEP-}" ] || cp "$log" "$dir/$suite-$command.log"
    done
    [ -n "${FRESH_KEEP-}" ] || rm -rf --one-file-system "$root"
done

printf '%s' "$results"
exit $failed
