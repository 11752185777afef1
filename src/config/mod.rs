//! The operator's file (and theme files) into nouns, or every mistake at once.
//!
//! - Takes: a site's folder, the environment, and what the command is about to do.
//! - Gives: settings, plans and channels with every default filled in; or every mistake, each with file, line,
//!   column, caret, what was expected and the nearest right name.
//! - Touches: disk (read; and the last good config under `.statuary/`), environment.
//! - Never: stops at the first mistake, or prints a secret.

use std::path::Path;

use crate::model::{Origin, Settings, Theme};
use crate::notify::Channel;
use crate::probe::Plan;

/// A config that was read and checked.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What every room needs.
    pub settings: Settings,
    /// What `probe` needs.
    pub plans: Vec<Plan>,
    /// What `notify` needs.
    pub channels: Vec<Channel>,
    /// Warnings that stop nothing, rendered for a person.
    pub warnings: Vec<Mistake>,
}

/// What the command is about to do: an unset secret is a mistake only for the command that uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// It will look.
    pub looks: bool,
    /// It will tell.
    pub tells: bool,
}

/// One mistake in the config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub origin: Origin,
    /// What is wrong, in one line.
    pub text: String,
    /// The whole message with the source line and the caret, without colour.
    pub rendered: String,
}

/// Every mistake of a config.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{} in the config", if .0.len() == 1 { "one mistake".to_owned() } else { format!("{} mistakes", .0.len()) })]
pub struct Mistakes(pub Vec<Mistake>);

/// Reads and checks `statuary.toml` and what it includes.
pub fn load(site: &Path, purpose: Purpose) -> Result<Loaded, Mistakes> {
    let _ = (site, purpose);
    Err(Mistakes::default())
}

/// The JSON Schema of `statuary.toml`.
pub fn schema() -> serde_json::Value {
    serde_json::Value::Null
}

/// The built-in theme with the site's own `templates/` and `static/` laid over it.
pub fn theme(site: &Path) -> std::io::Result<Theme> {
    let _ = site;
    Ok(Theme::default())
}
