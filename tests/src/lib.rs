// SPDX-License-Identifier: MIT OR Apache-2.0
//! Language conformance: one case file, every engine. And machines for the tests of the lab.

pub mod case;
pub mod engines;
pub mod examples;
pub mod generate;
pub mod interpreter;
pub mod lab_arena;
pub mod lab_facts;
pub mod lab_guest;
pub mod lab_run;
pub mod library;
pub mod machines;
