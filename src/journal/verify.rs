//! Proves chains whole: every changed byte, and every removed, swapped, doubled or inserted record or day before the
//! head, is a fatal finding. Cutting the end can only be seen against a head that was kept elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::journal::JournalError;
use crate::journal::files::{self, Day};
use crate::journal::links;
use crate::journal::seal::Flaw;
use crate::journal::torn;
use crate::journal::wire::{self, Names};
use crate::journal::write::root_of;
use crate::model::{Body, ChainName, Head, Moment, Record, Skip};

/// Heads that were kept elsewhere (an old e-mail, a feed, a print-out), to hold against the journal.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Some chain must end with this record.
    pub head: Option<Head>,
    /// Some chain must hold this record.
    pub contains: Option<Head>,
    /// The days before the first one may be absent, as in a checkout that holds the newest alone. What is proved begins
    /// with that day then.
    pub partial: bool,
}

/// What a journal was found to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// In name order.
    pub chains: Vec<ChainProof>,
    /// What is wrong with the heads that were given.
    pub findings: Vec<Finding>,
}

/// What one chain was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainProof {
    /// Which.
    pub chain: ChainName,
    /// Whole records.
    pub records: u64,
    /// The number and time of its first record.
    pub first: Option<(u64, Moment)>,
    /// The number and time of its head.
    pub last: Option<(u64, Moment)>,
    /// Its head's hash.
    pub head: Option<Head>,
    /// Up to this record a head kept elsewhere proves it; none: "the end is not pinned".
    pub pinned: Option<u64>,
    /// In the order of the files.
    pub findings: Vec<Finding>,
}

/// Something that was found, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file; the chain's folder where it is about no single file.
    pub file: PathBuf,
    /// The line, from 1; 0 where it is about none.
    pub line: u32,
    /// What, in words that follow "file:line: ".
    pub text: String,
    /// Whether the proof fails by it; otherwise it is a remark.
    pub fatal: bool,
}

impl Verification {
    /// Whether nothing fatal was found.
    pub fn is_good(&self) -> bool {
        self.findings.iter().chain(self.chains.iter().flat_map(|c| &c.findings)).all(|f| !f.fatal)
    }
}

/// Verifies every chain under `root`.
pub fn verify(root: &Path, options: &VerifyOptions) -> Result<Verification, JournalError> {
    let mut result = Verification::default();
    let mut known: HashMap<Head, (ChainName, u64, bool)> = HashMap::new();
    for chain in files::chains(root)? {
        let rows = ChainRows::read(root, &chain, options.partial)?;
        let mut proof = rows.prove(root, &chain)?;
        for wanted in options.head.iter().chain(&options.contains) {
            if let Some(row) = rows.rows.iter().find(|row| row.h == *wanted) {
                let is_head = proof.head.as_ref() == Some(wanted);
                proof.pinned = proof.pinned.max(Some(row.n));
                known.insert(wanted.clone(), (chain.clone(), row.n, is_head));
            }
        }
        result.chains.push(proof);
    }
    let mut fail = |text| result.findings.push(Finding { file: root.to_path_buf(), line: 0, text, fatal: true });
    for wanted in options.head.iter().chain(&options.contains).collect::<BTreeSet<_>>() {
        match known.get(wanted) {
            None => {
                fail(format!("no chain holds the record {wanted}: the journal was cut or rewritten, or is another's"));
            }
            Some((chain, n, false)) if options.head.as_ref() == Some(wanted) => {
                fail(format!(
                    "{wanted} is record {n} of chain {chain}, but more records follow it; ask for it with --contains"
                ));
            }
            Some(_) => {}
        }
    }
    Ok(result)
}

/// What is kept of a record while its chain is proved.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) n: u64,
    pub(super) t: Moment,
    pub(super) p: Head,
    pub(super) h: Head,
    pub(super) skip: Option<Skip>,
    pub(super) join: Option<(Head, Head)>,
    /// Its file, by its place in [`ChainRows::files`].
    pub(super) file: usize,
    pub(super) line: u32,
}

/// Bytes between two whole records, or before the first or after the last of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) file: usize,
    /// The record before it in the file.
    pub(super) after: Option<usize>,
    /// The record after it in the file.
    pub(super) before: Option<usize>,
    pub(super) offset: u64,
    /// Without the newline that an append added before its record.
    pub(super) bytes: u64,
    /// Its first line.
    pub(super) line: u32,
    pub(super) flaw: Flaw,
}

