# SPDX-License-Identifier: MIT OR Apache-2.0
# Random sessions on random functions of a busy machine, as /soak/plan says: lines of IMAGE:ACTION:MICROSECONDS …, which run
# at the same time. Goes on for /soak/seconds, and for some lines on any machine; kshim is unloaded and loaded between
# lines now and then.

work dd if=/dev/zero of=/dev/null bs=512 count=2000
work cat /proc/cpuinfo /proc/meminfo /proc/interrupts
work sh -c '/bin/true; /bin/id'
work sh -c 'seq 1 500 | sort -n | tail -n 1'
work sh -c 'echo text >/tmp/busy.$$; rm /tmp/busy.$$'
work usleep 2000
renice -n -10 $$ >/dev/null

# act NAME PID ACTION MICROSECONDS
act() {
    case $3 in
        kill) usleep "$4"; kill -KILL "$2" 2>/dev/null; wait "$2"; killed=$((killed + 1)) ;;
        term) usleep "$4"; kill -TERM "$2" 2>/dev/null; wait "$2" || true ;;
        *) wait "$2" || fail "$1 failed: $(cat "$1.err")" ;;
    esac
    # One that was ended before it began has nothing to tell.
    sed -n "s/^tally/tally $1/p" "$1.out"
    rm -f "$1.out" "$1.err"
}

# Who sleeps in a traced function keeps the module for a while.
reload() {
    tries=0
    until rmmod kshim 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || fail "kshim cannot be unloaded"
        usleep 100000
    done
    insmod /lib/kshim.ko || fail "kshim cannot be loaded again"
    reloads=$((reloads + 1))
}

# What the kernel holds for itself, in KB, when nothing of ours is there.
held() {
    echo 3 >/proc/sys/vm/drop_caches
    awk '/^(SUnreclaim|VmallocUsed|Percpu|KernelStack):/ { sum += $2 } END { print sum }' /proc/meminfo
}

killed=0
reloads=0
lines=0
before=
end=$(($(cut -d. -f1 /proc/uptime) + $(cat /soak/seconds)))
more() { [ $lines -lt 12 ] || [ "$(cut -d. -f1 /proc/uptime)" -lt $end ]; }
while more; do
    while read -r line; do
        more || break
        sessions=
        for entry in $line; do
            image=${entry%%:*}
            begin "$image" "$image.$loads"
            sessions="$sessions $name:$pid:${entry#*:}"
        done
        for session in $sessions; do
            act $(echo "$session" | tr : ' ')
        done
        lines=$((lines + 1))
        [ $((lines % 4)) != 0 ] || reload
        # What the first sessions make grow stays, as of any other first user.
        [ $lines != 4 ] || before=$(held)
    done </soak/plan
done
rest
reload
nothing_left
[ -z "$before" ] || echo "memory $before $(held)"
echo "loads $loads"
echo "killed $killed"
echo "reloads $reloads"
