//! What the operator must act on, with the exit code that cron and CI see.

use std::fmt;

use crate::app::Folders;
use crate::config::Mistakes;
use crate::journal::JournalError;
use crate::publish::PublishError;
use crate::render::RenderError;

/// Something that stopped a step. Codes: 2 config or usage, 3 could not save, 4 could not publish, 5 could not notify.
#[derive(Debug)]
pub enum Trouble {
    /// The config cannot be used.
    Config(Mistakes),
    /// The command cannot be carried out as typed.
    Usage(String),
    /// A record could not be saved or read.
    Save(String),
    /// The site could not be put out; the old one stands.
    Publish(String),
    /// Somebody could not be told; it is tried again with the next run.
    Notify(String),
}

impl Trouble {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Usage(_) => 2,
            Self::Save(_) => 3,
            Self::Publish(_) => 4,
            Self::Notify(_) => 5,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(mistakes) => {
                for mistake in &mistakes.0 {
                    writeln!(f, "{}\n", mistake.rendered.trim_end())?;
                }
                write!(f, "{mistakes}")
            }
            Self::Usage(text) | Self::Save(text) | Self::Publish(text) | Self::Notify(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<Mistakes> for Trouble {
    fn from(mistakes: Mistakes) -> Self {
        Self::Config(mistakes)
    }
}

impl From<JournalError> for Trouble {
    fn from(e: JournalError) -> Self {
        Self::Save(e.to_string())
    }
}

impl From<PublishError> for Trouble {
    fn from(e: PublishError) -> Self {
        Self::Publish(e.to_string())
    }
}

impl From<RenderError> for Trouble {
    fn from(e: RenderError) -> Self {
        Self::Publish(format!("the site was not changed: {e}"))
    }
}

/// The write-ups could not be read at all: the site cannot be made without leaving words out.
pub fn words(at: &Folders, e: &std::io::Error) -> Trouble {
    Trouble::Publish(format!("{}: cannot be read: {e}; the site was not changed", at.incidents.display()))
}
