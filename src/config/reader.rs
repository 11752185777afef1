//! Reads any table of the config by its list of keys: types, ranges, unknown, missing and doubled keys.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::{Given, Givens, Key, Secret, Takes};

use super::found::Found;
use super::literal;
use super::nearest::{did_you_mean, either};
use super::secrets::{self, Env, Filled};
use super::source::{Place, Sources};
use super::value::{self, Wrong};

/// Lists of names longer than this are told as help, below the source line instead of on it.
const NAMES_ON_A_LINE: usize = 8;

/// Reads tables; holds what it found wrong.
pub(super) struct Reader<'a> {
    /// The files.
    pub(super) sources: &'a Sources,
    /// The site's folder: secrets' files lie below it.
    pub(super) site: &'a Path,
    /// The environment.
    pub(super) env: Env<'a>,
    /// What was found.
    pub(super) found: Found,
    /// A file has a syntax error: what seems to be missing may only be out of sight.
    pub(super) broken: bool,
}

/// One key of a table as it was typed.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    /// The name.
    pub(super) name: &'a str,
    /// Where the name stands.
    pub(super) key: Place,
    /// The value.
    pub(super) value: &'a Spanned<DeValue<'a>>,
}

/// A table of one file.
#[derive(Clone)]
pub(super) struct Table<'a> {
    /// Where its header stands.
    pub(super) head: Place,
    /// Its keys, in the order of the file.
    pub(super) entries: Vec<Entry<'a>>,
}

/// What a table gave.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// The values that fit.
    pub(super) givens: Givens,
    /// Where each key and value stands.
    pub(super) places: Vec<Where>,
    /// Where the table's header stands.
    pub(super) head: Place,
    /// A secret was not set; where the command needs it, that has been told.
    pub(super) unset: bool,
    /// Required keys that are missing.
    lacking: Vec<&'static str>,
}

/// Where a key was typed.
#[derive(Debug)]
pub(super) struct Where {
    name: &'static str,
    value: Place,
    /// The items, where it is a list.
    items: Vec<Place>,
}

impl Read {
    /// Where a key's value stands; the table's header where it was not given.
    pub(super) fn at(&self, key: &str) -> Place {
        self.places.iter().find(|w| w.name == key).map_or(self.head, |w| w.value)
    }

    /// Where an item of a list stands.
    pub(super) fn item(&self, key: &str, index: usize) -> Place {
        let place = self.places.iter().find(|w| w.name == key);
        place.and_then(|w| w.items.get(index)).copied().unwrap_or_else(|| self.at(key))
    }

    /// Whether a key was typed and did not fit, or is required and missing: that has been told already.
    pub(super) fn failed(&self, key: &str) -> bool {
        self.givens.get(key).is_none() && (self.typed(key) || self.lacking.contains(&key))
    }

    /// Whether a key was typed, right or wrong.
    pub(super) fn typed(&self, key: &str) -> bool {
        self.places.iter().any(|w| w.name == key)
    }
}

impl<'a> Table<'a> {
    /// The keys of a table, in the order of the file.
    pub(super) fn of(file: usize, span: std::ops::Range<usize>, table: &'a DeTable<'a>) -> Self {
        let mut entries: Vec<Entry<'a>> = table
            .iter()
            .map(|(k, v)| Entry { name: k.get_ref().as_ref(), key: Place::new(file, k.span()), value: v })
            .collect();
        entries.sort_by_key(|e| e.key);
        Self { head: Place::new(file, span), entries }
    }

    /// One key.
    pub(super) fn entry(&self, name: &str) -> Option<Entry<'a>> {
        self.entries.iter().find(|e| e.name == name).copied()
    }
}

