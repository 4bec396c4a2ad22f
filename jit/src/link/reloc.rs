// SPDX-License-Identifier: MIT OR Apache-2.0
//! Relocations that need no load address: all are relative to the place they are in.

/// How an address is filled in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelocKind {
    /// 32 bits relative to the place (x86 calls and `lea`, constants).
    Rel32,
    /// aarch64 `b` and `bl`: 26 bits of words.
    A64Branch26,
    /// aarch64 `b.cond`, `cbz`: 19 bits of words.
    A64Branch19,
    /// aarch64 `tbz`: 14 bits of words.
    A64Branch14,
    /// aarch64 `adr`: 21 bits of bytes.
    A64Adr21,
    /// aarch64 `adrp`: 21 bits of 4 KiB pages.
    A64AdrPage21,
    /// aarch64 `add`: the low 12 bits.
    A64Add12,
    /// aarch64 load or store of `1 << n` bytes: the low 12 bits, scaled.
    A64Ldst12(u8),
    /// One that the object format numbers so, and that is refused.
    Unknown(u32),
}

impl RelocKind {
    /// Fills in the target (an offset in the text, addend included) at a place in the text.
    /// None where it does not fit, or the place is outside.
    pub fn apply(self, text: &mut [u8], place: u32, target: i64) -> Option<()> {
        let bytes: &mut [u8; 4] = text.get_mut(place as usize..)?.first_chunk_mut()?;
        let distance = target - i64::from(place);
        let word = u32::from_le_bytes(*bytes);
        let word = match self {
            Self::Rel32 => i32::try_from(distance).ok()? as u32,
            Self::A64Branch26 => word & !0x03ff_ffff | words(distance, 26)?,
            Self::A64Branch19 => word & !(0x7_ffff << 5) | words(distance, 19)? << 5,
            Self::A64Branch14 => word & !(0x3fff << 5) | words(distance, 14)? << 5,
            Self::A64Adr21 => adr(word, signed(distance, 21)?),
            Self::A64AdrPage21 => adr(word, signed((target >> 12) - (i64::from(place) >> 12), 21)?),
            Self::A64Add12 => word & !(0xfff << 10) | (target as u32 & 0xfff) << 10,
            Self::A64Ldst12(shift) => {
                let low = target as u32 & 0xfff;
                if low & ((1 << shift) - 1) != 0 {
                    return None;
                }
                word & !(0xfff << 10) | (low >> shift) << 10
            }
            Self::Unknown(_) => return None,
        };
        *bytes = word.to_le_bytes();
        Some(())
    }
}

/// A distance in words that fits into so many bits.
fn words(distance: i64, bits: u32) -> Option<u32> {
    if distance % 4 != 0 {
        return None;
    }
    signed(distance / 4, bits)
}

fn signed(value: i64, bits: u32) -> Option<u32> {
    let limit = 1i64 << (bits - 1);
    (-limit..limit).contains(&value).then_some(value as u32 & ((1 << bits) - 1))
}

/// `adr` and `adrp` keep the low two bits apart from the others.
fn adr(word: u32, value: u32) -> u32 {
    word & !(0x3 << 29 | 0x7_ffff << 5) | (value & 3) << 29 | (value >> 2) << 5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(kind: RelocKind, word: u32, place: u32, target: i64) -> Option<u32> {
        let mut text = vec![0; 8192];
        text[place as usize..][..4].copy_from_slice(&word.to_le_bytes());
        kind.apply(&mut text, place, target)?;
        text[place as usize..].first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }

    #[test]
    fn fills_in_distances() {
        assert_eq!(apply(RelocKind::Rel32, 0, 16, 8), Some(-8i32 as u32));
        // bl .-16; adrp x0, +1 page; add x0, x0, #0x123; ldr x1, [x0, #0x128]
        assert_eq!(apply(RelocKind::A64Branch26, 0x9400_0000, 32, 16), Some(0x97ff_fffc));
        assert_eq!(apply(RelocKind::A64AdrPage21, 0x9000_0000, 0xff8, 0x1123), Some(0xb000_0000));
        assert_eq!(apply(RelocKind::A64Add12, 0x9100_0000, 0, 0x1123), Some(0x9104_8c00));
        assert_eq!(apply(RelocKind::A64Ldst12(3), 0xf940_0001, 0, 0x1128), Some(0xf940_9401));
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(apply(RelocKind::Rel32, 0, 0, 1 << 31), None);
        assert_eq!(apply(RelocKind::A64Branch26, 0, 0, 1 << 27), None);
        assert_eq!(apply(RelocKind::A64Branch26, 0, 0, 2), None, "not a word");
        assert_eq!(apply(RelocKind::A64Branch14, 0, 0, 1 << 15), None);
        assert_eq!(apply(RelocKind::A64Ldst12(3), 0, 0, 4), None, "misaligned");
        assert_eq!(RelocKind::Rel32.apply(&mut [0; 4], 2, 0), None, "outside of the text");
    }
}
