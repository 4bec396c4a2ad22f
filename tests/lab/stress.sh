# SPDX-License-Identifier: MIT OR Apache-2.0
# Two hundred sessions on hot functions of a busy machine; some are killed in the middle.

# tally NAME: lines that a session printed and lost, and how many there were.
tally() {
    lines=$(grep -c '^hit ' "$1.out")
    total=$(sed -n 's/^total //p' "$1.out")
    lost=$(awk '/ lost / { lost += $5 } END { print lost + 0 }' "$1.err")
    echo "tally $1 $total $lines $lost"
}

# together IMAGE…: sessions at the same time, each of which ends itself.
together() {
    sessions=
    for image; do
        name=$image.$loads
        begin "$image" "$name"
        sessions="$sessions $name:$pid"
    done
    for session in $sessions; do
        name=${session%:*}
        wait "${session#*:}" || fail "$name failed: $(cat "$name.err")"
        tally "$name"
        rm "$name.out" "$name.err"
    done
}

memory() {
    rm -f ./*.out ./*.err
    sync
    echo 3 >/proc/sys/vm/drop_caches
    sleep 1
    echo "memory-$1 $(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)"
    echo "slab-$1 $(awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo)"
}

together counted
together brief
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
# The sessions come first, or they would wait for eight processes most of the time.
renice -n -10 $$

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
            together counted counted brief brief
            ;;
        2)
            together counted counted brief brief
            attached watch $watch
            end KILL $watch
            killed=$((killed + 1))
            ;;
        *)
            attached watch $watch
            together counted counted brief brief
            refused rmmod kshim
            end TERM $watch
            tally watch
            ;;
    esac
    [ $((round % 10)) != 0 ] || together flood
done
echo "loads $loads"
echo "killed $killed"

rest
sleep 1
nothing_left
memory after
rmmod kshim || fail "kshim cannot be unloaded"
insmod /lib/kshim.ko || fail "kshim cannot be loaded again"
nothing_left
