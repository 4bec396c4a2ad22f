//! The contract between kernel and user space: one C header and its Rust mirror.
