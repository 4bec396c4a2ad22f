//! Records from the ring into text: decoding, ordering, formatting.
