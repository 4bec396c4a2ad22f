#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The first process of a lab machine. Runs /program with its standard streams on the port spile.program, writes
# `ready`, then `exit N` to the port spile.status, and powers off.
export PATH=/bin HOME=/ TERM=linux
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing
ip link set lo up

fail() {
    echo "spile-lab: $*" >/dev/console
    poweroff -f
}

# The device of a port, once the host's end is connected (a read before that is an end of file).
port() {
    tries=0
    while [ $tries -lt 200 ]; do
        for file in $(grep -ls "^name: $1\$" /sys/kernel/debug/virtio-ports/*); do
            grep -q '^host_connected: 1' "$file" && echo "/dev/${file##*/}" && return
        done
        usleep 20000
        tries=$((tries + 1))
    done
    fail "no virtio-serial port $1"
}

for module in /lib/modules/*; do
    [ -e "$module" ] || continue
    insmod "$module" || fail "cannot load $module"
done
if [ -e /lib/kshim.ko ]; then
    insmod /lib/kshim.ko || fail "cannot load kshim"
fi

if [ -e /interactive ]; then
    echo "spile-lab: a shell in the machine; \`exit\` or ^D powers it off"
    setsid cttyhack sh
    poweroff -f
fi

program=$(port spile.program)
status=$(port spile.status)
echo ready >"$status"
/program <>"$program" >&0
echo "exit $?" >"$status"

if [ -e /lib/kshim.ko ]; then
    rmmod kshim || echo "spile-lab: cannot unload kshim" >/dev/console
fi
poweroff -f
