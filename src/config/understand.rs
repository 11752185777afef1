//! From the files' text to settings, plans and channels: every table in turn, then what joins them.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::expr::Field;
use crate::model::{Givens, Key, Refusal, Settings, Span};
use crate::notify::{Channel, ChannelInfo};
use crate::probe::{Kind, Plan};

use super::found::Found;
use super::nearest::{did_you_mean, either};
use super::reader::{Reader, Table};
use super::secrets::Env;
use super::source::{Place, Sources};
use super::{Purpose, channels, components, globals, graph, tables};

/// The kinds of probe and of channel that a config may name.
pub(super) struct Kinds<'a> {
    /// Of probe.
    pub(super) probes: Vec<Sort>,
    /// Of channel.
    pub(super) channels: &'a [ChannelInfo],
}

/// A kind of probe, as the config's reader needs it.
pub(super) struct Sort {
    /// The word in the config.
    pub(super) name: &'static str,
    /// Its keys beside the common ones.
    pub(super) keys: &'static [Key],
    /// What its assertions may name.
    pub(super) fields: &'static [Field],
    /// How often it looks where the operator does not say.
    pub(super) every: Option<Span>,
    /// Reads its options.
    pub(super) read: ReadKind,
}

/// Reads the options of a kind.
type ReadKind = Box<dyn Fn(&Givens) -> Result<Made, Vec<Refusal>>>;

/// A kind with its options, and the host that it asks.
pub(super) struct Made {
    /// What `probe` needs.
    pub(super) kind: Option<Kind>,
    /// What the grouping of incidents needs.
    pub(super) host: Option<String>,
}

impl Kinds<'_> {
    /// Every kind that this build has.
    pub(super) fn built_in() -> Self {
        let probes = crate::probe::KINDS.iter().map(|info| Sort {
            name: info.name,
            keys: info.keys,
            every: info.every,
            fields: info.fields,
            read: Box::new(|givens| (info.read)(givens).map(|kind| Made { host: kind.host(), kind: Some(kind) })),
        });
        Self { probes: probes.collect(), channels: crate::notify::CHANNELS }
    }
}

/// What the files mean, and what was found on the way. Where anything stops the config, the rest is not to be used.
pub(super) struct Understood {
    /// The settings.
    pub(super) settings: Settings,
    /// The plans that can be carried out: a probe whose unset secret the command does not need has none.
    pub(super) plans: Vec<Plan>,
    /// The channels that can be told.
    pub(super) channels: Vec<Channel>,
    /// The probes as read, in order, for tests.
    #[cfg(test)]
    pub(super) probes: Vec<super::probes::Common>,
    /// The hosts that probes ask, with where those stand.
    pub(super) hosts: Vec<(String, Place)>,
    /// Mistakes and warnings.
    pub(super) found: Found,
}

/// One file's tables.
type File<'a> = (usize, &'a Spanned<DeTable<'a>>);

/// Reads everything.
pub(super) fn understand(
    site: &Path,
    sources: &Sources,
    found: Found,
    purpose: Purpose,
    kinds: &Kinds<'_>,
    env: Env<'_>,
) -> Understood {
    let mut parsed = Vec::new();
    let mut syntax = Vec::new();
    for (file, source) in sources.0.iter().enumerate() {
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        parsed.push(table);
        syntax.extend(errors.into_iter().map(|e| {
            let span = e.span().unwrap_or(source.text.len()..source.text.len());
            (Place::new(file, span), e.message().to_owned())
        }));
    }
    let broken = !syntax.is_empty() || found.stops();
    let mut reader = Reader { sources, site, env, found, broken };
    let files: Vec<File<'_>> = parsed.iter().enumerate().collect();
    for file in &files {
        top(&mut reader, *file);
    }
    let (settings, base) = settings(&mut reader, &files);
    let defaults = components::defaults(&mut reader, &every(&files, "defaults"), kinds);
    let listed = listed(&mut reader, &files, "component");
    let mut settings = settings;
    let mut read = components::read(&mut reader, &listed, &base, &defaults, kinds, purpose.looks);
    settings.components = read.components;
    graph::check(&mut reader, &settings.components, &read.places);
    let told = self::listed(&mut reader, &files, "notify");
    let channels = channels::read(&mut reader, &told, kinds, purpose.tells);
    tell_syntax(&mut reader, syntax);
    // Of ten thousand probes the parsed text is as large as what it means: not both at once, and again as plans.
    drop(parsed);
    let plans = read.probes.iter_mut().filter_map(super::probes::Common::plan).collect();
    let probes = settings.components.iter().flat_map(|c| &c.probes).zip(read.places.iter().flat_map(|p| &p.probes));
    let hosts = probes.filter_map(|(probe, place)| Some((probe.host.clone()?, *place))).collect();
    Understood {
        settings,
        plans,
        channels,
        #[cfg(test)]
        probes: read.probes,
        hosts,
        found: reader.found,
    }
}

