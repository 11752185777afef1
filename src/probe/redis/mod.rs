//! Asks a Redis server how it is: PING, and everything that INFO says.

mod resp;
mod server;
#[cfg(test)]
mod tests;

use std::path::Path;

use resp::Answer;
pub(super) use server::Server;

use super::saw::{Ask, Saw};
use super::trouble::Trouble;
use super::trust::CA_FILE;
use super::wire::{self, Wire};
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Facts, Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Secret, Takes};

/// Which server.
#[derive(Clone, Debug)]
pub struct Options {
    server: Server,
}

const KEYS: &[Key] = &[
    Key::must(
        "url",
        Takes::Secret,
        "The server: `redis://` or, with TLS, `rediss://`, then `[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`.",
    ),
    CA_FILE,
];

const FIELDS: &[Field] = &wire::fields::<15>(&[
    Field::span("phases.auth", "Logging in."),
    Field::span("phases.select", "Choosing the database."),
    Field::span("phases.ping", "The answer to PING."),
    Field::span("phases.info", "The answer to INFO."),
    Field::of(
        "info",
        Type::Open,
        "What INFO says, by its own names (`info.used_memory`); numbers are numbers, `info.db0.keys` is one too.",
    ),
    Field::text("ping", "The answer to PING."),
]);

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "redis",
    doc: "Asks a Redis server for PING and INFO. Without `expect`, an answer to PING is up.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    fn host(&self) -> Option<String> {
        Some(self.server.host().to_owned())
    }

    fn secrets(&self) -> &[Secret] {
        self.server.secrets()
    }

    fn in_site(&mut self, site: &Path) {
        self.server.in_site(site);
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let url = given.secret("url").cloned().unwrap_or_default();
    let server = Server::read(&url, "url", given.text("ca_file")).map_err(|refusal| vec![refusal])?;
    Ok(Kind::Redis(Options { server }))
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    wire::talk(ask, async |wire| visit(options, ask, wire).await).await
}

async fn visit(options: &Options, ask: &Ask<'_>, wire: &mut Wire) -> Result<(), Trouble> {
    let mut session = options.server.enter(wire, ask).await?;
    wire.enter("ping", "connected, but no answer to PING within {}");
    let pong = session.agreed(&["PING"], wire).await?.unwrap_or_default();
    wire.facts.insert("ping".into(), Value::Text(pong));
    wire.enter("info", "it answered PING, but not INFO within {}");
    match session.ask(&["INFO"], wire).await? {
        Answer::Text(text) => {
            let info = info(&text);
            wire.story.extend(persistence(&info));
            wire.facts.insert("info".into(), Value::Map(info));
        }
        // A user who may PING and no more is a fair choice; what asks for `info` says that it is missing.
        Answer::Error(error) => wire.story.push(format!("INFO: {error}")),
        Answer::Nothing => {}
    }
    Ok(())
}

/// What INFO says as a map: `name:value` lines; a value such as `keys=1,expires=0` is a map of its own.
fn info(text: &str) -> Facts {
    let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.trim_end().split_once(':'));
    let value = |text: &str| {
        let inner: Option<Facts> = text
            .split(',')
            .map(|pair| pair.split_once('=').map(|(name, text)| (name.to_owned(), number(text))))
            .collect();
        inner.map_or_else(|| number(text), Value::Map)
    };
    pairs.map(|(name, text)| (name.to_owned(), value(text))).collect()
}

/// A number where the text is one as Redis prints them: digits, one dot, a sign. Versions and hashes are texts.
fn number(text: &str) -> Value {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let printed =
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let float = || text.parse().ok().map(Value::Float);
    let known = if printed && !padded { text.parse().ok().map(Value::Int).or_else(float) } else { None };
    known.unwrap_or_else(|| Value::Text(text.to_owned()))
}

/// What a person wants to read first when a save does not end.
fn persistence(info: &Facts) -> Option<String> {
    const NAMES: [&str; 4] =
        ["rdb_changes_since_last_save", "rdb_bgsave_in_progress", "rdb_last_bgsave_status", "aof_enabled"];
    let said = NAMES.iter().filter_map(|name| Some(format!("{name}:{}", info.get(*name)?.brief())));
    Some(said.collect::<Vec<_>>().join(" ")).filter(|said| !said.is_empty())
}
