//! One program, bounded in time and bytes, in a process group that does not outlive it.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// The bytes of standard output that are kept.
pub(super) const OUT_BYTES: usize = 65_536;

/// The bytes of standard error that are kept.
const ERR_BYTES: usize = 4096;

/// How long after the program's end its output is waited for: a child that left the group may hold it open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How long a killed program is waited for. One that hangs inside the system is left behind.
const LAST_BREATH: Duration = Duration::from_millis(200);

/// What it wrote; it is read also where the program was killed.
#[derive(Default)]
pub(super) struct Heard {
    /// The first bytes of its standard output.
    pub out: Vec<u8>,
    /// The first bytes of its standard error.
    pub err: Vec<u8>,
}

/// Why there is no exit status.
pub(super) enum Failed {
    /// It could not be started.
    Start(io::Error),
    /// The system does not say how it ended.
    Wait(io::Error),
    /// Its time ran out.
    Late,
}

/// Starts a program, waits for its end and kills what is left of its group, also where this future is dropped.
pub(super) async fn run(
    program: &Path,
    args: impl Iterator<Item = impl AsRef<OsStr>>,
    folder: Option<&Path>,
    timeout: Duration,
    heard: &mut Heard,
) -> Result<ExitStatus, Failed> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    let mut child = command.spawn().map_err(Failed::Start)?;
    // Dropped before the child: the group is killed while its leader's number cannot be anybody else's.
    let group = Group::of(&child);
    if let Ok(ended) = tokio::time::timeout(timeout, ended(&mut child, &group, heard)).await {
        return ended.map_err(Failed::Wait);
    }
    group.kill();
    let _ = tokio::time::timeout(LAST_BREATH, child.wait()).await;
    Err(Failed::Late)
}

async fn ended(child: &mut Child, group: &Group, heard: &mut Heard) -> io::Result<ExitStatus> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let reading = async {
        tokio::join!(hear(out, &mut heard.out, OUT_BYTES), hear(err, &mut heard.err, ERR_BYTES));
    };
    tokio::pin!(reading);
    let mut speaks = true;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            () = &mut reading, if speaks => speaks = false,
        }
    };
    // What it left behind would hold the output open.
    group.kill();
    if speaks {
        let _ = tokio::time::timeout(LAST_WORDS, reading).await;
    }
    status
}

/// Reads to the end and keeps the beginning, so that a program that says much does not wait for us.
async fn hear(source: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>, max_bytes: usize) {
    let Some(mut source) = source else { return };
    let mut buffer = vec![0; 8192];
    while let Ok(count @ 1..) = source.read(&mut buffer).await {
        let room = max_bytes.saturating_sub(kept.len());
        kept.extend_from_slice(&buffer[..count.min(room)]);
    }
}

/// A process group, killed when it is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    /// Kills everything in it. A group that is empty is gone already.
    fn kill(&self) {
        if let Some(leader) = self.0 {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
