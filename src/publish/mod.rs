//! Puts pages where the world sees them.
//!
//! - Takes: the rendered files, the public folder, a folder for staging and the moment.
//! - Gives: what was written, left and removed.
//! - Touches: disk, the `after` command.
//! - Never: shows half a page, or a page that names a missing file; writes a file that did not change.

use std::path::Path;

use crate::model::Moment;
use crate::render::Output;

/// What a swap did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swapped {
    /// Files written.
    pub written: usize,
    /// Files that were already so.
    pub unchanged: usize,
    /// Files that no longer belong.
    pub removed: usize,
}

/// Why the site could not be put out. The old one stands.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The disk said no.
    #[error("{path}: {what}: {source}")]
    Io {
        /// Where.
        path: String,
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The `after` command failed.
    #[error("the site is in place, but the publish command {0}")]
    After(String),
}

/// Makes the public folder show exactly these files.
pub fn swap(public: &Path, state: &Path, files: &[Output], now: Moment) -> Result<Swapped, PublishError> {
    let _ = (public, state, files, now);
    Ok(Swapped::default())
}
