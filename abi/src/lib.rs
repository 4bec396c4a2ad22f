// SPDX-License-Identifier: MIT OR Apache-2.0
//! The contract between kernel and user space: one C header and its Rust mirror.
//!
//! `include/spile_abi.h` is the source of truth. [`raw`] is generated from it, committed, and
//! re-exported here; `SPILE_BLESS=1 cargo nextest run -p spile-abi` renews it. [`image`] reads
//! image files, [`host`] is the part of an image that only host and agent look at.

pub mod host;
pub mod image;
#[expect(
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    clippy::identity_op,
    reason = "generated from include/spile_abi.h, whose names it keeps and whose comments document it"
)]
pub mod raw;

pub use host::HostInfo;
pub use image::{Image, ImageError};
pub use raw::*;
