//! Runs a program that looks by itself and says by its exit code what it saw: the monitoring plugins' way.
//!
//! Exit codes, output and performance data follow the Monitoring Plugins Development Guidelines
//! (<https://www.monitoring-plugins.org/doc/guidelines.html>). No shell is used. The program runs in the site's
//! folder, in a process group of its own that is killed as a whole: at the time-out, and when the program ended and
//! left children behind. A child that leaves the group by itself (`setsid`) is not found.

mod output;
mod run;
#[cfg(test)]
mod tests;

use std::io::ErrorKind;
use std::net::IpAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Instant;

use super::saw::{Ask, Saw, fact, longest_first, parts, waited};
use super::trouble::Trouble;
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Secret, Takes, Verdict};
use output::Output;
use run::Heard;

/// What is started, and where.
#[derive(Clone, Debug)]
pub struct Options {
    command: Vec<Secret>,
    /// Where it is started; none: where the run was.
    folder: Option<PathBuf>,
    secrets: Vec<Secret>,
}

const KEYS: &[Key] = &[Key::must(
    "command",
    Takes::Secrets,
    "The program and its arguments, without a shell, started in the site's folder. A program with a slash \
          begins at that folder, one without is looked for in `PATH`.",
)];

const FIELDS: &[Field] = &[
    Field::of("exit_code", Type::Int, "The program's exit code, 0 to 255."),
    Field::text("output", "The first line of its standard output, without the performance data after `|`."),
    Field::text("long_output", "The lines after the first, without performance data; of 64 KiB of output in all."),
    Field::of(
        "perf",
        Type::Open,
        "Performance data by label, each a number in the unit that the program writes: `perf.time`, \
              `perf['/var']`. A value that the program does not know (`U`) is missing.",
    ),
    Field::span("latency", "From the start to the end of the program."),
];

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "exec",
    doc: "Runs a program, such as a monitoring plugin. Without `expect`, exit code 0 is up, 1 degraded, 2 down, any \
          other unknown.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    fn in_site(&mut self, site: &Path) {
        self.folder = Some(site.to_owned());
    }
}

