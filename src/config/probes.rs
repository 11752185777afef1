//! `[[component.probe]]`: the keys of every kind, and those of its own.

use crate::expr::{Assertion, Field, Type};
use crate::model::{ComponentId, Key, Probe, ProbeKey, Span, Visibility};
use crate::probe::Plan;

use super::components::{Defaults, identifier, unknown_kind, visibility};
use super::globals::{Base, confirm_by_default};
use super::nearest::nearest;
use super::reader::{Read, Reader, Table};
use super::source::Place;
use super::tables;
use super::understand::{Kinds, Made, Sort};

/// How long a try may take, where nothing is configured and the deadline leaves it.
const TIMEOUT: Span = Span::from_secs(5);

/// A probe as every kind has it.
pub(super) struct Common {
    /// `<component>/<name>`.
    pub(super) key: ProbeKey,
    /// The kind's word.
    pub(super) kind: &'static str,
    /// Its options and host, where they could be read.
    pub(super) made: Option<Made>,
    /// How long one try may take.
    pub(super) timeout: Span,
    /// More tries within a look.
    pub(super) retries: u32,
    /// How often it looks, where that is not every round.
    pub(super) every: Option<Span>,
    /// How long its look vouches.
    pub(super) gap: Span,
    /// Bad looks in a row that confirm an outage.
    pub(super) open_after: u32,
    /// When a second look follows.
    pub(super) confirm_after: Option<Span>,
    /// What must hold for up.
    pub(super) expect: Vec<Assertion>,
    /// What makes it degraded.
    pub(super) degraded_if: Vec<Assertion>,
    /// What is recorded.
    pub(super) record: Vec<String>,
    /// The unit of what is recorded, where it is known.
    pub(super) units: Vec<(String, &'static str)>,
    /// Who may know of it.
    pub(super) visibility: Visibility,
    /// A secret is not set: it cannot look.
    pub(super) unset: bool,
}

/// Whose probe it is.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    /// The component.
    pub(super) id: &'a ComponentId,
    /// Who may know of the component.
    pub(super) visibility: Visibility,
    /// Its rules.
    pub(super) base: &'a Base,
}

impl Common {
    /// As the folding and the page know it.
    pub(super) fn probe(&self) -> Probe {
        Probe {
            key: self.key.clone(),
            kind: self.kind,
            every: self.every,
            gap: self.gap,
            host: self.made.as_ref().and_then(|m| m.host.clone()),
            visibility: self.visibility,
            units: self.units.clone(),
        }
    }

    /// As the looking knows it, which takes over the kind's options; none where it cannot look.
    pub(super) fn plan(&mut self) -> Option<Plan> {
        let kind = self.made.as_mut().filter(|_| !self.unset)?.kind.take()?;
        Some(Plan {
            key: self.key.clone(),
            kind,
            timeout: self.timeout,
            retries: self.retries,
            every: self.every,
            gap: self.gap,
            open_after: self.open_after,
            confirm_after: self.confirm_after,
            expect: self.expect.clone(),
            degraded_if: self.degraded_if.clone(),
            record: self.record.clone(),
            visibility: self.visibility,
        })
    }
}

/// Every key of a kind but `kind` and `name`: the common ones, its own, and the shorthands for its fields.
pub(super) fn keys(sort: &Sort) -> Vec<Key> {
    let mut all: Vec<Key> = tables::PROBE.iter().chain(sort.keys).copied().collect();
    for short in tables::SHORTHANDS {
        if sort.fields.iter().any(|f| f.name == short.field) && !all.iter().any(|k| k.name == short.key.name) {
            all.push(short.key);
        }
    }
    all
}

