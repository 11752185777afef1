//! Reads one heading: is it an update, of which status, from when, and when is the next word due?

use crate::model::{IncidentStatus, MaintenanceStatus, Zone};
use crate::writeup::when::{self, Piece, When};
use crate::writeup::words::{self, Beginning, Word};

/// A heading that is an update.
#[derive(Clone, Debug, Default)]
pub(super) struct Heading {
    /// What was typed before the time, shown as it is; empty: "Update".
    pub(super) word: String,
    /// The incident's status that it sets.
    pub(super) status: Option<IncidentStatus>,
    /// The maintenance's status that it sets.
    pub(super) maintenance: Option<MaintenanceStatus>,
    /// Its date, time or both.
    pub(super) when: Option<When>,
    /// When the next word is due.
    pub(super) next: Option<When>,
    /// What could not be read as meant.
    pub(super) remarks: Vec<String>,
}

/// Reads a heading's words. One that neither begins with a status word nor ends in a date or time is no update.
pub(super) fn read(text: &str, zone: Zone) -> Option<Heading> {
    let mut heading = Heading::default();
    let (rest, unread) = take_next(text, zone, &mut heading);
    let (typed, when) = match when::suffix(rest, zone) {
        Some((when, at)) => (without_filler(trim(&rest[..at])), Some(when)),
        None => (trim(rest), None),
    };
    heading.when = when;
    heading.word = [typed, unread].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    match words::beginning(typed) {
        Beginning::Word(word) => match word {
            Word::Incident(status) => heading.status = Some(status),
            Word::Maintenance(status) => heading.maintenance = Some(status),
            Word::Update => {}
        },
        Beginning::Nearly(slip, right) if when.is_some() || slip == typed => {
            heading.remarks.push(format!(
                "`{slip}` is no status word, so it is shown as typed and changes no status; did you mean `{right}`?"
            ));
        }
        Beginning::Nearly(..) | Beginning::Other if when.is_none() => return None,
        Beginning::Nearly(..) | Beginning::Other => {}
    }
    remark_on_bad_dates(&mut heading);
    if heading.remarks.is_empty() && !matches!(words::beginning(typed), Beginning::Other) {
        remark_on_more_words(&mut heading);
    }
    Some(heading)
}

/// A hint for a heading that begins with a time and is therefore no update.
pub(super) fn nearly(text: &str, zone: Zone) -> Option<String> {
    let (_, end) = when::prefix(text, zone)?;
    let rest = text[end..].trim_start_matches(|c: char| !c.is_alphanumeric());
    matches!(words::beginning(rest), Beginning::Word(_)).then(|| {
        format!("`{text}` is read as an ordinary heading: an update begins with its status word and ends with its time")
    })
}

/// Cuts `· next 09:30` off the end. Gives what stands before it, and what was cut off without being understood.
fn take_next<'a>(text: &'a str, zone: Zone, heading: &mut Heading) -> (&'a str, &'a str) {
    let found = when::pieces(text);
    for (at, piece) in found.iter().enumerate().rev() {
        if piece.separator || !piece.text.eq_ignore_ascii_case("next") {
            continue;
        }
        let rest = after_next(&found[at + 1..], text);
        if let Some(next) = when::read(rest, zone) {
            heading.next = Some(next);
            return (&text[..piece.start], "");
        }
        if at > 0 && found[at - 1].separator && !rest.is_empty() {
            let said = trim(&text[piece.start..]);
            heading.remarks.push(format!(
                "`{said}` says no time that can be read; write it like `next 09:30` or `next 2026-11-23 09:30`"
            ));
            return (&text[..piece.start], said);
        }
    }
    (text, "")
}

fn after_next<'a>(rest: &[Piece<'_>], text: &'a str) -> &'a str {
    const FILLERS: [&str; 7] = ["update", "word", "news", "by", "at", "due", "is"];
    rest.iter()
        .find(|p| !p.separator && !FILLERS.iter().any(|f| p.text.eq_ignore_ascii_case(f)))
        .map_or("", |p| &text[p.start..])
}

/// "Next update: 09:30" or "Next word by 09:30" on a line of the text. `Err` holds what cannot be read.
pub(super) fn next_line(line: &str, zone: Zone) -> Option<Result<When, String>> {
    let line = line.replace(['*', '_'], " ");
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '-'));
    let lower = line.to_ascii_lowercase();
    let start = ["next update", "next word"].iter().find(|s| lower.starts_with(**s))?;
    let found = when::pieces(line);
    let rest = after_next(found.iter().position(|p| !p.separator).map_or(&[], |at| &found[at + 1..]), line);
    if let Some((next, _)) = when::prefix(rest, zone) {
        return Some(Ok(next));
    }
    line[start.len()..].trim_start().starts_with(':').then(|| Err(trim(line).to_owned()))
}

fn remark_on_more_words(heading: &mut Heading) {
    let more = heading.word.split_whitespace().count() > 1 && !heading.word.to_lowercase().starts_with("in progress");
    if heading.when.is_none() && heading.next.is_none() && more {
        heading.remarks.push(format!(
            "`{}` is read as an update, because it begins with a status word; \
             add its time, or begin the heading with another word",
            heading.word
        ));
    }
}

