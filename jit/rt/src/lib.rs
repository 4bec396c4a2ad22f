//! The freestanding C runtime of images, and its formatter for host and agent.
