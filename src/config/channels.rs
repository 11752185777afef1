//! `[[notify]]`: the channels that news goes to.

use crate::model::Key;
use crate::notify::{Channel, EVENTS};

use super::components::identifier;
use super::nearest::{did_you_mean, either};
use super::reader::{Reader, Table};
use super::source::Place;
use super::tables;
use super::understand::Kinds;

/// Reads every channel. With `tells`, an unset secret is a mistake; without, such a channel is left out.
pub(super) fn read(reader: &mut Reader<'_>, list: &[Table<'_>], kinds: &Kinds<'_>, tells: bool) -> Vec<Channel> {
    let mut channels = Vec::new();
    let mut ids: Vec<(String, Place)> = Vec::new();
    for table in list {
        channels.extend(one(reader, table, kinds, tells, &mut ids));
    }
    channels
}

fn one(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    kinds: &Kinds<'_>,
    tells: bool,
    ids: &mut Vec<(String, Place)>,
) -> Option<Channel> {
    let word = table.entry("kind").and_then(|e| e.value.get_ref().as_str().map(str::to_owned));
    let info = kinds.channels.iter().find(|c| Some(c.name) == word.as_deref());
    if info.is_none() && word.is_some() {
        // Its own keys cannot be judged before its kind is known.
        let common = Table {
            head: table.head,
            entries: table
                .entries
                .iter()
                .filter(|e| tables::CHANNEL.iter().any(|k| k.name == e.name))
                .copied()
                .collect(),
        };
        let read = reader.read("a channel", &common, tables::CHANNEL, &[], tells);
        let names: Vec<&str> = kinds.channels.iter().map(|c| c.name).collect();
        let word = word.unwrap_or_default();
        reader
            .found
            .error(read.at("kind"), format!("there is no kind of channel `{word}`"))
            .expected(format!("expected {}", either(names.iter().copied())))
            .help_maybe(did_you_mean(&word, names));
        return None;
    }
    let own: &[Key] = info.map_or(&[], |i| i.keys);
    let keys: Vec<Key> = tables::CHANNEL.iter().chain(own).copied().collect();
    let what = word.map_or_else(|| "a channel".to_owned(), |w| format!("a {w} channel"));
    let read = reader.read(&what, table, &keys, &[], tells);
    let id = read.givens.text("id").unwrap_or_default().to_owned();
    if read.givens.text("id").is_some() {
        identifier(reader, read.at("id"), "channel", &id);
        if let Some((_, first)) = ids.iter().find(|(known, _)| *known == id) {
            reader
                .found
                .error(read.at("id"), format!("there are two channels `{id}`"))
                .also(*first, "the first stands here")
                .help("give each its own id: what it was told is kept under it");
        }
        ids.push((id.clone(), read.at("id")));
    }
    let when = when(reader, &read);
    let made = (info?.read)(&read.givens);
    match made {
        Ok(mut kind) if !read.unset => {
            kind.in_site(reader.site);
            Some(Channel { id, kind, when, internal: read.givens.bool("internal").unwrap_or(false) })
        }
        Ok(_) => None,
        Err(refusals) => {
            // A stand-in for an unset secret is not the operator's mistake; a key that did not fit has been told.
            for refusal in refusals.into_iter().filter(|r| !read.unset && !read.failed(r.key)) {
                reader.found.error(read.at(refusal.key), refusal.text).help_maybe(refusal.help);
            }
            None
        }
    }
}

fn when(reader: &mut Reader<'_>, read: &super::reader::Read) -> Vec<String> {
    if !read.typed("when") {
        return EVENTS.iter().map(|e| (*e).to_owned()).collect();
    }
    for (i, word) in read.givens.texts("when").iter().enumerate() {
        if !EVENTS.contains(&word.as_str()) {
            reader
                .found
                .error(read.item("when", i), format!("there is no event `{word}`"))
                .expected(format!("expected {}", either(EVENTS.iter().copied())))
                .help_maybe(did_you_mean(word, EVENTS.iter().copied()));
        }
    }
    read.givens.texts("when").to_vec()
}
