//! How far a request came and when: four hooks into the HTTP client, one list of hops.
//!
//! The client has no timing interface. Its name resolver, its connector layer, its TLS session store (which rustls
//! asks while it builds the first message, so when TCP is connected) and its certificate verifier (`trust`) tell the rest. The
//! session store is an inference from what rustls does: the test `a_slow_handshake_counts_as_tls` holds it.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use tower_layer::Layer;
use tower_service::Service;

use super::Family;
use crate::probe::trust::Shown;

/// One request and its answer. A redirect begins another.
#[derive(Debug, Default)]
pub(super) struct Hop {
    pub resolving: Option<Instant>,
    pub resolved: Option<Instant>,
    pub connecting: Option<Instant>,
    pub shaking: Option<Instant>,
    pub connected: Option<Instant>,
    pub answered: Option<Instant>,
    pub done: Option<Instant>,
    /// What the name gave, for the details.
    pub addresses: Vec<IpAddr>,
    /// What went wrong with the name, as the operating system said it.
    pub no_name: Option<String>,
    /// What the server showed of itself.
    pub shown: Shown,
}

impl Hop {
    /// Where it stands.
    pub fn phase(&self) -> &'static str {
        if self.answered.is_some() {
            "transfer"
        } else if self.connected.is_some() {
            "first_byte"
        } else if self.shaking.is_some() {
            "tls"
        } else if self.resolving.is_some() && self.resolved.is_none() {
            "dns"
        } else {
            "connect"
        }
    }

    /// Each phase that began, with its length; one that has not ended ends at `until`.
    pub fn phases(&self, until: Instant) -> [(&'static str, Option<Duration>); 5] {
        let between = |from: Option<Instant>, to: Option<Instant>| Some(to.unwrap_or(until).duration_since(from?));
        let dialling = if self.resolving.is_some() { self.resolved } else { self.connecting };
        [
            ("dns", between(self.resolving, self.resolved)),
            ("connect", between(dialling, self.shaking.or(self.connected))),
            ("tls", between(self.shaking, self.connected)),
            ("first_byte", between(self.connected, self.answered)),
            ("transfer", between(self.answered, self.done)),
        ]
    }
}

/// The hops of one try.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace(Arc<Mutex<Vec<Hop>>>);

impl Trace {
    /// Another request begins.
    pub fn hop(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Hop::default());
    }

    /// Writes in the hop that is under way.
    pub fn note(&self, write: impl FnOnce(&mut Hop, Instant)) {
        if let Some(hop) = self.0.lock().unwrap_or_else(PoisonError::into_inner).last_mut() {
            write(hop, Instant::now());
        }
    }

    /// The hops so far.
    pub fn read<R>(&self, read: impl FnOnce(&[Hop]) -> R) -> R {
        read(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Hook 1: names. Also the place of `resolve` and `ip`.
pub(super) struct Names {
    pub trace: Trace,
    /// The host that has addresses of the operator's, and these.
    pub fixed: Option<(String, Vec<IpAddr>)>,
    pub family: Family,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let (trace, family) = (self.trace.clone(), self.family);
        let fixed = self.fixed.as_ref().filter(|(host, _)| host == name.as_str()).map(|(_, ips)| ips.clone());
        Box::pin(async move {
            trace.note(|hop, now| hop.resolving = Some(now));
            let found = match fixed {
                Some(ips) => Ok(ips),
                None => tokio::net::lookup_host((name.as_str(), 0)).await.map(|all| all.map(|a| a.ip()).collect()),
            };
            let mut ips = found.inspect_err(|e| trace.note(|hop, _| hop.no_name = Some(e.to_string())))?;
            ips.retain(|ip| match family {
                Family::Any => true,
                Family::V4 => ip.is_ipv4(),
                Family::V6 => ip.is_ipv6(),
            });
            if ips.is_empty() {
                let why = "the name has no address of the family that was asked for";
                trace.note(|hop, _| hop.no_name = Some(why.to_owned()));
                return Err(why.into());
            }
            trace.note(|hop, now| {
                hop.resolved = Some(now);
                hop.addresses.clone_from(&ips);
            });
            Ok(Box::new(ips.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

/// Hook 2: connections.
#[derive(Clone)]
pub(super) struct Connections(pub Trace);

/// The client's connector with its times noted.
#[derive(Clone)]
pub(super) struct Timed<S> {
    inner: S,
    trace: Trace,
}

impl<S> Layer<S> for Connections {
    type Service = Timed<S>;

    fn layer(&self, inner: S) -> Timed<S> {
        Timed { inner, trace: self.0.clone() }
    }
}

impl<S, R> Service<R> for Timed<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let trace = self.trace.clone();
        trace.note(|hop, now| hop.connecting = Some(now));
        let connection = self.inner.call(request);
        Box::pin(async move {
            let connection = connection.await?;
            trace.note(|hop, now| hop.connected = Some(now));
            Ok(connection)
        })
    }
}

/// Hook 3: the moment at which TLS begins. It remembers no session, so each handshake is a full one.
#[derive(Debug)]
pub(super) struct Handshakes(pub Trace);

impl ClientSessionStore for Handshakes {
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.note(|hop, now| _ = hop.shaking.get_or_insert(now));
        None
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.note(|hop, now| _ = hop.shaking.get_or_insert(now));
        None
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.note(|hop, now| _ = hop.shaking.get_or_insert(now));
        None
    }

    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}
    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}
    fn remove_tls12_session(&self, _: &ServerName<'static>) {}
    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {}
}
