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

/// Checks a line (without its newline) against its own hash and returns it as text, with the hash's digits.
pub(super) fn check(line: &[u8]) -> Result<(&str, &str), Flaw> {
    let text = std::str::from_utf8(line).map_err(|_| Flaw::Cut)?;
    let start = line.len().checked_sub(SEAL_BYTES).ok_or(Flaw::Cut)?;
    let seal = &line[start..];
    let digits = &seal[6..70];
    let closed = seal.starts_with(b",\"h\":\"") && seal.ends_with(b"\"}");
    if !closed || !digits.iter().all(|d| matches!(d, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(Flaw::Cut);
    }
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
        let mut line = b"{\"v\":1,\"n\":0,\"t\":\"2026-11-23T17:00:00.004Z\",\"p\":\"\",\"x\":\"\xc3\xa9\"".to_vec();
        close(&mut line, 0);
        assert!(check(&line).is_ok());
        for at in 0..line.len() {
            for value in (0..=255).filter(|value| *value != line[at]) {
                let mut bad = line.clone();
                bad[at] = value;
                assert!(check(&bad).is_err(), "byte {at}: {value}");
            }
            assert_eq!(check(&line[..at]), Err(Flaw::Cut));
        }
    }

    #[test]
    fn the_hash_is_the_one_every_tool_computes() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
