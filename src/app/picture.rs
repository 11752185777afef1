//! The pure half of the way: what stands, as files in memory.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::app::{Folders, Stands, Trouble, copy, history};
use crate::config;
use crate::journal;
use crate::model::{Moment, Print, Record, Remark, Span, Witness};
use crate::publish::{self, Copied, Standing, Swapped};
use crate::render::{self, Class, Output};
use crate::site::{self, Clock, Scene, World};
use crate::timeline;

/// A picture that was changed this lately may be changed again within what a file system's clock can tell.
const FRESH: Span = Span::from_secs(10);

/// The site as it has to be put out.
struct Picture {
    /// What is made anew.
    files: Vec<Output>,
    /// Days of the record that are published as they are.
    copies: Vec<Copied>,
    /// The paths of what stands as it would be made.
    kept: Vec<String>,
}

/// Makes what does not stand yet in the `public` folder, and puts it there. `state` holds the list of what stands.
pub fn show(
    at: &Folders,
    stands: &mut Stands,
    (public, state): (&Path, &Path),
    look_back: bool,
    now: Moment,
) -> Result<Swapped, Trouble> {
    let mut standing = publish::standing(public, state)?;
    let picture = loop {
        if let Some(picture) = draw(at, stands, &mut standing, look_back, now)? {
            break picture;
        }
        history::bring_hours(at, &mut stands.history, stands.hours, stands.moment)?;
        stands.timelines = timeline::fold(&stands.history, &stands.loaded.settings, stands.moment);
    };
    Ok(publish::swap(&standing, &picture.files, &picture.copies, &picture.kept, now)?)
}

/// The one way from what is known to files: which pages have to be made, the rounds that they look at, the pages. None:
/// one of them shows latency, and old hours of it are not at hand.
fn draw(
    at: &Folders,
    stands: &Stands,
    standing: &mut Standing,
    look_back: bool,
    now: Moment,
) -> Result<Option<Picture>, Trouble> {
    let theme = config::theme(&at.site).map_err(|e| {
        Trouble::Publish(format!("templates/ or static/ cannot be read: {e}; the site was not changed"))
    })?;
    let assets = render::assets(&theme, stands.loaded.settings.site.brand.as_deref());
    let base = Print::of(&(program(), render::print(&theme, &assets)));
    let heads = history::heads(&stands.history, stands.moment);
    let mut remarks = public_remarks(&stands.remarks);
    remarks.extend(stands.not_here.map(|before| not_here(before, stands)));
    let world = world(stands, &stands.history.declared, &heads, &remarks, look_back);
    let scene = Scene::new(&world);
    let plan = site::plan(&scene, base, standing.prints());
    if plan.wants_latency() && journal::is_set_aside(&stands.history) {
        return Ok(None);
    }
    let windows = plan.wants(&scene);
    let rounds = journal::rounds(&at.journal, &windows)?;
    let scene = scene.hear(&rounds, &windows);
    let site = site::assemble(&scene, &plan);
    let mut files = render::pages(&site, &theme, assets)?;
    files.extend(render::machine_files(&scene, &site));
    let mut kept: Vec<String> = site.kept.into_iter().map(|k| k.path).collect();
    for (path, lies) in &stands.words.images {
        image(format!("incidents/{path}"), lies, standing.prints(), now, &mut files, &mut kept)?;
    }
    let copy = copy::files(at, stands, standing, look_back, now)?;
    files.extend(copy.made);
    kept.extend(copy.kept);
    let days = copy.days.iter().map(|day| day.path.as_str());
    render::no_collisions(&files, kept.iter().map(String::as_str).chain(days))?;
    Ok(Some(Picture { files, copies: copy.days, kept }))
}

/// The program that makes the pages: its version, and the file that runs. Another program makes them anew.
pub fn program() -> Print {
    let path = std::env::current_exe().ok();
    let looks = path.as_ref().and_then(|p| p.metadata().ok()).map(|m| (m.len(), m.mtime(), m.mtime_nsec()));
    Print::of(&(env!("CARGO_PKG_VERSION"), path, looks))
}

/// Everything a site is made from, as the rooms below want it.
pub fn world<'a>(
    stands: &'a Stands,
    records: &'a [Record],
    heads: &'a [Witness],
    remarks: &'a [Remark],
    look_back: bool,
) -> World<'a> {
    World {
        settings: &stands.loaded.settings,
        timelines: &stands.timelines,
        book: &stands.book,
        writeups: &stands.words.writeups,
        records,
        chains: &stands.history.chains,
        heads,
        remarks,
        moment: stands.moment,
        look_back,
    }
}

/// What a visitor should be told of a damaged record: how much, not where. What is about no line of it (two copies that
/// were joined) is no damage.
fn public_remarks(remarks: &[Remark]) -> Vec<Remark> {
    match remarks.iter().filter(|r| r.origin.is_some()).count() {
        0 => Vec::new(),
        1 => vec![Remark { origin: None, text: "One place in the record is damaged and was stepped around.".into() }],
        n => vec![Remark {
            origin: None,
            text: format!("{n} places in the record are damaged and were stepped around."),
        }],
    }
}

/// What a visitor should be told where the first days of the record are not here: nothing is known of them, good or bad.
fn not_here(before: Moment, stands: &Stands) -> Remark {
    let clock = Clock::on(stands.loaded.settings.site.time_zone, stands.moment);
    let before = clock.full(before);
    let text = format!("The record from before {before} is not all here; what is missing is shown as no data.");
    Remark { origin: None, text }
}

/// A picture beside a write-up: read only where it does not stand as it lies there.
fn image(
    path: String,
    lies: &PathBuf,
    standing: &BTreeMap<String, Print>,
    now: Moment,
    files: &mut Vec<Output>,
    kept: &mut Vec<String>,
) -> Result<(), Trouble> {
    let cannot = |e: std::io::Error| {
        Trouble::Publish(format!("{}: this image cannot be read: {e}; the site was not changed", lies.display()))
    };
    let print = image_print(&lies.metadata().map_err(cannot)?, now);
    if print.is_some() && standing.get(&path).copied() == print {
        kept.push(path);
    } else {
        let bytes = std::fs::read(lies).map_err(cannot)?;
        files.push(Output { print, ..Output::new(path, bytes, Class::Settled) });
    }
    Ok(())
}

/// What tells a file from any that it was before. None: it changed so lately that nothing tells.
fn image_print(meta: &Metadata, now: Moment) -> Option<Print> {
    let changed = Moment::from_ms(meta.ctime() * 1000 + meta.ctime_nsec() / 1_000_000);
    let looks = (meta.dev(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec());
    (now - changed > FRESH).then(|| Print::of(&looks))
}
