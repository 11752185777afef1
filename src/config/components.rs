//! `[[component]]` and `[defaults.<kind>]`.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::DeValue;

use crate::model::{Announce, Combine, Component, ComponentId, Key, ProbeKey, Visibility};

use super::globals::{Base, check_rules, overlay};
use super::nearest::{did_you_mean, either};
use super::probes::{self, Common};
use super::reader::{Read, Reader, Table};
use super::source::Place;
use super::understand::{self, Kinds, Sort};
use super::{tables, value};

/// What is said of each kind's probes in general.
pub(super) type Defaults<'a> = Vec<(&'static str, Table<'a>)>;

/// Everything that `[[component]]` gave.
pub(super) struct Listed {
    /// The components, in the order of the config.
    pub(super) components: Vec<Component>,
    /// Where each stands, in the same order.
    pub(super) places: Vec<Places>,
    /// Every probe, in order.
    pub(super) probes: Vec<Common>,
}

/// Where the parts of a component stand, for mistakes that need more than one of them.
pub(super) struct Places {
    /// Its id.
    pub(super) id: Place,
    /// Each of `depends_on`.
    pub(super) depends_on: Vec<Place>,
    /// Each of `formerly`.
    pub(super) formerly: Vec<Place>,
    /// Each of its probes.
    pub(super) probes: Vec<Place>,
}

/// Reads every `[defaults.<kind>]`.
pub(super) fn defaults<'a>(
    reader: &mut Reader<'_>,
    files: &[(usize, &'a Spanned<DeValue<'a>>)],
    kinds: &Kinds<'_>,
) -> Defaults<'a> {
    let mut all: Defaults<'a> = Vec::new();
    for (file, value) in files {
        let Some(table) = understand::one(reader, *file, "defaults", value) else { continue };
        for entry in table.entries {
            let Some(sort) = kinds.probes.iter().find(|k| k.name == entry.name) else {
                unknown_kind(reader, entry.key, entry.name, kinds);
                continue;
            };
            let name = format!("defaults.{}", sort.name);
            let Some(table) = understand::one(reader, *file, &name, entry.value) else { continue };
            if let Some((_, first)) = all.iter().find(|(known, _)| *known == sort.name) {
                reader
                    .found
                    .error(table.head, format!("`[{name}]` stands twice"))
                    .also(first.head, "the first stands here")
                    .help("put both into one");
                continue;
            }
            let keys: Vec<Key> = probes::keys(sort).into_iter().map(|k| Key { required: false, ..k }).collect();
            let read = reader.read(&format!("[{name}]"), &table, &keys, &[], false);
            probes::assertions(reader, &read, sort);
            all.push((sort.name, table));
        }
    }
    all
}

/// "there is no kind of probe `htpp`".
pub(super) fn unknown_kind(reader: &mut Reader<'_>, place: Place, word: &str, kinds: &Kinds<'_>) {
    let names: Vec<&str> = kinds.probes.iter().map(|k: &Sort| k.name).collect();
    if crate::probe::IN_FULL.contains(&word) {
        reader
            .found
            .error(place, format!("this build has no kind of probe `{word}`"))
            .expected("only a build with the feature `full` has it")
            .help("make that one: `cargo build --release --features full`");
        return;
    }
    reader
        .found
        .error(place, format!("there is no kind of probe `{word}`"))
        .expected(format!("expected {}", either(names.iter().copied())))
        .help_maybe(did_you_mean(word, names));
}