/// Reads one probe, with the place that names it.
pub(super) fn read(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    owner: &Owner<'_>,
    defaults: &Defaults<'_>,
    kinds: &Kinds<'_>,
    looks: bool,
) -> Option<(Common, Place)> {
    let word = table.entry("kind").and_then(|e| e.value.get_ref().as_str());
    let Some(sort) = kinds.probes.iter().find(|k| Some(k.name) == word) else {
        without_kind(reader, table, word, kinds);
        return None;
    };
    let own = keys(sort);
    let mut merged = table.clone();
    if let Some((_, defaults)) = defaults.iter().find(|(name, _)| *name == sort.name) {
        let add = defaults.entries.iter().filter(|e| table.entry(e.name).is_none());
        merged.entries.extend(add.filter(|e| own.iter().any(|k| k.name == e.name)));
    }
    let all: Vec<Key> = tables::NAMING.iter().chain(&own).copied().collect();
    let read = reader.read(&format!("a probe of kind {}", sort.name), &merged, &all, &[], looks);
    let name = read.givens.text("name").unwrap_or(sort.name);
    let named = if read.typed("name") { read.at("name") } else { read.at("kind") };
    identifier(reader, named, "probe", name);
    let (expect, degraded_if) = assertions(reader, &read, sort);
    let made = made(reader, &read, sort);
    let key = ProbeKey::of(owner.id, name);
    let common = Common {
        made,
        expect,
        degraded_if,
        record: read.givens.texts("record").to_vec(),
        units: units(read.givens.texts("record"), sort),
        visibility: seen_by(reader, &read, owner),
        unset: read.unset,
        ..times(reader, &read, key, sort, owner.base)
    };
    Some((common, named))
}

/// Judges what can be judged of a probe whose kind is not known.
fn without_kind(reader: &mut Reader<'_>, table: &Table<'_>, word: Option<&str>, kinds: &Kinds<'_>) {
    let keys: Vec<Key> = tables::NAMING.iter().chain(tables::PROBE).copied().collect();
    let known = table.entries.iter().filter(|e| keys.iter().any(|k| k.name == e.name));
    let common = Table { head: table.head, entries: known.copied().collect() };
    let read = reader.read("a probe", &common, &keys, &[], false);
    if let Some(word) = word {
        unknown_kind(reader, read.at("kind"), word, kinds);
    }
}

/// The units of recorded fields that the kind has in its table.
fn units(record: &[String], sort: &Sort) -> Vec<(String, &'static str)> {
    let unit = |path: &String| sort.fields.iter().find(|f| f.name == path)?.unit.map(|unit| (path.clone(), unit));
    record.iter().filter_map(unit).collect()
}

/// The kind's own options.
fn made(reader: &mut Reader<'_>, read: &Read, sort: &Sort) -> Option<Made> {
    match (sort.read)(&read.givens) {
        Ok(made) => Some(made),
        Err(refusals) => {
            // A stand-in for an unset secret is not the operator's mistake; a key that did not fit has been told.
            for refusal in refusals.into_iter().filter(|r| !read.unset && !read.failed(r.key)) {
                reader.found.error(read.at(refusal.key), refusal.text).help_maybe(refusal.help);
            }
            None
        }
    }
}

fn seen_by(reader: &mut Reader<'_>, read: &Read, owner: &Owner<'_>) -> Visibility {
    let own = visibility(read);
    if own == Some(Visibility::Public) && owner.visibility == Visibility::Internal {
        reader
            .found
            .error(read.at("visibility"), format!("a public probe in the internal component `{}`", owner.id))
            .expected("its looks would name the component")
            .help("make the component public, or leave this line out");
    }
    if owner.visibility == Visibility::Internal { Visibility::Internal } else { own.unwrap_or_default() }
}

