//! Everything that is said to the terminal goes through here: colour where a person looks, plain lines in a pipe, and
//! a closed pipe is nobody's mistake.

use std::fmt::Display;
use std::io::{BufWriter, IsTerminal, Write};
use std::ops::ControlFlow;

use unicode_width::UnicodeWidthStr;

/// Red and bold: the only hue, as on the page.
pub const BAD: &str = "\u{1b}[1;31m";
/// Bold.
pub const STRONG: &str = "\u{1b}[1m";
/// Dim.
pub const SOFT: &str = "\u{1b}[2m";
/// Back to normal.
pub const PLAIN: &str = "\u{1b}[0m";

/// A line on standard output. `anstream` takes the colours out where nobody sees them, and honours `NO_COLOR`.
pub fn say(line: impl AsRef<str>) {
    let _ = writeln!(anstream::stdout(), "{}", line.as_ref());
}

/// A line on standard error.
pub fn warn(line: impl AsRef<str>) {
    let _ = writeln!(anstream::stderr(), "{}", line.as_ref());
}

/// A JSON value on standard output.
pub fn json(value: &serde_json::Value) {
    say(serde_json::to_string_pretty(value).unwrap_or_default());
}

/// A JSON value on one line of standard output, where several follow one another.
pub fn json_line(value: &serde_json::Value) {
    say(value.to_string());
}

/// What the operator must act on.
pub fn trouble(trouble: impl Display) {
    warn(format!("{BAD}statuary:{PLAIN} {trouble}"));
}

/// Whether a person reads standard output.
pub fn person_reads() -> bool {
    std::io::stdout().is_terminal()
}

/// `1 record`, `2 records`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// How far a long fetch is, on a line of its own that is written over. Silent where no person waits.
pub fn progress(done: usize, all: usize, bytes: u64) {
    let step = (all / 100).max(1);
    if std::io::stderr().is_terminal() && (done.is_multiple_of(step) || done == all) {
        let _ =
            write!(std::io::stderr(), "\r{SOFT}fetched {done} of {all} files, {:.1} MB{PLAIN} ", bytes as f64 / 1e6);
    }
}

/// Takes that line away.
pub fn progress_ends() {
    if std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "\r\u{1b}[K");
    }
}

/// What somebody else wrote, without the characters that a terminal obeys.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Standard output for long answers: lines are gathered, and a reader who has had enough ends them.
pub struct Pipe(BufWriter<Box<dyn Write>>);

impl Pipe {
    /// For a person: colours are taken out where nobody sees them.
    pub fn of_words() -> Self {
        Self::of(anstream::AutoStream::auto(std::io::stdout().lock()))
    }

    /// For a program: the bytes as they are.
    pub fn of_bytes() -> Self {
        Self::of(std::io::stdout().lock())
    }

    fn of(out: impl Write + 'static) -> Self {
        Self(BufWriter::with_capacity(64 << 10, Box::new(out)))
    }

    /// Writes; breaks where nobody reads any more.
    pub fn put(&mut self, text: &str) -> ControlFlow<()> {
        self.0.write_all(text.as_bytes()).map_or(ControlFlow::Break(()), |()| ControlFlow::Continue(()))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// Columns, each as wide as its widest cell; the last is not padded. Widths are those on a terminal.
pub fn table(rows: &[Vec<String>]) -> Vec<String> {
    let width = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|c| bare(c)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(cell);
            text.push_str(&" ".repeat(width - bare(cell) + 2));
        }
        text.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// The width of a cell on a terminal, without its colours.
pub fn bare(cell: &str) -> usize {
    anstream::adapter::strip_str(cell).to_string().width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_whatever_its_colours() {
        let rows = [vec![format!("{BAD}down{PLAIN}"), "x".into()], vec!["operational".into(), "y".into()]];
        let lines: Vec<String> = table(&rows).iter().map(|l| anstream::adapter::strip_str(l).to_string()).collect();
        assert_eq!(lines, ["down         x", "operational  y"]);
    }
}
