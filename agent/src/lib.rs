//! The static program on the target: loads images, runs sessions, ships records.
