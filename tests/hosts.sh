#!/bin/bash
# tests/hosts.sh BUILD: the screen of three hosts, each an sshd(8) of its own on a port of its
# own, the first two in PID, mount and time namespaces: a is cut off, b is started again with
# another boot time, c has 5,000 births and ends a second. Prints how long keys take, and
# fails where a process is shown as alive that is not known to be. Exit 77 where it cannot run
# here: root, sshd, ssh and unshare are needed, and nothing is installed.
set -u

cd "$(dirname "$0")/.." || exit 1
build=$(realpath "${1:-build}")
PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" -eq 0 ] || { echo "hosts: skipped, it needs root for namespaces"; exit 77; }
for tool in sshd ssh ssh-keygen unshare; do
    command -v $tool >/dev/null || { echo "hosts: skipped, there is no $tool"; exit 77; }
done
unshare --pid --fork --mount-proc --time --boottime 1 true 2>/dev/null ||
    { echo "hosts: skipped, namespaces cannot be made here"; exit 77; }

work=$(mktemp -d)
made_run=
declare -A daemon
flood=
# shellcheck disable=SC2317 # the trap's
cleanup() {
    [ -z "${drive_PID-}" ] || { kill "$drive_PID" 2>/dev/null; wait "${drive_PID-}" 2>/dev/null; }
    [ -z "$flood" ] || { kill "$flood" 2>/dev/null; wait "$flood" 2>/dev/null; }
    for name in "${!daemon[@]}"; do stop_host "$name"; done
    [ -z "$made_run" ] || rmdir /run/sshd 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

[ -d /run/sshd ] || { mkdir -p /run/sshd && made_run=yes; }
ssh-keygen -q -t ed25519 -N '' -f "$work/key" || exit 1
ssh-keygen -q -t ed25519 -N '' -f "$work/host" || exit 1
cp "$work/key.pub" "$work/authorized"

# What ssh asks for is `reaptop …`: the program that was built.
# shellcheck disable=SC2016 # it is for the other shell
printf '#!/bin/sh\nset -- $SSH_ORIGINAL_COMMAND\nshift\nexec %s "$@"\n' "$build/reaptop" >"$work/command"
printf '#!/bin/sh\nexec ssh -F %s "$@"\n' "$work/config" >"$work/ssh"
chmod 700 "$work/command" "$work/ssh"

port=$((20000 + RANDOM))
for name in a b c; do
    port=$((port + 1))
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    cat >"$work/sshd_$name" <<EOF
Port $port
ListenAddress 127.0.0.1
HostKey $work/host
PidFile none
AuthorizedKeysFile $work/authorized
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
ForceCommand $work/command
EOF
    cat >>"$work/config" <<EOF
Host $name
    HostName 127.0.0.1
    Port $port
    User root
    IdentityFile $work/key
    IdentitiesOnly yes
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
EOF
done

start_host() { # start_host NAME [BOOTTIME]
    if [ "$1" = c ]; then
        "$(command -v sshd)" -D -e -f "$work/sshd_$1" 2>"$work/log_$1" &
    else
        # Its first process is sleep, so that it has a child beside sshd to show.
        unshare --pid --fork --kill-child --mount-proc --time --boottime "$2" \
            sh -c "sleep 7777 & exec $(command -v sshd) -D -e -f $work/sshd_$1" 2>"$work/log_$1" &
    fi
    daemon[$1]=$!
}
# shellcheck disable=SC2317 # by the trap too
stop_host() {
    # Those below sshd are in sessions of their own; a PID namespace ends with its init.
    for child in $(below "${daemon[$1]}"); do kill -CONT "$child" 2>/dev/null; done
    for child in $(below "${daemon[$1]}") ${daemon[$1]}; do kill -KILL "$child" 2>/dev/null; done
    wait "${daemon[$1]}" 2>/dev/null
    unset "daemon[$1]"
}
# shellcheck disable=SC2317 # by the trap too
below() { # all that descend from it, parents first
    local child
    # shellcheck disable=SC2013 # words, of one line
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
        echo "$child"
        below "$child"
    done
}

failed=0
ask() { # ask LINE: the driver's answer, without its last line
    echo "$1" >&"$to"
    while read -r -t 120 answer <&"$from"; do
        [ "$answer" != . ] || return 0
        echo "$answer"
    done
    echo "hosts: the screen does not answer"
    exit 1
}
expect() { # expect WHAT TEXT: on the screen within a minute
    [ "$(ask "wait $2")" = there ] && { echo "hosts: $1: ok"; return; }
    echo "hosts: $1: FAILED"
    ask screen
    failed=1
}
keys() { echo "hosts: $1: $(ask 'keys 200')"; }
# The filter; Ctrl-U empties its line of the one before.
only() { ask "type \\" && ask "enter "$'\025'"$1"; }

start_host a 100000
start_host b 200000
start_host c
for name in a b c; do
    for ((i = 0; i < 100; i++)); do
        "$work/ssh" -o BatchMode=yes "$name" reaptop --version >/dev/null 2>&1 && break
        sleep 0.1
    done
    [ $i -lt 100 ] || { echo "hosts: $name does not answer"; cat "$work/log_$name"; exit 1; }
done

coproc drive { REAPTOP_SSH=$work/ssh exec "$build/bench/hosts" "$build/reaptop" a,b,c; }
# A copy: a pipeline's part does not have the coprocess's own.
exec {to}>&"${drive[1]}" {from}<&"${drive[0]}"
expect 'three hosts on one screen' '3 hosts'
keys 'at rest'

"$build/bench/hosts" --flood 2500 &
flood=$!
keys 'c has 2,500 births and as many ends a second'

# Cut off: what is connected says nothing more, as with a cable that is pulled.
for child in $(below "${daemon[a]}"); do kill -STOP "$child" 2>/dev/null; done
only 'host=a'
expect 'a is silent, and says so' 'a (silent for'
ask screen | grep -E '^ *[x+]? *[0-9]+ +[0-9]+ +[RSDTtZI] ' && { echo "hosts: shown as alive: FAILED"; failed=1; }
expect 'its processes are not known' '? '
keys 'a cut off, c flooding'

only 'host=b'
stop_host b
expect 'b is gone, and says why' 'b (gone for'
ask screen | grep -E '^ *[x+]? *[0-9]+ +[0-9]+ +[RSDTtZI] ' && { echo "hosts: shown as alive: FAILED"; failed=1; }
start_host b 5
# Those of before are still there, in state ?.
only 'host=b and comm=sleep and state=S'
expect 'b is back after a restart' 'sleep 7777'
only 'host=b'
keys 'b restarted, a cut off, c flooding'
only 'pid>0'
ask screen
exit $failed
