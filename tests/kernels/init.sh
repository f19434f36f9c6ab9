#!/bin/bash
# Runs as PID 1 of the machine that tests/kernels.sh boots: makes the usual
# mounts, runs each part, prints a line "@@ CELL VALUE" for each, and ends the
# machine. VALUE is ok, said or BAD:why.
export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root TERM=xterm-256color LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
ip link set lo up
for module in unix_diag inet_diag tcp_diag udp_diag netlink_diag fuse; do modprobe -q $module; done
echo 0 >/proc/sys/kernel/printk

echo # the firmware leaves its own sequences in the line
cd /reaptop || exit 1
parts=$(sed -n 's/.*reaptop_parts=\([^ ]*\).*/\1/p' /proc/cmdline)
export DIR=/reaptop/build TMPDIR=/tmp XDG_CONFIG_HOME=/tmp XDG_STATE_HOME=/tmp
# shellcheck source=tests/environments/commands.sh
. tests/environments/commands.sh

as() { # as USER COMMANDLINE
    if [ "$1" = root ]; then bash -c "$2"; else setpriv --reuid 65534 --regid 65534 --clear-groups bash -c "$2"; fi
}

commands() { # commands USER
    local name
    for name in "${names[@]}"; do
        find /tmp -mindepth 1 -delete
        # The kernel is emulated: it gets time that says nothing about speed.
        timeout -k 5 120 bash -c "$(declare -f as); as $1 \"\$0\"" "$prelude${lines[$name]}" >/run/out 2>/run/err </dev/null
        value=$(judge $? /run/out /run/err)
        echo "@@ $1-$name $value"
        case $value in ok) ;; *) sed "s/^/   $1 $name: /" /run/err | head -n 5 ;; esac
    done
}

lab() { # lab USER
    local sum
    find /tmp -mindepth 1 -delete
    timeout -k 5 500 bash -c "$(declare -f as); as $1 \"\$0\"" 'export PATH=$DIR:$PATH; reaptop lab all' >/run/out 2>/run/err </dev/null
    grep -E '^[a-z-]+ +(skipped|not seen)' /run/out
    head -n 5 /run/err
    sum=$(grep -E '^[0-9]+ seen' /run/out | tail -n 1)
    echo "@@ sum $1 ${sum:-none}"
    case $sum in
    '') echo "@@ $1-lab BAD:no-sum" ;;
    *', 0 not seen') echo "@@ $1-lab ok" ;;
    *) echo "@@ $1-lab BAD:not-seen" ;;
    esac
}

tests() {
    local name
    for name in base model view source control; do
        find /tmp -mindepth 1 -delete
        TEST_LOGS=/run/logs TEST_FLAGS='--timeout 300 -j2' timeout 800 tests/run.sh build/tests/$name >/run/out 2>&1
        sed -n 's/^failed: \([^ ]*\): \(.*\)/@@ \1 BAD:\2/p' /run/out
        sum=$(tail -n 1 /run/out)
        echo "@@ sum $name $sum"
        case $sum in *passed*) echo "@@ tests-$name ok" ;; *) echo "@@ tests-$name BAD:no-sum" ;; esac
    done
}

case $parts in *commands*) commands root; commands user ;; esac
case $parts in *lab*) lab root; lab user ;; esac
case $parts in *tests*) tests ;; esac
echo "@@ end ok"
echo b >/proc/sysrq-trigger
