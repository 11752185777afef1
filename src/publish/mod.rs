//! Puts pages where the world sees them.
//!
//! - Takes: the rendered files, the paths of those that stand, the public folder, a folder for staging and the moment.
//! - Gives: what stands and need not be made; what was written, left and removed.
//! - Touches: disk, the `after` command.
//! - Never: shows half a page, or a page that names a missing file; writes a file that did not change.

use std::path::{Path, PathBuf};

use crate::model::{Moment, Span};
use crate::render::Output;

pub use settled::Held;
pub use standing::Standing;

mod command;
mod disk;
mod manifest;
mod plan;
mod settled;
mod standing;
mod swap;
mod wanted;

#[cfg(test)]
mod copied_tests;
#[cfg(test)]
mod settled_tests;
#[cfg(test)]
mod tests;

pub use wanted::Copied;

/// How long an asset stays after the last page that named it is gone: a visitor may still have that page open.
pub const ASSET_STAYS: Span = Span::from_mins(24 * 60);

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
    /// A file's path cannot be put under the public folder. Nothing was written.
    #[error("{path:?} cannot be published: {why}")]
    Path {
        /// The path as rendered.
        path: String,
        /// Why not.
        why: &'static str,
    },
    /// Something that is not ours stands where a page must go. Nothing was written.
    #[error("{path} is in the way of {wanted}: {what}; move it away, as only files that were made here are replaced")]
    InTheWay {
        /// What stands there.
        path: String,
        /// The file that must go there.
        wanted: String,
        /// What kind of thing it is.
        what: &'static str,
    },
    /// The `after` command failed.
    #[error("the site is in place, but the publish command {0}")]
    After(String),
}

impl PublishError {
    fn io(path: &Path, what: &'static str, source: std::io::Error) -> Self {
        Self::Io { path: path.display().to_string(), what, source }
    }
}

/// Looks at files on this disk that are to be published as they are, each with its path under the site's root. Only
/// those that changed since they were published last are read: of the others what stands says enough.
pub fn survey(standing: &Standing, files: Vec<(String, PathBuf)>) -> Result<Vec<Copied>, PublishError> {
    wanted::survey(standing, files)
}

/// What stands in the public folder as an earlier swap left it, told by the list that is kept in the `state` folder.
/// Where that list is gone or damaged, nothing does. Only one may swap at a time: what is found here is not looked at
/// again.
pub fn standing(public: &Path, state: &Path) -> Result<Standing, PublishError> {
    Standing::find(public, state)
}

/// Makes the public folder show exactly these files, these copies and those that are `kept`, beside what others put
/// there. Kept are only paths that [`Standing::prints`] names.
///
/// All changed files are written and synced in a staging folder first; then each is renamed into place, assets first
/// and the index last; then what no longer belongs is removed (assets after [`ASSET_STAYS`]). Only files that an earlier
/// swap made are removed. A swap that was killed is completed by the next one. Where nothing changed, nothing is written.
pub fn swap(
    standing: &Standing,
    files: &[Output],
    copies: &[Copied],
    kept: &[String],
    now: Moment,
) -> Result<Swapped, PublishError> {
    swap::swap(standing, (files, copies), kept, now)
}

/// Runs the shell command that follows a swap (`[publish] after`), in the site's folder, for at most `limit`.
pub fn after(site: &Path, command: &str, limit: Span) -> Result<(), PublishError> {
    command::run(site, command, limit).map_err(PublishError::After)
}
