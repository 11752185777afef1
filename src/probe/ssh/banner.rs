//! Reads an SSH server's version string within bounds, before any SSH library sees a byte of it.

use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest version string in bytes, with its line end (RFC 4253 section 4.2).
const VERSION_BYTES: usize = 255;

/// All that may come before the end of the version string: RFC 4253 section 4.2 allows lines before it and says not
/// how many.
const BEFORE_BYTES: usize = 64 * 1024;

/// Why there is no banner.
#[derive(Debug)]
pub(super) enum Fault {
    /// The connection broke.
    Io(std::io::Error),
    /// What came is no banner; in public words.
    Said(&'static str),
}

/// The version string without its line end, and every byte from its first on that was read.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<(String, Vec<u8>), Fault> {
    let (mut heard, mut line) = (Vec::new(), 0);
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer).await.map_err(Fault::Io)?;
        if count == 0 {
            return Err(Fault::Said(if heard.is_empty() {
                "the connection was closed before a banner came"
            } else {
                "the server does not speak SSH"
            }));
        }
        heard.extend_from_slice(&buffer[..count]);
        while let Some(end) = heard[line..].iter().position(|b| *b == b'\n') {
            let text = &heard[line..=line + end];
            if text.starts_with(b"SSH-") {
                return version(text).map(|banner| (banner, heard[line..].to_vec()));
            }
            line += end + 1;
        }
        let rest = &heard[line..];
        if rest.starts_with(b"SSH-") && rest.len() > VERSION_BYTES {
            return Err(Fault::Said("the banner is longer than 255 bytes"));
        }
        if heard.len() > BEFORE_BYTES {
            return Err(Fault::Said("the banner is longer than 64 KiB"));
        }
    }
}

fn version(line: &[u8]) -> Result<String, Fault> {
    if line.len() > VERSION_BYTES {
        return Err(Fault::Said("the banner is longer than 255 bytes"));
    }
    if !line.starts_with(b"SSH-2.0-") && !line.starts_with(b"SSH-1.99-") {
        return Err(Fault::Said("the server speaks no version 2 of SSH"));
    }
    Ok(String::from_utf8_lossy(line).trim_end().to_owned())
}
