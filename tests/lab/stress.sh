# SPDX-License-Identifier: MIT OR Apache-2.0
# Two hundred sessions on hot functions of a busy machine; some are killed in the middle.

again() { while :; do "$@"; done >/dev/null 2>&1; }

busy=
work() {
    again "$@" &
    busy="$busy $!"
}

# tally NAME: lines that a session printed and lost, and how many there were.
tally() {
    lines=$(grep -c '^hit ' "$1.out")
    total=$(sed -n 's/^total //p' "$1.out")
    lost=$(awk '/ lost / { lost += $5 } END { print lost + 0 }' "$1.err")
    echo "tally $1 $total $lines $lost"
}

# run NAME: a session that ends itself.
run() {
    begin "$1"
    wait $pid || fail "$1 failed: $(cat "$1.err")"
    tally "$1"
}

memory() {
    rm -f ./*.out ./*.err
    sync
    echo 3 >/proc/sys/vm/drop_caches
    sleep 1
    echo "memory-$1 $(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)"
    echo "slab-$1 $(awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo)"
}

run counted
run counted
nothing_left
memory before

work dd if=/dev/zero of=/dev/null bs=512 count=2000
work cat /proc/cpuinfo /proc/meminfo /proc/interrupts
work ls -lR /bin
work sh -c '/bin/true; /bin/id'
work sh -c 'seq 1 500 | sort -n | tail -n 1'
work grep -r nothing /init /etc /program
work sh -c 'echo text >/tmp/busy.$$; rm /tmp/busy.$$'
work usleep 2000

killed=0
round=0
while [ $loads -lt 200 ]; do
    round=$((round + 1))
    begin watch; watch=$pid
    case $((round % 4)) in
        0)
            # Somewhere between its exec and its first records.
            usleep $((round * 5000))
            end KILL $watch
            killed=$((killed + 1))
            run counted
            ;;
        2)
            run counted
            attached watch $watch
            end KILL $watch
            killed=$((killed + 1))
            ;;
        *)
            attached watch $watch
            run counted
            refused rmmod kshim
            end TERM $watch
            tally watch
            ;;
    esac
    [ $((round % 20)) != 0 ] || run flood
done
echo "loads $loads"
echo "killed $killed"

kill -9 $busy
wait $busy
sleep 1
nothing_left
memory after
rmmod kshim || fail "kshim cannot be unloaded"
insmod /lib/kshim.ko || fail "kshim cannot be loaded again"
nothing_left
