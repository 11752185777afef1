//! Secrets: `${ENV}` inside a text, or `{ file = "…" }`.

use std::path::Path;

use crate::model::Secret;

/// A secret's file that is larger is refused.
const FILE_MAX_BYTES: u64 = 65_536;

/// Looks up a variable of the environment.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What came of reading a secret.
#[derive(Debug, PartialEq)]
pub(super) enum Filled {
    /// It is there.
    Whole(Secret),
    /// A part of it is not set; the secret holds a stand-in, so that the rest can still be judged.
    Unset(Secret, Vec<Gap>),
}

/// What is missing, with its bytes in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// First byte.
    pub(super) start: usize,
    /// One past the last.
    pub(super) end: usize,
    /// What is wrong.
    pub(super) text: String,
    /// What to do.
    pub(super) help: String,
    /// Wrong whatever the environment holds.
    pub(super) always: bool,
}

/// Stands in for an unset variable. It is a host name, a path and a word, so that most texts keep their form.
const STAND_IN: &str = "unset";

/// Fills in every `${NAME}`. `$${` stands for `${` itself; any other `$` for itself.
pub(super) fn fill(text: &str, env: Env<'_>) -> Filled {
    let mut out = String::new();
    let mut gaps = Vec::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        let at = text.len() - rest.len() + dollar;
        rest = &rest[dollar..];
        if let Some(after) = rest.strip_prefix("$${") {
            out.push_str("${");
            rest = after;
        } else if let Some(inner) = rest.strip_prefix("${") {
            let (name, after) = inner.split_once('}').map_or((inner, None), |(n, a)| (n, Some(a)));
            let end = after.map_or(text.len(), |a| text.len() - a.len());
            match value(name, after.is_some(), env) {
                Ok(value) => out.push_str(&value),
                Err((text, help, always)) => {
                    out.push_str(STAND_IN);
                    gaps.push(Gap { start: at, end, text, help, always });
                }
            }
            rest = after.unwrap_or_default();
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    if gaps.is_empty() { Filled::Whole(Secret::new(out)) } else { Filled::Unset(Secret::new(out), gaps) }
}

fn value(name: &str, closed: bool, env: Env<'_>) -> Result<String, (String, String, bool)> {
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !closed {
        return Err((
            "`${` is never closed".to_owned(),
            "write `${NAME}`, or `$${` for the two signs".to_owned(),
            true,
        ));
    }
    if !fits {
        let text = format!("`{name}` is no name of an environment variable");
        return Err((text, "a name has letters, digits and `_`: `${OPS_HOOK}`".to_owned(), true));
    }
    match env(name) {
        Some(value) if !value.is_empty() => Ok(value),
        Some(_) => Err((format!("the environment variable {name} is empty"), set_it(name), false)),
        None => Err((format!("the environment variable {name} is not set"), set_it(name), false)),
    }
}

fn set_it(name: &str) -> String {
    format!("set it where statuary is started (the crontab, the CI job), or write `{{ file = \"{name}.txt\" }}`")
}

/// Reads a secret from a file. A newline at its end is not part of it. `None` in the error's last place: it is
/// there, but cannot be used.
pub(super) fn from_file(site: &Path, name: &str) -> Result<Secret, String> {
    let path = site.join(name);
    let tell = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => format!("the secret's file {} is not there", path.display()),
        _ => format!("the secret's file {} cannot be read: {e}", path.display()),
    };
    let meta = std::fs::metadata(&path).map_err(tell)?;
    if meta.len() > FILE_MAX_BYTES {
        return Err(format!("the secret's file {} is larger than 64 KiB", path.display()));
    }
    let text = std::fs::read_to_string(&path).map_err(tell)?;
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        return Err(format!("the secret's file {} is empty", path.display()));
    }
    Ok(Secret::new(text))
}

/// What stands in for a file that is not there.
pub(super) fn stand_in() -> Secret {
    Secret::new(STAND_IN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<String, String> {
        let env = |name: &str| match name {
            "TOKEN" => Some("s3cret".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        match fill(text, &env) {
            Filled::Whole(secret) => Ok(secret.expose().to_owned()),
            Filled::Unset(_, gaps) => Err(gaps
                .iter()
                .map(|g| format!("{}: {}", &text[g.start..g.end], g.text))
                .collect::<Vec<_>>()
                .join("; ")),
        }
    }

    #[test]
    fn variables_are_filled_in_and_every_gap_is_named() {
        for (text, whole) in [
            ("https://x/${TOKEN}/y", "https://x/s3cret/y"),
            ("${TOKEN}${TOKEN}", "s3crets3cret"),
            ("$5 and $${TOKEN} $", "$5 and ${TOKEN} $"),
            ("plain", "plain"),
        ] {
            assert_eq!(check(text).as_deref(), Ok(whole));
        }
        insta::assert_snapshot!(check("é ${NOPE} ${EMPTY} ${a-b}").unwrap_err(), @"${NOPE}: the environment variable NOPE is not set; ${EMPTY}: the environment variable EMPTY is empty; ${a-b}: `a-b` is no name of an environment variable");
        insta::assert_snapshot!(check("x${TOKEN").unwrap_err(), @"${TOKEN: `${` is never closed");
    }

    #[test]
    fn a_file_gives_its_text_without_the_last_newline() {
        let site = tempfile::tempdir().unwrap();
        std::fs::write(site.path().join("hook"), "s3cret\r\n").unwrap();
        std::fs::write(site.path().join("empty"), "\n").unwrap();
        assert_eq!(from_file(site.path(), "hook").unwrap().expose(), "s3cret");
        assert!(from_file(site.path(), "empty").unwrap_err().ends_with("is empty"));
        assert!(from_file(site.path(), "gone").unwrap_err().ends_with("is not there"));
    }
}
