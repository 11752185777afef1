//! Tells people what is due: the try is a fact before it is sent, and so is what came of it.

use crate::app::{Folders, Report, Stands, Trouble, history, picture, save};
use crate::incident::{Book, Incident};
use crate::journal;
use crate::model::{Body, Moment, Span};
use crate::notify::{self, Delivery};

/// Plans, saves the tries, sends, saves what came of it. Where the config is broken, its operator is told too.
pub fn due(at: &Folders, stands: &Stands, report: &mut Report) {
    if stands.loaded.channels.is_empty() {
        return;
    }
    if let Err(trouble) = tell(at, stands, report) {
        report.troubles.push(trouble);
    }
}

fn tell(at: &Folders, stands: &Stands, report: &mut Report) -> Result<(), Trouble> {
    let settings = &stands.loaded.settings;
    let channels = &stands.loaded.channels;
    let heads = history::heads(&stands.history, stands.moment);
    let declared = &stands.history.declared;
    let mut records = declared.clone();
    records.extend(journal::rounds(&at.journal, &fresh(&stands.book, stands.moment))?);
    let events = notify::events(&picture::world(stands, &records, &heads, &[], false));
    let (mut first, mut deliveries) = notify::plan(channels, &events, declared, stands.moment);
    if let Some(text) = broken_config(report) {
        let (bodies, more) = notify::operator_trouble(&settings.site, channels, &text, declared, stands.moment);
        first.extend(bodies.into_iter().filter(|b| !matches!(b, Body::Channel(_))));
        deliveries.extend(more);
    }
    send(at, stands, first, &deliveries, report)
}

/// The spans whose looks a notification may tell of: the last hours of incidents that are open, or were until lately.
fn fresh(book: &Book, moment: Moment) -> Vec<(Moment, Moment)> {
    let lately = moment - Span::from_mins(2 * 60);
    let span = |i: &Incident| {
        let (from, to) = (i.measured_start.map_or(i.started, |m| m.min(i.started)), i.ended.unwrap_or(moment));
        (to >= lately).then_some((from.max(lately), to.min(moment)))
    };
    book.incidents.iter().filter_map(span).collect()
}

fn send(
    at: &Folders,
    stands: &Stands,
    first: Vec<Body>,
    deliveries: &[Delivery],
    report: &mut Report,
) -> Result<(), Trouble> {
    let now: Moment = stands.moment;
    let mut save = |internal: bool, bodies: Vec<Body>| {
        let parts =
            if internal { [(true, bodies), (false, Vec::new())] } else { [(true, Vec::new()), (false, bodies)] };
        save::bodies(at, &stands.loaded, &stands.history, parts, now).map(|_| ())
    };
    save(false, first)?;
    for told in notify::tell(deliveries, &history::heads(&stands.history, stands.moment), &mut save)? {
        match told.result {
            Ok(()) => report.told += 1,
            Err(refused) => report.troubles.push(Trouble::Notify(format!("{}: {refused}", told.channel))),
        }
    }
    Ok(())
}

/// What is wrong with the config, one mistake a line, where this run had to use the last good one.
fn broken_config(report: &Report) -> Option<String> {
    report.troubles.iter().find_map(|t| match t {
        Trouble::Config(mistakes) => {
            let line = |m: &crate::config::Mistake| {
                format!("{}:{}:{}: {}", m.origin.file.display(), m.origin.line, m.origin.column, m.text)
            };
            Some(mistakes.0.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    })
}
