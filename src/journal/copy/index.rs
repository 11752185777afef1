//! `journal/index.json`: what a published copy of the record holds.
//!
//! It changes when a day ends, or a closed day is compacted, and not with every round: the files that still grow are
//! only named. What they must hold is said by the heads that the site states.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::journal::shelf::{DayName, is_chain};
use crate::model::ChainName;

/// The form's version: rises when a reader would have to change.
const VERSION: u32 = 1;
/// The most files that a copy may name: a thousand years of days from ten places.
const MAX_FILES: usize = 3_650_000;

/// A copy's table of contents.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Index {
    /// Days before this one are closed.
    pub closed_before: NaiveDate,
    /// Every file, chain by chain, in the order of the calendar.
    pub files: Vec<Listed>,
}

/// A file of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listed {
    /// Its name under `journal/`.
    pub name: DayName,
    /// What it holds; none: it still grows.
    pub content: Option<Content>,
}

/// What a closed file holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Content {
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, 64 lower-case hex digits.
    pub sha256: String,
}

/// What a published copy of the record holds.
#[derive(Serialize, Deserialize, JsonSchema)]
struct IndexForm {
    /// The version of this form.
    version: u32,
    /// Days before this one (UTC) are closed: their files are listed with size and hash.
    #[schemars(extend("format" = "date"))]
    closed_before: String,
    /// Every published chain, in the order of their names.
    chains: Vec<ChainForm>,
}

/// One chain's files, in the order of the calendar.
#[derive(Serialize, Deserialize, JsonSchema)]
struct ChainForm {
    name: String,
    closed: Vec<ClosedForm>,
    /// Files that still grow, below this folder. What they hold is pinned by the chain's head in `status.json`.
    open: Vec<String>,
}

/// A file of a day that is over.
#[derive(Serialize, Deserialize, JsonSchema)]
struct ClosedForm {
    /// Below this folder: `local/2026/11/23.jsonl`, `….jsonl.gz` (the same, compressed) or `….roll.jsonl.gz` (rolled up).
    path: String,
    bytes: u64,
    /// SHA-256 of the file's bytes.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    sha256: String,
}

impl Index {
    /// The file's bytes.
    pub fn json(&self) -> Vec<u8> {
        let mut chains: Vec<ChainForm> = Vec::new();
        for file in &self.files {
            let (chain, path) = (file.name.chain.to_string(), file.name.to_string());
            if chains.last().is_none_or(|last| last.name != chain) {
                chains.push(ChainForm { name: chain, closed: Vec::new(), open: Vec::new() });
            }
            let Some(last) = chains.last_mut() else { continue };
            match &file.content {
                Some(Content { bytes, sha256 }) => {
                    last.closed.push(ClosedForm { path, bytes: *bytes, sha256: sha256.clone() });
                }
                None => last.open.push(path),
            }
        }
        let form = IndexForm { version: VERSION, closed_before: self.closed_before.to_string(), chains };
        // Texts and numbers can always be written.
        serde_json::to_vec(&form).unwrap_or_default()
    }

    /// Reads one that anybody may have written. Fails with words that follow its address.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let version: Version = serde_json::from_slice(bytes).map_err(|e| format!("is no index of a record: {e}"))?;
        if version.version != VERSION {
            return Err(format!(
                "has version {}, and this program reads version {VERSION}: take a newer one",
                version.version
            ));
        }
        let form: IndexForm = serde_json::from_slice(bytes).map_err(|e| format!("is no index of a record: {e}"))?;
        let closed_before = form.closed_before.parse().map_err(|_| "says no date in `closed_before`".to_owned())?;
        let mut files = Vec::new();
        for chain in form.chains {
            if !is_chain(&chain.name) || !ChainName::from(chain.name.as_str()).is_public() {
                return Err("names a chain that cannot be a public one".to_owned());
            }
            let closed = chain.closed.into_iter().map(|c| {
                let good = c.sha256.len() == 64 && c.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                (c.path, good.then_some(Some(Content { bytes: c.bytes, sha256: c.sha256 })))
            });
            for (path, content) in closed.chain(chain.open.into_iter().map(|path| (path, Some(None)))) {
                let name = DayName::parse(&path).filter(|name| name.chain.as_str() == chain.name);
                match (name, content) {
                    (Some(name), Some(content)) => files.push(Listed { name, content }),
                    (None, _) => return Err(format!("names a file of {} that is no day's", chain.name)),
                    (Some(name), None) => return Err(format!("says no SHA-256 for {name}")),
                }
            }
        }
        if files.len() > MAX_FILES {
            return Err(format!("names {} files; at most {MAX_FILES} are read", files.len()));
        }
        Ok(Self { closed_before, files })
    }
}

/// `journal/index.schema.json`.
pub fn index_schema() -> Vec<u8> {
    serde_json::to_vec_pretty(&schemars::schema_for!(IndexForm)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let name = |name| DayName::parse(name).unwrap();
        let closed =
            |text, bytes| Listed { name: name(text), content: Some(Content { bytes, sha256: "ab".repeat(32) }) };
        Index {
            closed_before: "2026-11-24".parse().unwrap(),
            files: vec![
                Listed { name: name("_desk/2026/11/24.jsonl"), content: None },
                closed("local/2026/11/22.jsonl.gz", 7),
                closed("local/2026/11/23.jsonl", 4_000_000_000),
                Listed { name: name("local/2026/11/24.jsonl"), content: None },
            ],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let json = index().json();
        assert_eq!(Index::read(&json), Ok(index()));
        insta::assert_snapshot!(String::from_utf8(json).unwrap().replace(&"ab".repeat(32), "…"), @r#"{"version":1,"closed_before":"2026-11-24","chains":[{"name":"_desk","closed":[],"open":["_desk/2026/11/24.jsonl"]},{"name":"local","closed":[{"path":"local/2026/11/22.jsonl.gz","bytes":7,"sha256":"…"},{"path":"local/2026/11/23.jsonl","bytes":4000000000,"sha256":"…"}],"open":["local/2026/11/24.jsonl"]}]}"#);
    }

    #[test]
    fn a_strangers_index_reaches_no_other_file() {
        let good = String::from_utf8(index().json()).unwrap();
        let refuse = |from: &str, to: &str| Index::read(good.replace(from, to).as_bytes()).unwrap_err();
        insta::assert_snapshot!(refuse("\"local/2026/11/23.jsonl\"", "\"../../../etc/passwd\""), @"names a file of local that is no day's");
        insta::assert_snapshot!(refuse("\"local/2026/11/23.jsonl\"", "\"_desk/2026/11/23.jsonl\""), @"names a file of local that is no day's");
        insta::assert_snapshot!(refuse("\"name\":\"local\"", "\"name\":\"local+internal\""), @"names a chain that cannot be a public one");
        insta::assert_snapshot!(refuse("\"name\":\"local\"", "\"name\":\"..\""), @"names a chain that cannot be a public one");
        insta::assert_snapshot!(refuse("abab", "ABAB"), @"says no SHA-256 for local/2026/11/22.jsonl.gz");
        insta::assert_snapshot!(refuse("\"version\":1", "\"version\":2"), @"has version 2, and this program reads version 1: take a newer one");
        insta::assert_snapshot!(Index::read(b"<html>").unwrap_err(), @"is no index of a record: expected value at line 1 column 1");
    }
}
