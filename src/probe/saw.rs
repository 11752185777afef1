//! The common shape of every kind: what it is asked, and what one try saw.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Plan;
use super::trouble::Trouble;
use super::trust::Trust;
use crate::expr::{Facts, Field, Value};
use crate::model::{Moment, Secret, Span};

/// The bytes of an answer that a kind keeps where it has no limit of its own.
pub(super) const KEPT_BYTES: usize = 4096;

/// What one try is asked. Everything that a kind may know comes in here.
pub(super) struct Ask<'a> {
    /// The probe.
    pub plan: &'a Plan,
    /// The moment of this try. Certificates and heartbeats are judged against it; no clock is read.
    pub now: Moment,
    /// Whom TLS trusts, shared by the whole round.
    pub trust: &'a Arc<Trust>,
    /// Whether a person wants to know everything.
    pub explain: bool,
}

impl Ask<'_> {
    /// How long this try may take.
    pub fn timeout(&self) -> Duration {
        self.plan.timeout.std()
    }

    /// Whether an assertion or a recorded value names this fact, or a person wants them all. One that nobody asks for
    /// need not be made.
    pub fn wants(&self, fact: &str) -> bool {
        let plan = self.plan;
        self.explain
            || plan.expect.iter().chain(&plan.degraded_if).any(|a| a.source().contains(fact))
            || plan.record.iter().any(|path| path.starts_with(fact))
    }
}

/// What one try saw, before anybody judged it.
pub(super) struct Saw {
    /// The latency, or the time that was waited.
    pub took: Duration,
    /// How long each phase took.
    pub phases: Vec<(&'static str, Duration)>,
    /// What assertions see.
    pub facts: Facts,
    /// Why there is nothing to judge: the protocol itself failed.
    pub trouble: Option<Trouble>,
    /// What is wrong by the kind's own rule, which counts only where the operator wrote no `expect`.
    pub unexpected: Option<Trouble>,
    /// The operator's story, a line each. Redacted by `judge`.
    pub story: Vec<String>,
    /// How far the target's clock was behind ours, in ms, where it told the time.
    pub behind_ms: Option<i64>,
}

impl Saw {
    /// A try that began at `began` and ends now, without facts.
    pub fn ended(began: Instant, story: Vec<String>) -> Self {
        Self {
            took: began.elapsed(),
            phases: Vec::new(),
            facts: Facts::new(),
            trouble: None,
            unexpected: None,
            story,
            behind_ms: None,
        }
    }

