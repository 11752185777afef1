//! Whom TLS trusts, and what a certificate says. Roots are read once in a round and shared by all its looks.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::expr::Value;
use crate::model::{Moment, Span};

/// A verifier, or why there is none.
type Verifier = Result<Arc<dyn ServerCertVerifier>, String>;

/// Whom this round trusts. Reading the system's roots costs milliseconds, so it is done once, when first needed.
pub(super) struct Trust {
    provider: Arc<CryptoProvider>,
    system: OnceLock<Verifier>,
    with_file: Mutex<BTreeMap<PathBuf, Verifier>>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// What a server's certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    /// Valid from.
    pub not_before: Moment,
    /// Valid until.
    pub not_after: Moment,
    /// The names and addresses it is for.
    pub names: Vec<String>,
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
