//! A try over one connection: the name, TCP, TLS where it is wanted, and how far it came.
//!
//! What a kind says there is its own; how its time is told, and what the world's errors mean, is the same for all.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::saw::{Ask, Phases, Saw, fact, joined, map, waited, waited_of};
use super::target::Target;
use super::trouble::{Trouble, chain, find};
use super::trust::{self, Certificates, Shown};
use crate::expr::{Facts, Field, Value};
use crate::model::{Givens, Key, Refusal, Takes};

/// What assertions may name of a connection: what [`Wire`] tells whatever was said there.
const FIELDS: [Field; 5] = [
    Field::span("latency", "From the first step to the last."),
    Field::span("phases.dns", "Finding the address."),
    Field::span("phases.connect", "Opening the connection."),
    Field::span("phases.tls", "The TLS handshake."),
    Field::text("remote.address", "The address that took the connection. Never shown to the public."),
];

/// The key for the name that a certificate must be for.
pub(super) const SERVER_NAME: Key =
    Key::may("server_name", Takes::Text, "The name that the certificate must be for. Default: the host of `address`.");

/// The fields of a kind that may speak TLS: the connection's, its own, and those of the certificate.
pub(super) const fn fields<const N: usize>(own: &[Field]) -> [Field; N] {
    joined(&[&FIELDS, own, &trust::FIELDS])
}

/// How far a try came; it is read also where the try was cut.
#[derive(Default)]
pub(super) struct Wire {
    pub phases: Phases,
    pub facts: Facts,
    pub story: Vec<String>,
    /// What is wrong by the kind's own rule.
    pub unexpected: Option<Trouble>,
    /// Who took the connection.
    pub remote: Option<SocketAddr>,
    /// What is said where the time runs out in this phase.
    late: &'static str,
    /// When the time runs out.
    until: Option<Instant>,
    /// What the server showed of itself.
    pub shown: Arc<Mutex<Shown>>,
}

/// Whom TLS is to meet, and whom it may trust.
#[derive(Clone, Debug)]
pub(super) struct Tls {
    /// The name that the certificate must be for.
    pub server_name: ServerName<'static>,
    /// A PEM file with roots beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Who asks, for servers that ask that.
    pub identity: Option<Arc<Identity>>,
}

/// A certificate with its key.
pub(super) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Tls {
    /// For a server's name or address. None where it is neither.
    pub fn of(server_name: &str, ca_file: Option<&str>) -> Option<Self> {
        let server_name = ServerName::try_from(server_name.to_owned()).ok()?;
        Some(Self { server_name, ca_file: ca_file.map(PathBuf::from), identity: None })
    }

    /// By the keys `server_name`, where that is another than the host, and `ca_file`.
    pub fn given(given: &Givens, host: &str) -> Result<Self, Vec<Refusal>> {
        let name = given.text("server_name");
        Self::of(name.unwrap_or(host), given.text("ca_file")).ok_or_else(|| {
            let text = format!("`{}` is no name that a certificate can be for", name.unwrap_or(host));
            let key = if name.is_some() { "server_name" } else { "address" };
            vec![Refusal::new(key, text, "give a name such as \"mail.example.com\", or an address")]
        })
    }

    /// Takes a relative path as relative to the site's folder.
    pub fn in_site(&mut self, site: &Path) {
        self.ca_file = self.ca_file.take().map(|file| site.join(file));
    }
}

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One try: what `visit` does within the time that it may have.
pub(super) async fn talk(ask: &Ask<'_>, visit: impl AsyncFnOnce(&mut Wire) -> Result<(), Trouble>) -> Saw {
    let began = Instant::now();
    let mut wire = Wire { until: Some(began + ask.timeout()), ..Wire::default() };
    // A visit's future is large, and a round holds thousands of looks.
    let trouble = match tokio::time::timeout(ask.timeout(), Box::pin(visit(&mut wire))).await {
        Ok(ended) => ended.err(),
        Err(_) => Some(wire.too_late(ask.timeout())),
    };
    wire.told(began, ask, trouble)
}

impl Wire {
    /// A phase begins. `late` is said where the time runs out in it: `{}` stands for the time that was waited in this
    /// phase, `{all}` for the whole timeout.
    pub fn enter(&mut self, phase: &'static str, late: &'static str) {
        self.phases.enter(phase);
        self.late = late;
    }

    /// Finds the address and connects.
    pub async fn connect(&mut self, target: &Target) -> Result<TcpStream, Trouble> {
        let addresses = self.find(target).await?;
        self.dial(&addresses).await
    }

    /// Finds the addresses of a name.
    pub async fn find(&mut self, target: &Target) -> Result<Vec<SocketAddr>, Trouble> {
        self.enter("dns", "the name did not resolve within {all}");
        target.resolve(&mut self.story).await
    }

    /// Connects to the first of these that takes the connection.
    pub async fn dial(&mut self, addresses: &[SocketAddr]) -> Result<TcpStream, Trouble> {
        self.enter("connect", "no connection within {all}");
        let left = self.until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
        match first_of(addresses, left, &mut self.story).await {
            Ok((stream, address)) => {
                self.story.push(format!("connected to {address}"));
                self.remote = Some(address);
                Ok(stream)
            }
            Err(e) => Err(Trouble::of_io(&e, "connect")),
        }
    }

