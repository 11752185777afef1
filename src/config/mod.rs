//! The operator's file (and theme files) into nouns, or every mistake at once.
//!
//! - Takes: a site's folder, the environment, and what the command is about to do.
//! - Gives: settings, plans and channels with every default filled in; or every mistake, each with file, line,
//!   column, caret, what was expected and the nearest right name.
//! - Touches: disk (read; and the last good config under `.statuary/`), environment; the names of hosts, for a check.
//! - Never: stops at the first mistake, or prints a secret.

mod channels;
mod components;
mod fate;
mod found;
mod globals;
mod graph;
mod last_good;
mod literal;
mod nearest;
mod pick;
mod probes;
mod reader;
mod schema;
mod secrets;
mod source;
mod tables;
mod theme;
mod understand;
mod value;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::model::{Origin, Settings, Span, Theme, Vantage};
use crate::notify::Channel;
use crate::probe::Plan;

use found::Found;
use secrets::Env;
pub use source::Sources;
use understand::{Kinds, Understood};

/// A config that was read and checked.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What every room needs.
    pub settings: Settings,
    /// What `probe` needs. A probe whose unset secret the command does not use stands in the settings only.
    pub plans: Vec<Plan>,
    /// What `notify` needs. A channel whose unset secret the command does not use is left out.
    pub channels: Vec<Channel>,
    /// Warnings that stop nothing, rendered for a person.
    pub warnings: Vec<Mistake>,
    /// The files that it was read from, for [`keep_last_good`].
    pub sources: Sources,
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
    /// What is wrong, in one line. It never holds a secret, so it may be told to the operator's channels.
    pub text: String,
    /// The whole message with the source line and the caret, without colour. The line is shown as typed: it is for
    /// the terminal only, because a person may have typed a secret into it.
    pub rendered: String,
    /// The same with a terminal's colours.
    pub coloured: String,
}

impl Mistake {
    /// The whole message, with or without colour.
    pub fn render(&self, colour: bool) -> &str {
        if colour { &self.coloured } else { &self.rendered }
    }
}

/// Every mistake of a config, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{} in the config", if .0.len() == 1 { "one mistake".to_owned() } else { format!("{} mistakes", .0.len()) })]
pub struct Mistakes(pub Vec<Mistake>);

/// Reads and checks `statuary.toml` and what it includes.
pub fn load(site: &Path, purpose: Purpose) -> Result<Loaded, Mistakes> {
    load_with(site, purpose, &Kinds::built_in(), &variable)
}

/// The same for a person who asks whether it is good: also what shares the fate of what it watches is warned of, for
/// which the names of its hosts are resolved.
pub fn check(site: &Path) -> Result<Loaded, Mistakes> {
    let mut found = Found::default();
    let sources = source::gather(site, &mut found);
    let purpose = Purpose { looks: true, tells: true };
    let mut understood = understand::understand(site, &sources, found, purpose, &Kinds::built_in(), &variable);
    if !understood.found.stops() {
        let page = url::Url::parse(&understood.settings.site.url).ok();
        let page = page.as_ref().and_then(url::Url::host_str).unwrap_or_default();
        fate::warn(&mut understood.found, page, &understood.hosts, &fate::HERE);
    }
    loaded(site, understood, sources)
}

/// Keeps the files of a config that was good, for the day when it is broken. For `run`, after a load that
/// succeeded; writes nothing where the same is already kept.
pub fn keep_last_good(site: &Path, sources: &Sources) -> std::io::Result<()> {
    last_good::keep(site, sources)
}

/// Reads the config that was good last. None where none was kept, or where it is not good today: a secret that the
/// command uses is no longer set, or a newer build reads it otherwise.
pub fn load_last_good(site: &Path, purpose: Purpose) -> Option<Loaded> {
    let sources = last_good::kept(site)?;
    read(site, sources, Found::default(), purpose, &Kinds::built_in(), &variable).ok()
}

/// A duration as the config writes it: `250ms`, `30s`, `1h 30m`.
pub fn duration(typed: &str) -> Option<Span> {
    value::duration(typed)
}

/// The JSON Schema (draft 2020-12) of `statuary.toml`, made from the key tables that the reader uses.
pub fn schema() -> serde_json::Value {
    schema::of(&Kinds::built_in())
}

/// The commented `statuary.toml` that `statuary init` writes.
pub fn starter() -> &'static str {
    include_str!("starter.toml")
}

/// The built-in theme with the site's own `templates/` and `static/` laid over it. An error names the file.
pub fn theme(site: &Path) -> std::io::Result<Theme> {
    theme::load(site)
}

impl Loaded {
    /// Looks from another place than the config says (`--vantage`). The error says why it cannot be.
    pub fn set_vantage(&mut self, name: &str) -> Result<(), String> {
        if let Some(why) = globals::wrong_place(name) {
            return Err(format!("no place can be called `{name}`: {why}"));
        }
        let run = &mut self.settings.run;
        if !run.vantages.iter().any(|v| v.as_str() == name) {
            let known = nearest::either(run.vantages.iter().map(Vantage::as_str));
            return Err(format!("the place `{name}` is not one of `vantages` in the config: {known}"));
        }
        run.vantage = Vantage::from(name);
        Ok(())
    }
}

/// A variable of the environment; one that is not UTF-8 counts as unset.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn load_with(site: &Path, purpose: Purpose, kinds: &Kinds<'_>, env: Env<'_>) -> Result<Loaded, Mistakes> {
    let mut found = Found::default();
    let sources = source::gather(site, &mut found);
    read(site, sources, found, purpose, kinds, env)
}

fn read(
    site: &Path,
    sources: Sources,
    found: Found,
    purpose: Purpose,
    kinds: &Kinds<'_>,
    env: Env<'_>,
) -> Result<Loaded, Mistakes> {
    loaded(site, understand::understand(site, &sources, found, purpose, kinds, env), sources)
}

fn loaded(site: &Path, understood: Understood, sources: Sources) -> Result<Loaded, Mistakes> {
    let (mistakes, warnings) = understood.found.tell(&sources);
    if !mistakes.is_empty() {
        return Err(Mistakes(mistakes));
    }
    // Paths in the config are meant from the site's folder, wherever the command was started.
    let mut plans = understood.plans;
    for plan in &mut plans {
        plan.kind.in_site(site);
    }
    Ok(Loaded { settings: understood.settings, plans, channels: understood.channels, warnings, sources })
}
