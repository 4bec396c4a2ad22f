// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests of the intermediate representation, mostly on programs in its text form.

mod builtins;
mod control;
mod locking;
mod maps;
mod memory;
mod optimiser;
mod passes;
mod regex;
mod scalars;
mod session;
mod stats;
mod support;
mod text;
mod verifier;
