//! Assets under names that their content gives them, so that they may be kept for ever.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::model::Theme;
use crate::render::{Class, Output};

/// Every asset of a theme.
#[derive(Clone, Debug)]
pub struct Assets {
    /// As files.
    pub files: Vec<Output>,
    /// Its published path by its name under `static/`.
    pub names: BTreeMap<String, String>,
}

/// Every asset of the theme, under the name that its content gives it.
pub fn fingerprinted(theme: &Theme, brand: Option<&str>) -> Assets {
    let mut files = Vec::new();
    let mut names = BTreeMap::new();
    for (name, bytes) in &theme.assets {
        let bytes = if name == "page.css" { stylesheet(bytes, brand) } else { bytes.clone() };
        let path = format!("static/{}", with_hash(name, &bytes));
        names.insert(name.clone(), path.clone());
        files.push(Output::new(path, bytes, Class::Asset));
    }
    Assets { files, names }
}

/// `page.css` → `page.1a2b3c4d.css`; a folder stays in front.
fn with_hash(name: &str, bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex = digest.iter().take(4).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[file..].rfind('.') {
        Some(dot) if dot > 0 => format!("{}.{hex}{}", &name[..file + dot], &name[file + dot..]),
        _ => format!("{name}.{hex}"),
    }
}

/// The stylesheet without comments and indentation, with the site's own colour at its end.
fn stylesheet(bytes: &[u8], brand: Option<&str>) -> Vec<u8> {
    let Ok(mut rest) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    let mut plain = String::with_capacity(rest.len());
    while let Some(start) = rest.find("/*") {
        plain.push_str(&rest[..start]);
        rest = rest[start..].find("*/").map_or("", |end| &rest[start + end + 2..]);
    }
    plain.push_str(rest);
    let mut css = String::with_capacity(plain.len());
    for line in plain.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let tight =
            line.replace(" { ", "{").replace(" {", "{").replace(" }", "}").replace("; ", ";").replace(": ", ":");
        css.push_str(&tight);
        // What ends without a sign goes on in the next line.
        css.push_str(if tight.ends_with(['{', '}', ';', ',']) { "" } else { "\n" });
    }
    // A colour and nothing else: whatever could open another rule is left out.
    let colour = brand.filter(|b| b.chars().all(|c| c.is_ascii_alphanumeric() || "#(),.% /-".contains(c)));
    if let Some(colour) = colour {
        let _ = write!(css, ":root{{--brand:{colour}}}");
    }
    css.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_its_bytes() {
        assert_eq!(with_hash("page.css", b""), "page.e3b0c442.css");
        assert_eq!(with_hash("fonts/a.b.woff2", b""), "fonts/a.b.e3b0c442.woff2");
        assert_eq!(with_hash("LICENSE", b""), "LICENSE.e3b0c442");
        assert_ne!(with_hash("page.css", b"a"), with_hash("page.css", b"b"));
    }

    #[test]
    fn a_brand_is_a_colour_and_nothing_else() {
        let css = |brand| String::from_utf8(stylesheet(b"/* x */\na { color: red }\n", Some(brand))).unwrap();
        assert_eq!(css("#c05"), "a{color:red}:root{--brand:#c05}");
        assert_eq!(css("red}body{display:none"), "a{color:red}");
    }
}
