//! A check as JUnit's XML: a test case per probe. Down fails, what nobody can tell is skipped, and what is degraded
//! passes and says so.
//!
//! The order of elements and the attributes are those that the schemas of Jenkins (`junit-10.xsd`) and Surefire
//! (`surefire-test-report.xsd`) both take.

use std::fmt::Write;

use super::{Line, Report};
use crate::cli::voice::say;
use crate::model::{Span, Verdict};

pub(super) fn tell(report: &Report<'_>) {
    say(suite(report).trim_end());
}

fn suite(report: &Report<'_>) -> String {
    let count = |verdict: Verdict| report.lines.iter().filter(|line| report.known(line) == verdict).count();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(
        xml,
        "<testsuite name=\"statuary\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{}\">",
        report.lines.len(),
        count(Verdict::Down),
        count(Verdict::Unknown),
        seconds(report.looked.took),
    );
    for line in &report.lines {
        case(&mut xml, report, line);
    }
    xml + "</testsuite>\n"
}

fn case(xml: &mut String, report: &Report<'_>, line: &Line<'_>) {
    let (seen, key) = (line.seen(), line.look.key.as_str());
    let (component, probe) = key.split_once('/').unwrap_or((key, key));
    let took = Span::from_ms(seen.ms.map_or(0, i64::from));
    let why = escaped(&report.why(line));
    let _ = write!(
        xml,
        "  <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
        escaped(component),
        escaped(probe),
        seconds(took)
    );
    let _ = match report.known(line) {
        Verdict::Up => writeln!(xml, "/>"),
        Verdict::Degraded => writeln!(xml, ">\n    <system-out>degraded: {why}</system-out>\n  </testcase>"),
        Verdict::Unknown => writeln!(xml, ">\n    <skipped message=\"{why}\"/>\n  </testcase>"),
        Verdict::Down => {
            let (phase, story) = (escaped(seen.phase.unwrap_or("down")), escaped(&seen.detail));
            writeln!(xml, ">\n    <failure type=\"{phase}\" message=\"{why}\">{story}</failure>\n  </testcase>")
        }
    };
}

/// Seconds with three digits after the point.
fn seconds(span: Span) -> String {
    let ms = span.ms().max(0);
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// As XML 1.0 takes it, in an element or in an attribute. What it cannot hold at all becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_said_cannot_leave_its_element() {
        assert_eq!(
            escaped("</failure><x a=\"1\">&\u{1b}[31m\u{0}\u{ffff} 世界\n"),
            "&lt;/failure&gt;&lt;x a=&quot;1&quot;&gt;&amp;\u{fffd}[31m\u{fffd}\u{fffd} 世界\n"
        );
    }

    #[test]
    fn a_time_is_seconds() {
        assert_eq!([0, 7, 1200, 61_005].map(|ms| seconds(Span::from_ms(ms))), ["0.000", "0.007", "1.200", "61.005"]);
    }
}
