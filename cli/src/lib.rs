//! The spile command.
