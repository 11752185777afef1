//! What the desk declared on those days: the real `due`, asked minute by minute around everything that happened.

use std::path::Path;

use crate::app::{self, Trouble};
use crate::demo::story::Story;
use crate::demo::{MINUTE, days};
use crate::model::{Moment, Record, Span, WriteUp, WriteUpKind};

/// How far before a moment the desk's fold begins: longer than the longest outage with its quiet half hour.
const BACK: Span = Span::from_mins(6 * 60);

/// Replays the desk over all that happened, oldest first.
pub fn replay(folder: &Path, story: Story, rounds: &[Record], now: Moment) -> Result<(), Trouble> {
    let stands = app::stands_at(folder, Some(Moment::from_ms(0)))?;
    let mut declared: Vec<Record> = Vec::new();
    for at in minutes(story) {
        if at > now {
            break;
        }
        let words = words_by(&stands.words.writeups, story, at);
        let from = rounds.partition_point(|r| r.t < at - BACK);
        let to = rounds.partition_point(|r| r.t <= at);
        let records: Vec<Record> = rounds[from..to].iter().chain(&declared).cloned().collect();
        declared.extend(app::declare(folder, &stands.loaded, &records, &words, at)?);
    }
    Ok(())
}

/// The minutes at which the desk must have looked: around each outage, and when something was written.
fn minutes(story: Story) -> Vec<Moment> {
    let quiet = Span::from_mins(36);
    let mut spans: Vec<(Moment, Moment)> =
        days::others(story).into_iter().map(|(from, to)| (from, to + quiet)).collect();
    spans.push((story.at(8, 58), story.at(10, 41) + quiet));
    // The days on which planned work was announced and words were written.
    spans.extend([(story.on(-27, 11, 0), story.on(-27, 11, 1)), (story.on(-24, 21, 59), story.on(-24, 22, 32))]);
    spans.extend([(story.on(7, 10, 0), story.on(7, 10, 1)), (story.on(7, 11, 0), story.on(7, 11, 1))]);
    spans.sort();
    let mut minutes: Vec<Moment> = Vec::new();
    for (from, to) in spans {
        let mut at = from;
        while at <= to {
            // Half a second after the round that the look of this minute left.
            minutes.push(at + Span::from_ms(500));
            at = at + MINUTE;
        }
    }
    minutes.dedup();
    minutes
}

/// The write-ups as far as they were written at a moment: a file exists from its first update on (planned work, from
/// its announcement on), and holds the updates up to then.
fn words_by(writeups: &[WriteUp], story: Story, at: Moment) -> Vec<WriteUp> {
    let written = |w: &WriteUp| match w.kind {
        WriteUpKind::Maintenance => {
            let said = w.updates.iter().filter_map(|u| u.at).min();
            let announced = said.or(w.starts.map(|s| s - Span::from_mins(3 * 24 * 60)));
            announced.is_some_and(|a| a <= at)
        }
        WriteUpKind::Incident | WriteUpKind::Notice => {
            let first = w.updates.iter().filter_map(|u| u.at).min();
            first.or(Some(story.on(7, 10, 0))).is_some_and(|f| f <= at)
        }
    };
    let cut = |w: &WriteUp| {
        let mut w = w.clone();
        w.updates.retain(|u| u.at.is_none_or(|t| t <= at));
        if w.kind == WriteUpKind::Incident && at < story.on(7, 10, 0) {
            // The postmortem came a week later: until then the file had other bytes. Its last update's stand for them.
            if let Some(last) = w.updates.last() {
                w.sha256.clone_from(&last.sha256);
            }
        }
        w
    };
    writeups.iter().filter(|w| written(w)).map(cut).collect()
}
