//! Writes the record for others: every look as a row, a line, or samples.
//!
//! - Takes: a record's folder and which part of it is wanted.
//! - Gives: CSV, JSON Lines or OpenMetrics, written on the way: a long record needs no more memory than a short one.
//! - Touches: disk (the record, and a temporary folder for OpenMetrics).
//! - Never: works out a figure, or fills in a look that is not there.

mod csv;
mod jsonl;
mod looks;
mod openmetrics;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use crate::journal::{self, JournalError, Range, Walked};
use csv::Csv;
use jsonl::Lines;
use looks::{Look, looks};
use openmetrics::OpenMetrics;

/// How looks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 4180, with a header.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// `OpenMetrics` 1.0 text with timestamps.
    OpenMetrics,
}

/// What was exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Looks that were written.
    pub looks: u64,
    /// Looks that could not be: their time is not after the one before them, which the format does not take.
    pub left_out: u64,
    /// What was passed on the way.
    pub walked: Walked,
}

/// Why nothing more was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The record cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Nothing more can be written.
    #[error("the export cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Something that takes looks in the order of time.
trait Sink {
    /// Takes one. False: it could not be put in.
    fn look(&mut self, look: &Look<'_>) -> io::Result<bool>;

    /// The last words.
    fn end(&mut self) -> io::Result<()>;
}

/// Writes every look of a range. `components` are the ids whose looks are wanted; none: all.
pub fn export(
    root: &Path,
    range: &Range,
    components: Option<&[String]>,
    format: ExportFormat,
    out: &mut dyn Write,
) -> Result<Exported, ExchangeError> {
    let mut sink: Box<dyn Sink + '_> = match format {
        ExportFormat::Csv => Box::new(Csv::begin(out)?),
        ExportFormat::Jsonl => Box::new(Lines::new(out)),
        ExportFormat::OpenMetrics => Box::new(OpenMetrics::begin(out)?),
    };
    let mut done = Exported::default();
    let mut stopped = None;
    done.walked = journal::walk(root, range, &mut |records| {
        let mut day: Vec<Look<'_>> = records.iter().flat_map(looks).collect();
        if let Some(ids) = components {
            day.retain(|look| ids.iter().any(|id| id == look.probe.component()));
        }
        // A second look may lie after the round of another place.
        day.sort_by_key(|look| look.at);
        for look in &day {
            match sink.look(look) {
                Ok(true) => done.looks += 1,
                Ok(false) => done.left_out += 1,
                Err(e) => {
                    stopped = Some(e);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(e) = stopped {
        return Err(e.into());
    }
    sink.end()?;
    Ok(done)
}
