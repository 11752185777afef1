//! From a place in a string's value back to the place in the file where it was typed.

use std::ops::Range;

/// Finds the bytes of `raw` (a TOML string as typed, with its quotes) that made the bytes `span` of its value.
/// None where `raw` is no string that makes this value: the caller then points at the whole.
pub(super) fn locate(raw: &str, value: &str, span: Range<usize>) -> Option<Range<usize>> {
    let origins = origins(raw, value)?;
    let start = *origins.get(span.start)?;
    let end = *origins.get(span.end)?;
    Some(start..end.max(start))
}

/// For every byte of the value (and one past it), the byte of `raw` that it comes from.
fn origins(raw: &str, value: &str) -> Option<Vec<usize>> {
    let (quote, escapes) = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|q| raw.starts_with(q) && raw.len() >= 2 * q.len() && raw.ends_with(q))
        .map(|q| (q, q.starts_with('"')))?;
    let inner_end = raw.len() - quote.len();
    let mut at = quote.len();
    if quote.len() == 3 {
        // A newline directly after the opening quotes is not part of the value.
        let inner = &raw[at..inner_end];
        at += if inner.starts_with("\r\n") { 2 } else { usize::from(inner.starts_with('\n')) };
    }
    let mut decoded = String::new();
    let mut origins = Vec::new();
    while at < inner_end {
        let rest = &raw[at..inner_end];
        let c = rest.chars().next()?;
        let (made, length) = if c == '\\' && escapes { escape(rest)? } else { (Some(c), c.len_utf8()) };
        if let Some(made) = made {
            decoded.push(made);
            origins.resize(decoded.len(), at);
        }
        at += length;
    }
    origins.push(inner_end);
    (decoded == value).then_some(origins)
}

/// What an escape makes (none: a line that goes on), and how many bytes it takes.
fn escape(rest: &str) -> Option<(Option<char>, usize)> {
    let after = rest.get(1..)?;
    let c = after.chars().next()?;
    let hex = |digits: usize| {
        let code = u32::from_str_radix(after.get(1..=digits)?, 16).ok()?;
        Some((Some(char::from_u32(code)?), 2 + digits))
    };
    match c {
        'b' => Some((Some('\u{8}'), 2)),
        't' => Some((Some('\t'), 2)),
        'n' => Some((Some('\n'), 2)),
        'f' => Some((Some('\u{c}'), 2)),
        'r' => Some((Some('\r'), 2)),
        'e' => Some((Some('\u{1b}'), 2)),
        '"' | '\\' => Some((Some(c), 2)),
        'x' => hex(2),
        'u' => hex(4),
        'U' => hex(8),
        _ if c.is_whitespace() => Some((None, 1 + after.len() - after.trim_start().len())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Which part of the typed text stands behind `part` of the value.
    fn check(raw: &str, part: &str) -> Option<String> {
        let text = format!("k = {raw}");
        let (table, _) = toml::de::DeTable::parse_recoverable(&text);
        let value = table.get_ref().iter().next()?.1.get_ref().as_str()?.to_owned();
        let start = value.find(part)?;
        locate(raw, &value, start..start + part.len()).map(|r| raw[r].to_owned())
    }

    #[test]
    fn every_form_of_string_is_followed() {
        for (raw, part, typed) in [
            (r#""status == 200""#, "200", "200"),
            (r"'status == 200'", "status", "status"),
            (r#""a == \"x\" && bad""#, "bad", "bad"),
            (r#""a == \"x\" && bad""#, "\"x\"", r#"\"x\""#),
            (r#""caf\u00e9 bad""#, "é", "\\u00e9"),
            ("\"\"\"\nfirst\n  bad\"\"\"", "bad", "bad"),
            ("\"\"\"a \\\n   bad\"\"\"", "bad", "bad"),
            ("'''\nx\\y bad'''", "bad", "bad"),
            ("\"日本 bad\"", "bad", "bad"),
        ] {
            assert_eq!(check(raw, part).as_deref(), Some(typed), "{raw}");
        }
    }

    #[test]
    fn what_is_no_such_string_is_not_guessed_at() {
        assert_eq!(locate("12", "12", 0..1), None);
        assert_eq!(locate(r#""other""#, "value", 0..1), None);
        assert_eq!(locate(r#""short""#, "short", 0..9), None);
    }

    proptest! {
        #[test]
        fn any_value_is_found_whole(value in "\\PC{0,20}[\n\t\"\\\\]{0,3}\\PC{0,9}") {
            let raw = toml::Value::String(value.clone()).to_string();
            let range = locate(&raw, &value, 0..value.len());
            prop_assert!(range.is_some(), "not followed: {raw}");
            let range = range.unwrap_or_default();
            prop_assert!(raw.is_char_boundary(range.start) && raw.is_char_boundary(range.end));
        }
    }
}
