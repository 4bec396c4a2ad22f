# SPDX-License-Identifier: MIT OR Apache-2.0
# Sessions on one function at once, ended in another order than begun.

reads() { dd if=/dev/zero of=/dev/null bs=7 count=1000 2>/dev/null; }

nothing_left
attach=$(cat /attach)
begin first; first=$pid; attached first $first
begin second; second=$pid; attached second $second
begin third; third=$pid; attached third $third

[ "$(kprobes)" -gt 0 ] || [ "$(functions)" -gt 0 ] && [ "$(areas)" -gt 0 ] || fail "sessions do not show: the test would find no leak"
refused rmmod kshim
refused spile-agent run /images/arena
grep -q 'executable memory left' refused.said || fail "refused for another reason: $(cat refused.said)"

reads
end TERM $second
reads
end KILL $first
reads
refused rmmod kshim
end TERM $third
nothing_left

# On the same functions as the one that was killed.
begin fourth; fourth=$pid; attached fourth $fourth
reads
end INT $fourth
nothing_left

rmmod kshim || fail "kshim cannot be unloaded"
insmod /lib/kshim.ko || fail "kshim cannot be loaded again"
nothing_left
for name in first second third fourth; do sed "s/^/$name /" $name.out $name.err; done
