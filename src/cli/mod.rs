//! The command line: arguments in, plain sentences out, exit codes that cron and CI can trust.
//!
//! - Takes: the process's arguments.
//! - Gives: output for a person or a program, and an exit code.
//! - Touches: standard output and error; everything else through `app`, `demo` and `serve`.
//! - Never: decides what a thing means, or panics because a pipe was closed.

mod args;
mod beats;
mod compact;
mod export;
mod journal_args;
mod looks;
mod man;
mod manual;
mod often;
mod proof;
mod record;
mod runs;
mod show;
mod show_json;
mod signals;
mod start;
mod stat;
mod tale;
mod voice;

use std::process::ExitCode;

use clap::Parser;

use crate::app::Trouble;
use args::{Cli, Command, ConfigCommand, IncidentCommand};
use journal_args::JournalCommand;

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            let wrong = if looks::is_plugin(std::env::args()) { looks::UNKNOWN } else { 2 };
            return ExitCode::from(if e.use_stderr() { wrong } else { 0 });
        }
    };
    // The ring provider is named once for the whole process; a second call only says that it is already there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match dispatch(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(trouble) => {
            voice::trouble(&trouble);
            ExitCode::from(trouble.code())
        }
    }
}

fn dispatch(cli: &Cli) -> Result<u8, Trouble> {
    let (site, format) = (cli.site.as_path(), cli.format.format());
    match &cli.what {
        Command::Init => start::init(site),
        Command::Demo(args) => start::demo(site, args, format),
        Command::Serve(args) => start::serve(site, args),
        Command::Check(args) => looks::check(site, args),
        Command::Run(args) => match args.during {
            Some(during) => often::run(site, args, during, format),
            None => runs::run(site, args, format),
        },
        Command::Build(args) => runs::build(site, args, format),
        Command::Incident(IncidentCommand::List) => runs::incidents(site, format),
        Command::Journal(JournalCommand::Verify(args)) => proof::verify(site, args, format),
        Command::Journal(JournalCommand::Head(other)) => record::head(site, other, format),
        Command::Journal(JournalCommand::Stat(other)) => stat::stat(site, other, format),
        Command::Journal(JournalCommand::Show(args)) => show::show(site, args, format),
        Command::Journal(JournalCommand::Export(args)) => export::export(site, args),
        Command::Journal(JournalCommand::Compact(args)) => compact::compact(site, args, format),
        Command::Config(ConfigCommand::Check) => record::config_check(site, format),
        Command::Config(ConfigCommand::Schema) => Ok(record::config_schema()),
        Command::Config(ConfigCommand::Fields { kind }) => record::config_fields(kind.as_deref(), format),
        Command::Man => man::man(),
        Command::Completions { shell } => Ok(man::completions(*shell)),
    }
}
