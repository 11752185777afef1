//! Any other program: a command with the event as JSON on its standard input.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr};

use crate::model::{Givens, Key, Refusal, Secret, Span, Takes};

use super::plan::Delivery;
use super::send::Refused;
use super::webhook::one_line;
use super::{ChannelInfo, ChannelKind, payload};

/// How long the program may run, unless configured.
const TIMEOUT: Span = Span::from_secs(10);
/// How much of what it writes to its standard error is shown in a refusal.
const SAID_MAX_BYTES: u64 = 400;
/// How long after its end its standard error is waited for: a program it left behind may hold it open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The kind, for the config and the documents.
pub(super) const INFO: ChannelInfo = ChannelInfo {
    name: "command",
    doc: "any other program, with the event as JSON on its standard input",
    keys: &[
        Key {
            name: "command",
            takes: Takes::Secrets,
            required: true,
            doc: "the program and its arguments, without a shell: `command = [\"./page-me\", \"--loud\"]`",
        },
        Key {
            name: "timeout",
            takes: Takes::Span(100, 600_000),
            required: false,
            doc: "how long it may run before it is killed with its children; default `10s`",
        },
    ],
    read,
};

/// What to start.
#[derive(Clone, Debug)]
pub struct Command {
    words: Vec<Secret>,
    timeout: Span,
    /// Where it is started; none: where the run was.
    folder: Option<PathBuf>,
}

fn read(givens: &Givens) -> Result<ChannelKind, Vec<Refusal>> {
    let command = givens.secrets("command").to_vec();
    if command.first().is_none_or(|program| program.expose().is_empty()) {
        let help = "write `command = [\"./page-me\"]`";
        return Err(vec![Refusal::new("command", "the command names no program", help)]);
    }
    Ok(ChannelKind::Command(Command {
        words: command,
        timeout: givens.span("timeout").unwrap_or(TIMEOUT),
        folder: None,
    }))
}

impl Command {
    pub(super) fn in_site(&mut self, site: &Path) {
        self.folder = Some(site.to_owned());
    }

    /// The program: a path is taken from the site's folder, a bare name from `PATH`.
    fn program(&self) -> PathBuf {
        let program = PathBuf::from(self.words[0].expose());
        match &self.folder {
            // `current_dir` does not say from where a relative program is taken, so it is made absolute here.
            Some(folder) if program.components().count() > 1 || program.starts_with(".") => {
                std::path::absolute(folder.join(&program)).unwrap_or(program)
            }
            _ => program,
        }
    }

    /// Starts the program, gives it the message and waits for its end.
    pub(super) async fn send(&self, delivery: &Delivery, body: Vec<u8>) -> Result<(), Refused> {
        let refused = |text: String| Refused { text: self.redact(&text), for_good: false };
        let mut command = tokio::process::Command::new(self.program());
        command.current_dir(self.folder.as_deref().unwrap_or(Path::new(".")));
        command
            .args(self.words[1..].iter().map(Secret::expose))
            .env("STATUARY_EVENT", payload::word(delivery))
            .env("STATUARY_ID", &delivery.id)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // A process group of its own: at the end of its time it is killed with everything it started.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|e| refused(format!("the command could not be started: {e}")))?;
        let group = child.id();
        let said = child.stderr.take();
        let run = async {
            let said = tokio::spawn(last_words(said));
            feed(&mut child, &body).await;
            let status = child.wait().await;
            let said = tokio::time::timeout(LAST_WORDS, said).await;
            (status, said.ok().and_then(Result::ok).unwrap_or_default())
        };
        let ended = tokio::time::timeout(self.timeout.std(), run).await;
        match ended {
            Err(_) => {
                kill_group(group).await;
                Err(refused(format!("the command ran longer than {} and was killed", self.timeout)))
            }
            Ok((Err(e), _)) => Err(refused(format!("the command cannot be waited for: {e}"))),
            Ok((Ok(status), _)) if status.success() => Ok(()),
            Ok((Ok(status), said)) => {
                let said = if said.is_empty() { String::new() } else { format!(": {said}") };
                let how =
                    status.code().map_or_else(|| "was killed".to_owned(), |c| format!("ended with exit code {c}"));
                Err(refused(format!("the command {how}{said}")))
            }
        }
    }

    /// The program's own path is no secret, and says which one it was; its arguments may hold one.
    fn redact(&self, text: &str) -> String {
        self.words.iter().skip(1).fold(text.to_owned(), |text, secret| secret.redact(&text))
    }
}

/// Gives it the message. A program that does not read it has still been started: its exit code decides.
async fn feed(child: &mut Child, body: &[u8]) {
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(body).await;
        let _ = stdin.write_all(b"\n").await;
        let _ = stdin.shutdown().await;
    }
}

async fn last_words(stderr: Option<ChildStderr>) -> String {
    let mut kept = Vec::new();
    let Some(mut stderr) = stderr else { return String::new() };
    let _ = (&mut stderr).take(SAID_MAX_BYTES).read_to_end(&mut kept).await;
    // The rest is read and dropped, so that a program that says much does not wait for us.
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    one_line(&kept)
}

/// Kills a process group. The shell's own `kill` is used, because signals need either that or unsafe code.
async fn kill_group(group: Option<u32>) {
    #[cfg(unix)]
    if let Some(group) = group {
        let mut kill = tokio::process::Command::new("/bin/sh");
        kill.args(["-c", &format!("kill -KILL -{group}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let _ = kill.status().await;
    }
    #[cfg(not(unix))]
    let _ = group;
}
