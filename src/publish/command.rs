//! The command that runs when a swap is done: rsync, a push, a purge.

use std::io::{PipeReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::model::Span;

/// How much of what the command says is kept, from the end.
const KEPT_BYTES: usize = 4 << 10;
/// How much of its last line stands in the error, in characters.
const KEPT_CHARS: usize = 200;
/// How often it is asked whether the command has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long its last words are waited for after it ended: a grandchild may keep the pipe open for ever.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Runs a shell command in its own process group. Fails with words that follow "the command".
pub(super) fn run(folder: &Path, command: &str, limit: Span) -> Result<(), String> {
    let cannot = |e: std::io::Error| format!("could not be started: {e}");
    let (reader, writer) = std::io::pipe().map_err(cannot)?;
    // The command holds the pipe's other ends; dropped here, so that the end of its output can be seen.
    let mut child = {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(command).current_dir(folder).stdin(Stdio::null()).process_group(0);
        shell.stdout(writer.try_clone().map_err(cannot)?).stderr(writer);
        shell.spawn().map_err(cannot)?
    };
    let (send, said) = mpsc::channel();
    thread::spawn(move || send.send(last_words(reader)));
    let begun = Instant::now();
    let what = loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => {
                break status.code().map_or_else(
                    || format!("was ended by a signal ({status})"),
                    |code| format!("failed with exit code {code}"),
                );
            }
            Ok(None) if begun.elapsed() < limit.std() => thread::sleep(LOOK_EVERY),
            Ok(None) => {
                kill_group(&mut child);
                break format!("did not end within {limit} and was stopped");
            }
            Err(error) => {
                kill_group(&mut child);
                break format!("could not be waited for: {error}");
            }
        }
    };
    let words = said.recv_timeout(LAST_WORDS).unwrap_or_default();
    Err(if words.is_empty() { what } else { format!("{what}, saying \"{words}\"") })
}

/// Stops the command and everything it started that is still in its group.
fn kill_group(child: &mut Child) {
    // The standard library can kill one process only; the shell that ran the command can kill a group.
    let group = format!("kill -KILL -{}", child.id());
    let _ = Command::new("/bin/sh").arg("-c").arg(group).stdin(Stdio::null()).stderr(Stdio::null()).status();
    let _ = child.kill();
    let _ = child.wait();
}

/// The last line with anything in it, without control characters and without what stands before an `@` in an
/// address: such tools repeat the remote's address, and people keep tokens there.
fn last_words(mut reader: PipeReader) -> String {
    let (mut kept, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = reader.read(&mut chunk) {
        kept.extend_from_slice(&chunk[..read]);
        let over = kept.len().saturating_sub(KEPT_BYTES);
        kept.drain(..over);
    }
    let text = String::from_utf8_lossy(&kept);
    let last = text.lines().map(str::trim).rfind(|l| !l.is_empty()).unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).collect();
    let words = plain.split(' ').map(|word| match word.split_once("://") {
        Some((scheme, rest)) => {
            let host_ends = rest.find('/').unwrap_or(rest.len());
            rest[..host_ends].rfind('@').map_or(word.to_owned(), |at| format!("{scheme}://…{}", &rest[at..]))
        }
        None => word.to_owned(),
    });
    let said = words.collect::<Vec<_>>().join(" ");
    match said.char_indices().nth(KEPT_CHARS) {
        Some((end, _)) => format!("{}…", &said[..end]),
        None => said,
    }
}
