//! Typed IR to a linked, position-independent image, through Cranelift.