impl Options {
    /// The program: a path is taken from the site's folder, a bare name from `PATH`.
    fn program(&self) -> PathBuf {
        let program = PathBuf::from(self.command[0].expose());
        match &self.folder {
            Some(folder) if self.command[0].expose().contains('/') => {
                std::path::absolute(folder.join(&program)).unwrap_or(program)
            }
            _ => program,
        }
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let command = given.secrets("command").to_vec();
    let help = "write `command = [\"/usr/lib/nagios/plugins/check_load\", \"-w\", \"4\", \"-c\", \"8\"]`";
    match command.first().map(|program| program.expose().trim()) {
        None | Some("") => return Err(vec![Refusal::new("command", "the command names no program", help)]),
        // One text with blanks is mostly a shell's line, which nobody would split.
        Some(line) if command.len() == 1 && line.contains(' ') => {
            let why = "the command is one text with blanks; no shell takes it apart";
            return Err(vec![Refusal::new("command", why, help)]);
        }
        Some(_) => {}
    }
    if command.iter().any(|word| word.expose().contains('\0')) {
        return Err(vec![Refusal::new("command", "the command holds a zero byte", help)]);
    }
    let secrets = secrets(&command);
    Ok(Kind::Exec(Options { command, folder: None, secrets }))
}

/// Which arguments came from the environment is not known here, so all count as secret but the program, plain flags
/// and addresses. Of `--password=word` the word counts.
fn secrets(command: &[Secret]) -> Vec<Secret> {
    let told = |text: &str| text.parse::<IpAddr>().is_ok() || (text.starts_with('-') && !text.contains('='));
    let mut all = Vec::new();
    for word in command.iter().skip(1).filter(|word| !told(word.expose())) {
        if let Some((_, value)) = word.expose().split_once('=').filter(|_| word.expose().starts_with('-')) {
            all.extend(parts(&Secret::new(value)));
        } else {
            all.extend(parts(word));
        }
    }
    longest_first(all)
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let (began, mut heard) = (Instant::now(), Heard::default());
    let program = options.program();
    let mut story = vec![format!("program {}", program.display())];
    let args = options.command[1..].iter().map(Secret::expose);
    let ended = run::run(&program, args, options.folder.as_deref(), ask.timeout(), &mut heard).await;
    let output = Output::read(&String::from_utf8_lossy(&heard.out));
    let mut saw = Saw::ended(began, Vec::new());
    match ended {
        Err(run::Failed::Start(e)) => {
            story.push(format!("error: {e}"));
            let (trouble, advice) = not_started(&e);
            story.extend(advice.map(|advice| format!("advice: {advice}")));
            saw.trouble = Some(trouble);
        }
        Err(run::Failed::Wait(e)) => {
            story.push(format!("error: {e}"));
            saw.trouble = Some(Trouble::ours("run", "this machine lost the check"));
        }
        Err(run::Failed::Late) => {
            saw.trouble = Some(Trouble::down("run", format!("the check did not end within {}", waited(ask.timeout()))));
        }
        Ok(status) => judged(status, &mut saw),
    }
    saw.story = story;
    told(&mut saw, &heard, output);
    saw
}

/// The exit code as a fact, and as a verdict where the operator expects nothing.
fn judged(status: ExitStatus, saw: &mut Saw) {
    let Some(code) = status.code() else {
        let signal = status.signal().map_or("a signal".to_owned(), |number| format!("signal {number}"));
        saw.trouble = Some(Trouble::down("run", format!("the check was ended by {signal}")));
        return;
    };
    saw.facts.insert("exit_code".into(), Value::Int(i64::from(code)));
    let (is, why) = match code {
        0 => return,
        1 => (Verdict::Degraded, "the check says: warning".to_owned()),
        2 => (Verdict::Down, "the check says: critical".to_owned()),
        3 => (Verdict::Unknown, "the check says: unknown".to_owned()),
        other => (Verdict::Unknown, format!("the check ended with code {other}, which says nothing")),
    };
    saw.unexpected = Some(Trouble { is, phase: "exit", why });
}

fn told(saw: &mut Saw, heard: &Heard, output: Output) {
    if let Some(Value::Int(code)) = saw.facts.get("exit_code") {
        saw.story.push(format!("exit code {code}"));
        saw.facts.insert("latency".into(), fact(saw.took));
    }
    if !output.first.is_empty() {
        saw.story.push(format!("output: {}", output.first.escape_debug()));
    }
    let stderr = String::from_utf8_lossy(&heard.err);
    if let Some(line) = stderr.lines().map(str::trim).find(|line| !line.is_empty()) {
        saw.story.push(format!("stderr: {}", line.escape_debug()));
    }
    let perf = output.perf.into_iter().map(|(label, number)| (label, Value::Float(number))).collect();
    saw.facts.insert("perf".into(), Value::Map(perf));
    saw.facts.insert("output".into(), Value::Text(output.first));
    saw.facts.insert("long_output".into(), Value::Text(output.rest));
}

/// Why a program could not be started; what the operator can do. Nothing is known of the service then.
fn not_started(error: &std::io::Error) -> (Trouble, Option<&'static str>) {
    /// "Exec format error": a file that is no program of this machine.
    const ENOEXEC: i32 = 8;
    /// The arguments are larger than the system takes.
    const E2BIG: i32 = 7;
    let (why, advice) = match error.kind() {
        ErrorKind::NotFound => (
            "the check's program is not on this machine",
            Some("install it, or give its full path; of a script, the program in its first line must be there too"),
        ),
        ErrorKind::PermissionDenied => (
            "this machine may not run the check's program",
            Some("make it executable (chmod +x), for the user who runs statuary"),
        ),
        _ if error.raw_os_error() == Some(ENOEXEC) => {
            ("the check's file is no program", Some("a script begins with a line such as #!/bin/sh"))
        }
        _ if error.raw_os_error() == Some(E2BIG) => ("the check's command is too long", None),
        _ => ("this machine has no room for another program", None),
    };
    (Trouble::ours("start", why), advice)
}