/// When it looks, how long it waits, how long its look vouches.
fn times(reader: &mut Reader<'_>, read: &Read, key: ProbeKey, sort: &Sort, base: &Base) -> Common {
    let every = read.givens.span("every").or(sort.every);
    if let Some(every) = every.filter(|e| *e < base.interval) {
        reader
            .found
            .warning(
                read.at("every"),
                format!("a run comes every {}, so this probe cannot look every {every}", base.interval),
            )
            .expected("it will look in every round");
    }
    let every = every.filter(|e| *e > base.interval);
    let interval = every.unwrap_or(base.interval);
    let gap = read.givens.span("gap").or(base.gap).unwrap_or(Span::from_ms(interval.ms() * 5 / 2));
    if gap <= interval && read.typed("gap") {
        reader
            .found
            .warning(read.at("gap"), format!("a look vouches for {gap} and the next comes after {interval}"))
            .expected("the time between is no data");
    }
    let retries = read.givens.int("retries").unwrap_or(0);
    let timeout = read.givens.span("timeout");
    if let Some(timeout) = timeout.filter(|t| t.ms().saturating_mul(retries + 1) >= base.deadline.ms()) {
        let tries = if retries == 0 { "a try".to_owned() } else { format!("{} tries", retries + 1) };
        reader
            .found
            .warning(read.at("timeout"), format!("{tries} of {timeout} may not end within a round"))
            .expected(format!("a round ends after {}", base.deadline))
            .help("what was not reached by then is unknown, not down");
    }
    let confirm = if base.confirm_given { base.rules.confirm_after } else { confirm_by_default(interval) };
    Common {
        key,
        kind: sort.name,
        made: None,
        timeout: timeout.unwrap_or(TIMEOUT.min(Span::from_ms(base.deadline.ms() * 4 / 5))),
        retries: retries as u32,
        every,
        gap,
        open_after: base.rules.open_after,
        confirm_after: confirm,
        expect: Vec::new(),
        degraded_if: Vec::new(),
        record: Vec::new(),
        units: Vec::new(),
        visibility: Visibility::Public,
        unset: false,
    }
}

/// Checks `expect`, the shorthands, `degraded_if` and `record` against the fields of a kind.
pub(super) fn assertions(reader: &mut Reader<'_>, read: &Read, sort: &Sort) -> (Vec<Assertion>, Vec<Assertion>) {
    let mut expect = checked(reader, read, "expect", sort.fields);
    for short in tables::SHORTHANDS {
        let number = read.givens.int(short.key.name).filter(|_| !sort.keys.iter().any(|k| k.name == short.key.name));
        if let Some(number) = number {
            let cel = short.cel.replace("{}", &number.to_string());
            expect.extend(check(reader, read.at(short.key.name), &cel, sort.fields));
        }
    }
    for (i, path) in read.givens.texts("record").iter().enumerate() {
        record(reader, read.item("record", i), path, sort);
    }
    (expect, checked(reader, read, "degraded_if", sort.fields))
}

fn checked(reader: &mut Reader<'_>, read: &Read, key: &str, fields: &[Field]) -> Vec<Assertion> {
    let texts = read.givens.texts(key).iter().enumerate();
    texts.filter_map(|(i, text)| check(reader, read.item(key, i), text, fields)).collect()
}

fn check(reader: &mut Reader<'_>, whole: Place, text: &str, fields: &[Field]) -> Option<Assertion> {
    match Assertion::check(text, fields) {
        Ok(assertion) => Some(assertion),
        Err(mistakes) => {
            for mistake in mistakes {
                let place = reader.within(whole, text, mistake.start..mistake.end);
                reader.found.error(place, mistake.text).help_maybe(mistake.help);
            }
            None
        }
    }
}

/// A recorded field must be one that the kind knows, and a number.
fn record(reader: &mut Reader<'_>, place: Place, path: &str, sort: &Sort) {
    let fits = |f: &Field| f.name == path || (f.ty == Type::Open && path.starts_with(&format!("{}.", f.name)));
    match sort.fields.iter().find(|f| fits(f)) {
        Some(field) if matches!(field.ty, Type::Text | Type::Texts) => {
            reader.found.error(place, format!("`{path}` is a text")).expected("only numbers are recorded");
        }
        Some(_) => {}
        None => {
            let names = sort.fields.iter().map(|f| f.name);
            let first = path.split('.').next().unwrap_or(path);
            let near = nearest(path, names.clone()).map(str::to_owned);
            let near = near.or_else(|| nearest(first, names).map(|n| path.replacen(first, n, 1)));
            reader
                .found
                .error(place, format!("`{path}` is not a field of {}", sort.name))
                .expected("nothing to record")
                .help(near.map_or_else(
                    || format!("`statuary config fields {}` lists them", sort.name),
                    |n| format!("did you mean `{n}`?"),
                ));
        }
    }
}
