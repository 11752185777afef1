//! Looks at every target once, within limits.
//!
//! - Takes: the plans of all probes, how the run may behave, what is known of their last looks, and the moment.
//! - Gives: one look per probe that was due, each with its verdict, phases, reason and story.
//! - Touches: network, disk (heartbeat files, extra root certificates, the resolver's settings), monotonic time.
//! - Never: fails as a whole because a target did; a failure of the world is data. Never runs past the deadline.
//!
//! | file | job |
//! |---|---|
//! | `http`, `tcp`, `tls`, `dns`, `icmp`, `ssh`, `exec`, `disk`, `heartbeat` | one kind each: its options, keys, fields and its look |
//! | `redis`, `smtp`, `websocket`, `grpc`, `domain` | more of them |
//! | `sql` | `postgres` and `mysql`, which only a build with the feature `full` has |
//! | `saw` | the common shape: what a kind is asked, and what one try saw |
//! | `address`, `target`, `wire` | addresses, hosts and ports as the operator types them; a connection there |
//! | `trouble`, `trust` | the world's errors in public words; whom TLS trusts and what a certificate says |
//! | `judge` | from what was seen to a verdict |
//! | `schedule`, `lane`, `canary`, `dates` | who looks when, within the limits; whether it is us, or our clock |
//! | `cut` | a round into what may be published and what may not |

mod address;
mod canary;
mod cut;
mod dates;
mod disk;
mod dns;
mod domain;
mod exec;
mod grpc;
mod heartbeat;
#[cfg(test)]
mod hostile_tests;
mod http;
mod icmp;
mod judge;
mod lane;
mod redis;
mod saw;
mod schedule;
#[cfg(test)]
mod schedule_tests;
mod smtp;
#[cfg(feature = "full")]
mod sql;
mod ssh;
mod target;
mod tcp;
#[cfg(test)]
mod testing;
mod tls;
mod trouble;
mod trust;
mod websocket;
mod wire;

use std::collections::BTreeMap;
use std::path::Path;

use crate::expr::{Assertion, Facts, Field};
use crate::model::{
    Detail, Givens, Key, Moment, ProbeKey, Refusal, Round, RunSettings, Secret, Span, Verdict, Visibility,
};
use saw::{Ask, Saw};
#[cfg(feature = "full")]
use sql::{mysql, postgres};

/// What one probe does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// `<component>/<name>`.
    pub key: ProbeKey,
    /// The kind, with its options.
    pub kind: Kind,
    /// How long one try may take. Range 10 ms to 10 min.
    pub timeout: Span,
    /// More tries within a look after a failed one, each with a fresh connection. Range 0 to 10.
    pub retries: u32,
    /// Looks only when its last look is this old; none: every round.
    pub every: Option<Span>,
    /// How long its look vouches.
    pub gap: Span,
    /// Bad looks in a row that confirm an outage (the component's `open_after`).
    pub open_after: u32,
    /// When a bad look that is not yet confirmed is followed by a second one.
    pub confirm_after: Option<Span>,
    /// What must hold for up.
    pub expect: Vec<Assertion>,
    /// What makes it degraded.
    pub degraded_if: Vec<Assertion>,
    /// Numeric fields to record, as dotted paths.
    pub record: Vec<String>,
    /// Who may know of it.
    pub visibility: Visibility,
}

/// What a kind is, for the config's reader and the documents.
#[derive(Clone, Copy, Debug)]
pub struct KindInfo {
    /// The word in the config.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Its keys beside the common ones.
    pub keys: &'static [Key],
    /// What its assertions may name.
    pub fields: &'static [Field],
    /// How often it looks where the operator does not say; none: every round.
    pub every: Option<Span>,
    /// Reads its options. All refusals at once.
    pub read: fn(&Givens) -> Result<Kind, Vec<Refusal>>,
}

/// The kinds that only a build with the feature `full` has.
pub const IN_FULL: &[&str] = &["postgres", "mysql"];

/// A kind of probe costs its file, the `mod` above it, and a line here; the compiler asks for the rest.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident: $file:ident $(if $feature:literal)?,)*) => {
        /// A kind of probe with its options.
        #[derive(Clone, Debug)]
        pub enum Kind {
            $($(#[cfg(feature = $feature)])? $(#[$doc])* $variant($file::Options),)*
        }

        /// Every kind that this build has.
        pub const KINDS: &[KindInfo] = &[$($(#[cfg(feature = $feature)])? $file::INFO,)*];

        impl Kind {
            fn info(&self) -> &'static KindInfo {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant(_) => &$file::INFO,)* }
            }

            fn target(&self) -> &dyn Aimed {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant(options) => options,)* }
            }

            fn target_mut(&mut self) -> &mut dyn Aimed {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant(options) => options,)* }
            }

            /// One try.
            async fn look(&self, ask: &Ask<'_>) -> Saw {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant(options) => $file::look(options, ask).await,)* }
            }
        }
    };
}