/// Reads every component and its probes.
pub(super) fn read(
    reader: &mut Reader<'_>,
    list: &[Table<'_>],
    base: &Base,
    defaults: &Defaults<'_>,
    kinds: &Kinds<'_>,
    looks: bool,
) -> Listed {
    let mut all = Listed { components: Vec::new(), places: Vec::new(), probes: Vec::new() };
    let mut first = HashMap::new();
    for table in list {
        let place = one(reader, table, base, defaults, kinds, looks, &mut all);
        let id = all.components.last().map(|component| component.id.as_str()).filter(|id| !id.is_empty());
        let Some(id) = id else { continue };
        match first.get(id) {
            None => _ = first.insert(id.to_owned(), place),
            Some(first) => {
                reader
                    .found
                    .error(place, format!("there are two components `{id}`"))
                    .also(*first, "the first stands here")
                    .help("an id stands for one thing, in addresses and in the journal");
            }
        }
    }
    all
}

fn one(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    base: &Base,
    defaults: &Defaults<'_>,
    kinds: &Kinds<'_>,
    looks: bool,
    all: &mut Listed,
) -> Place {
    let keys: Vec<Key> = tables::COMPONENT.iter().chain(tables::RULES).copied().collect();
    let read = reader.read("a component", table, &keys, &["probe"], false);
    let id = read.givens.text("id").unwrap_or_default().to_owned();
    if read.givens.text("id").is_some() {
        identifier(reader, read.at("id"), "component", &id);
    }
    check_rules(reader, &read, base);
    let own = Base {
        rules: overlay(&read, &base.rules),
        confirm_given: base.confirm_given || read.givens.get("confirm_after").is_some(),
        gap: read.givens.span("gap").or(base.gap),
        ..base.clone()
    };
    let id = ComponentId::from(id);
    let visibility = visibility(&read).unwrap_or_default();
    let listed = match table.entry("probe") {
        Some(entry) => understand::list(reader, entry.key.file, "component.probe", entry.value),
        None => Vec::new(),
    };
    let (mut mine, mut known): (Vec<(Common, Place)>, HashMap<ProbeKey, Place>) = Default::default();
    for probe in &listed {
        let owner = probes::Owner { id: &id, visibility, base: &own };
        if let Some((common, place)) = probes::read(reader, probe, &owner, defaults, kinds, looks) {
            if let Some(first) = known.get(&common.key) {
                reader
                    .found
                    .error(place, format!("there are two probes `{}`", common.key))
                    .also(*first, "the first stands here")
                    .help("give one of them a `name`: what a probe saw is kept under `<component>/<name>`");
            }
            known.entry(common.key.clone()).or_insert(place);
            mine.push((common, place));
        }
    }
    all.places.push(Places {
        id: read.at("id"),
        depends_on: (0..read.givens.texts("depends_on").len()).map(|i| read.item("depends_on", i)).collect(),
        formerly: (0..read.givens.texts("formerly").len()).map(|i| read.item("formerly", i)).collect(),
        probes: mine.iter().map(|(_, place)| *place).collect(),
    });
    all.components.push(component(reader, &read, id, visibility, own, &mine));
    all.probes.extend(mine.into_iter().map(|(common, _)| common));
    read.at("id")
}

fn component(
    reader: &mut Reader<'_>,
    read: &Read,
    id: ComponentId,
    visibility: Visibility,
    base: Base,
    probes: &[(Common, Place)],
) -> Component {
    let text = |key: &str| read.givens.text(key).map(str::to_owned);
    let ids = |key: &str| read.givens.texts(key).iter().map(|t| ComponentId::from(t.as_str())).collect();
    Component {
        name: text("name").unwrap_or_else(|| id.to_string()),
        description: text("description"),
        group: text("group"),
        depends_on: ids("depends_on"),
        formerly: ids("formerly"),
        announce: text("announce").map_or(Announce::AtOnce, |t| announce(reader, read, &t)),
        visibility,
        combine: if read.givens.text("combine") == Some("any") { Combine::Any } else { Combine::All },
        rules: base.rules,
        probes: probes.iter().map(|(common, _)| common.probe()).collect(),
        id,
    }
}

/// The word of `visibility`, where it was given.
pub(super) fn visibility(read: &Read) -> Option<Visibility> {
    match read.givens.text("visibility")? {
        "internal" => Some(Visibility::Internal),
        _ => Some(Visibility::Public),
    }
}

fn announce(reader: &mut Reader<'_>, read: &Read, typed: &str) -> Announce {
    match typed {
        "at-once" => return Announce::AtOnce,
        "by-people" => return Announce::ByPeople,
        _ => {}
    }
    if let Some(after) = typed.strip_prefix("after ").and_then(value::duration) {
        return Announce::After(after);
    }
    let bare = value::duration(typed).map(|_| format!("write `\"after {typed}\"`"));
    reader
        .found
        .error(read.at("announce"), format!("`{typed}` does not say when to announce"))
        .expected("expected `at-once`, `after 10m` or `by-people`")
        .help_maybe(bare.or_else(|| did_you_mean(typed, ["at-once", "by-people"])));
    Announce::AtOnce
}

/// Checks an id: it stands in addresses, file names and the journal.
pub(super) fn identifier(reader: &mut Reader<'_>, place: Place, what: &str, id: &str) {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !id.is_empty() && id.len() <= 64 && id.chars().all(good) && !id.starts_with('-') {
        return;
    }
    let lower = id.to_lowercase();
    let parts: Vec<&str> =
        lower.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit()).filter(|p| !p.is_empty()).collect();
    let near: String = parts.join("-").chars().take(64).collect();
    reader
        .found
        .error(place, format!("`{id}` cannot be the name of a {what}"))
        .expected("expected small letters, digits and `-`, at most 64")
        .help_maybe((!near.is_empty()).then(|| format!("write `{near}`")));
}
