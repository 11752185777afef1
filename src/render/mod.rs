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

use crate::model::Theme;
use crate::site::machine::Said;
use crate::site::{self, Scene, Site, World};

/// One file of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Path under the site's root, with `/`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How it may be kept and when it is swapped in.
    pub class: Class,
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

/// Every file of the site.
pub fn pages(site: &Site, theme: &Theme) -> Result<Vec<Output>, RenderError> {
    collisions(site)?;
    let (mut files, names) = assets::fingerprinted(theme, site.brand.as_deref());
    files.extend(html::pages(site, theme, &names)?);
    Ok(files)
}

/// What machines read: the Statuspage API, our own JSON, feeds, badges, plain text, files for hosts. The banner's
/// sentence and status are the index's own, so that none of them can disagree with it.
pub fn machine_files(world: &World<'_>, site: &Site) -> Vec<Output> {
    let said = Said { sentence: &site.headline.sentence, lead: &site.headline.lead, status: site.headline.status };
    let scene = Scene::new(world);
    let mut files = api::outputs(&site::api::api(&scene));
    files.extend(own_json::outputs(&site::own_json::report(&scene, said)));
    files.extend(feed::outputs(&site::feed::feeds(&scene)));
    files.extend(badge::outputs(&site::badge::badges(&scene, said)));
    files.push(plain::status(&site::plain::status(&scene, said)));
    files.extend(plain::outputs(&site::plain::map(&scene, site.pages.iter().map(|p| p.path.as_str()))));
    files
}

/// Whether two files want one path: an image beside a write-up and a page, say.
pub fn no_collisions(files: &[Output]) -> Result<(), RenderError> {
    let mut seen = BTreeSet::new();
    match files.iter().find(|f| !seen.insert(f.path.as_str())) {
        None => Ok(()),
        Some(twice) => Err(RenderError::Collision {
            path: twice.path.clone(),
            first: "a page of the site".to_owned(),
            second: "another file".to_owned(),
        }),
    }
}

/// Found before anything is rendered.
fn collisions(site: &Site) -> Result<(), RenderError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for page in &site.pages {
        if let Some(first) = seen.insert(&page.path, &page.what) {
            return Err(RenderError::Collision {
                path: page.path.clone(),
                first: first.to_owned(),
                second: page.what.clone(),
            });
        }
    }
    Ok(())
}
