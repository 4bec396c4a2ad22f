// SPDX-License-Identifier: MIT OR Apache-2.0
#![expect(unsafe_code, reason = "maps and calls generated code")]
//! Executable memory for an image's text.

use std::num::NonZeroUsize;
use std::ptr::NonNull;

use anyhow::{Context, Result, bail};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use spile_abi::raw;

use super::imports;

type Handler = unsafe extern "C" fn(*mut raw::spile_ctx);

/// A mapped text. It is never writable and executable at once.
pub struct Code {
    base: NonNull<std::ffi::c_void>,
    bytes: usize,
}

impl Code {
    /// Copies a text, and fills its stubs (import and text offset of each) with jumps to the imports.
    pub fn map(text: &[u8], stubs: impl Iterator<Item = (u32, u32)>) -> Result<Self> {
        let mut text = text.to_vec();
        for (import, offset) in stubs {
            let stub = text.get_mut(offset as usize..).and_then(|rest| rest.first_chunk_mut());
            let Some(stub) = stub else { bail!("a stub is outside the text") };
            let Some(address) = imports::address(import) else { bail!("unknown import {import}") };
            *stub = imports::jump_to(address);
        }
        let bytes = NonZeroUsize::new(text.len()).context("the image has no text")?;
        // SAFETY: a new anonymous mapping touches no other memory.
        let base =
            unsafe { mmap_anonymous(None, bytes, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_PRIVATE) }
                .context("cannot map memory for the image")?;
        let code = Self { base, bytes: text.len() };
        // SAFETY: the mapping is writable, as large as the text, and nothing else knows it.
        unsafe { base.cast::<u8>().copy_from_nonoverlapping(NonNull::from(&text[..]).cast(), text.len()) };
        // SAFETY: the whole mapping is ours.
        unsafe { mprotect(base, text.len(), ProtFlags::PROT_READ | ProtFlags::PROT_EXEC) }
            .context("cannot make the image executable")?;
        imports::synchronise_instructions(base.as_ptr() as usize, text.len());
        Ok(code)
    }

    /// Calls a handler at a text offset from the image's own tables.
    pub fn call(&self, offset: u32, context: *mut raw::spile_ctx) {
        assert!((offset as usize) < self.bytes, "checked when the image was parsed");
        // SAFETY: the offset is inside the text, at a handler that the jit's linker placed there;
        // handlers take a context and obey the C calling convention.
        unsafe {
            let handler: Handler = std::mem::transmute(self.base.byte_add(offset as usize));
            handler(context);
        }
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: mapped by `map`, and no handler runs: they only do within `call`.
        let unmapped = unsafe { munmap(self.base, self.bytes) };
        debug_assert!(unmapped.is_ok(), "the mapping was ours");
    }
}
