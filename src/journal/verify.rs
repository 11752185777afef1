//! Proves chains whole: every changed byte, and every removed, swapped, doubled or inserted record or day before the
//! head, is a fatal finding. Cutting the end can only be seen against a head that was kept elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::journal::JournalError;
use crate::journal::files::{self, Day};
use crate::journal::forms;
use crate::journal::links;
use crate::journal::pinned::{self, Pinned, Sealed};
use crate::journal::seal::{self, Flaw};
use crate::journal::torn;
use crate::journal::wire::{self, Names};
use crate::model::{Body, ChainName, Head, Moment, Record, Skip};

/// Heads that were kept elsewhere (an old e-mail, a feed, a print-out), to hold against the journal.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Some chain must end with this record.
    pub head: Option<Head>,
    /// Some chain must hold this record.
    pub contains: Option<Head>,
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
    /// Whole records, those of rolled-up days included.
    pub records: u64,
    /// Days that stand rolled up.
    pub rolled: u64,
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
        let (rows, mut proof) = forms::steady(|| {
            let rows = ChainRows::read(root, &chain)?;
            let proof = rows.prove(root, &chain)?;
            Ok((rows, proof))
        })?;
        for wanted in options.head.iter().chain(&options.contains) {
            if let Some(n) = rows.number_of(wanted) {
                let is_head = proof.head.as_ref() == Some(wanted);
                proof.pinned = proof.pinned.max(Some(n));
                known.insert(wanted.clone(), (chain.clone(), n, is_head));
            }
        }
        proof.findings.extend(proof.pinned.and_then(|n| rows.pinned_later(root, &chain, n)));
        result.chains.push(proof);
    }
    let mut wrong = Vec::new();
    let mut fail = |text| wrong.push(Finding { file: root.to_path_buf(), line: 0, text, fatal: true });
    for wanted in options.head.iter().chain(&options.contains).collect::<BTreeSet<_>>() {
        match known.get(wanted) {
            None => {
                let rolled = result.chains.iter().any(|c| c.rolled > 0);
                let inside = "; of days that are rolled up only the first, the last and those around incidents can be \
                              told: the head of the last closed day stands beside it";
                let hint = if rolled { inside } else { "" };
                fail(format!(
                    "no chain holds the record {wanted}: the journal was cut or rewritten, or is another's{hint}"
                ));
            }
            Some((chain, n, false)) if options.head.as_ref() == Some(wanted) => {
                fail(format!(
                    "{wanted} is record {n} of chain {chain}, but more records follow it; ask for it with --contains"
                ));
            }
            Some(_) => {}
        }
    }
    result.findings = wrong;
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
    /// What of its neighbours stands here.
    pub(super) place: Place,
}

/// Where a record stands among those that are here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The one before it may be rolled up, or stand in a file that is not here.
    pub(super) after_gap: bool,
    /// The one after it may be.
    pub(super) before_gap: bool,
    /// It is known by a pin alone.
    pub(super) absent: bool,
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
    pub(super) pins: Vec<Pinned>,
    /// The files that pins are about.
    pub(super) sealed: Vec<Sealed>,
    /// Records of rolled-up days that are no rows.
    pub(super) unseen: u64,
    /// Rounds that roll-ups keep, with their numbers.
    pub(super) kept: HashMap<Head, u64>,
    pub(super) findings: Vec<Found>,
}

/// A finding by its file's place in the listing: file, line, text, whether it is fatal.
pub(super) type Found = (usize, u32, String, bool);

impl ChainRows {
    fn read(root: &Path, chain: &ChainName) -> Result<Self, JournalError> {
        let listing = files::list(root, chain)?;
        let mut all = listing.days;
        all.extend(listing.rolled.iter().cloned());
        all.sort();
        let mut rows = Self { compacted: listing.compacted, ..Self::default() };
        for (file, (day, path)) in all.iter().enumerate() {
            if listing.rolled.iter().any(|(_, rolled)| rolled == path) {
                pinned::read_rolled(&mut rows, file, *day, path, chain)?;
            } else {
                rows.read_file(file, path, chain)?;
            }
        }
        rows.files = all;
        pinned::seal(&mut rows)?;
        pinned::beside(&mut rows, &listing.beside);
        pinned::absent(&mut rows, root, chain);
        Ok(rows)
    }

