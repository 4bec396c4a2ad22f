// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with the grammar.
