//! Facts about a target kernel: BTF, symbols, tracepoints, and kits that hold them.
