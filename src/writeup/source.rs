//! The bytes of a file into lines that can be parsed: encoding, line ends, what is not for everyone.
//!
//! Every change keeps the number of lines, so that a remark names the line that a person sees in an editor.

use crate::writeup::words;

/// At most this many damaged lines are named; the rest is counted.
const MOST_NAMED: usize = 5;

/// A text, and what was changed to make it one.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// UTF-8, lines ending in `\n`, without internal parts.
    pub(super) text: String,
    /// Line from 1, and what to say of it.
    pub(super) remarks: Vec<(u32, String)>,
}

/// Makes a text of a file's bytes.
pub(super) fn read(bytes: &[u8]) -> Source {
    let mut source = decode(bytes);
    source.text = without_internal(&source.text, &mut source.remarks);
    source
}

/// UTF-8 with or without a byte-order mark; what is none is replaced by `�` and its lines are named.
fn decode(bytes: &[u8]) -> Source {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let remarks = if matches!(text, std::borrow::Cow::Owned(_)) { damaged_lines(bytes) } else { Vec::new() };
    let text = text.into_owned();
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
    Source { text, remarks }
}

fn damaged_lines(bytes: &[u8]) -> Vec<(u32, String)> {
    let damaged: Vec<u32> = (1..)
        .zip(bytes.split(|b| *b == b'\n'))
        .filter(|(_, line)| std::str::from_utf8(line).is_err())
        .map(|(number, _)| number)
        .collect();
    let say = |line: &u32| {
        (*line, "this line is not UTF-8; what cannot be read is shown as �; save the file as UTF-8".to_owned())
    };
    let mut remarks: Vec<(u32, String)> = damaged.iter().take(MOST_NAMED).map(say).collect();
    if let Some(last) = damaged.get(MOST_NAMED) {
        remarks.push((*last, format!("{} more lines are not UTF-8", damaged.len() - MOST_NAMED)));
    }
    remarks
}

/// A comment that marks the beginning or the end of an internal part.
enum Mark {
    Opens,
    Closes,
}

/// Cuts `<!-- internal -->` … `<!-- /internal -->` out; their lines stay as empty lines.
/// One that is not closed hides everything to the end: better too little shown than too much.
fn without_internal(text: &str, remarks: &mut Vec<(u32, String)>) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut hidden_since: Option<usize> = None;
    let mut done = 0;
    for (start, end, mark) in marks(text, remarks) {
        match (mark, hidden_since) {
            (Mark::Opens, None) => {
                kept.push_str(&text[done..start]);
                hidden_since = Some(start);
                done = start;
            }
            (Mark::Closes, Some(_)) => {
                keep_lines(&text[done..end], &mut kept);
                hidden_since = None;
                done = end;
            }
            (Mark::Opens, Some(_)) => {}
            (Mark::Closes, None) => {
                let line = line_of(text, start);
                remarks
                    .push((line, "`<!-- /internal -->` closes nothing: no `<!-- internal -->` stands above it".into()));
            }
        }
    }
    match hidden_since {
        Some(start) => {
            keep_lines(&text[done..], &mut kept);
            let what = "`<!-- internal -->` is not closed: everything below it is hidden; add `<!-- /internal -->`";
            remarks.push((line_of(text, start), what.to_owned()));
        }
        None => kept.push_str(&text[done..]),
    }
    kept
}

fn keep_lines(hidden: &str, kept: &mut String) {
    kept.extend(hidden.chars().filter(|c| *c == '\n'));
}

/// Every mark with its place. A misspelt one counts and is reported: a slip must not show what was to be hidden.
fn marks(text: &str, remarks: &mut Vec<(u32, String)>) -> Vec<(usize, usize, Mark)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text[from..].find("<!--").map(|at| from + at) {
        let Some(close) = text[open + 4..].find("-->").map(|at| open + 4 + at) else { break };
        let said = text[open + 4..close].trim().to_lowercase();
        let (name, closes) = match said.strip_prefix('/') {
            Some(name) => (name.trim(), true),
            None => (said.as_str(), false),
        };
        from = open + 4;
        // "external" is two letters away and means the opposite.
        if name == "external" || words::close(name, ["internal"].into_iter()).is_none() {
            continue;
        }
        if name != "internal" {
            let right = if closes { "<!-- /internal -->" } else { "<!-- internal -->" };
            remarks.push((line_of(text, open), format!("`<!-- {said} -->` is taken as `{right}`; mend the spelling")));
        }
        from = close + 3;
        found.push((open, close + 3, if closes { Mark::Closes } else { Mark::Opens }));
    }
    found
}

/// The line, from 1, of a byte.
pub(super) fn line_of(text: &str, at: usize) -> u32 {
    text.as_bytes()[..at.min(text.len())].split(|b| *b == b'\n').count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], text: &str, remarks: &[u32]) {
        let source = read(bytes);
        assert_eq!(source.text, text);
        assert_eq!(source.remarks.iter().map(|r| r.0).collect::<Vec<_>>(), remarks, "{:?}", source.remarks);
    }

    #[test]
    fn every_encoding_becomes_lines() {
        check(b"\xef\xbb\xbfa\r\nb\rc\n", "a\nb\nc\n", &[]);
        check(b"fine\nca\xe9\nfine\n\xff", "fine\nca\u{fffd}\nfine\n\u{fffd}", &[2, 4]);
    }

    #[test]
    fn internal_parts_leave_only_their_lines() {
        check(b"a\n<!-- internal -->\nsecret\n<!-- /internal -->\nb", "a\n\n\n\nb", &[]);
        check(b"a <!--INTERNAL-->x<!--/internal--> b", "a  b", &[]);
        check(b"a\n<!-- internal -->\nsecret\nmore", "a\n\n\n", &[2]);
        check(b"a\n<!-- internl -->\nsecret\n<!-- /internal -->", "a\n\n\n", &[2]);
        check(b"a <!-- a note --> b\n<!-- /internal -->", "a <!-- a note --> b\n<!-- /internal -->", &[2]);
        check(b"<!-- internal -->1<!-- internal -->2<!-- /internal -->3", "3", &[]);
    }
}
