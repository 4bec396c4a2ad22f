//! Language conformance: one case file, every engine.
