//! The host side of a run: starts agents, uploads images, prints records.
