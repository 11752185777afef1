//! What `postgres` and `mysql` share: how a database is named, what is asked of it, and what a row is to an assertion.
//!
//! Built only with the feature `full`.

pub(super) mod mysql;
pub(super) mod postgres;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::Aimed;
use super::address::{Address, Schemes, plain};
use super::wire::{Tls, Wire};
use crate::expr::{Facts, Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Secret, Takes};

/// The rows that are counted at most: a query that gives more is not read to its end.
const ROWS: usize = 10_000;

/// Which database, who asks, and what.
#[derive(Clone, Debug)]
pub struct Database {
    address: Address,
    name: Option<String>,
    query: String,
}

const KEYS: &[Key] = &[
    Key::must(
        "url",
        Takes::Secret,
        "The database: `postgres://` or `mysql://`, then `USER[:PASSWORD]@HOST[:PORT][/DATABASE]`.",
    ),
    Key::may("query", Takes::Text, "One statement. Its first row is `row`. Default: `SELECT 1`."),
    Key::may("tls", Takes::Bool, "Whether TLS is spoken; the certificate is always judged. Default: false."),
    Key::may("ca_file", Takes::Text, "A PEM file with roots to trust beside the known ones, for a private CA."),
];

const QUERY: Field = Field::span("phases.query", "From the question to its last row.");
const ROW: Field = Field::of(
    "row",
    Type::Open,
    "The first row, by the names of its columns; missing where there is none. Numbers are numbers.",
);
const COUNT: Field = Field::of("rows", Type::Int, "How many rows came; counted up to 10,000.");

impl Database {
    fn read(given: &Givens, schemes: &Schemes) -> Result<Self, Vec<Refusal>> {
        let refuse = |text: &str| vec![Refusal::new("url", text, schemes.help)];
        let url = given.secret("url").cloned().unwrap_or_default();
        let ca_file = given.text("ca_file");
        let (mut address, url) = Address::read(&url, "url", schemes, ca_file).map_err(|refusal| vec![refusal])?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("what stands after `?` or `#` is not read; TLS is spoken with `tls = true`"));
        }
        if address.user.is_none() {
            return Err(refuse("it does not say who asks"));
        }
        address.tls = None;
        if given.bool("tls").unwrap_or(false) {
            let tls = Tls::of(&address.target.host, ca_file);
            address.tls = Some(tls.ok_or_else(|| refuse("its host is no name that a certificate can be for"))?);
        }
        let name = plain(url.path().trim_start_matches('/'));
        Ok(Self {
            address,
            name: Some(name).filter(|name| !name.is_empty()),
            query: given.text("query").unwrap_or("SELECT 1").to_owned(),
        })
    }
}

impl Aimed for Database {
    fn host(&self) -> Option<String> {
        Some(self.address.target.host.clone())
    }

    fn secrets(&self) -> &[Secret] {
        &self.address.secrets
    }

    fn in_site(&mut self, site: &Path) {
        self.address.in_site(site);
    }
}

/// A value as an assertion sees it: a database sends every one as text.
fn value(text: Option<&str>, is_number: bool) -> Value {
    let Some(text) = text else { return Value::Null };
    let number = || text.parse().map(Value::Int).ok().or_else(|| text.parse().map(Value::Float).ok());
    if is_number { number() } else { None }.unwrap_or_else(|| Value::Text(text.to_owned()))
}

fn tell(row: Option<Facts>, rows: usize, wire: &mut Wire) {
    wire.story.push(format!("{rows} rows"));
    wire.facts.insert("rows".into(), Value::Int(rows as i64));
    wire.facts.extend(row.map(|row| ("row".to_owned(), Value::Map(row))));
}
