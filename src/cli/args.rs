//! The command line as typed; clap's texts are the help a newcomer reads.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::app::{self, ExportFormat};
use crate::cli::journal_args::{JournalCommand, formats};
use crate::model::Span;

/// A static status page that tells the truth when everything else is down.
///
/// A batch run looks at the things you care for, appends what it saw to an append-only journal, names incidents, and
/// renders a static site. Cron jobs and CI steps run it; any static host serves what it writes.
#[derive(Debug, Parser)]
#[command(
    name = "statuary",
    version,
    max_term_width = 100,
    after_help = "Try it: statuary demo --serve\n\nExit codes: 0 done · 1 something is down (check), or the record fails \
                  its proof (journal verify) · 2 config or usage · 3 could not save · 4 could not publish · 5 could not \
                  notify; of several, the lowest."
)]
pub struct Cli {
    /// The site's folder, with its statuary.toml
    #[arg(long, global = true, value_name = "DIR", default_value = ".", env = "STATUARY_SITE")]
    pub site: PathBuf,
    /// What to print
    #[arg(long, global = true, default_value = "text", value_parser = formats(&RESULTS))]
    pub format: Shape,
    /// What to do
    #[command(subcommand)]
    pub what: Command,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    Text,
    /// For a program: one JSON value on standard output.
    Json,
}

/// What `--format` takes: of an export it is what that writes, else how results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// For a person, or for a program.
    Result(Format),
    /// An export's.
    Export(ExportFormat),
    /// For a program that knows the results of checks.
    Check(CheckFormat),
}

/// The forms of `check` that other programs know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckFormat {
    /// JUnit's XML.
    Junit,
    /// The output and exit code of a monitoring plugin.
    Nagios,
}

impl Shape {
    /// How results are printed; an export prints none, and a check's other forms are its own.
    pub fn format(self) -> Format {
        match self {
            Self::Result(format) => format,
            Self::Export(_) | Self::Check(_) => Format::Text,
        }
    }
}

const RESULTS: [(Shape, &str, &str); 2] = [
    (Shape::Result(Format::Text), "text", "For a person"),
    (Shape::Result(Format::Json), "json", "For a program: one JSON value on standard output"),
];

const CHECKS: [(Shape, &str, &str); 4] = [
    (Shape::Result(Format::Text), "text", "For a person"),
    (Shape::Result(Format::Json), "json", "For a program: one JSON value on standard output"),
    (Shape::Check(CheckFormat::Junit), "junit", "JUnit XML: a test case per probe"),
    (Shape::Check(CheckFormat::Nagios), "nagios", "A monitoring plugin: exits 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN"),
];

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a site: write a commented statuary.toml, incidents/ and .gitignore
    #[command(after_help = "Example:\n  statuary init --site /srv/status")]
    Init,
    /// Look at everything now; save and show nothing. Exits 1 when something is down
    #[command(
        long_about = CHECK,
        after_help = "Examples:\n  \
            statuary check && ./deploy\n  \
            statuary check --only web 'redis/*'\n  \
            statuary check --explain web/http           why is it red?\n  \
            statuary check --format junit > looks.xml   in a CI job\n  \
            statuary check --format nagios              as a plugin of Nagios, Icinga, Checkmk"
    )]
    Check(CheckArgs),
    /// Look, save, name incidents, render, publish. What cron calls: quiet in a pipe when all went well
    #[command(
        long_about = RUN,
        after_help = "Examples:\n  \
            * * * * * cd /srv/status && statuary run     in a crontab\n  \
            statuary run --no-look                       somebody wrote a word: put it out\n  \
            statuary run --for 50m --every 1m            a CI job that comes every hour"
    )]
    Run(RunArgs),
    /// Render the site from the record as it stands; look at nothing, save nothing, tell nobody
    #[command(after_help = "Examples:\n  statuary build\n  statuary build --at \"2026-11-23 09:20\" --out /tmp/then")]
    Build(BuildArgs),
    /// Serve the rendered site on this machine, to look at it
    #[command(after_help = "Example:\n  statuary serve --listen 127.0.0.1:8080")]
    Serve(ServeArgs),
    /// See it all in ten seconds: a small Stella on loopback, 90 days of record, the outage, the page
    #[command(after_help = "Example:\n  statuary demo --serve")]
    Demo(DemoArgs),
    /// What people should hear about
    #[command(subcommand)]
    Incident(IncidentCommand),
    /// The append-only record
    #[command(subcommand)]
    Journal(JournalCommand),
    /// The config file
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the manual: every command, and the format of the record
    #[command(
        after_help = "Examples:\n  statuary man | man -l -\n  statuary man > /usr/local/share/man/man1/statuary.1"
    )]
    Man,
    /// Print completions for a shell
    #[command(after_help = "Example:\n  statuary completions bash > /etc/bash_completion.d/statuary")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Options of `check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// What to print
    #[arg(long, default_value = "text", value_parser = formats(&CHECKS))]
    pub format: Shape,
    /// Look only at these: a component (`web`), a probe (`web/http`), or a pattern (`web/*`, `*/http`)
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    pub only: Vec<String>,
    /// Look only at this, and tell the whole story: phases, what was sent and received, each assertion
    #[arg(long, value_name = "PATTERN", conflicts_with = "only")]
    pub explain: Option<String>,
}

