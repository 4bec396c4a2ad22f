//! The QEMU lab: kernel catalogue, machines, verdicts.
