//! The live table: at a terminal, a line for each look that takes a while, until it ends; then its result.
//!
//! It lies below everything that was said, is drawn over itself, and is gone when the round is over. Nothing of it is
//! written into a pipe.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::probes;
use super::table::{Layout, Row, cut};
use crate::app::{Loaded, Progress};
use crate::cli::voice::{PLAIN, SOFT, person_reads};
use crate::model::{Probe, ProbeKey};

/// A look that ends sooner is not shown before the table is.
const SLOW: Duration = Duration::from_millis(300);
/// How often it is drawn.
const PACE: Duration = Duration::from_millis(100);
/// Clears the rest of a line, and goes to the next.
const CLEAR: &str = "\u{1b}[K\n";
/// The size of a terminal that does not tell it: columns and rows.
const SIZE: (u16, u16) = (80, 24);

/// Whom a round tells of its progress.
type Tell<'a> = Option<&'a dyn Fn(Progress<'_>)>;

/// Does the looking, and shows what takes a while where a person waits for it.
pub(super) fn while_looking<T>(loaded: &Loaded, is_text: bool, look: impl FnOnce(Tell<'_>) -> T) -> T {
    if !is_text || !moves() {
        return look(None);
    }
    let state = Mutex::new(State::default());
    std::thread::scope(|scope| {
        let (end, ended) = channel::<()>();
        let board = Board::of(loaded);
        let state = &state;
        scope.spawn(move || board.keep_drawing(state, &ended));
        let done = look(Some(&|progress| {
            state.lock().unwrap_or_else(PoisonError::into_inner).take(progress, Instant::now());
        }));
        drop(end);
        done
    })
}

/// How wide the terminal is; none where standard output is no terminal.
pub(super) fn width() -> Option<usize> {
    person_reads().then(|| size().0)
}

/// Columns and rows.
fn size() -> (usize, usize) {
    let told = rustix::termios::tcgetwinsize(std::io::stdout()).map_or(SIZE, |size| (size.ws_col, size.ws_row));
    let or = |told: u16, else_is: u16| usize::from(if told == 0 { else_is } else { told });
    (or(told.0, SIZE.0), or(told.1, SIZE.1))
}

/// Whether standard output is a terminal that can be drawn over.
fn moves() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

/// How far the round is.
#[derive(Default)]
struct State {
    /// Looks that go on, or were slow.
    looks: BTreeMap<ProbeKey, Now>,
    /// Looks that are over, a second one included.
    over: usize,
}

/// Where one look is.
enum Now {
    Looking {
        since: Instant,
        again: bool,
    },
    /// A bad first look; the second comes at this moment.
    Waiting {
        seen: Row,
        until: Instant,
    },
    Over(Row),
}

impl State {
    fn take(&mut self, progress: Progress<'_>, now: Instant) {
        match progress {
            Progress::Begun(key) => {
                let again = self.looks.contains_key(key);
                self.looks.insert(key.clone(), Now::Looking { since: now, again });
            }
            Progress::Ended { key, seen, again: Some(wait) } => {
                self.looks.insert(key.clone(), Now::Waiting { seen: Row::of(seen), until: now + wait.std() });
            }
            Progress::Ended { key, seen, again: None } => {
                self.over += 1;
                match self.looks.get_mut(key) {
                    Some(look) if look.is_slow(now) => *look = Now::Over(Row::of(seen)),
                    _ => _ = self.looks.remove(key),
                }
            }
        }
    }
}

impl Now {
    fn is_slow(&self, now: Instant) -> bool {
        match self {
            Self::Looking { since, again } => *again || now.saturating_duration_since(*since) >= SLOW,
            Self::Waiting { .. } | Self::Over(_) => true,
        }
    }

    fn row(&self, now: Instant) -> Row {
        match self {
            Self::Looking { since, again } => Row {
                verdict: format!("{SOFT}looking{PLAIN}"),
                time: format!("{:.1} s", now.saturating_duration_since(*since).as_secs_f64()),
                why: if *again { "again".to_owned() } else { String::new() },
                phases: Vec::new(),
            },
            Self::Waiting { seen, until } => {
                let left = until.saturating_duration_since(now).as_secs_f64().ceil();
                Row { verdict: format!("{SOFT}again{PLAIN}"), time: format!("in {left:.0} s"), ..seen.clone() }
            }
            Self::Over(row) => row.clone(),
        }
    }
}

/// What is drawn.
struct Board<'a> {
    /// The probes that are looked at, in the order of the config.
    probes: Vec<&'a Probe>,
}

impl<'a> Board<'a> {
    fn of(loaded: &'a Loaded) -> Self {
        let known = probes(loaded);
        Self { probes: loaded.plans.iter().filter_map(|plan| known.get(plan.key.as_str()).copied()).collect() }
    }

    fn keep_drawing(&self, state: &Mutex<State>, ended: &Receiver<()>) {
        let mut drawn = 0;
        loop {
            let over = !matches!(ended.recv_timeout(PACE), Err(RecvTimeoutError::Timeout));
            let size = size();
            let lines = if over {
                Vec::new()
            } else {
                self.lines(&state.lock().unwrap_or_else(PoisonError::into_inner), size, Instant::now())
            };
            draw(&lines, &mut drawn);
            if over {
                return;
            }
        }
    }

    /// What fits: where there is more, those that go on come before those that are over.
    fn lines(&self, state: &State, (width, height): (usize, usize), now: Instant) -> Vec<String> {
        let slow = |probe: &&&Probe| state.looks.get(&probe.key).is_some_and(|look| look.is_slow(now));
        let mut shown: Vec<&&Probe> = self.probes.iter().filter(slow).collect();
        if shown.is_empty() {
            return Vec::new();
        }
        // A line for the count, and one where the cursor stands.
        let room = height.saturating_sub(2).max(1);
        if shown.len() > room {
            shown.retain(|probe| !matches!(state.looks.get(&probe.key), Some(Now::Over(_))));
        }
        let layout = Layout::of(&self.probes, Some(width));
        let one = |probe: &&&Probe| {
            let row = state.looks.get(&probe.key)?.row(now);
            Some(layout.line(probe, &row))
        };
        let more = shown.len().saturating_sub(room);
        let mut lines: Vec<String> = shown[..shown.len() - more].iter().filter_map(one).collect();
        let more = if more > 0 { format!(", {more} more go on") } else { String::new() };
        let count = cut(&format!("{} of {} seen{more}", state.over, self.probes.len()), width);
        lines.push(format!("{SOFT}{count}{PLAIN}"));
        lines
    }
}

/// Draws these lines over those that were drawn before, all at once, so that nothing flickers. Each line is cleared by
/// itself: some terminals keep what a cleared screen held in what they scroll back to.
fn draw(lines: &[String], drawn: &mut usize) {
    if lines.is_empty() && *drawn == 0 {
        return;
    }
    let up = |count: usize| if count > 0 { format!("\u{1b}[{count}A") } else { String::new() };
    let mut text = up(*drawn);
    // The colours are for those who want them; the cursor moves for all.
    let plain = anstream::AutoStream::choice(&std::io::stdout()) == anstream::ColorChoice::Never;
    for line in lines {
        text += &if plain { anstream::adapter::strip_str(line).to_string() } else { line.clone() };
        text += CLEAR;
    }
    let left = drawn.saturating_sub(lines.len());
    text += &CLEAR.repeat(left);
    text += &up(left);
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    *drawn = lines.len();
}
