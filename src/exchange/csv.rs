//! CSV (RFC 4180): a header, a row per look, lines ended by CR LF.

use std::io::{self, Write};

use crate::exchange::Sink;
use crate::exchange::looks::Look;
use crate::model::Span;

const HEADER: &str = "t,place,component,probe,verdict,latency_ms,phase,why,tries,after_ms,blind,gap_ms,chain,n\r\n";

pub(super) struct Csv<'o> {
    out: &'o mut dyn Write,
    line: String,
}

impl<'o> Csv<'o> {
    pub(super) fn begin(out: &'o mut dyn Write) -> io::Result<Self> {
        out.write_all(HEADER.as_bytes())?;
        Ok(Self { out, line: String::new() })
    }
}

impl Sink for Csv<'_> {
    fn look(&mut self, look: &Look<'_>) -> io::Result<bool> {
        let number = |n: Option<i64>| n.map_or(String::new(), |n| n.to_string());
        self.line.clear();
        for (i, cell) in [
            look.at.rfc3339().as_str(),
            look.place,
            look.probe.component(),
            look.probe.as_str(),
            look.verdict.word(),
            &number(look.ms.map(i64::from)),
            look.phase.unwrap_or_default(),
            look.why,
            &number(look.tries.map(i64::from)),
            &number(look.after.map(Span::ms)),
            look.blind.unwrap_or_default(),
            &number(Some(look.gap.ms())),
            look.chain.as_str(),
            &look.n.to_string(),
        ]
        .into_iter()
        .enumerate()
        {
            if i > 0 {
                self.line.push(',');
            }
            put(&mut self.line, cell);
        }
        self.line.push_str("\r\n");
        self.out.write_all(self.line.as_bytes()).map(|()| true)
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A cell; in quotes where it holds what would end it.
fn put(line: &mut String, cell: &str) {
    if cell.contains(['"', ',', '\r', '\n']) {
        line.push('"');
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(cell);
    }
}
