# SPDX-License-Identifier: MIT OR Apache-2.0
# Sessions that want more memory than there is: each fails with one message, nobody is killed, nothing is left.

# In MB. What is kept for drivers' contiguous buffers is not to be had.
available() { awk '/^MemAvailable:/ { n += $2 } /^CmaFree:/ { n -= $2 } END { print int(n / 1024) }' /proc/meminfo; }

# short WHAT…: as there is too little memory.
short() {
    refused spile-agent run "$@"
    grep -q '^spile-agent: there is too little memory for the session: ' refused.said || fail "$*: $(cat refused.said)"
    [ "$(grep -c . refused.said)" = 1 ] || fail "$*: more than one message: $(cat refused.said)"
    [ "$(areas)" = 0 ] || fail "$*: memory is left: $(grep '\[kshim\]' /proc/vmallocinfo)"
}

# works: a small session still does.
works() {
    spile-agent run -s 1 /images/small >small.out 2>small.err || fail "a small session failed: $(cat small.err)"
    grep -q '^small' small.out || fail "a small session said nothing"
}

works
# More than half of the machine: in rings, in an array.
short -s 128 /images/small
short -s 1 /images/large
# Less than half, but others have what is left.
mkdir /full
mount -t ramfs none /full
dd if=/dev/zero of=/full/file bs=1M count=$(($(available) - 64)) 2>/dev/null || fail "memory cannot be filled"
sync
for try in 1 2 3 4 5; do
    short -s 64 /images/small
    short -s 1 /images/middle
    works
done
rm /full/file
spile-agent run -s 1 /images/middle >middle.out 2>middle.err || fail "there is memory again: $(cat middle.err)"
works
! dmesg | grep -i 'out of memory\|oom-kill' || fail "somebody was killed"
nothing_left
