//! One value against what its key takes.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::{Given, Key, Span, Takes};

use super::nearest::{did_you_mean, either};

/// A value that does not fit.
pub(super) struct Wrong {
    /// Where.
    pub(super) span: Range<usize>,
    /// What is wrong.
    pub(super) text: String,
    /// What stands there, or what was expected.
    pub(super) expected: String,
    /// What to do.
    pub(super) help: Option<String>,
}

/// Reads a value that is no secret.
pub(super) fn read(key: &Key, value: &Spanned<DeValue<'_>>) -> Result<Given, Vec<Wrong>> {
    let one = match key.takes {
        Takes::Text => text(key.name, value).map(Given::Text),
        Takes::Bool => match value.get_ref() {
            DeValue::Boolean(b) => Ok(Given::Bool(*b)),
            _ => Err(mismatch(key.name, "`true` or `false`", value, None)),
        },
        Takes::Int(least, most) => int(key.name, value, least, most).map(Given::Int),
        Takes::Span(least, most) => span(key.name, value, least, most, None).map(Given::Span),
        Takes::SpanOrOff(least, most) => span(key.name, value, least, most, Some("off")).map(Given::Span),
        Takes::SpanOrNever(least, most) => span(key.name, value, least, most, Some("never")).map(Given::Span),
        Takes::Choice(words) => choice(key.name, value, words).map(Given::Text),
        Takes::Texts | Takes::Assertions => return texts(key.name, value).map(Given::Texts),
        Takes::TextMap => match value.get_ref() {
            DeValue::Table(table) => return text_map(key.name, table).map(Given::TextMap),
            _ => Err(not_a_map(key.name, value)),
        },
        // Secrets need the environment and the disk: the reader fills them in before it comes here.
        Takes::Secret | Takes::Secrets | Takes::SecretMap => Err(not_a_text(key.name, value)),
    };
    one.map_err(|wrong| vec![wrong])
}

/// "`headers` takes a table".
pub(super) fn not_a_map(key: &str, value: &Spanned<DeValue<'_>>) -> Wrong {
    mismatch(key, "a table of texts", value, Some(format!("write `{key} = {{ name = \"value\" }}`")))
}

/// "`url` takes a text".
pub(super) fn not_a_text(key: &str, value: &Spanned<DeValue<'_>>) -> Wrong {
    mismatch(key, "a text", value, quoted(value))
}

fn mismatch(key: &str, takes: &str, value: &Spanned<DeValue<'_>>, help: Option<String>) -> Wrong {
    let expected = format!("this is {}", kind(value.get_ref()));
    Wrong { span: value.span(), text: format!("`{key}` takes {takes}"), expected, help }
}

/// What stands there, in words.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a switch",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Advice for a text that was typed without its quotes.
fn quoted(value: &Spanned<DeValue<'_>>) -> Option<String> {
    let bare = match value.get_ref() {
        DeValue::Integer(i) => i.to_string(),
        DeValue::Float(f) => f.to_string(),
        DeValue::Boolean(b) => b.to_string(),
        DeValue::Datetime(d) => d.to_string(),
        DeValue::String(_) | DeValue::Array(_) | DeValue::Table(_) => return None,
    };
    Some(format!("put it in quotes: `\"{bare}\"`"))
}

fn text(key: &str, value: &Spanned<DeValue<'_>>) -> Result<String, Wrong> {
    value.get_ref().as_str().map(str::to_owned).ok_or_else(|| not_a_text(key, value))
}

fn texts(key: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Vec<Wrong>> {
    match value.get_ref() {
        DeValue::Array(list) => whole(list.iter().map(|v| text(key, v))),
        DeValue::String(one) => Ok(vec![one.to_string()]),
        _ => Err(vec![mismatch(key, "a list of texts, or one text", value, quoted(value))]),
    }
}

fn text_map(key: &str, table: &DeTable<'_>) -> Result<Vec<(String, String)>, Vec<Wrong>> {
    whole(table.iter().map(|(k, v)| Ok((k.get_ref().to_string(), text(key, v)?))))
}

/// Every item, or everything that is wrong with them.
fn whole<T>(items: impl Iterator<Item = Result<T, Wrong>>) -> Result<Vec<T>, Vec<Wrong>> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Ok(item) => good.push(item),
            Err(wrong) => bad.push(wrong),
        }
    }
    if bad.is_empty() { Ok(good) } else { Err(bad) }
}

fn int(key: &str, value: &Spanned<DeValue<'_>>, least: i64, most: i64) -> Result<i64, Wrong> {
    let takes = format!("a whole number from {least} to {most}");
    let typed = match value.get_ref() {
        DeValue::Integer(typed) => typed,
        DeValue::String(t) if t.trim().parse::<i64>().is_ok() => {
            return Err(mismatch(key, &takes, value, Some(format!("write it without quotes: `{}`", t.trim()))));
        }
        _ => return Err(mismatch(key, &takes, value, None)),
    };
    match i64::from_str_radix(typed.as_str(), typed.radix()) {
        Ok(n) if (least..=most).contains(&n) => Ok(n),
        _ => Err(Wrong {
            span: value.span(),
            text: format!("`{key}` takes {takes}"),
            expected: "out of range".to_owned(),
            help: None,
        }),
    }
}

fn choice(key: &str, value: &Spanned<DeValue<'_>>, words: &[&str]) -> Result<String, Wrong> {
    let typed = value.get_ref().as_str();
    if let Some(word) = typed.filter(|t| words.contains(t)) {
        return Ok(word.to_owned());
    }
    let expected = format!("expected {}", either(words.iter().copied()));
    let help = typed.and_then(|t| did_you_mean(t, words.iter().copied()));
    let text = match typed {
        Some(typed) => format!("`{typed}` is no value of `{key}`"),
        None => format!("`{key}` takes a word"),
    };
    Err(Wrong { span: value.span(), text, expected, help })
}

/// `none` is the word that stands for no duration at all, where there is one.
fn span(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    least: i64,
    most: i64,
    none: Option<&str>,
) -> Result<Option<Span>, Wrong> {
    let or_none = none.map_or(String::new(), |word| format!(", or `\"{word}\"`"));
    let takes = format!("a duration such as `\"30s\"`{or_none}");
    let Some(typed) = value.get_ref().as_str() else {
        let help = match value.get_ref() {
            DeValue::Integer(i) => Some(format!("say the unit: `\"{i}s\"`, `\"{i}m\"`")),
            DeValue::Boolean(false) => none.map(|word| format!("write `\"{word}\"`")),
            _ => None,
        };
        return Err(mismatch(key, &takes, value, help));
    };
    if none == Some(typed) {
        return Ok(None);
    }
    let wrong = |text: String, expected: String| Wrong {
        span: value.span(),
        text,
        expected,
        help: Some("a number with a unit: `\"250ms\"`, `\"30s\"`, `\"5m\"`, `\"1h 30m\"`, `\"7d\"`".to_owned()),
    };
    let Some(given) = duration(typed) else {
        return Err(wrong(format!("`{typed}` is no duration"), format!("`{key}` takes {takes}")));
    };
    if given.ms() < least || given.ms() > most {
        let range = format!("`{key}` goes from {} to {}", Span::from_ms(least), Span::from_ms(most));
        let mut wrong = wrong(format!("`{key}` cannot be {given}"), range);
        wrong.help = None;
        return Err(wrong);
    }
    Ok(Some(given))
}

/// Reads a duration such as `1h 30m`.
pub(super) fn duration(typed: &str) -> Option<Span> {
    humantime::parse_duration(typed.trim()).ok().map(Span::from)
}
