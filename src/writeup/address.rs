//! Where a link or a picture points to, and whether it may.
//!
//! Addresses inside the site are written as seen from `incidents/<slug>/` and always begin with `../../`, so that a
//! page that shows a write-up's words elsewhere can put its own way to the root there.

/// The way from a write-up's page to the site's root.
pub(super) const ROOT: &str = "../../";

/// Where a link points to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// Out of the site, or to a place on the same page; ready for `href`.
    Ready(String),
    /// A file under `incidents/`: its path, and a `?…#…` that follows.
    File(String, String),
    /// Nowhere that may be linked: why.
    Refused(String),
}

/// Reads a link's destination as typed in a file that lies in `folder` (under `incidents/`, empty for the top).
pub(super) fn read(typed: &str, folder: &str) -> Address {
    // Browsers drop these inside an address, so `java\tscript:` would pass a plain look at the scheme.
    let typed: String = typed.chars().filter(|c| !c.is_control()).collect();
    let typed = typed.trim();
    let lower = typed.to_ascii_lowercase();
    if let Some((scheme, _)) = scheme_of(&lower) {
        return match scheme {
            "http" | "https" => match url::Url::parse(typed) {
                Ok(url) => Address::Ready(encode(url.as_str(), true)),
                Err(why) => Address::Refused(format!("`{typed}` is no address ({why})")),
            },
            "mailto" => Address::Ready(encode(typed, true)),
            _ => Address::Refused(format!(
                "`{scheme}:` may not be linked; http, https, mailto and relative addresses may"
            )),
        };
    }
    if typed.starts_with("//") || typed.starts_with("\\\\") || typed.starts_with("/\\") {
        return match url::Url::parse(&format!("https:{}", typed.replace('\\', "/"))) {
            Ok(url) => Address::Ready(encode(url.as_str(), true)),
            Err(why) => Address::Refused(format!("`{typed}` is no address ({why})")),
        };
    }
    if typed.is_empty() {
        return Address::Refused("a link without an address".to_owned());
    }
    if typed.starts_with(['#', '?', '/']) {
        return Address::Ready(encode(typed, true));
    }
    relative(typed, folder)
}

/// `scheme:` at the beginning, before any `/`, `?` or `#`.
fn scheme_of(lower: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = lower.split_once(':')?;
    (!scheme.contains(['/', '?', '#'])).then_some((scheme.trim(), rest))
}

fn relative(typed: &str, folder: &str) -> Address {
    let end = typed.find(['?', '#']).unwrap_or(typed.len());
    let (path, tail) = typed.split_at(end);
    let path = decode(&path.replace('\\', "/"));
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    parts.insert(0, "incidents");
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let slash = if path.ends_with('/') { "/" } else { "" };
    if parts.first() == Some(&"incidents") && slash.is_empty() && parts.len() > 1 {
        return Address::File(parts[1..].join("/"), tail.to_owned());
    }
    Address::Ready(format!("{ROOT}{}{slash}{}", encode(&parts.join("/"), false), encode(tail, true)))
}

/// The address of a file under `incidents/`, as published.
pub(super) fn of_file(path: &str, tail: &str) -> String {
    format!("{ROOT}incidents/{}{}", encode(path, false), encode(tail, true))
}

/// The address of another write-up's page.
pub(super) fn of_page(slug: &str, tail: &str) -> String {
    format!("{ROOT}incidents/{slug}/index.html{}", encode(tail, true))
}

/// Percent-encodes what may not stand in an address (RFC 3986); `whole` keeps what has a meaning in one.
fn encode(text: &str, whole: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(byte);
        let escape = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
        let meaning = match byte {
            b'?' | b'#' => true,
            b'%' => escape(bytes.get(at + 1)) && escape(bytes.get(at + 2)),
            // Only an IPv6 host may have them.
            b'[' | b']' => text[..at].ends_with("//") || text[..at].matches('/').count() == 2,
            _ => false,
        };
        if plain || (whole && meaning) {
            out.push(char::from(*byte));
        } else {
            put!(out, "%{byte:02X}");
        }
    }
    out
}

/// `%20` back into a blank; what is no UTF-8 afterwards stays as typed.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|h| u8::from_str_radix(h, 16).ok());
        if let Some(byte) = hex.filter(|_| bytes[at] == b'%') {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_addresses_pass() {
        let ready = |t: &str| Address::Ready(t.to_owned());
        let file = |p: &str, t: &str| Address::File(p.to_owned(), t.to_owned());
        let cases = [
            ("https://example.com/a b?c=[1]#d", ready("https://example.com/a%20b?c=%5B1%5D#d")),
            ("HTTP://Example.com", ready("http://example.com/")),
            ("http://[::1]:80/x", ready("http://[::1]/x")),
            ("mailto:ines@example.com", ready("mailto:ines@example.com")),
            ("//example.com/x", ready("https://example.com/x")),
            ("#cause", ready("#cause")),
            ("/history/", ready("/history/")),
            ("../history/", ready("../../history/")),
            ("../../../../etc/", ready("../../etc/")),
            ("other.md#cause", file("sub/other.md", "#cause")),
            ("./pic%20one.png", file("sub/pic one.png", "")),
            ("../pic.png", file("pic.png", "")),
        ];
        for (typed, meant) in cases {
            let folder = if typed.starts_with("../") && typed.ends_with('/') { "" } else { "sub" };
            assert_eq!(read(typed, folder), meant, "{typed}");
        }
    }

    #[test]
    fn what_could_do_harm_is_refused() {
        for typed in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " java\tscript:alert(1)",
            "java\nscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "http://",
            "",
        ] {
            assert!(matches!(read(typed, ""), Address::Refused(_)), "{typed}");
        }
    }
}