/// A word that looks like a date and is none.
fn remark_on_bad_dates(heading: &mut Heading) {
    for piece in when::pieces(&heading.word) {
        let digits = piece.text.bytes().filter(u8::is_ascii_digit).count();
        let joined = piece.text.bytes().any(|b| matches!(b, b':' | b'/' | b'-'));
        if digits >= 3 && joined && piece.text.starts_with(|c: char| c.is_ascii_digit()) {
            heading.remarks.push(format!(
                "`{}` is no date or time, so it is shown as typed; write it like `2026-11-23 09:05`",
                piece.text
            ));
        }
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '·' | '|' | '–' | '—' | '-' | ',' | ':' | ';' | '(' | '[')
    })
}

/// "Restarted at 10:08": the "at" belongs to the time.
fn without_filler(text: &str) -> &str {
    let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    let filler = ["at", "on", "@"].iter().any(|f| last.eq_ignore_ascii_case(f));
    if filler && last.len() < text.len() { trim(&text[..text.len() - last.len()]) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn say(text: &str) -> String {
        let Some(heading) = read(text, Zone::UTC) else { return "no update".to_owned() };
        let mut said = format!("[{}]", heading.word);
        let status = heading.status.map(IncidentStatus::word).or(heading.maintenance.map(MaintenanceStatus::word));
        let _ = write!(said, " {}", status.unwrap_or("-"));
        for (name, when) in [("at", heading.when), ("next", heading.next)] {
            if let Some(when) = when {
                let day = when.day.map_or(String::new(), |d| format!("{d:?} ").replace("Full", ""));
                let _ = write!(said, " {name} {day}{}", when.time.map_or(String::new(), |t| t.to_string()));
            }
        }
        if heading.remarks.is_empty() { said } else { format!("{said} !{}", heading.remarks.len()) }
    }

    #[test]
    fn a_heading_is_an_update_when_it_begins_with_a_status_word_or_ends_in_a_time() {
        let cases = [
            ("Investigating · 2026-11-23 09:05", "[Investigating] investigating at (2026-11-23) 09:05:00"),
            ("Identified - 09:18", "[Identified] identified at 09:18:00"),
            ("monitoring — 23 Nov 2026, 10:31", "[monitoring] monitoring at (2026-11-23) 10:31:00"),
            ("RESOLVED | 10:40", "[RESOLVED] resolved at 10:40:00"),
            ("Resolved (10:40)", "[Resolved] resolved at 10:40:00"),
            ("Update: 2026-11-23", "[Update] - at (2026-11-23) "),
            ("Resolved", "[Resolved] resolved"),
            ("In progress · 22:00", "[In progress] in_progress at 22:00:00"),
            ("in_progress · 22:00", "[in_progress] in_progress at 22:00:00"),
            ("Post-mortem, 2026-11-24", "[Post-mortem] postmortem at (2026-11-24) "),
            ("2026-11-23 09:05", "[] - at (2026-11-23) 09:05:00"),
            ("Fixed it · 10:40", "[Fixed it] - at 10:40:00"),
            ("Restarted at 10:08", "[Restarted] - at 10:08:00"),
            ("Investigating · 09:05 · next 09:30", "[Investigating] investigating at 09:05:00 next 09:30:00"),
            ("Investigating · next update by 9:30", "[Investigating] investigating next 09:30:00"),
            ("Investigting · 09:05", "[Investigting] - at 09:05:00 !1"),
            ("Resovled", "[Resovled] - !1"),
            ("Investigating · 2026-13-23 09:05", "[Investigating · 2026-13-23] investigating at 09:05:00 !1"),
            ("Investigating · 09:05 · next soon", "[Investigating · next soon] investigating at 09:05:00 !1"),
            ("Monitoring gaps", "[Monitoring gaps] monitoring !1"),
            ("Symptoms", "no update"),
            ("Next steps", "no update"),
            ("Updates", "no update"),
            ("Schedule", "no update"),
            ("09:05 Investigating", "no update"),
            ("", "no update"),
        ];
        for (text, meant) in cases {
            assert_eq!(say(text).trim_end(), meant.trim_end(), "{text}");
        }
    }

    #[test]
    fn the_next_word_may_stand_in_the_text() {
        let time = |line| next_line(line, Zone::UTC).map(|r| r.map(|w| w.time.unwrap().to_string()));
        assert_eq!(time("Next update: 09:30"), Some(Ok("09:30:00".to_owned())));
        assert_eq!(time("**Next word:** 9:30."), Some(Ok("09:30:00".to_owned())));
        assert_eq!(time("Next word by 9:30, or sooner."), Some(Ok("09:30:00".to_owned())));
        assert_eq!(time("Next update: soon"), Some(Err("Next update: soon".to_owned())));
        assert_eq!(time("Next update will tell more"), None);
        assert_eq!(time("The next update: 09:30"), None);
    }
}
