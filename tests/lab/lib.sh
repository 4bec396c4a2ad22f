# SPDX-License-Identifier: MIT OR Apache-2.0
# What the scripts of lab machines share. Sessions write NAME.out and NAME.err in /tmp.
cd /tmp

fail() {
    echo "FAIL $*"
    tail -n 5 /tmp/*.out /tmp/*.err
    exit 1
}

# begin IMAGE [NAME]: starts a session in the background, with its process id in $pid. Counts them in $loads. The agent has
# the options in $attach.
loads=0
attach=
begin() {
    loads=$((loads + 1))
    name=${2:-$1}
    rm -f "$name.out" "$name.err"
    spile-agent run $attach "/images/$1" >"$name.out" 2>"$name.err" &
    pid=$!
}

# attached NAME PID: waits until the session's begin probe has been heard of, so that its probes are attached.
attached() {
    until grep -q '^begun' "$1.out" 2>/dev/null; do
        kill -0 "$2" || fail "$1 ended before it began"
        usleep 5000
    done
}

# end SIGNAL PID: ends a session with a signal, and waits for it.
end() {
    kill "-$1" "$2" || fail "session $2 had ended before its time"
    wait "$2"
}

# work COMMAND…: repeats a command in the background until rest.
busy=
work() {
    (while :; do "$@"; done) >/dev/null 2>&1 &
    busy="$busy $!"
}
rest() {
    kill -9 $busy
    wait $busy
    busy=
}

# refused COMMAND…: it must fail.
refused() {
    ! "$@" >refused.said 2>&1 || fail "should have been refused: $*"
}

# What sessions keep in the kernel.
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
kprobes() { grep -c . /sys/kernel/debug/kprobes/list; }
functions() { grep -c . /sys/kernel/tracing/enabled_functions; }
areas() { grep -c '\[kshim\]' /proc/vmallocinfo; }
# Memory stays as long as somebody may return to it.
nothing_left() {
    [ "$(kprobes)" = 0 ] || fail "kprobes are left: $(cat /sys/kernel/debug/kprobes/list)"
    [ "$(functions)" = 0 ] || fail "ftrace calls somebody for $(cat /sys/kernel/tracing/enabled_functions)"
    looks=0
    until [ "$(areas)" = 0 ] && spile-agent run /images/arena >arena.out 2>arena.err; do
        looks=$((looks + 1))
        [ $looks -lt 300 ] || fail "memory is left: $(grep '\[kshim\]' /proc/vmallocinfo)"
        usleep 100000
    done
}
