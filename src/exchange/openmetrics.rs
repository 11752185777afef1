//! `OpenMetrics` 1.0 text with timestamps, as `promtool tsdb create-blocks-from openmetrics` takes it.
//!
//! The format wants all samples of one series together, and the record is in the order of time: so each series is
//! gathered in a file of its own, in a temporary folder, and the files are joined at the end. In memory is one small
//! buffer per series.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::exchange::Sink;
use crate::exchange::looks::Look;
use crate::model::{Moment, Verdict};

/// How much of a series is in memory, in bytes.
const BUFFER_BYTES: usize = 8 << 10;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Look,
    Latency,
    Recorded,
}

impl Family {
    const fn name(self) -> &'static str {
        match self {
            Self::Look => "statuary_look",
            Self::Latency => "statuary_look_latency_seconds",
            Self::Recorded => "statuary_look_recorded",
        }
    }

    const fn header(self) -> &'static str {
        match self {
            Self::Look => "# HELP statuary_look What a look at a probe concluded.\n# TYPE statuary_look stateset\n",
            Self::Latency => {
                "# HELP statuary_look_latency_seconds How long a look at a probe took.\n\
                 # TYPE statuary_look_latency_seconds gauge\n# UNIT statuary_look_latency_seconds seconds\n"
            }
            Self::Recorded => {
                "# HELP statuary_look_recorded A value that a look recorded, in the unit of its field.\n\
                 # TYPE statuary_look_recorded gauge\n"
            }
        }
    }
}

/// The samples of one series so far.
struct Series {
    number: usize,
    buffer: String,
    last: Moment,
    spilled: bool,
}

pub(super) struct OpenMetrics<'o> {
    out: &'o mut dyn Write,
    folder: tempfile::TempDir,
    series: BTreeMap<(Family, String), Series>,
}

impl<'o> OpenMetrics<'o> {
    pub(super) fn begin(out: &'o mut dyn Write) -> io::Result<Self> {
        Ok(Self { out, folder: tempfile::tempdir()?, series: BTreeMap::new() })
    }

    /// Adds samples of one moment; false where the series has one of that moment or of a later one already.
    fn put(
        &mut self,
        family: Family,
        labels: String,
        at: Moment,
        write: impl FnOnce(&mut String, &str),
    ) -> io::Result<bool> {
        let number = self.series.len();
        let key = (family, labels);
        let series = match self.series.get_mut(&key) {
            Some(series) if series.last >= at => return Ok(false),
            Some(series) => series,
            None => {
                let new = Series { number, buffer: String::new(), last: at, spilled: false };
                self.series.entry(key.clone()).or_insert(new)
            }
        };
        series.last = at;
        write(&mut series.buffer, &key.1);
        if series.buffer.len() >= BUFFER_BYTES {
            let path = self.folder.path().join(series.number.to_string());
            File::options().append(true).create(true).open(path)?.write_all(series.buffer.as_bytes())?;
            series.buffer.clear();
            series.spilled = true;
        }
        Ok(true)
    }

    fn spill(&self, series: &Series) -> PathBuf {
        self.folder.path().join(series.number.to_string())
    }
}

impl Sink for OpenMetrics<'_> {
    fn look(&mut self, look: &Look<'_>) -> io::Result<bool> {
        let (at, time) = (look.at, seconds(look.at.ms()));
        let labels = format!(
            "place=\"{}\",component=\"{}\",probe=\"{}\"",
            escape(look.place),
            escape(look.probe.component()),
            escape(look.probe.name())
        );
        let new = self.put(Family::Look, labels.clone(), at, |out, labels| {
            for verdict in Verdict::ALL {
                let (name, word, on) = (Family::Look.name(), verdict.word(), u8::from(*verdict == look.verdict));
                let _ = writeln!(out, "{name}{{{labels},{name}=\"{word}\"}} {on} {time}");
            }
        })?;
        if !new {
            return Ok(false);
        }
        let mut gauge = |family: Family, labels: String, value: String| {
            self.put(family, labels, at, |out, labels| {
                let _ = writeln!(out, "{}{{{labels}}} {value} {time}", family.name());
            })
        };
        for (field, value) in look.recorded {
            gauge(Family::Recorded, format!("{labels},field=\"{}\"", escape(field)), value.to_string())?;
        }
        if let Some(ms) = look.ms {
            gauge(Family::Latency, labels, seconds(i64::from(ms)))?;
        }
        Ok(true)
    }

    fn end(&mut self) -> io::Result<()> {
        let mut family = None;
        for ((of, _), series) in &self.series {
            if family.replace(*of) != Some(*of) {
                self.out.write_all(of.header().as_bytes())?;
            }
            if series.spilled {
                io::copy(&mut File::open(self.spill(series))?, &mut *self.out)?;
            }
            self.out.write_all(series.buffer.as_bytes())?;
        }
        self.out.write_all(b"# EOF\n")?;
        self.out.flush()
    }
}

/// Milliseconds as seconds, exact.
fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    format!("{sign}{}.{:03}", ms / 1000, ms % 1000)
}

/// A label's value.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
