// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes BTF, for targets whose types do not come from a kernel, and for tests.

use super::{Kind, MAGIC};

/// Collects types; each is added with the numbers of those it refers to, which may come later.
pub struct Builder {
    first_id: u32,
    count: u32,
    first_string: u32,
    words: Vec<u32>,
    strings: Vec<u8>,
}

impl Default for Builder {
    fn default() -> Self {
        Self { first_id: 1, count: 0, first_string: 0, words: Vec::new(), strings: vec![0] }
    }
}

impl Builder {
    /// Types that come on top of others.
    pub fn after(base: &super::Btf) -> Self {
        let (first_id, first_string) = (base.end_id(), base.end_string());
        Self { first_id, first_string, ..Self::default() }
    }

    /// The number that the next type gets.
    pub fn next_id(&self) -> u32 {
        self.first_id + self.count
    }

    /// An integer; `encoding`: 1 signed, 2 character, 4 boolean.
    pub fn int(&mut self, name: &str, bytes: u32, encoding: u32) -> u32 {
        self.add(Kind::Int, name, (0, false), bytes, &[(encoding << 24) | (8 * bytes)])
    }

    /// A pointer, qualifier or other nameless reference; 0 is `void`.
    pub fn refer(&mut self, kind: Kind, target: u32) -> u32 {
        self.add(kind, "", (0, false), target, &[])
    }

    /// A typedef or function (with its prototype), or another reference that has a name.
    pub fn name(&mut self, kind: Kind, name: &str, target: u32) -> u32 {
        self.add(kind, name, (0, false), target, &[])
    }

    /// An array.
    pub fn array(&mut self, element: u32, length: u32) -> u32 {
        self.add(Kind::Array, "", (0, false), 0, &[element, 0, length])
    }

    /// A structure or union; each member has a name, a type and its first byte.
    pub fn composite(&mut self, kind: Kind, name: &str, bytes: u32, members: &[(&str, u32, u32)]) -> u32 {
        let words: Vec<_> = members.iter().flat_map(|&(name, ty, at)| [self.string(name), ty, 8 * at]).collect();
        self.add(kind, name, (members.len() as u32, false), bytes, &words)
    }

    /// A prototype; each parameter has a name and a type.
    pub fn prototype(&mut self, result: u32, parameters: &[(&str, u32)]) -> u32 {
        let words: Vec<_> = parameters.iter().flat_map(|&(name, ty)| [self.string(name), ty]).collect();
        self.add(Kind::FuncProto, "", (parameters.len() as u32, false), result, &words)
    }

    /// Any type, from its kind, name, number of parts, flag, size or type, and the words its kind adds.
    pub fn add(&mut self, kind: Kind, name: &str, (parts, flag): (u32, bool), size: u32, words: &[u32]) -> u32 {
        let id = self.next_id();
        let name = self.string(name);
        let info = (kind as u32) << 24 | u32::from(flag) << 31 | (parts & 0xffff);
        self.words.extend([name, info, size]);
        self.words.extend(words);
        self.count += 1;
        id
    }

    /// The offset of a string, added where it is new.
    pub fn string(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let offset = self.first_string + self.strings.len() as u32;
        self.strings.extend(text.bytes());
        self.strings.push(0);
        offset
    }

    /// The finished data.
    pub fn finish(self) -> Vec<u8> {
        let types = 4 * self.words.len() as u32;
        let mut data = Vec::with_capacity(super::HEADER_BYTES + types as usize + self.strings.len());
        data.extend(MAGIC.to_le_bytes());
        data.extend([1, 0]);
        for field in [super::HEADER_BYTES as u32, 0, types, types, self.strings.len() as u32] {
            data.extend(field.to_le_bytes());
        }
        data.extend(self.words.iter().flat_map(|word| word.to_le_bytes()));
        data.extend(self.strings);
        data
    }
}
