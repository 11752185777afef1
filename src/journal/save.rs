//! The `save` command: what makes a record count as saved beyond this disk.

use std::io::{PipeReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::JournalError;
use crate::model::{JournalSettings, Span};

/// How much of what the command says is kept, from the end.
const KEPT_BYTES: usize = 4 << 10;
/// How many of its last lines stand in the error.
const KEPT_LINES: usize = 5;
/// How much of each stands there, in characters.
const KEPT_CHARS: usize = 200;
/// How often it is asked whether the command has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long its last words are waited for after it ended: a grandchild may keep the pipe open for ever.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// See [`crate::journal::save()`].
pub(super) fn save(site: &Path, settings: &JournalSettings) -> Result<(), JournalError> {
    match &settings.save {
        None => Ok(()),
        Some(command) => run(site, command, settings.save_timeout).map_err(JournalError::Save),
    }
}

/// Runs a shell command in its own process group. Fails with words that follow "the command".
fn run(folder: &Path, command: &str, limit: Span) -> Result<(), String> {
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
    thread::spawn(move || send.send(last_bytes(reader)));
    let ended = wait(&mut child, limit);
    if let Ok(Some(status)) = &ended
        && status.success()
    {
        return Ok(());
    }
    let what = match ended {
        Ok(Some(status)) => ending(status),
        Ok(None) => {
            kill_group(&mut child);
            format!("did not end within {limit} and was stopped")
        }
        Err(error) => {
            kill_group(&mut child);
            format!("could not be waited for: {error}")
        }
    };
    let words = last_lines(&said.recv_timeout(LAST_WORDS).unwrap_or_default());
    Err(if words.is_empty() { what } else { format!("{what}, saying \"{words}\"") })
}

/// Waits for the command's end; none when the time is up.
fn wait(child: &mut Child, limit: Span) -> std::io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() >= limit.std() {
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Stops the command and everything it started that is still in its group.
fn kill_group(child: &mut Child) {
    // The standard library can kill one process only; the shell that ran the command can kill a group.
    let group = format!("kill -KILL -{}", child.id());
    let _ = Command::new("/bin/sh").arg("-c").arg(group).stdin(Stdio::null()).stderr(Stdio::null()).status();
    let _ = child.kill();
    let _ = child.wait();
}

fn ending(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("failed with exit code {code}"),
        None => format!("was ended by a signal ({status})"),
    }
}

/// Reads to the end and keeps the last [`KEPT_BYTES`].
fn last_bytes(mut reader: PipeReader) -> Vec<u8> {
    let (mut kept, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = reader.read(&mut chunk) {
        kept.extend_from_slice(&chunk[..read]);
        let over = kept.len().saturating_sub(KEPT_BYTES);
        kept.drain(..over);
    }
    kept
}

/// The last lines as one, without control characters and without what stands before an `@` in an address: `git`
/// repeats the remote's address, and people keep tokens there.
fn last_lines(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(KEPT_LINES)..];
    last.iter().map(|line| plain(line)).collect::<Vec<_>>().join(" / ")
}

fn plain(line: &str) -> String {
    let plain: String = line.chars().filter(|c| !c.is_control()).collect();
    let words = plain.split(' ').map(without_login).collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(KEPT_CHARS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

fn without_login(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let host_ends = rest.find('/').unwrap_or(rest.len());
    match rest[..host_ends].rfind('@') {
        Some(at) => format!("{scheme}://…{}", &rest[at..]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(command: &str, limit_ms: i64) -> String {
        let folder = tempfile::tempdir().unwrap();
        let settings = JournalSettings {
            save: Some(command.to_owned()),
            save_timeout: Span::from_ms(limit_ms),
            ..JournalSettings::default()
        };
        save(folder.path(), &settings).map_or_else(|e| e.to_string(), |()| "saved".to_owned())
    }

    #[test]
    fn what_the_operator_reads() {
        insta::assert_snapshot!(said("exit 0", 5000), @"saved");
        insta::assert_snapshot!(said("false", 5000), @"the journal's save command failed with exit code 1; nothing was published or told");
        insta::assert_snapshot!(
            said("seq 1 9; echo 'fatal: no such remote https://me:token@git.example.com/x.git' >&2; exit 128", 5000),
            @r#"the journal's save command failed with exit code 128, saying "6 / 7 / 8 / 9 / fatal: no such remote https://…@git.example.com/x.git"; nothing was published or told"#);
        let flood = "head -c 100000 /dev/zero | tr '\\0' x; echo; echo flooded; exit 9";
        assert_eq!(
            said(flood, 5000),
            format!(
                "the journal's save command failed with exit code 9, saying \"{}… / flooded\"; nothing was published or told",
                "x".repeat(200)
            )
        );
        insta::assert_snapshot!(said("kill -9 $$", 5000), @"the journal's save command was ended by a signal (signal: 9 (SIGKILL)); nothing was published or told");
        insta::assert_snapshot!(said("echo pushing; sleep 30", 300), @r#"the journal's save command did not end within 300 ms and was stopped, saying "pushing"; nothing was published or told"#);
    }

    #[test]
    fn a_hanging_command_takes_its_children_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let settings = JournalSettings {
            save: Some("(sleep 2; touch late) & sleep 30".to_owned()),
            save_timeout: Span::from_ms(200),
            ..JournalSettings::default()
        };
        let begun = Instant::now();
        save(folder.path(), &settings).unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(20), "the command's own time was waited for");
        thread::sleep(Duration::from_millis(2300));
        assert!(!folder.path().join("late").exists(), "a child lived on");
    }

    #[test]
    fn a_child_that_stays_behind_is_not_waited_for() {
        let begun = Instant::now();
        assert_eq!(said("sleep 20 & exit 0", 15_000), "saved");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn it_runs_in_the_sites_folder_and_only_where_one_is_configured() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), &JournalSettings::default()).unwrap();
        let settings = JournalSettings {
            save: Some("pwd > here".into()),
            save_timeout: Span::from_secs(10),
            ..JournalSettings::default()
        };
        save(folder.path(), &settings).unwrap();
        assert!(folder.path().join("here").exists());
    }
}