    /// Speaks TLS from here on. What the certificate says is told also where it is refused.
    pub async fn secure<S: Stream>(
        &mut self,
        stream: S,
        tls: &Tls,
        protocols: &[&str],
        ask: &Ask<'_>,
    ) -> Result<TlsStream<S>, Trouble> {
        self.enter("tls", "the TLS handshake did not end within {all}");
        let shown = Arc::clone(&self.shown);
        let note = move |seen| *shown.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        let verifier = Certificates::new(ask, tls.ca_file.clone(), note);
        let config = ClientConfig::builder_with_provider(ask.trust.provider().clone())
            .with_safe_default_protocol_versions()
            .map_err(|_| Trouble::ours("tls", "this machine could not begin TLS"))?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &tls.identity {
            None => config.with_no_client_auth(),
            // A key that does not fit its certificate is refused here.
            Some(own) => config.with_client_auth_cert(own.0.clone(), own.1.clone_key()).map_err(|e| {
                self.story.push(format!("client_cert: {e}"));
                Trouble::ours("tls", "this machine could not use its own certificate")
            })?,
        };
        config.resumption = Resumption::disabled();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TlsConnector::from(Arc::new(config)).connect(tls.server_name.clone(), stream).await;
        stream.map_err(|e| {
            self.story.push(format!("error: {}", chain(&e)));
            match find::<rustls::Error>(&e) {
                Some(tls) => self.refused(tls, ask),
                None => Trouble::of_io(&e, "tls"),
            }
        })
    }

    /// What an error of TLS means, in the handshake and after it.
    pub fn refused(&mut self, error: &rustls::Error, ask: &Ask<'_>) -> Trouble {
        self.shown().trouble(error, ask.now, &mut self.story)
    }

    /// What an error of the operating system means where this try stands.
    pub fn failed(&mut self, error: &std::io::Error) -> Trouble {
        self.story.push(format!("error: {}", chain(error)));
        Trouble::of_io(error, self.phase())
    }

    /// The target does not work, where this try stands.
    pub fn down(&self, why: impl Into<String>) -> Trouble {
        Trouble::down(self.phase(), why)
    }

    fn shown(&self) -> Shown {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where this try stands.
    pub fn phase(&self) -> &'static str {
        self.phases.now().map_or("connect", |(phase, _)| phase)
    }

    fn too_late(&self, timeout: Duration) -> Trouble {
        let (phase, since) = self.phases.now().unwrap_or(("connect", timeout));
        let why = self.late.replace("{all}", &waited(timeout)).replace("{}", &waited_of(since, timeout));
        Trouble::down(phase, why)
    }

    fn told(mut self, began: Instant, ask: &Ask<'_>, trouble: Option<Trouble>) -> Saw {
        let phases = self.phases.ended();
        let certificate = self.shown().certificate;
        self.story.extend(certificate.as_ref().map(ToString::to_string));
        let mut saw = Saw::ended(began, self.story);
        saw.facts = self.facts;
        saw.facts.insert("latency".into(), fact(saw.took));
        saw.facts.extend(certificate.map(|c| ("certificate".to_owned(), c.facts(ask.now))));
        if let Some(remote) = self.remote {
            saw.facts.insert("remote".into(), map([("address", Value::Text(remote.to_string()))]));
        }
        saw.phased(phases);
        saw.unexpected = self.unexpected;
        saw.trouble = trouble;
        saw
    }
}

/// Tries the addresses of a name in turn, each with its share of the time: a way that leads nowhere from here must not
/// hide one that does. The error is the last one's.
async fn first_of(
    addresses: &[SocketAddr],
    time: Duration,
    story: &mut Vec<String>,
) -> std::io::Result<(TcpStream, SocketAddr)> {
    let began = Instant::now();
    let mut last = std::io::ErrorKind::AddrNotAvailable.into();
    for (i, address) in addresses.iter().enumerate() {
        let share = time.saturating_sub(began.elapsed()) / (addresses.len() - i) as u32;
        let late = Err(std::io::ErrorKind::TimedOut.into());
        match tokio::time::timeout(share, TcpStream::connect(address)).await.unwrap_or(late) {
            Ok(stream) => {
                // A word that waits for the acknowledgement of the one before would count as the target's slowness.
                let _ = stream.set_nodelay(true);
                return Ok((stream, *address));
            }
            Err(e) => {
                story.push(format!("tried {address}: {e}"));
                last = e;
            }
        }
    }
    Err(last)
}

/// Reads a line with its end, of so many bytes at most. One that is longer comes back without an end.
pub(super) async fn line(from: &mut (impl AsyncBufRead + Unpin), most: usize) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    from.take(most as u64).read_until(b'\n', &mut line).await?;
    if line.is_empty() { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(line) }
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Socket, Type};

    use super::*;
    use crate::probe::testing::{nobody, serve};

    /// A port whose queue is full: whoever knocks there waits.
    fn stuck() -> (SocketAddr, Vec<Socket>) {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut held = vec![listener];
        for _ in 0..3 {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            let _ = socket.connect(&address);
            held.push(socket);
        }
        (address.as_socket().unwrap(), held)
    }

    #[test]
    fn an_address_that_leads_nowhere_leaves_time_for_the_next() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ((stuck, _held), live) = (stuck(), serve(|_| ()));
        let mut story = Vec::new();
        let mut first = |addresses: &[SocketAddr]| {
            let time = Duration::from_millis(1500);
            let found = runtime.block_on(first_of(addresses, time, &mut story));
            found.map(|(_, address)| address).map_err(|e| e.kind())
        };
        let began = Instant::now();
        assert_eq!(first(&[stuck, nobody(), live]), Ok(live));
        assert!(began.elapsed() < Duration::from_millis(1400), "the first one had all the time");
        assert_eq!(first(&[live, stuck]), Ok(live));
        assert_eq!(first(&[nobody(), stuck]), Err(std::io::ErrorKind::TimedOut));
        assert_eq!(first(&[]), Err(std::io::ErrorKind::AddrNotAvailable));
        assert_eq!(story.len(), 4, "{story:?}");
    }
}
