//! The pure half of the way: what stands, as files in memory.

use crate::app::{Folders, Stands, Trouble, history};
use crate::config;
use crate::incident::{Book, Incident};
use crate::model::{ChainName, Head, Moment, Remark, Span};
use crate::render::{self, Class, Output};
use crate::site::{self, World};

/// Every file of the site.
pub fn files(at: &Folders, stands: &Stands, look_back: bool) -> Result<Vec<Output>, Trouble> {
    let theme = config::theme(&at.site).map_err(|e| {
        Trouble::Publish(format!("templates/ or static/ cannot be read: {e}; the site was not changed"))
    })?;
    let heads = history::heads(&stands.history, stands.moment);
    let remarks = public_remarks(&stands.remarks);
    let world = world(stands, &heads, &remarks, look_back);
    let site = site::assemble(&world);
    let mut files = render::pages(&site, &theme)?;
    files.extend(render::machine_files(&world, &site));
    files.extend(images(stands)?);
    render::no_collisions(&files)?;
    Ok(files)
}

/// Everything a site is made from, as the rooms below want it.
pub fn world<'a>(
    stands: &'a Stands,
    heads: &'a [(ChainName, Head, u64)],
    remarks: &'a [Remark],
    look_back: bool,
) -> World<'a> {
    World {
        settings: &stands.loaded.settings,
        timelines: &stands.timelines,
        book: &stands.book,
        writeups: &stands.words.writeups,
        records: &stands.records,
        heads,
        remarks,
        moment: stands.moment,
        look_back,
    }
}

/// The spans whose rounds are drawn: around every incident.
pub fn drawn(book: &Book, moment: Moment) -> Vec<(Moment, Moment)> {
    let around = Span::from_mins(31);
    let span = |i: &Incident| {
        let (from, to) = (i.measured_start.map_or(i.started, |m| m.min(i.started)), i.ended.unwrap_or(moment));
        (from - around, (to + around).min(moment))
    };
    book.incidents.iter().map(span).collect()
}

/// What a visitor should be told of a damaged record: how much, not where.
fn public_remarks(remarks: &[Remark]) -> Vec<Remark> {
    match remarks.len() {
        0 => Vec::new(),
        1 => vec![Remark { origin: None, text: "One place in the record is damaged and was stepped around.".into() }],
        n => vec![Remark {
            origin: None,
            text: format!("{n} places in the record are damaged and were stepped around."),
        }],
    }
}

fn images(stands: &Stands) -> Result<Vec<Output>, Trouble> {
    let read = |(path, lies): &(String, std::path::PathBuf)| {
        let bytes = std::fs::read(lies).map_err(|e| {
            Trouble::Publish(format!("{}: this image cannot be read: {e}; the site was not changed", lies.display()))
        })?;
        Ok(Output { path: format!("incidents/{path}"), bytes, class: Class::Settled })
    };
    stands.words.images.iter().map(read).collect()
}