kinds! {
    /// Asks a web server.
    Http: http,
    /// Opens a TCP connection.
    Tcp: tcp,
    /// Asks a name server.
    Dns: dns,
    /// Reads the age of a file that a worker touches.
    Heartbeat: heartbeat,
    /// Runs a program and reads its exit code.
    Exec: exec,
    /// Logs in by SSH.
    Ssh: ssh,
    /// Asks a disk for its room.
    Disk: disk,
    /// Sends pings.
    Icmp: icmp,
    /// Asks a Redis server.
    Redis: redis,
    /// Speaks TLS, and reads the certificates.
    Tls: tls,
    /// Asks a mail server.
    Smtp: smtp,
    /// Opens a WebSocket.
    Websocket: websocket,
    /// Asks a gRPC server for its health.
    Grpc: grpc,
    /// Reads when a domain's registration ends.
    Domain: domain,
    /// Asks a PostgreSQL server.
    Postgres: postgres if "full",
    /// Asks a MySQL or MariaDB server.
    Mysql: mysql if "full",
}

/// What the options of every kind say of what they look at.
trait Aimed {
    /// The target's host, for grouping; none for a file, and for names asked of the system's own resolver.
    fn host(&self) -> Option<String> {
        None
    }

    /// What must never be shown.
    fn secrets(&self) -> &[Secret] {
        &[]
    }

    /// What it sends, in words for the operator, without secrets; none where the story of each look says it.
    fn sends(&self) -> Option<String> {
        None
    }

    /// Takes relative paths as relative to the site's folder.
    fn in_site(&mut self, _site: &Path) {}
}

impl Kind {
    /// The word in the config.
    pub fn name(&self) -> &'static str {
        self.info().name
    }

    /// What its assertions may name.
    pub fn fields(&self) -> &'static [Field] {
        self.info().fields
    }

    /// The target's host, for grouping; none for a file, and for names asked of the system's own resolver.
    pub fn host(&self) -> Option<String> {
        self.target().host()
    }

    /// Takes relative paths in its options as relative to the site's folder, not to wherever the run was started.
    pub fn in_site(&mut self, site: &Path) {
        self.target_mut().in_site(site);
    }

    /// What it sends, in words for the operator, without secrets; none where the story of each look says it.
    pub fn sends(&self) -> Option<String> {
        self.target().sends()
    }

    /// What must never be shown.
    fn secrets(&self) -> &[Secret] {
        self.target().secrets()
    }
}

/// What is known of a probe's last looks from this place.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    /// Its last look.
    pub at: Moment,
    /// Bad looks in a row up to it.
    pub bad_row: u32,
}

/// What one try or look saw.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The verdict.
    pub verdict: Verdict,
    /// The latency, or the time that was waited.
    pub ms: Option<u32>,
    /// Where it failed.
    pub phase: Option<&'static str>,
    /// Why, in public words without addresses; empty when up.
    pub why: String,
    /// The operator's story: addresses, raw errors; secrets redacted.
    pub detail: String,
    /// How often it was tried.
    pub tries: u32,
    /// How long each phase took.
    pub phases: Vec<(&'static str, Span)>,
    /// What assertions saw; only where that was asked for.
    pub facts: Facts,
    /// What each assertion said; only where that was asked for.
    pub checked: Vec<Checked>,
    /// Recorded values.
    pub rec: Vec<(String, f64)>,
}

/// What one assertion said of a look. Secrets are taken out.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The key it stands under: `expect` or `degraded_if`.
    pub rule: &'static str,
    /// As the operator wrote it.
    pub source: String,
    /// Whether it is true; none: it could not be judged.
    pub holds: Option<bool>,
    /// What was observed, or why it could not be judged.
    pub got: String,
}

/// One probe's look in this round.
#[derive(Clone, Debug)]
pub struct Look {
    /// Whose.
    pub key: ProbeKey,
    /// What it saw.
    pub first: Observation,
    /// The second look, with its time after the round's `t`.
    pub second: Option<(Span, Observation)>,
}

/// All looks of one run.
#[derive(Clone, Debug)]
pub struct Looked {
    /// In the order of the plans; probes that were not due are missing.
    pub looks: Vec<Look>,
    /// Why this place saw nothing: every canary failed.
    pub blind: Option<String>,
    /// How long it took.
    pub took: Span,
}

/// Who follows a round while it goes on.
#[derive(Clone, Copy, Default)]
pub struct Watch<'a> {
    /// Is told of each look as it begins and ends, on the thread that looks: it must return at once.
    pub tell: Option<&'a dyn Fn(Progress<'_>)>,
    /// Keep every fact, and what each assertion said. A run does not: ten thousand looks are held at once.
    pub explain: bool,
}

/// What happens in a round. What the deadline cut is not told; it stands in the round's looks.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A look began.
    Begun(&'a ProbeKey),
    /// A look ended.
    Ended {
        /// Whose.
        key: &'a ProbeKey,
        /// What it saw.
        seen: &'a Observation,
        /// How long after it a second look follows, where one does.
        again: Option<Span>,
    },
}

/// Looks at everything that is due, on one thread, and ends by the deadline.
///
/// `past` holds what is known of each probe's last looks from this place; a probe that is missing there is due.
/// Must not be called from within an async runtime.
pub fn round(
    plans: &[Plan],
    run: &RunSettings,
    past: &BTreeMap<ProbeKey, Past>,
    now: Moment,
    watch: Watch<'_>,
) -> Looked {
    schedule::round(plans, run, past, now, watch)
}

/// Cuts a round in what may be published and what may not, ready for the journal: the public round, the internal
/// one (where internal probes looked), and the details of all failed looks (internal).
pub fn records(looked: &Looked, plans: &[Plan], run: &RunSettings) -> (Round, Option<Round>, Vec<Detail>) {
    cut::records(looked, plans, run)
}
