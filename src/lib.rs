//! Statuary: a batch run looks at the things you care for, appends what it saw to an append-only
//! journal, names incidents, and renders a static status site. Nothing keeps running between two runs.
//!
//! # The rooms, in the order in which they may import
//!
//! | room | job |
//! |---|---|
//! | [`model`] | the nouns every room speaks in |
//! | [`expr`] | check and judge assertions |
//! | [`probe`] | look at every target once, within limits |
//! | [`journal`] | keep what was seen, in order, and prove it whole |
//! | [`writeup`] | read the Markdown that people wrote |
//! | [`timeline`] | fold records into stretches, uptime and latency |
//! | [`incident`] | name the stretches people should hear about; join write-ups |
//! | [`site`] | what each page shows, as plain values made for the page |
//! | [`render`] | the site into bytes, in memory |
//! | [`publish`] | put pages where the world sees them |
//! | [`notify`] | tell people what is due and not told |
//! | [`config`] | the operator's file into nouns, or every mistake at once |
//! | [`exchange`] | write the record for others |
//! | [`app`] | join the rooms in one direction; read the clock once |
//! | [`demo`], [`serve`] | the small Stella; a preview server |
//! | [`cli`] | the command line, progress, exit codes |
//!
//! Each room imports only rooms above it (`tests/tidy.rs` reads every file and enforces the exact table).
//! Its `mod.rs` carries a card: what it takes, gives, touches and never does.
//!
//! # The one way
//!
//! ```text
//! config::load → probe::round → journal::append(round)                        SAVED
//! → journal::read + writeup::load → timeline::fold → incident::due             pure
//! → journal::append(desk: what is due and not yet there)                      SAVED
//! → incident::attach → site::assemble → render::pages                          pure
//! → publish::swap → notify::plan (due − told) → append(try) → send → append(sent)
//! ```
//!
//! [`app`] shows it on one screen.

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod exchange;
pub mod expr;
pub mod incident;
pub mod journal;
pub mod model;
pub mod notify;
pub mod probe;
pub mod publish;
pub mod render;
pub mod serve;
pub mod site;
pub mod timeline;
pub mod writeup;
