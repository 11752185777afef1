//! The site's own `_headers`, as Netlify and Cloudflare Pages read it, so that a preview shows what the rules forbid.

use std::path::Path;

use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};

/// The largest `_headers` that is read, in bytes.
const MAX_BYTES: usize = 100_000;

/// The headers that the site's `_headers` gives to an address; none where there is no such file.
pub(super) fn of(root: &Path, path: &str) -> Vec<(HeaderName, HeaderValue)> {
    let text = std::fs::read_to_string(root.join("_headers")).unwrap_or_default();
    if text.len() > MAX_BYTES { Vec::new() } else { parse(&text, path) }
}

/// Reads blocks of an address line and indented `Name: value` lines. An address may end in `*`.
fn parse(text: &str, path: &str) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = Vec::new();
    let mut applies = false;
    for line in text.lines().filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')) {
        if !line.starts_with([' ', '\t']) {
            applies = matches(line.trim(), path);
        } else if applies
            && let Some((name, value)) = line.trim().split_once(':')
            && let (Ok(name), Ok(value)) = (name.trim().parse::<HeaderName>(), value.trim().parse::<HeaderValue>())
            // How the body is sent is the server's own affair.
            && name != CONTENT_LENGTH
            && name != TRANSFER_ENCODING
        {
            headers.push((name, value));
        }
    }
    headers
}

fn matches(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => path == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_apply_where_their_address_says() {
        let text = "# all\n/*\n  X-Frame-Options: DENY\n  Broken\n\n/api/*\n\tAccess-Control-Allow-Origin: *\n  Content-Length: 7\n";
        let named =
            |path| parse(text, path).iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect::<Vec<_>>();
        assert_eq!(named("/"), ["x-frame-options: DENY"]);
        assert_eq!(named("/api/v2/status.json"), ["x-frame-options: DENY", "access-control-allow-origin: *"]);
    }
}
