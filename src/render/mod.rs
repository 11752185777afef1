//! The site into bytes, in memory: HTML, SVG, feeds, JSON, badges.
//!
//! - Takes: the site's pages and a theme.
//! - Gives: every file with its path, bytes and how long it may be kept.
//! - Touches: nothing.
//! - Never: decides what a page says; a template error leaves no half site.

pub mod api;
mod assets;
pub mod badge;
pub mod escape;
pub mod feed;
mod html;
#[cfg(test)]
mod machine_cases;
mod own_form;
pub mod own_json;
pub mod own_read;
pub mod plain;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Print, Theme};
use crate::site::machine::Said;
use crate::site::{self, Scene, Site};

pub use assets::Assets;

/// One file of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Path under the site's root, with `/`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How it may be kept and when it is swapped in.
    pub class: Class,
    /// What it is made from; none: it is made each round.
    pub print: Option<Print>,
}

impl Output {
    /// A file that is made each round.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>, class: Class) -> Self {
        Self { path: path.into(), bytes: bytes.into(), class, print: None }
    }
}

/// How a file may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Fingerprinted by its content: first in, kept a day after it is no longer named.
    Asset,
    /// Changes only when what it tells of changes.
    Settled,
    /// Carries the moment: made each round.
    Live,
    /// The index: last of all.
    Index,
}

/// Why a page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template is wrong; the text carries file, line and column.
    #[error("{0}")]
    Template(String),
    /// Two pages want one path.
    #[error("two pages want the address {path}: {first} and {second}")]
    Collision {
        /// The path.
        path: String,
        /// One page.
        first: String,
        /// The other.
        second: String,
    },
}

/// The theme's assets as they are published, with the site's own colour.
pub fn assets(theme: &Theme, brand: Option<&str>) -> Assets {
    assets::fingerprinted(theme, brand)
}

/// What a page owes to the theme: the templates, and the names under which assets are published.
pub fn print(theme: &Theme, assets: &Assets) -> Print {
    Print::of(&(&theme.templates, &assets.names))
}

/// Every page that has to be made, and the assets.
pub fn pages(site: &Site, theme: &Theme, assets: Assets) -> Result<Vec<Output>, RenderError> {
    collisions(site)?;
    let Assets { mut files, names } = assets;
    files.extend(html::pages(site, theme, &names)?);
    Ok(files)
}

/// What machines read: the Statuspage API, our own JSON, feeds, badges, plain text, files for hosts. The banner's
/// sentence and status are the index's own, so that none of them can disagree with it.
pub fn machine_files(scene: &Scene<'_>, site: &Site) -> Vec<Output> {
    let said = Said { sentence: &site.headline.sentence, lead: &site.headline.lead, status: site.headline.status };
    let mut files = api::outputs(&site::api::api(scene));
    files.extend(own_json::outputs(&site::own_json::report(scene, said)));
    files.extend(feed::outputs(&site::feed::feeds(scene)));
    files.extend(badge::outputs(&site::badge::badges(scene, said)));
    files.push(plain::status(&site::plain::status(scene, said)));
    let paths = site.pages.iter().map(|p| &p.path).chain(site.kept.iter().map(|k| &k.path));
    files.extend(plain::outputs(&site::plain::map(scene, paths.map(String::as_str))));
    files
}

/// Whether two files want one path: an image beside a write-up and a page, say. `kept` are the paths of files that are
/// not made again.
pub fn no_collisions<'a>(files: &'a [Output], kept: impl IntoIterator<Item = &'a str>) -> Result<(), RenderError> {
    let mut seen = BTreeSet::new();
    match files.iter().map(|f| f.path.as_str()).chain(kept).find(|path| !seen.insert(*path)) {
        None => Ok(()),
        Some(twice) => Err(RenderError::Collision {
            path: twice.to_owned(),
            first: "a page of the site".to_owned(),
            second: "another file".to_owned(),
        }),
    }
}

/// Found before anything is rendered.
fn collisions(site: &Site) -> Result<(), RenderError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let pages = site.pages.iter().map(|p| (&p.path, &p.what));
    for (path, what) in pages.chain(site.kept.iter().map(|k| (&k.path, &k.what))) {
        if let Some(first) = seen.insert(path, what) {
            let (path, first, second) = (path.clone(), first.to_owned(), what.clone());
            return Err(RenderError::Collision { path, first, second });
        }
    }
    Ok(())
}
