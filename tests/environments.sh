#!/bin/bash
# tests/environments.sh BUILD [NAME...]: every command, the screen and the lab where
# the kernel or the administrator takes something away. Prints a table, a line for
# each environment; exit 1 where a cell is not as it must be:
# ok, said or BAD, as judge() in tests/environments/commands.sh has them. What a run of
# all has summed up to is kept in tests/tried.table, for the README.
# The lab's cell counts experiments: seen/skipped/not seen; none may be not seen.
#   LAB=no   leaves the lab out;  VERBOSE=1 prints what was said
# Root only: it makes mount, PID and user namespaces of its own.
set -u -o pipefail

[ "$(id -u)" -eq 0 ] || { echo "environments: needs root, for namespaces and mounts"; exit 1; }
cd "$(dirname "$0")/.." || exit 1
build=$(realpath "${1:-build}")
shift
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
chmod 755 "$DIR"
mkdir -m 1777 "$DIR/tmp"
cp "$build/reaptop" "$DIR/reaptop"
cc -O1 -o "$DIR/refuse" tests/environments/refuse.c || exit 1
export TMPDIR=$DIR/tmp DIR XDG_CONFIG_HOME=$DIR/tmp XDG_STATE_HOME=$DIR/tmp

# shellcheck source=tests/environments/commands.sh
. tests/environments/commands.sh

# Environments: a name, and how a command line is run in it. inside CMD is run by bash.
envs=(root user hidepid2 hidepid4 subset-pid pid-namespace user-namespace no-capabilities no-proc
    no-pidfd no-ptrace no-newer-calls no-netlink no-cgroups no-locale no-terminfo read-only-root)
inside() { # inside NAME COMMANDLINE
    case $1 in
    root) bash -c "$2" ;;
    user) as_user "$2" ;;
    hidepid2 | hidepid4)
        option=hidepid=${1#hidepid}
        unshare -m bash -c "mount -t proc -o $option proc /proc && $USER_SHELL \"\$0\"" "$2" ;;
    subset-pid) unshare -pfm bash -c 'mount -t proc -o subset=pid proc /proc && bash -c "$0"' "$2" ;;
    pid-namespace) unshare -pf --mount-proc bash -c "$2" ;;
    user-namespace) unshare -Urpf --mount-proc bash -c "$2" ;;
    no-capabilities) setpriv --bounding-set -all --inh-caps -all bash -c "$2" ;;
    no-proc) unshare -m bash -c 'mount -t tmpfs none /proc && bash -c "$0"' "$2" ;;
    no-pidfd) "$DIR/refuse" 38 pidfd_open,pidfd_send_signal,pidfd_getfd bash -c "$2" ;;
    no-ptrace) "$DIR/refuse" 1 ptrace,process_vm_readv,bpf,perf_event_open,io_uring_setup,kcmp bash -c "$2" ;;
    no-newer-calls) "$DIR/refuse" 38 clone3,close_range,statx,openat2 bash -c "$2" ;;
    no-netlink) "$DIR/refuse" 93 netlink bash -c "$2" ;;
    no-cgroups) unshare -m bash -c 'mount -t tmpfs none /sys/fs/cgroup && bash -c "$0"' "$2" ;;
    no-locale) env -u LC_ALL LANG=xx_YY.UTF-8 bash -c "$2" ;;
    no-terminfo) env TERM=unheard-of bash -c "$2" ;;
    read-only-root) unshare -m bash -c 'mount --bind / /mnt && mount -o remount,bind,ro / 2>/dev/null; bash -c "$0"' "$2" ;;
    esac
}
USER_SHELL='setpriv --reuid 65534 --regid 65534 --clear-groups bash -c'
as_user() { setpriv --reuid 65534 --regid 65534 --clear-groups bash -c "$1"; }

# cell NAME COMMAND: prints ok, said or BAD:why
cell() {
    local status
    rm -rf "$TMPDIR" && mkdir -m 1777 "$TMPDIR"
    timeout -k 5 60 bash -c "$(declare -f inside as_user); $(declare -p USER_SHELL); inside '$1' \"\$0\"" \
        "$prelude${lines[$2]}" >"$DIR/out" 2>"$DIR/err" </dev/null
    status=$?
    judge "$status" "$DIR/out" "$DIR/err"
    [ -z "${VERBOSE-}" ] || sed "s/^/    $2: /" "$DIR/err" >&2
}

lab() { # lab NAME: experiments that were seen/skipped/not seen
    local status sum
    timeout -k 5 400 bash -c "$(declare -f inside as_user); $(declare -p USER_SHELL); inside '$1' \"\$0\"" \
        'export PATH=$DIR:$PATH; reaptop lab all' >"$DIR/lab" 2>"$DIR/err" </dev/null
    status=$?
    sum=$(grep -E '^[0-9]+ seen' "$DIR/lab" | tail -n 1)
    [ -z "${VERBOSE-}" ] || grep -hE '^[a-z-]+ +not seen|^reaptop: ' "$DIR/lab" "$DIR/err" >&2
    if [ -z "$sum" ]; then
        grep -qh '^reaptop: ' "$DIR/err" && echo said && return 0
        echo "BAD:status-$status"
        return 1
    fi
    echo "$sum"
    [[ $sum = *', 0 not seen' ]]
}

all=${#envs[@]}
[ $# -gt 0 ] && envs=("$@")
failed=0 ok=0 said=0 bad=0
: >"$DIR/labs"
printf '%-16s' environment; printf ' %-7s' "${names[@]}"; [ "${LAB-}" = no ] && echo || echo ' lab'
for env in "${envs[@]}"; do
    printf '%-16s' "$env"
    for name in "${names[@]}"; do
        result=$(cell "$env" "$name")
        printf ' %-7s' "$result"
        case $result in
        ok) ok=$((ok + 1)) ;;
        said) said=$((said + 1)) ;;
        *) bad=$((bad + 1)) failed=1 ;;
        esac
    done
    if [ "${LAB-}" != no ]; then
        lab "$env" >"$DIR/cell" || failed=1
        printf ' %s' "$(cat "$DIR/cell")"
        cat "$DIR/cell" >>"$DIR/labs"
    fi
    echo
done
if [ ${#envs[@]} -eq "$all" ]; then
    tests/tried.sh --note "$all restricted environments" commands "$ok ok, $said said, $bad failed"
    [ "${LAB-}" = no ] || tests/tried.sh --note "$all restricted environments" 'lab all' "$(awk '
        / seen,/ { seen += $1; skipped += $3; not_seen += $5; next } /BAD/ { bad++; next } { said++ }
        END { printf "%d seen, %d skipped, %d not seen, %d said, %d failed", seen, skipped, not_seen, said, bad }' "$DIR/labs")"
fi
exit $failed
