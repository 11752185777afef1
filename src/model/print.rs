//! Fingerprints: what a thing was made from, in sixteen bytes.

use std::fmt;
use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};

/// What a thing was made from: the first 128 bits of a SHA-256. Two are equal only where all of it is equal.
///
/// The bytes that are hashed are those of Rust's own [`Hash`], so a print is compared with prints of the same program
/// only (whoever keeps one puts the program itself into it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Print([u8; 16]);

/// Takes in, piece by piece, what a [`Print`] is of.
#[derive(Clone, Debug, Default)]
pub struct Ink(Vec<u8>);

impl Print {
    /// The print of a value.
    pub fn of<T: Hash + ?Sized>(value: &T) -> Self {
        let mut ink = Ink::default();
        value.hash(&mut ink);
        ink.print()
    }

    /// Reads what [`fmt::Display`] writes: 32 hex digits in lower case. Anything else is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        if text.len() != 32 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Ink {
    /// The print of all that was taken in.
    pub fn print(&self) -> Print {
        let digest = Sha256::digest(&self.0);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Print(bytes)
    }

    /// Takes in one more value.
    pub fn take<T: Hash + ?Sized>(&mut self, value: &T) {
        value.hash(self);
    }
}

impl Hasher for Ink {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        u64::from_le_bytes(self.print().0[..8].try_into().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_survives_its_text_and_differs_wherever_the_value_does() {
        let of = |parts: &[&str]| Print::of(parts);
        assert_eq!(Print::parse(&of(&["a"]).to_string()), Some(of(&["a"])));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]), "where one text ends is part of it");
        assert_ne!(Print::of(&None::<u8>), Print::of(&Some(0_u8)));
        assert_eq!(Print::parse("0123"), None);
        assert_eq!(Print::parse(&"G".repeat(32)), None);
        assert_eq!(Print::parse(&"é".repeat(16)), None);
    }
}
