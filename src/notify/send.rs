//! Sends what is due, in the one order that loses nothing: the try is saved, then it is sent, then what came of it.

use std::collections::BTreeSet;

use crate::model::{Body, Witness};

use super::plan::Delivery;
use super::{ChannelKind, payload};

/// A channel did not take a notification. Secrets are already redacted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refused {
    /// Why, in plain words.
    pub text: String,
    /// Whether the same notification would be refused again: it is not tried further.
    pub for_good: bool,
}

/// What came of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The channel's id.
    pub channel: String,
    /// The delivery's id.
    pub id: String,
    /// Whether it was taken, and why not.
    pub result: Result<(), Refused>,
}

/// Sends one notification and waits for the answer, at most as long as its channel's `timeout`.
pub fn send(delivery: &Delivery, heads: &[Witness]) -> Result<(), Refused> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Refused { text: format!("nothing can be sent: {e}"), for_good: false })?;
    let body = payload::bytes(delivery, heads);
    runtime.block_on(async {
        match &delivery.channel.kind {
            ChannelKind::Webhook(webhook) => webhook.send(delivery, body).await,
            ChannelKind::Command(command) => command.send(delivery, body).await,
        }
    })
}

/// Makes every delivery. `save` puts records into the desk's chain (into the internal one where it is told so) and
/// returns when they are saved; its error ends the telling, because what cannot be remembered must not be sent.
///
/// A channel that did not answer is left alone for the rest of the run: its other notifications stay due, and one
/// dead receiver costs one `timeout`, not twenty.
pub fn tell<E>(
    deliveries: &[Delivery],
    heads: &[Witness],
    save: &mut dyn FnMut(bool, Vec<Body>) -> Result<(), E>,
) -> Result<Vec<Told>, E> {
    let mut silent: BTreeSet<&str> = BTreeSet::new();
    let mut told = Vec::new();
    for delivery in deliveries {
        let channel = delivery.channel.id.as_str();
        if silent.contains(channel) {
            continue;
        }
        save(delivery.internal, delivery.tries())?;
        let result = send(delivery, heads);
        save(delivery.internal, delivery.outcome(&result))?;
        if result.as_ref().is_err_and(|r| !r.for_good) {
            silent.insert(channel);
        }
        told.push(Told { channel: channel.to_owned(), id: delivery.id.clone(), result });
    }
    Ok(told)
}