/// A chain laid out for its proof, in the order of the files.
#[derive(Debug, Default)]
pub(super) struct ChainRows {
    pub(super) files: Vec<(Day, PathBuf)>,
    pub(super) compacted: BTreeSet<Day>,
    pub(super) rows: Vec<Row>,
    pub(super) gaps: Vec<Gap>,
    /// The first record, where those before it stand in days that are not here.
    pub(super) begins_late: Option<usize>,
    findings: Vec<Found>,
}

/// A finding by its file's place in the listing: file, line, text, whether it is fatal.
pub(super) type Found = (usize, u32, String, bool);

impl ChainRows {
    fn read(root: &Path, chain: &ChainName, partial: bool) -> Result<Self, JournalError> {
        let listing = files::list(root, chain)?;
        let mut rows = Self { compacted: listing.compacted, ..Self::default() };
        for (file, (_, path)) in listing.days.iter().enumerate() {
            rows.read_file(file, path, chain)?;
        }
        rows.files = listing.days;
        rows.begins_late = Some(0).filter(|_| partial && rows.begins_at_a_day(chain));
        Ok(rows)
    }

    /// Whether the first file begins, without damage, with a record that follows one of another file, which is not here.
    fn begins_at_a_day(&self, chain: &ChainName) -> bool {
        let Some(first) = self.rows.first() else { return false };
        let least = self.rows.iter().all(|row| row.n >= first.n && row.h != first.p);
        let whole = first.file == 0 && self.gaps.iter().all(|gap| gap.before != Some(0));
        first.n > 0 && first.p != root_of(chain) && least && whole
    }

    fn read_file(&mut self, file: usize, path: &Path, chain: &ChainName) -> Result<(), JournalError> {
        let mut names = Names::default();
        let mut gap: Option<Gap> = None;
        let mut above = None;
        files::lines(path, |line| match wire::decode(chain, line.bytes, &mut names) {
            Ok(decoded) => {
                if let Some(mut gap) = gap.take() {
                    gap.before = Some(self.rows.len());
                    gap.bytes = gap.bytes.saturating_sub(1);
                    self.gaps.push(gap);
                }
                if !line.ended {
                    let text = "the last record lacks its newline; it is whole all the same";
                    self.findings.push((file, line.number, text.to_owned(), false));
                }
                if let Some(why) = decoded.trouble {
                    let text = format!("the record is whole, but this version cannot read what it says: {why}");
                    self.findings.push((file, line.number, text, false));
                }
                above = Some(self.rows.len());
                self.push(decoded.record, file, line.number);
            }
            Err(flaw) => {
                let (offset, line_number) = (line.offset, line.number);
                let begun = gap.get_or_insert(Gap {
                    file,
                    after: above,
                    before: None,
                    offset,
                    bytes: 0,
                    line: line_number,
                    flaw,
                });
                begun.bytes += line.length;
            }
        })?;
        self.gaps.extend(gap);
        Ok(())
    }

    fn push(&mut self, record: Record, file: usize, line: u32) {
        let join = if let Body::Join(a, b) = record.body { Some((a, b)) } else { None };
        // A hash stands in memory once, although two records carry it.
        let p = self.rows.last().map(|above| &above.h).filter(|h| **h == record.prev).cloned().unwrap_or(record.prev);
        self.rows.push(Row { n: record.n, t: record.t, p, h: record.head, skip: record.skip, join, file, line });
    }

    fn prove(&self, root: &Path, chain: &ChainName) -> Result<ChainProof, JournalError> {
        let mut by_hash = HashMap::with_capacity(self.rows.len());
        for (i, row) in self.rows.iter().enumerate() {
            by_hash.entry(row.h.clone()).or_insert(i);
        }
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|i| self.rows[*i].n);
        let (first, last) = (order.first().map(|i| &self.rows[*i]), order.last().map(|i| &self.rows[*i]));
        let links = links::check(self, &by_hash, &order, chain);
        let torn = torn::check(self, &by_hash)?;
        let mut findings: BTreeMap<(usize, u32, String), bool> = BTreeMap::new();
        for (file, line, text, fatal) in self.findings.iter().cloned().chain(links).chain(torn) {
            findings.insert((file, line, text), fatal);
        }
        let folder = root.join(chain.as_str());
        let place = |file: usize| self.files.get(file).map_or(folder.clone(), |(_, path)| path.clone());
        Ok(ChainProof {
            chain: chain.clone(),
            records: self.rows.len() as u64,
            first: first.map(|row| (row.n, row.t)),
            last: last.map(|row| (row.n, row.t)),
            head: last.map(|row| row.h.clone()),
            pinned: None,
            findings: findings
                .into_iter()
                .map(|((file, line, text), fatal)| Finding { file: place(file), line, text, fatal })
                .collect(),
        })
    }
}
