//! The typed intermediate representation: construction, printer, parser, verifier, interpreter.