impl Reader<'_> {
    /// Reads a table called `what` by its keys. `others` are names that somebody else reads. With `uses`, an unset
    /// secret is a mistake.
    pub(super) fn read(&mut self, what: &str, table: &Table<'_>, keys: &[Key], others: &[&str], uses: bool) -> Read {
        let mut read = Read { head: table.head, ..Read::default() };
        for entry in &table.entries {
            match keys.iter().find(|k| k.name == entry.name) {
                Some(key) => {
                    read.places.push(places(key, entry));
                    if let Some(given) = self.given(key, entry, uses, &mut read.unset) {
                        read.givens.0.push((key.name, given));
                    }
                }
                None if others.contains(&entry.name) => {}
                None => self.unknown(what, entry, keys, others),
            }
        }
        let lacking: Vec<&Key> = keys.iter().filter(|k| k.required && !read.typed(k.name)).collect();
        for key in lacking {
            read.lacking.push(key.name);
            self.missing(table.head, format!("{what} has no `{}`", key.name), key.doc);
        }
        read
    }

    /// Something is not there. After a syntax error it may only be out of sight, so nothing is said then.
    pub(super) fn missing(&mut self, place: Place, text: String, doc: &str) {
        if !self.broken {
            self.found.error(place, text).help(doc);
        }
    }

    fn unknown(&mut self, what: &str, entry: &Entry<'_>, keys: &[Key], others: &[&str]) {
        let names: Vec<&str> = keys.iter().map(|k| k.name).chain(others.iter().copied()).collect();
        let near = did_you_mean(entry.name, names.iter().copied());
        let finding = self.found.error(entry.key, format!("{what} has no key `{}`", entry.name));
        if names.len() <= NAMES_ON_A_LINE {
            finding.expected(format!("expected {}", either(names))).help_maybe(near);
        } else {
            let all = near.unwrap_or_else(|| format!("it takes {}", either(names)));
            finding.expected("not known here").help(all);
        }
    }

    /// The value of a key, where it fits.
    fn given(&mut self, key: &Key, entry: &Entry<'_>, uses: bool, unset: &mut bool) -> Option<Given> {
        let file = entry.key.file;
        match key.takes {
            Takes::Secret => self.secret(key.name, file, entry.value, uses, unset).map(Given::Secret),
            Takes::Secrets => {
                let items = list(entry.value);
                let all: Vec<_> = items.iter().filter_map(|v| self.secret(key.name, file, v, uses, unset)).collect();
                (all.len() == items.len()).then_some(Given::Secrets(all))
            }
            Takes::SecretMap => {
                let DeValue::Table(table) = entry.value.get_ref() else {
                    return self.wrong(file, vec![value::not_a_map(key.name, entry.value)]);
                };
                let items = Table::of(file, entry.value.span(), table).entries;
                let all: Vec<_> = items
                    .iter()
                    .filter_map(|e| Some((e.name.to_owned(), self.secret(key.name, file, e.value, uses, unset)?)))
                    .collect();
                (all.len() == items.len()).then_some(Given::SecretMap(all))
            }
            Takes::Text
            | Takes::Bool
            | Takes::Int(..)
            | Takes::Span(..)
            | Takes::SpanOrOff(..)
            | Takes::SpanOrNever(..)
            | Takes::Choice(_)
            | Takes::Texts
            | Takes::TextMap
            | Takes::Assertions => match value::read(key, entry.value) {
                Ok(given) => Some(given),
                Err(wrong) => self.wrong(file, wrong),
            },
        }
    }

    fn wrong(&mut self, file: usize, all: Vec<Wrong>) -> Option<Given> {
        for wrong in all {
            self.found.error(Place::new(file, wrong.span), wrong.text).expected(wrong.expected).help_maybe(wrong.help);
        }
        None
    }

    /// A secret, or what stands in for an unset one.
    fn secret(
        &mut self,
        key: &str,
        file: usize,
        typed: &Spanned<DeValue<'_>>,
        uses: bool,
        unset: &mut bool,
    ) -> Option<Secret> {
        let whole = Place::new(file, typed.span());
        match typed.get_ref() {
            DeValue::String(text) => match secrets::fill(text, self.env) {
                Filled::Whole(secret) => Some(secret),
                Filled::Unset(secret, gaps) => {
                    *unset = true;
                    for gap in gaps.into_iter().filter(|g| uses || g.always) {
                        let place = self.within(whole, text, gap.start..gap.end);
                        self.found.error(place, gap.text).help(gap.help);
                    }
                    Some(secret)
                }
            },
            DeValue::Table(table) => {
                let only = table.iter().next().filter(|_| table.len() == 1);
                let file_name = only.filter(|(k, _)| k.get_ref() == "file").and_then(|(_, v)| v.get_ref().as_str());
                let Some(name) = file_name else {
                    self.found
                        .error(whole, format!("`{key}` takes a text or `{{ file = \"…\" }}`"))
                        .expected("this table is neither");
                    return None;
                };
                match secrets::from_file(self.site, name) {
                    Ok(secret) => Some(secret),
                    Err(text) => {
                        *unset = true;
                        if uses {
                            self.found.error(whole, text).help("the path is taken from the site's folder");
                        }
                        Some(secrets::stand_in())
                    }
                }
            }
            _ => {
                self.wrong(file, vec![value::not_a_text(key, typed)]);
                None
            }
        }
    }

    /// The place of a part of a string's value; the whole string where it cannot be told.
    pub(super) fn within(&self, whole: Place, value: &str, span: std::ops::Range<usize>) -> Place {
        let raw = self.sources.0[whole.file].text.get(whole.start..whole.end);
        let part = raw.and_then(|raw| literal::locate(raw, value, span));
        part.map_or(whole, |part| Place { start: whole.start + part.start, end: whole.start + part.end, ..whole })
    }
}

/// The items of a list, or the one value that stands for a list of one.
fn list<'a>(value: &'a Spanned<DeValue<'a>>) -> Vec<&'a Spanned<DeValue<'a>>> {
    match value.get_ref() {
        DeValue::Array(list) => list.iter().collect(),
        _ => vec![value],
    }
}

/// Where a key and the items of its value stand.
fn places(key: &Key, entry: &Entry<'_>) -> Where {
    let file = entry.key.file;
    let value = Place::new(file, entry.value.span());
    let items = match entry.value.get_ref() {
        DeValue::Array(list) => list.iter().map(|v| Place::new(file, v.span())).collect(),
        _ => vec![value],
    };
    Where { name: key.name, value, items }
}
