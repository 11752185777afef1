//! What each page shows, as plain values made for the page.
//!
//! - Takes: settings, timelines, the book, write-ups, heads, remarks and the moment.
//! - Gives: one value per page, ready to be shown; banner, cards, bars, JSON, badge and feed come from the same.
//! - Touches: nothing.
//! - Never: decides what is an outage, or formats a byte of HTML.

pub mod api;
pub mod badge;
pub mod feed;
pub mod machine;
pub mod own_json;
pub mod plain;
#[cfg(test)]
pub(crate) mod small_world;

use crate::incident::Book;
use crate::model::{ChainName, Head, Moment, Record, Remark, Settings, WriteUp};
use crate::timeline::Timelines;

/// Everything a site is made from.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The config.
    pub settings: &'a Settings,
    /// What was measured.
    pub timelines: &'a Timelines,
    /// What it means.
    pub book: &'a Book,
    /// What people wrote.
    pub writeups: &'a [WriteUp],
    /// The records (recorded values for charts, counts for captions).
    pub records: &'a [Record],
    /// The head of every public chain: name, hash, number.
    pub heads: &'a [(ChainName, Head, u64)],
    /// What a visitor should be told of the record (damage), already in public words.
    pub remarks: &'a [Remark],
    /// The moment that the site speaks of.
    pub moment: Moment,
    /// `build --at`: the page says that it is a look back.
    pub look_back: bool,
}

/// The whole site.
#[derive(Clone, Debug)]
pub struct Site {}

/// Works out every page.
pub fn assemble(world: &World<'_>) -> Site {
    let _ = world;
    Site {}
}
