//! SIGTERM and SIGINT while many rounds are made: the first asks for an end, the second is one.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::voice::warn;

/// Listens, from when it is made to the end of the process.
pub struct Signals {
    asked: Receiver<&'static str>,
    busy: Arc<AtomicBool>,
}

/// The two that ask for an end.
struct Both {
    term: Signal,
    int: Signal,
}

impl Signals {
    /// Takes over both signals.
    pub fn listen() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let both = {
            let _inside = runtime.enter();
            Both { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? }
        };
        let busy = Arc::new(AtomicBool::new(false));
        let (ask, asked) = mpsc::channel();
        let in_a_round = Arc::clone(&busy);
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            watch(&runtime, both, &|name| {
                if in_a_round.load(Ordering::SeqCst) {
                    warn(format!("{name}: this round is the last; a second signal ends it at once"));
                }
                let _ = ask.send(name);
            });
        })?;
        Ok(Self { asked, busy })
    }

    /// Does something that the first signal must not break off.
    pub fn shield<T>(&self, round: impl FnOnce() -> T) -> T {
        self.busy.store(true, Ordering::SeqCst);
        let done = round();
        self.busy.store(false, Ordering::SeqCst);
        done
    }

    /// Waits so long for a signal, and gives its name; one that came before is there already.
    pub fn within(&self, wait: Duration) -> Option<&'static str> {
        self.asked.recv_timeout(wait).ok()
    }
}

/// Waits for the first signal, and ends the process with the second. A record and a site bear that at any moment, as
/// they bear a power cut.
fn watch(runtime: &Runtime, mut both: Both, ask: &dyn Fn(&'static str)) {
    runtime.block_on(async {
        ask(both.next().await.0);
        process::exit(both.next().await.1);
    });
}

impl Both {
    /// The next one's name, and the exit code of a process that it ends: 128 and its number, as shells count.
    async fn next(&mut self) -> (&'static str, i32) {
        tokio::select! {
            _ = self.term.recv() => ("SIGTERM", 143),
            _ = self.int.recv() => ("SIGINT", 130),
        }
    }
}
