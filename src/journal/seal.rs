//! The seal of a line: its hash, and whether it still fits.
//!
//! The rule is RECORD.md's: `h` is the SHA-256 of the line's bytes before the final `,"h":"`, and the line ends with
//! exactly `,"h":"`, 64 lower-case hex digits and `"}`.

use sha2::{Digest, Sha256};

/// Bytes of `,"h":"`, the digits and `"}`.
const SEAL_BYTES: usize = 72;

/// Why a line is no whole record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It does not end as a record ends.
    Cut,
    /// It is what git writes between the two sides of a merge that it could not make.
    Marker,
    /// Its checksum does not fit its bytes.
    Changed,
    /// Its checksum fits, and still it is no record.
    NoRecord,
}

impl Flaw {
    /// In words that follow "line 7".
    pub(super) fn words(self) -> &'static str {
        match self {
            Flaw::Cut => "is cut off or was never a record",
            Flaw::Marker => "is a conflict marker of git",
            Flaw::Changed => "was changed: its checksum does not fit its bytes",
            Flaw::NoRecord => "has a good checksum, but it is no record",
        }
    }
}

/// SHA-256 as the record writes it: 64 lower-case hex digits.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

fn digit(nibble: u8) -> char {
    char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 })
}

/// Closes an open line `{"v":1,…` with its hash; no newline.
pub(super) fn close(line: &mut Vec<u8>, from: usize) {
    let hash = sha256_hex(&line[from..]);
    line.extend_from_slice(b",\"h\":\"");
    line.extend_from_slice(hash.as_bytes());
    line.extend_from_slice(b"\"}");
}

/// Whether a line (without its newline) ends as a record ends; whether it is one, only its hash tells.
pub(super) fn is_closed(line: &[u8]) -> bool {
    let Some(start) = line.len().checked_sub(SEAL_BYTES) else { return false };
    let seal = &line[start..];
    let digits = &seal[6..70];
    seal.starts_with(b",\"h\":\"")
        && seal.ends_with(b"\"}")
        && digits.iter().all(|d| matches!(d, b'0'..=b'9' | b'a'..=b'f'))
}

/// What git leaves in a file whose two sides it could not merge: `<<<<<<< ours`, `||||||| base`, `=======`,
/// `>>>>>>> theirs` (git-merge(1), "How conflicts are presented").
fn is_marker(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line == b"=======" || [b"<<<<<<< ", b"||||||| ", b">>>>>>> "].iter().any(|marker| line.starts_with(*marker))
}

/// Checks a line (without its newline) against its own hash and returns it as text, with the hash's digits.
pub(super) fn check(line: &[u8]) -> Result<(&str, &str), Flaw> {
    if !is_closed(line) {
        return Err(if is_marker(line) { Flaw::Marker } else { Flaw::Cut });
    }
    let text = std::str::from_utf8(line).map_err(|_| Flaw::Changed)?;
    let start = line.len() - SEAL_BYTES;
    let digits = &line[start + 6..start + 70];
    let hash = Sha256::digest(&line[..start]);
    let fits = hash.iter().zip(digits.chunks_exact(2)).all(|(byte, pair)| {
        u32::from(pair[0]) == u32::from(digit(byte >> 4)) && u32::from(pair[1]) == u32::from(digit(byte & 15))
    });
    if fits { Ok((text, &text[start + 6..start + 70])) } else { Err(Flaw::Changed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_line_is_whole_and_a_touched_one_is_not() {
        let mut line = b"{\"v\":1,\"n\":0".to_vec();
        close(&mut line, 0);
        assert!(check(&line).is_ok());
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut bad = line.clone();
                bad[at] ^= 1 << bit;
                assert!(check(&bad).is_err(), "byte {at}, bit {bit}");
            }
            assert_eq!(check(&line[..at]), Err(Flaw::Cut));
        }
    }

    #[test]
    fn the_hash_is_the_one_every_tool_computes() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
