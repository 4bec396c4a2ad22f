//! SystemTap-language text to typed IR.
