//! `man` and `completions`: what shells and manuals want to know, made from the same table as the command line.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::app::Trouble;
use crate::cli::args::Cli;
use crate::cli::manual;
use crate::cli::voice::Pipe;

/// The manual, for `man -l -`.
pub fn man() -> Result<u8, Trouble> {
    let page = manual::page(Cli::command()).map_err(|e| Trouble::Usage(format!("the manual cannot be made: {e}")))?;
    let mut out = Pipe::of_bytes();
    let _ = out.write_all(&page).and_then(|()| out.flush());
    Ok(0)
}

/// Completions for a shell.
pub fn completions(shell: Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "statuary", &mut script);
    let mut out = Pipe::of_bytes();
    let _ = out.write_all(&script).and_then(|()| out.flush());
    0
}
