//! The pure half of the way: what stands, as files in memory.

use std::collections::BTreeMap;

use crate::app::{Folders, Stands, Trouble};
use crate::config;
use crate::model::{ChainName, ClosedDay, Remark, Witness};
use crate::render::{self, Class, Output};
use crate::site::{self, World};

/// Every file of the site.
pub fn files(at: &Folders, stands: &Stands, look_back: bool) -> Result<Vec<Output>, Trouble> {
    let theme = config::theme(&at.site).map_err(|e| {
        Trouble::Publish(format!("templates/ or static/ cannot be read: {e}; the site was not changed"))
    })?;
    let heads = heads(stands);
    let remarks = public_remarks(&stands.remarks);
    let world = world(stands, &heads, &remarks, look_back);
    let site = site::assemble(&world);
    let mut files = render::pages(&site, &theme)?;
    files.extend(render::machine_files(&world, &site));
    files.extend(images(stands)?);
    Ok(files)
}

/// Everything a site is made from, as the rooms below want it.
pub fn world<'a>(stands: &'a Stands, heads: &'a [Witness], remarks: &'a [Remark], look_back: bool) -> World<'a> {
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

/// Where every public chain ends, and where its last whole day did, as known at the moment.
pub fn heads(stands: &Stands) -> Vec<Witness> {
    let today = stands.moment.utc().date_naive();
    let mut ends: BTreeMap<&ChainName, Witness> = BTreeMap::new();
    for r in stands.records.iter().filter(|r| r.chain.is_public() && r.t <= stands.moment) {
        let mine = Witness { chain: r.chain.clone(), n: r.n, head: r.head.clone(), closed: None };
        let end = ends.entry(&r.chain).or_insert(mine);
        if r.n >= end.n {
            (end.n, end.head) = (r.n, r.head.clone());
        }
        let day = r.t.utc().date_naive();
        if day < today && end.closed.as_ref().is_none_or(|closed| (closed.day, closed.n) <= (day, r.n)) {
            end.closed = Some(ClosedDay { day, n: r.n, head: r.head.clone() });
        }
    }
    ends.into_values().collect()
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
