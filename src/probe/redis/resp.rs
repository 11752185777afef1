//! Redis' own words on the wire: requests out, bounded answers in.
//!
//! Source: the Redis serialization protocol specification, version 2, which every server still answers in.

use tokio::io::{AsyncBufRead, AsyncReadExt};

use crate::probe::wire::line;

/// The longest line that is read, in bytes. Errors and statuses are lines.
const LINE_BYTES: usize = 64 * 1024;

/// The longest value that is read, in bytes. What INFO says is some kilobytes.
const VALUE_BYTES: usize = 1024 * 1024;

/// What a server answered to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A status, a number or a value, as text.
    Text(String),
    /// There is no such value.
    Nothing,
    /// An error: its code in capital letters comes first.
    Error(String),
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Fault {
    /// The connection broke.
    Io(std::io::Error),
    /// What came is no answer; in public words.
    Said(&'static str),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// A request: an array of binary-safe words.
pub(super) fn request(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).bytes().chain(word.bytes()).chain(*b"\r\n"));
    }
    bytes
}

/// Reads one answer. Arrays are answers to nothing that is asked here.
pub(super) async fn answer(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Answer, Fault> {
    const NOT_REDIS: Fault = Fault::Said("the server does not speak Redis");
    let line = line(from, LINE_BYTES).await?;
    let Some(text) = line.strip_suffix(b"\r\n") else {
        return Err(match line.first() {
            Some(b'+' | b'-' | b':' | b'$') if line.len() == LINE_BYTES => {
                Fault::Said("the answer has a line of more than 64 KiB")
            }
            Some(b'+' | b'-' | b':' | b'$') if !line.ends_with(b"\n") => {
                Fault::Io(std::io::ErrorKind::UnexpectedEof.into())
            }
            _ => NOT_REDIS,
        });
    };
    let said = || String::from_utf8_lossy(&text[1..]).into_owned();
    match text.first() {
        Some(b'+' | b':') => Ok(Answer::Text(said())),
        Some(b'-') => Ok(Answer::Error(said())),
        Some(b'$') => match said().parse::<i64>() {
            Ok(-1) => Ok(Answer::Nothing),
            Ok(length @ 0..) if length as usize <= VALUE_BYTES => {
                let mut value = vec![0; length as usize + 2];
                from.read_exact(&mut value).await?;
                let value = value.strip_suffix(b"\r\n").ok_or(NOT_REDIS)?;
                Ok(Answer::Text(String::from_utf8_lossy(value).into_owned()))
            }
            Ok(0..) => Err(Fault::Said("the answer is longer than 1 MiB")),
            _ => Err(NOT_REDIS),
        },
        _ => Err(NOT_REDIS),
    }
}
