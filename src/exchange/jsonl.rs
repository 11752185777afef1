//! JSON Lines: one object per look, with the same names as the columns of the CSV, and what was recorded with it.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::exchange::Sink;
use crate::exchange::looks::Look;
use crate::model::Span;

/// 2^53: up to here every whole number has its own `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

#[derive(Serialize)]
struct Line<'r> {
    t: String,
    place: &'r str,
    component: &'r str,
    probe: &'r str,
    verdict: &'static str,
    latency_ms: Option<u32>,
    phase: Option<&'r str>,
    why: Option<&'r str>,
    tries: Option<u32>,
    after_ms: Option<i64>,
    blind: Option<&'r str>,
    gap_ms: i64,
    recorded: Recorded<'r>,
    chain: &'r str,
    n: u64,
}

struct Recorded<'r>(&'r [(String, f64)]);

impl Serialize for Recorded<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(self.0.len()))?;
        for (field, value) in self.0 {
            // Whole numbers are written as such, up to where each has a value of its own.
            if value.fract() == 0.0 && value.abs() <= EXACT {
                map.serialize_entry(field, &(*value as i64))?;
            } else {
                map.serialize_entry(field, value)?;
            }
        }
        map.end()
    }
}

pub(super) struct Lines<'o> {
    out: &'o mut dyn Write,
}

impl<'o> Lines<'o> {
    pub(super) fn new(out: &'o mut dyn Write) -> Self {
        Self { out }
    }
}

impl Sink for Lines<'_> {
    fn look(&mut self, look: &Look<'_>) -> io::Result<bool> {
        let line = Line {
            t: look.at.rfc3339(),
            place: look.place,
            component: look.probe.component(),
            probe: look.probe.as_str(),
            verdict: look.verdict.word(),
            latency_ms: look.ms,
            phase: look.phase,
            why: Some(look.why).filter(|why| !why.is_empty()),
            tries: look.tries,
            after_ms: look.after.map(Span::ms),
            blind: look.blind,
            gap_ms: look.gap.ms(),
            recorded: Recorded(look.recorded),
            chain: look.chain.as_str(),
            n: look.n,
        };
        serde_json::to_writer(&mut *self.out, &line)?;
        self.out.write_all(b"\n").map(|()| true)
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
