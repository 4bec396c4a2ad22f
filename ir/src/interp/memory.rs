// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small memory for [`Services`](super::Services) that have none of their own.

use std::{collections::BTreeMap, mem::offset_of};

use spile_abi::raw::{spile_user_cred, spile_user_task};

/// Regions of bytes at addresses. What is outside of them faults.
#[derive(Clone, Default, Debug)]
pub struct Memory {
    regions: BTreeMap<u64, Vec<u8>>,
}

/// A task for [`Memory::map_task`].
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Task {
    /// Of the thread.
    pub pid: i32,
    /// Of the process.
    pub tgid: i32,
    /// Address of the parent's task.
    pub real_parent: u64,
    /// The command's name, of which 15 bytes are kept.
    pub comm: String,
    /// Real user.
    pub uid: u32,
    /// Real group.
    pub gid: u32,
    /// Effective user.
    pub euid: u32,
    /// Effective group.
    pub egid: u32,
}

impl Memory {
    /// Adds a region. Regions must not overlap.
    pub fn map(&mut self, addr: u64, bytes: impl Into<Vec<u8>>) {
        self.regions.insert(addr, bytes.into());
    }

    /// Adds a task as the script library finds it in an ordinary process: a `struct spile_user_task` at the
    /// address, its credentials behind it.
    pub fn map_task(&mut self, addr: u64, task: &Task) {
        const CRED: usize = size_of::<spile_user_task>();
        let mut bytes = vec![0; CRED + size_of::<spile_user_cred>()];
        let mut put = |offset: usize, field: &[u8]| bytes[offset..offset + field.len()].copy_from_slice(field);
        put(offset_of!(spile_user_task, pid), &task.pid.to_le_bytes());
        put(offset_of!(spile_user_task, tgid), &task.tgid.to_le_bytes());
        put(offset_of!(spile_user_task, real_parent), &task.real_parent.to_le_bytes());
        put(offset_of!(spile_user_task, cred), &(addr + CRED as u64).to_le_bytes());
        // The last byte stays a NUL.
        let comm = task.comm.as_bytes();
        put(offset_of!(spile_user_task, comm), &comm[..comm.len().min(15)]);
        put(CRED + offset_of!(spile_user_cred, uid), &task.uid.to_le_bytes());
        put(CRED + offset_of!(spile_user_cred, gid), &task.gid.to_le_bytes());
        put(CRED + offset_of!(spile_user_cred, euid), &task.euid.to_le_bytes());
        put(CRED + offset_of!(spile_user_cred, egid), &task.egid.to_le_bytes());
        self.map(addr, bytes);
    }

    /// Fills `bytes` from an address; false where a part of it is not there.
    pub fn load(&self, addr: u64, bytes: &mut [u8]) -> bool {
        let Some((start, region)) = self.regions.range(..=addr).next_back() else { return false };
        match slice(*start, region.len(), addr, bytes.len()) {
            Some(range) => {
                bytes.copy_from_slice(&region[range]);
                true
            }
            None => false,
        }
    }

    /// Writes bytes at an address; false where a part of it is not there.
    pub fn store(&mut self, addr: u64, bytes: &[u8]) -> bool {
        let Some((start, region)) = self.regions.range_mut(..=addr).next_back() else { return false };
        match slice(*start, region.len(), addr, bytes.len()) {
            Some(range) => {
                region[range].copy_from_slice(bytes);
                true
            }
            None => false,
        }
    }
}

/// The part of a region that an access covers.
fn slice(start: u64, region: usize, addr: u64, bytes: usize) -> Option<std::ops::Range<usize>> {
    let from = usize::try_from(addr - start).ok()?;
    let to = from.checked_add(bytes)?;
    (to <= region).then_some(from..to)
}