    /// Lays out some files of a chain, raw or compressed ones.
    pub(super) fn of(chain: &ChainName, files: Vec<(Day, PathBuf)>) -> Result<Self, JournalError> {
        let mut rows = Self::default();
        for (file, (_, path)) in files.iter().enumerate() {
            rows.read_file(file, path, chain)?;
        }
        rows.files = files;
        Ok(rows)
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
        let join = match record.body {
            Body::Join(a, b) => Some((a, b)),
            Body::Pin(pin) => {
                self.pins.push(Pinned { pin, n: record.n, file, line });
                None
            }
            _ => None,
        };
        // A hash stands in memory once, although two records carry it.
        let p = self.rows.last().map(|above| &above.h).filter(|h| **h == record.prev).cloned().unwrap_or(record.prev);
        let (n, t, h, skip) = (record.n, record.t, record.head, record.skip);
        self.rows.push(Row { n, t, p, h, skip, join, file, line, place: Place::default() });
    }

    /// The number of the record with this hash.
    fn number_of(&self, head: &Head) -> Option<u64> {
        let row = self.rows.iter().find(|row| row.h == *head && !row.place.absent).map(|row| row.n);
        row.or_else(|| self.kept.get(head).copied())
    }

    /// What a head that somebody kept does not prove: days that were rolled up after it.
    fn pinned_later(&self, root: &Path, chain: &ChainName, n: u64) -> Option<Finding> {
        let later = self.sealed.iter().filter_map(|sealed| sealed.rolled_by).filter(|by| *by > n);
        let (days, last) = later.fold((0, 0), |(days, last), by| (days + 1, by.max(last)));
        let which = if days == 1 { "1 day was".to_owned() } else { format!("{days} days were") };
        let text = format!(
            "{which} rolled up after record {n}, so that head does not prove what their roll-ups say; one from record \
             {last} on does"
        );
        let file = root.join(chain.as_str());
        (days > 0).then_some(Finding { file, line: 0, text, fatal: false })
    }

    /// SHA-256 of the bytes of a gap.
    pub(super) fn hash_of(&self, gap: &Gap) -> std::io::Result<String> {
        let mut hash = Sha256::new();
        forms::part(&self.files[gap.file].1, gap.offset, gap.bytes, |bytes| hash.update(bytes))?;
        Ok(seal::hex(&hash.finalize()))
    }

    fn prove(&self, root: &Path, chain: &ChainName) -> Result<ChainProof, JournalError> {
        let by_hash = by_hash(&self.rows);
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|i| self.rows[*i].n);
        let here: Vec<&Row> = order.iter().map(|i| &self.rows[*i]).filter(|row| !row.place.absent).collect();
        let (first, last) = (here.first(), here.last());
        let links = links::check(self, &by_hash, &order, chain);
        let torn = torn::check(self, &by_hash)?;
        let mut findings: BTreeMap<(usize, u32, String), bool> = BTreeMap::new();
        let pinned = pinned::check(self);
        for (file, line, text, fatal) in self.findings.iter().cloned().chain(links).chain(torn).chain(pinned) {
            findings.insert((file, line, text), fatal);
        }
        let folder = root.join(chain.as_str());
        let place = |file: usize| self.files.get(file).map_or(folder.clone(), |(_, path)| path.clone());
        Ok(ChainProof {
            chain: chain.clone(),
            records: here.len() as u64 + self.unseen,
            rolled: self.sealed.iter().filter(|sealed| sealed.form == forms::Form::Rolled).count() as u64,
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

/// The first row of each hash.
pub(super) fn by_hash(rows: &[Row]) -> HashMap<Head, usize> {
    let mut by_hash = HashMap::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        by_hash.entry(row.h.clone()).or_insert(i);
    }
    by_hash
}