/// What `check` does, at length.
const CHECK: &str = "\
Look at everything now; save and show nothing. Exits 1 when something is down.

At a terminal a look that takes a while has a line of its own until it ends, and the bar shows each phase's share of \
the time: █ is the slowest, which is named beside it. A pipe gets a plain line per probe. A bad look that \
is not yet confirmed is followed by a second one, as in a run; then the second counts.

Exit codes: 0 nothing is down; 1 something is; 2 config or usage. Where every canary fails, this place is blind: what \
looks bad says nothing, and nothing counts as down. With --format nagios the exit code is a plugin's: 0 all is up, 1 \
something is degraded, 2 something is down, 3 nobody can tell, or the config cannot be used.";

/// Options of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Look and save, nothing more: this machine is a place that looks, not the desk
    #[arg(long, conflicts_with = "no_look")]
    pub record_only: bool,
    /// Do not look: someone wrote a word, put it out
    #[arg(long)]
    pub no_look: bool,
    /// Look as this place, one of `vantages` in the config
    #[arg(long, value_name = "NAME", env = "STATUARY_VANTAGE")]
    pub vantage: Option<String>,
    /// When people are told, compact closed days too, as long as the interval lasts; the next run goes on
    #[arg(long)]
    pub compact: bool,
    /// Make many rounds, each a whole run, until this much time is over: `50m`, `5h 30m`
    #[arg(long = "for", value_name = "DURATION", value_parser = |text: &str| length(text, FOR_MS))]
    pub during: Option<Span>,
    /// With --for: begin a round this often; without it, as the config's `interval` says
    #[arg(long, value_name = "DURATION", requires = "during", value_parser = |text: &str| length(text, EVERY_MS))]
    pub every: Option<Span>,
}

/// What `run` does, at length.
const RUN: &str = "\
Look, save, name incidents, render, publish. What cron calls: quiet in a pipe when all went well.

With --for it makes many rounds. They begin at the start and then each --every, as long as --for is not over; a --for \
below --every makes one round. Two never overlap: where a round takes longer, those that it missed are left out, and \
its line says so. Each round is a run of its own: it takes the lock for itself, and reads the config and the write-ups \
anew. A pipe gets one line per round, with --format json one JSON value per line.

A round that fails does not end the others; a config that cannot be used at the start does. SIGTERM or SIGINT ends \
it: between two rounds at once, in a round when that is done. A second one ends it there and then, with 143 or 130.

Exit codes: 0 done, whatever the world looks like; 2 config or usage; 3 could not save; 4 could not publish; 5 could \
not notify. Of several, also of several rounds, the lowest.";

const HOUR_MS: i64 = 3_600_000;
/// What `--for` takes.
const FOR_MS: (i64, i64) = (1000, 7 * 24 * HOUR_MS);
/// What `--every` takes.
const EVERY_MS: (i64, i64) = (100, 24 * HOUR_MS);

/// A duration, written as in the config.
fn length(text: &str, (least, most): (i64, i64)) -> Result<Span, String> {
    let span = app::duration(text)
        .ok_or_else(|| "it is no duration: write a number with a unit, as `30s`, `50m` or `5h 30m`".to_owned())?;
    if span.ms() < least || span.ms() > most {
        return Err(format!("it goes from {} to {}", Span::from_ms(least), Span::from_ms(most)));
    }
    Ok(span)
}

/// Options of `build`.
#[derive(Clone, Debug, Args)]
pub struct BuildArgs {
    /// The site as it stood: `2026-11-23 09:20` in the site's zone, or RFC 3339
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<String>,
    /// Write into this folder, not into the published one. A look back wants one
    #[arg(long, value_name = "DIR", required_if_eq_any([("at", "")]))]
    pub out: Option<PathBuf>,
}

/// Options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Serve this folder, not the site's published one
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// Options of `demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Serve the page, keep the small Stella up and look at it every 10 seconds, until Ctrl-C
    #[arg(long)]
    pub serve: bool,
    /// Where to listen with --serve; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// How many days of record to write, 15 to 400
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(15..=400))]
    pub days: u16,
}

/// Commands of `incident`.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum IncidentCommand {
    /// List incidents, newest first
    #[command(after_help = "Example:\n  statuary incident list")]
    List,
}

/// Commands of `config`.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check statuary.toml, every mistake at once with file, line and column; then how the write-ups are read
    #[command(after_help = "Example:\n  statuary config check")]
    Check,
    /// Print the JSON Schema of statuary.toml
    #[command(after_help = "Example:\n  statuary config schema > statuary.schema.json")]
    Schema,
    /// List what a kind of probe takes and what its assertions may name
    #[command(after_help = "Example:\n  statuary config fields http")]
    Fields {
        /// The kind; all where not given
        kind: Option<String>,
    },
}
