//! Write-ups as they stood: what was written after the moment is left out.

use crate::incident::ledger;
use crate::model::{History, IncidentStatus, Moment, Settings, Visibility, WriteUp};

/// What can be shown of each write-up to somebody who asks how it stood (MEANING, "As it stood").
///
/// The record knows when each update was said, and with which bytes the file was last out by the moment. Where the
/// bytes are today's, the file is shown as it is. Otherwise nobody knows which of its other words stood there: text,
/// timeline, next steps, people, and what a person said of end, status and impact are left out. Title, components and
/// the updates stay: those have a record each, and the wording of a look back is today's. Where the moment is no look
/// back, nothing is left out.
pub(super) fn cut(writeups: &mut [WriteUp], history: &History, settings: &Settings, moment: Moment) {
    if !ledger::looks_back(history, settings, moment) {
        return;
    }
    let entries = ledger::entries(history, settings, Some(moment));
    let out = [ledger::words(&entries, false), ledger::words(&entries, true)];
    let began = history.began();
    for w in writeups {
        let file = out[usize::from(w.visibility == Visibility::Internal)].get(&w.file);
        if file.is_none_or(|f| f.sha256 != w.sha256) && !older(w, began, moment) {
            strip(w);
        }
    }
}

/// Whether it tells of something that people had called over before there was a desk: then nothing was journaled of
/// it, and its own stamps are all there is.
fn older(w: &WriteUp, began: Option<Moment>, moment: Moment) -> bool {
    let last = w.updates.iter().map(|u| u.at).max().flatten();
    let over = w.updates.iter().any(|u| u.status.is_some_and(IncidentStatus::is_over));
    over && last.is_some_and(|at| at <= moment && began.is_none_or(|b| at < b))
}

fn strip(w: &mut WriteUp) {
    w.sections.clear();
    w.timeline.clear();
    w.actions.clear();
    w.authors.clear();
    w.roles.clear();
    w.ended = None;
    w.status = None;
    w.impact = None;
    for (_, impact) in &mut w.components {
        *impact = None;
    }
}

#[cfg(test)]
mod tests {
    use crate::incident::as_it_stood;
    use crate::incident::check::{Stage, at, update, wall, writeup};
    use crate::model::{Impact, IncidentStatus, Section, WriteUp};
    use crate::timeline::history;

    /// Web is down from 9:02 to 9:10; one word at 9:04, the postmortem at 9:50.
    fn told() -> Stage {
        let mut stage = Stage::new(&["web"]).strip("web", format!("uu{}", "d".repeat(8)));
        let mut w = writeup("2026-11-23-web-down.md", "1", &[("web", None)]);
        w.updates.push(update("a", Some(4), Some(IncidentStatus::Investigating), "x"));
        stage.writeups.push(w);
        let mut stage = stage.runs(0..=49);
        let w = &mut stage.writeups[0];
        w.sha256 = "2".into();
        w.components[0].1 = Some(Impact::Critical);
        (w.impact, w.status) = (Some(Impact::Critical), Some(IncidentStatus::Postmortem));
        (w.started, w.ended) = (Some(at(2)), Some(at(10)));
        w.authors.push("Ines".into());
        w.sections.push(Section { title: "Cause".into(), anchor: "cause".into(), html: "<p>the disk</p>".into() });
        stage.runs(50..=55)
    }

    fn cut(stage: &Stage, minute: i64) -> WriteUp {
        let mut writeups = stage.writeups.clone();
        as_it_stood(&mut writeups, &history(&stage.records, at(minute)), &stage.settings, at(minute));
        writeups.remove(0)
    }

    #[test]
    fn a_look_back_shows_nothing_that_was_written_later() {
        let stage = told();
        for minute in [3, 5, 20, 49] {
            let w = cut(&stage, minute);
            assert!(w.sections.is_empty() && w.authors.is_empty(), "{minute}");
            assert_eq!((w.ended, w.status, w.impact, w.components[0].1), (None, None, None, None), "{minute}");
            assert_eq!(w.updates.len(), 1, "its records tell when it was said");
        }
        for minute in [50, 54, 55, 70] {
            let w = cut(&stage, minute);
            assert_eq!((w.sections.len(), w.status), (1, Some(IncidentStatus::Postmortem)), "{minute}");
        }
    }

    #[test]
    fn an_end_that_was_written_later_ends_nothing_before() {
        let mut stage = told();
        stage.writeups = vec![cut(&stage, 5)];
        let book = stage.book(5);
        let i = &book.incidents[0];
        assert_eq!((i.status, i.ended.map(wall)), (IncidentStatus::Investigating, None));
    }
}
