//! The site into bytes, in memory: HTML, SVG, feeds, JSON, badges.
//!
//! - Takes: the site's pages and a theme.
//! - Gives: every file with its path, bytes and how long it may be kept.
//! - Touches: nothing.
//! - Never: decides what a page says; a template error leaves no half site.

pub mod api;
pub mod badge;
pub mod escape;
pub mod feed;
mod own_form;
pub mod own_json;
pub mod plain;

#[cfg(test)]
mod machine_cases;

use crate::model::Theme;
use crate::site::Site;

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
    let _ = (site, theme);
    Ok(Vec::new())
}