/// The tables that only `statuary.toml` holds.
fn settings(reader: &mut Reader<'_>, files: &[File<'_>]) -> (Settings, globals::Base) {
    let main = &files[..files.len().min(1)];
    let mut table =
        |name: &str| every(main, name).into_iter().next().and_then(|(file, value)| one(reader, file, name, value));
    let (site, run, rules) = (table("site"), table("run"), table("rules"));
    let (journal, publish) = (table("journal"), table("publish"));
    let empty = Table { head: Place::default(), entries: Vec::new() };
    if site.is_none() && !main.is_empty() && every(main, "site").is_empty() {
        let place = Place::new(0, 0..0);
        reader.missing(place, "there is no `[site]`".to_owned(), "begin with `[site]` and `title = \"…\"`");
    }
    let run = globals::run(reader, run.as_ref().unwrap_or(&empty));
    let (rules, base) = globals::rules(reader, rules.as_ref().unwrap_or(&empty), &run);
    let settings = Settings {
        site: globals::site(reader, site.as_ref()),
        run,
        rules,
        components: Vec::new(),
        journal: globals::journal(reader, journal.as_ref().unwrap_or(&empty)),
        publish: globals::publish(reader, publish.as_ref().unwrap_or(&empty)),
    };
    (settings, base)
}

/// Judges the names at the top of one file.
fn top(reader: &mut Reader<'_>, (file, parsed): File<'_>) {
    let table = Table::of(file, 0..0, parsed.get_ref());
    let included = file > 0;
    for entry in &table.entries {
        let known = tables::TABLES.iter().find(|(name, _)| *name == entry.name);
        let top_key = tables::TOP.iter().any(|k| k.name == entry.name);
        match known {
            Some((_, anywhere)) if *anywhere || !included => {}
            None if top_key && !included => {}
            None if !top_key => {
                let names = tables::TABLES.iter().map(|(n, _)| *n).chain(tables::TOP.iter().map(|k| k.name));
                let near = did_you_mean(entry.name, names.clone());
                reader
                    .found
                    .error(entry.key, format!("a config has no `{}`", entry.name))
                    .expected("not known here")
                    .help(near.unwrap_or_else(|| format!("it has {}", either(names))));
            }
            Some(_) | None => {
                let anywhere = tables::TABLES.iter().filter(|(_, a)| *a).map(|(n, _)| *n);
                reader
                    .found
                    .error(entry.key, format!("`{}` may only stand in statuary.toml", entry.name))
                    .expected(format!("an included file may hold {}", either(anywhere)));
            }
        }
    }
    if let Some(include) = table.entry("include").filter(|_| !included) {
        let only = Table { head: table.head, entries: vec![include] };
        reader.read("a config", &only, tables::TOP, &[], false);
    }
}

/// A name's value in every file that has it.
fn every<'a>(files: &[File<'a>], name: &str) -> Vec<(usize, &'a Spanned<DeValue<'a>>)> {
    files
        .iter()
        .filter_map(|(file, t)| t.get_ref().iter().find(|(k, _)| k.get_ref() == name).map(|(_, value)| (*file, value)))
        .collect()
}

/// A value that must be a table.
pub(super) fn one<'a>(
    reader: &mut Reader<'_>,
    file: usize,
    name: &str,
    value: &'a Spanned<DeValue<'a>>,
) -> Option<Table<'a>> {
    if let DeValue::Table(table) = value.get_ref() {
        return Some(Table::of(file, value.span(), table));
    }
    reader
        .found
        .error(Place::new(file, value.span()), format!("`{name}` is a table"))
        .expected("this is none")
        .help(format!("write `[{name}]` on a line of its own, and its keys below it"));
    None
}

/// All tables of a list such as `[[component]]`, from every file.
fn listed<'a>(reader: &mut Reader<'_>, files: &[File<'a>], name: &str) -> Vec<Table<'a>> {
    let mut all = Vec::new();
    for (file, value) in every(files, name) {
        all.extend(list(reader, file, name, value));
    }
    all
}

/// The tables of one list.
pub(super) fn list<'a>(
    reader: &mut Reader<'_>,
    file: usize,
    name: &str,
    value: &'a Spanned<DeValue<'a>>,
) -> Vec<Table<'a>> {
    let help = format!("write `[[{name}]]`, with two brackets on each side");
    let DeValue::Array(items) = value.get_ref() else {
        reader
            .found
            .error(Place::new(file, value.span()), format!("`{name}` is a list of tables"))
            .expected("this is none")
            .help(help);
        return Vec::new();
    };
    let mut tables = Vec::new();
    for item in items {
        if let DeValue::Table(table) = item.get_ref() {
            tables.push(Table::of(file, item.span(), table));
        } else {
            reader
                .found
                .error(Place::new(file, item.span()), format!("`{name}` is a list of tables"))
                .expected("this is none")
                .help(help.clone());
        }
    }
    tables
}

/// Tells what is no TOML. One slip can trip the parser more than once, and half a line cannot be judged for its
/// meaning: of each line only the first syntax error is told, and nothing else.
fn tell_syntax(reader: &mut Reader<'_>, syntax: Vec<(Place, String)>) {
    let line = |place: Place| (place.file, reader.sources.0[place.file].position(place.start).0);
    let mut lines = Vec::new();
    let mut first = Vec::new();
    for (mut place, text) in syntax {
        // A text that ends too early is wrong at the end of its last line, not on the empty one after it.
        let whole = &reader.sources.0[place.file].text;
        if place.start >= whole.len() && whole.ends_with('\n') {
            (place.start, place.end) = (whole.len() - 1, whole.len() - 1);
        }
        if !lines.contains(&line(place)) {
            lines.push(line(place));
            first.push((place, text));
        }
    }
    reader.found.drop_where(|place| lines.contains(&line(place)));
    for (place, text) in first {
        if text == "duplicate key" {
            reader.found.error(place, "this name stands twice in its table").help("keep one of the two");
        } else {
            reader.found.error(place, format!("this is no TOML: {text}"));
        }
    }
}
