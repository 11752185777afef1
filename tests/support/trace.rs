//! The real binary under `strace`: what it asks of the system, in order; and the system failing it, or the program
//! dying, at one chosen call.

use std::fs;
use std::process::Command;

use super::mounts::skipped;
use super::stage::Stage;

/// The calls that change the disk, keep it, or speak to others.
pub const CALLS: &str = "openat,read,write,fdatasync,fsync,mkdir,rename,renameat,renameat2,unlink,unlinkat,rmdir,ftruncate,\
                         flock,connect";

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// Its arguments, with the paths of files that were open: `5</site/journal/…>, "{\"v\":1…`.
    pub arguments: String,
    /// What it gave, as strace puts it: `0`, `-1 EEXIST (File exists)`.
    pub gave: String,
    /// The thread.
    pub thread: String,
    /// Which of the thread's calls of this name it is, from 1.
    pub nth: usize,
    /// Its place among the lines of the trace when it began and when it returned.
    pub began: usize,
    pub ended: usize,
}

impl Call {
    /// Whether it did what it was asked.
    pub fn went_well(&self) -> bool {
        !self.gave.starts_with('-')
    }

    /// The path of the open file that it is about: `fsync(5</path>)`.
    pub fn file(&self) -> &str {
        self.arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(path, _)| path)
    }

    /// The texts among its arguments: the paths of `mkdir`, `rename`, `openat`.
    pub fn texts(&self) -> Vec<&str> {
        self.arguments.split('"').skip(1).step_by(2).collect()
    }
}

/// Whether a program can be traced here; where not, `test` was said to be skipped.
pub fn is_allowed(test: &str) -> bool {
    let tried = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
    match tried {
        Err(_) => skipped::<()>(test, "there is no `strace` on this machine (Debian: strace)").is_some(),
        Ok(out) if !out.status.success() => {
            let why = String::from_utf8_lossy(&out.stderr);
            skipped::<()>(test, &format!("tracing is not allowed here: {}", why.trim())).is_some()
        }
        Ok(_) => true,
    }
}

/// What a traced run did.
pub struct Trace {
    /// Its calls in the order in which they began.
    pub calls: Vec<Call>,
    /// Its exit code; none: it was killed.
    pub code: Option<i32>,
    /// What it said on standard error.
    pub said: String,
}

/// Runs the binary traced. `inject` is strace's expression: `fdatasync:error=EIO:when=1`.
pub fn run(stage: &Stage, args: &[&str], inject: Option<&str>) -> Trace {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let trace = format!("trace={CALLS}");
    let mut outer = vec!["strace", "-f", "-y", "-s", "300", "-e", &trace, "-e", "signal=none"];
    let inject = inject.map(|what| format!("inject={what}"));
    if let Some(inject) = &inject {
        outer.extend(["-e", inject]);
    }
    if !inject.as_ref().is_some_and(|what| what.contains("signal=")) {
        // Faster, but in this way a signal cannot be sent with a call.
        outer.push("--seccomp-bpf");
    }
    outer.extend(["-o", log.path().to_str().expect("a path in letters")]);
    let out = stage.under(&outer, args).output().expect("strace was there before");
    let text = String::from_utf8_lossy(&fs::read(log.path()).expect("a trace")).into_owned();
    Trace { calls: read(&text), code: out.status.code(), said: String::from_utf8_lossy(&out.stderr).into_owned() }
}

/// Reads strace's lines. A call during which another thread spoke stands in two of them.
fn read(text: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let open = calls.iter_mut().rev().find(|call| call.thread == thread && call.gave.is_empty());
            if let (Some(call), Some((more, gave))) = (open, resumed.rsplit_once(" = ")) {
                call.arguments += more.split_once("resumed>").map_or("", |(_, more)| more);
                (call.gave, call.ended) = (gave.to_owned(), at);
            }
            continue;
        }
        let Some((name, rest)) = rest.split_once('(') else { continue };
        let (arguments, gave) = match rest.split_once(" <unfinished ...>") {
            Some((arguments, _)) => (arguments, ""),
            None => rest.rsplit_once(" = ").unwrap_or((rest, "?")),
        };
        let nth = calls.iter().filter(|call| call.thread == thread && call.name == name).count() + 1;
        calls.push(Call {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            gave: gave.to_owned(),
            thread: thread.to_owned(),
            nth,
            began: at,
            ended: at,
        });
    }
    calls
}