    /// Takes in how long each phase took, as a fact too.
    pub fn phased(&mut self, phases: Vec<(&'static str, Duration)>) {
        let facts = phases.iter().map(|(name, length)| ((*name).to_owned(), fact(*length))).collect();
        self.facts.insert("phases".into(), Value::Map(facts));
        self.phases = phases;
    }
}

/// How long each step of a try took; it is read also where the try was cut.
#[derive(Debug, Default)]
pub(super) struct Phases {
    now: Option<(&'static str, Instant)>,
    over: Vec<(&'static str, Duration)>,
}

impl Phases {
    /// One begins, and the one before ends. One that comes again adds to its time.
    pub fn enter(&mut self, phase: &'static str) {
        self.leave();
        self.now = Some((phase, Instant::now()));
    }

    /// The last one ends.
    pub fn leave(&mut self) {
        if let Some((phase, began)) = self.now.take() {
            match self.over.iter_mut().find(|(known, _)| *known == phase) {
                Some((_, sum)) => *sum += began.elapsed(),
                None => self.over.push((phase, began.elapsed())),
            }
        }
    }

    /// The one that is under way, with how long it has been.
    pub fn now(&self) -> Option<(&'static str, Duration)> {
        self.now.map(|(phase, began)| (phase, began.elapsed()))
    }

    /// All of them. The last one ends.
    pub fn ended(&mut self) -> Vec<(&'static str, Duration)> {
        self.leave();
        std::mem::take(&mut self.over)
    }
}

/// Fields that stand in several places as one list: all `N` of them, which the compiler counts.
pub(super) const fn joined<const N: usize>(lists: &[&[Field]]) -> [Field; N] {
    let (mut all, mut n, mut list) = ([lists[0][0]; N], 0, 0);
    while list < lists.len() {
        let mut i = 0;
        while i < lists[list].len() {
            all[n] = lists[list][i];
            (n, i) = (n + 1, i + 1);
        }
        list += 1;
    }
    assert!(n == N, "as many fields as there are in all lists");
    all
}

/// A length of time as a fact. Facts are whole milliseconds.
pub(super) fn fact(time: Duration) -> Value {
    Value::Duration(Span::from(time))
}

/// A map as a fact.
pub(super) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A secret text, and the parts of it that could turn up alone: `Bearer abc…` comes back as `abc…`, a token of a
/// JSON body in an error message. Parts shorter than 16 bytes are words more often than tokens.
pub(super) fn parts(secret: &Secret) -> impl Iterator<Item = Secret> + '_ {
    let token = |c: char| c.is_ascii_alphanumeric() || "-_.+/=~".contains(c);
    let words = secret.expose().split_whitespace().filter(|word| word.len() >= 8);
    let tokens = secret.expose().split(move |c| !token(c)).filter(|part| part.len() >= 16);
    std::iter::once(secret.clone()).chain(words.chain(tokens).map(Secret::new))
}

/// What is sent and may be secret, in words.
pub(super) fn hidden(text: &Secret) -> String {
    format!("{} bytes, which are not shown", text.expose().len())
}

/// The longest first: a secret that holds another must not be cut in two by it.
pub(super) fn longest_first(mut secrets: Vec<Secret>) -> Vec<Secret> {
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    secrets.dedup();
    secrets
}

/// A waited time as a person says it: `5 s`, `3.2 s`, `250 ms`.
pub(super) fn waited(time: Duration) -> String {
    let ms = time.as_millis();
    let tenths = (ms + 50) / 100;
    match ms {
        0..950 => format!("{ms} ms"),
        950..60_000 if tenths.is_multiple_of(10) => format!("{} s", tenths / 10),
        950..60_000 => format!("{}.{} s", tenths / 10, tenths % 10),
        _ => Span::from(time).to_string(),
    }
}

/// A wait that ended with the try's time. Where nearly all of that time was waited, it is that time: a few
/// milliseconds spent elsewhere must not make another sentence of the same failure each minute.
pub(super) fn waited_of(wait: Duration, timeout: Duration) -> String {
    waited(if wait.as_millis() * 20 >= timeout.as_millis() * 19 { timeout } else { wait })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_that_comes_again_adds_to_its_time() {
        let mut phases = Phases::default();
        for phase in ["send", "hear", "send"] {
            phases.enter(phase);
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(phases.now().map(|(phase, _)| phase), Some("send"));
        let ended = phases.ended();
        assert_eq!(ended.iter().map(|(phase, _)| *phase).collect::<Vec<_>>(), ["send", "hear"]);
        assert!(ended[0].1 >= Duration::from_millis(40) && ended[1].1 >= Duration::from_millis(20), "{ended:?}");
        assert_eq!((phases.now(), phases.ended()), (None, Vec::new()));
    }

    #[test]
    fn the_longest_secret_comes_first_and_each_once() {
        let sorted = longest_first(["ab", "abcd", "x", "abcd"].map(Secret::new).to_vec());
        assert_eq!(sorted.iter().map(Secret::expose).collect::<Vec<_>>(), ["abcd", "ab", "x"]);
    }

    #[test]
    fn a_wait_of_nearly_all_the_time_is_all_the_time() {
        let said = |ms| waited_of(Duration::from_millis(ms), Duration::from_secs(5));
        assert_eq!([said(3240), said(4749), said(4750), said(5003)], ["3.2 s", "4.7 s", "5 s", "5 s"]);
    }

    #[test]
    fn a_waited_time_reads_as_it_is_said() {
        for (ms, said) in
            [(0, "0 ms"), (949, "949 ms"), (998, "1 s"), (3240, "3.2 s"), (5000, "5 s"), (90_000, "1 min 30 s")]
        {
            assert_eq!(waited(Duration::from_millis(ms)), said);
        }
    }
}
