//! Whom TLS trusts, and what a certificate says. Roots are read once in a round and shared by all its looks.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::saw::Ask;
use super::trouble::Trouble;
use crate::expr::{Field, Type, Value};
use crate::model::{Key, Moment, Span, Takes};

/// A verifier, or why there is none.
type Verifier = Result<Arc<dyn ServerCertVerifier>, String>;

/// Whom this round trusts. Reading the system's roots costs milliseconds, so it is done once, when first needed.
pub(super) struct Trust {
    provider: Arc<CryptoProvider>,
    system: OnceLock<Verifier>,
    with_file: Mutex<BTreeMap<PathBuf, Verifier>>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

impl Trust {
    /// Nothing is read yet.
    pub fn new() -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Self { provider, system: OnceLock::new(), with_file: Mutex::default() }
    }

    /// The cryptography.
    pub fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }

    /// The system's roots, with those of a PEM file added.
    pub fn verifier(&self, file: Option<&Path>) -> Verifier {
        let Some(file) = file else {
            return self.system.get_or_init(|| self.read(None)).clone();
        };
        let mut known = self.with_file.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(file.to_owned()).or_insert_with(|| self.read(Some(file))).clone()
    }

    fn read(&self, file: Option<&Path>) -> Verifier {
        let provider = self.provider.clone();
        let Some(file) = file else {
            let system = rustls_platform_verifier::Verifier::new(provider).map_err(|e| e.to_string())?;
            return Ok(Arc::new(system));
        };
        let say = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
        let certificates = CertificateDer::pem_file_iter(file).map_err(|e| say(&e))?;
        let extra = certificates.collect::<Result<Vec<_>, _>>().map_err(|e| say(&e))?;
        if extra.is_empty() {
            return Err(say(&"it holds no PEM certificate"));
        }
        if let Ok(both) = rustls_platform_verifier::Verifier::new_with_extra_roots(extra.clone(), provider.clone()) {
            return Ok(Arc::new(both));
        }
        // A machine without roots of its own (a bare container) still trusts the file.
        let mut roots = RootCertStore::empty();
        for certificate in extra {
            roots.add(certificate).map_err(|e| say(&e))?;
        }
        let only = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        Ok(only.build().map_err(|e| say(&e))?)
    }
}

/// What a server showed of itself in a handshake.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    /// Its own certificate, also where it was refused.
    pub certificate: Option<Certificate>,
    /// Those that came with it, as they came.
    pub others: Vec<CertificateDer<'static>>,
    /// Why this machine could judge none.
    no_roots: Option<String>,
}

impl Shown {
    /// What an error of the handshake means.
    pub fn trouble(&self, error: &TlsError, now: Moment, story: &mut Vec<String>) -> Trouble {
        if let Some(raw) = &self.no_roots {
            story.push(format!("roots: {raw}"));
            return Trouble::ours("tls", "this machine has no root certificates to judge by");
        }
        Trouble::of_tls(error, self.certificate.as_ref(), now)
    }
}

/// Judges certificates against the moment of the look, not against the clock, and notes what was shown.
pub(super) struct Certificates {
    note: Box<dyn Fn(Shown) + Send + Sync>,
    trust: Arc<Trust>,
    ca_file: Option<PathBuf>,
    now: Moment,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates")
    }
}

impl Certificates {
    /// Trusts the system's roots and those of a PEM file.
    pub fn new(ask: &Ask<'_>, ca_file: Option<PathBuf>, note: impl Fn(Shown) + Send + Sync + 'static) -> Self {
        Self { note: Box::new(note), trust: Arc::clone(ask.trust), ca_file, now: ask.now }
    }
}

impl ServerCertVerifier for Certificates {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let verifier = self.trust.verifier(self.ca_file.as_deref());
        (self.note)(Shown {
            certificate: Certificate::read(own),
            others: others.iter().map(|other| other.clone().into_owned()).collect(),
            no_roots: verifier.as_ref().err().cloned(),
        });
        let now = UnixTime::since_unix_epoch(Duration::from_millis(self.now.ms().max(0) as u64));
        verifier.map_err(TlsError::General)?.verify_server_cert(own, others, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let known = &self.trust.provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, own, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let known = &self.trust.provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, own, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.provider().signature_verification_algorithms.supported_schemes()
    }
}

/// What assertions may name of a certificate.
pub(super) const FIELDS: [Field; 4] = [
    Field::span("certificate.expires_in", "How long the certificate is still valid; negative after."),
    Field::text("certificate.not_after", "The certificate's last moment, RFC 3339 in UTC."),
    Field::of(
        "certificate.names",
        Type::Texts,
        "The names and addresses that the certificate is for, the first 100 of them.",
    ),
    Field::text("certificate.issuer", "Who signed the certificate, such as `CN=R11,O=Let's Encrypt,C=US`."),
];

/// The key that names roots to trust, in every kind that meets a certificate.
pub(super) const CA_FILE: Key =
    Key::may("ca_file", Takes::Text, "A PEM file with roots to trust beside the system's, for a private CA.");

/// What a server's certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    /// Valid from.
    pub not_before: Moment,
    /// Valid until.
    pub not_after: Moment,
    /// The names and addresses it is for.
    pub names: Vec<String>,
    /// Whose it is (RFC 4514 text).
    pub subject: String,
    /// Who signed it (RFC 4514 text).
    pub issuer: String,
    /// Whether it signed itself.
    pub self_signed: bool,
}

impl Certificate {
    /// Reads the few fields that a probe shows. None where the bytes are no certificate.
    pub fn read(der: &[u8]) -> Option<Self> {
        let certificate = x509_cert::Certificate::from_der(der).ok()?;
        let body = certificate.tbs_certificate();
        let moment = |t: x509_cert::time::Time| Moment::from_ms(t.to_unix_duration().as_millis() as i64);
        let mut names = Vec::new();
        if let Ok(Some((_, SubjectAltName(given)))) = body.get_extension::<SubjectAltName>() {
            // A certificate may hold thousands of names; a page and an assertion need no more than these.
            names.extend(given.iter().filter_map(name).take(100));
        }
        Some(Self {
            not_before: moment(body.validity().not_before),
            not_after: moment(body.validity().not_after),
            names,
            subject: body.subject().to_string(),
            issuer: body.issuer().to_string(),
            self_signed: body.issuer() == body.subject(),
        })
    }

    /// As facts: `certificate.*`.
    pub fn facts(&self, now: Moment) -> Value {
        super::saw::map([
            ("expires_in", Value::Duration(self.expires_in(now))),
            ("not_after", Value::Text(self.not_after.rfc3339())),
            ("names", Value::List(self.names.iter().cloned().map(Value::Text).collect())),
            ("issuer", Value::Text(self.issuer.clone())),
        ])
    }

    /// How long it is still valid; negative where it expired.
    pub fn expires_in(&self, now: Moment) -> Span {
        self.not_after - now
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate for {}, by {}, until {}", self.names.join(", "), self.issuer, self.not_after)
    }
}

fn name(given: &GeneralName) -> Option<String> {
    match given {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(bytes) => match *bytes.as_bytes() {
            [a, b, c, d] => Some(IpAddr::from([a, b, c, d]).to_string()),
            ref long => <[u8; 16]>::try_from(long).ok().map(|v6| IpAddr::from(v6).to_string()),
        },
        _ => None,
    }
}
