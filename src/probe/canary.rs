//! Is it them or us? Known-good targets of others, asked only when something looks bad.
//!
//! A round in which all is well asks nobody: our cron is no load on strangers. A bad look asks at once, so that the
//! canaries tell of the same minute; a later bad look asks once more, at the round's end, for a network that went
//! away in between.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::model::Canary;

/// How long a canary may take to connect. One that is cut sooner by the round's end has not failed.
const PATIENCE: Duration = Duration::from_secs(3);

/// The least time in which silence is a failure.
const LEAST: Duration = Duration::from_secs(1);

/// What a round that is blind says, in public words.
pub(super) const BLIND: &str = "no known-good target answered either: the trouble is with the place that looks";

/// Whether every canary failed; false where there is none, or no time to tell.
pub(super) async fn all_fail(canaries: &[Canary], end: Instant) -> bool {
    let left = end.saturating_duration_since(Instant::now()).min(PATIENCE);
    if canaries.is_empty() {
        return false;
    }
    let fails = canaries.iter().map(|canary| async move {
        match timeout(left, TcpStream::connect((canary.host.as_str(), canary.port))).await {
            Ok(connected) => connected.is_err(),
            Err(_) => left >= LEAST,
        }
    });
    join_all(fails).await.into_iter().all(|failed| failed)
}
