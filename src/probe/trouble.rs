//! The world's errors in public words: without addresses, paths and secrets. The raw error goes in the details.

use std::error::Error;
use std::io::{self, ErrorKind};

use rustls::{AlertDescription, CertificateError, Error as TlsError};

use super::trust::Certificate;
use crate::model::{Moment, Span, Verdict};

/// Why a try saw nothing good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Down, or unknown where the trouble is this machine's own.
    pub is: Verdict,
    /// Where it failed.
    pub phase: &'static str,
    /// Why, in public words.
    pub why: String,
}

impl Trouble {
    /// The target does not work.
    pub fn down(phase: &'static str, why: impl Into<String>) -> Self {
        Self { is: Verdict::Down, phase, why: why.into() }
    }

    /// Nobody can tell: the trouble is ours. It is never charged to the service.
    pub fn ours(phase: &'static str, why: impl Into<String>) -> Self {
        Self { is: Verdict::Unknown, phase, why: why.into() }
    }

    /// A name without an address.
    pub fn no_name() -> Self {
        Self::down("dns", "the name does not resolve")
    }

    /// What the operating system says of a name. Its message is all that getaddrinfo leaves us (EAI_AGAIN); that this
    /// machine has no room for the question it does not say.
    pub fn of_name(raw: &str) -> Self {
        let ours = std::net::UdpSocket::bind(("127.0.0.1", 0)).err().map(|e| Self::of_io(&e, "dns"));
        if let Some(ours) = ours.filter(|trouble| trouble.is == Verdict::Unknown) {
            return ours;
        }
        if raw.contains("emporary failure") {
            Self::down("dns", "no name server could say where the name points")
        } else {
            Self::no_name()
        }
    }

    /// An error of the operating system in a phase of a connection.
    pub fn of_io(error: &io::Error, phase: &'static str) -> Self {
        // ENFILE, EMFILE, ENOMEM, EADDRNOTAVAIL, ENOBUFS: this machine ran out of something.
        if matches!(error.raw_os_error(), Some(23 | 24 | 12 | 99 | 105)) {
            return Self::ours(phase, "this machine has no room for another connection");
        }
        let when = match phase {
            "tls" => " during the TLS handshake",
            "first_byte" => " before an answer came",
            "transfer" => " in the middle of the answer",
            _ => "",
        };
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::down(phase, "the connection was refused"),
            ErrorKind::HostUnreachable => Self::down(phase, "the host cannot be reached"),
            ErrorKind::NetworkUnreachable => Self::down(phase, "there is no route to the target's network"),
            ErrorKind::PermissionDenied => Self::ours(phase, "this machine may not connect there"),
            ErrorKind::TimedOut => Self::down(phase, format!("the connection timed out{when}")),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
                Self::down(phase, format!("the connection was reset{when}"))
            }
            ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::NotConnected => {
                Self::down(phase, format!("the connection was closed{when}"))
            }
            _ => Self::down(phase, format!("the connection failed{when}")),
        }
    }

    /// An error of the TLS handshake.
    pub fn of_tls(error: &TlsError, certificate: Option<&Certificate>, now: Moment) -> Self {
        let why = match error {
            TlsError::InvalidCertificate(e) => return Self::down("tls", of_certificate(e, certificate, now)),
            TlsError::PeerIncompatible(_)
            | TlsError::AlertReceived(
                AlertDescription::ProtocolVersion
                | AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity,
            ) => "the server offers no TLS version or cipher that is still in use",
            TlsError::AlertReceived(_) => "the server refused the TLS handshake",
            TlsError::InvalidMessage(_) => "the server does not speak TLS",
            TlsError::NoCertificatesPresented => "the server has no certificate",
            _ => "the TLS handshake failed",
        };
        Self::down("tls", why)
    }
}

fn of_certificate(error: &CertificateError, certificate: Option<&Certificate>, now: Moment) -> String {
    let since = |t: Option<Moment>| t.map_or(Span::ZERO, |t| Span::from_ms((now - t).ms().abs()));
    let self_signed = certificate.is_some_and(|c| c.self_signed);
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate expired {} ago", since(certificate.map(|c| c.not_after)))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate becomes valid only in {}", since(certificate.map(|c| c.not_before)))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the certificate is for another name".to_owned()
        }
        CertificateError::UnknownIssuer if !self_signed => "the certificate's issuer is not trusted here".to_owned(),
        CertificateError::UnknownIssuer | CertificateError::Other(_) if self_signed => {
            "the certificate is self-signed".to_owned()
        }
        CertificateError::Revoked => "the certificate was revoked".to_owned(),
        CertificateError::BadEncoding => "the certificate cannot be read".to_owned(),
        CertificateError::BadSignature => "the certificate's signature is wrong".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the certificate is not meant for servers".to_owned()
        }
        _ => "the certificate was refused".to_owned(),
    }
}

/// Finds the deepest error of a type in a chain of causes: the outer ones only wrap it. Looks inside `io::Error` too,
/// whose `source` skips its own content.
pub(super) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let (mut next, mut deepest) = (Some(error), None);
    // A chain of causes that is longer than this is a circle.
    for _ in 0..32 {
        let Some(error) = next else { break };
        deepest = error.downcast_ref::<T>().or(deepest);
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    deepest
}

/// The whole chain of causes in one line, for the details.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next.filter(|_| said.len() < 32) {
        let text = error.to_string();
        if said.last().is_none_or(|last| !last.contains(&text)) {
            said.push(text);
        }
        next = error.source();
    }
    said.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_operating_system_become_public_words() {
        // The numbers are Linux's errno, as the kernel gives them.
        for (errno, phase, expected) in [
            (111, "connect", "down: the connection was refused"),
            (113, "connect", "down: the host cannot be reached"),
            (101, "connect", "down: there is no route to the target's network"),
            (110, "connect", "down: the connection timed out"),
            (104, "tls", "down: the connection was reset during the TLS handshake"),
            (104, "first_byte", "down: the connection was reset before an answer came"),
            (32, "transfer", "down: the connection was closed in the middle of the answer"),
            (5, "transfer", "down: the connection failed in the middle of the answer"),
            // Ours, and never charged to the service.
            (24, "connect", "unknown: this machine has no room for another connection"),
            (99, "connect", "unknown: this machine has no room for another connection"),
            (13, "connect", "unknown: this machine may not connect there"),
        ] {
            let trouble = Trouble::of_io(&io::Error::from_raw_os_error(errno), phase);
            assert_eq!((format!("{}: {}", trouble.is.word(), trouble.why).as_str(), trouble.phase), (expected, phase));
        }
    }

    #[test]
    fn errors_of_the_handshake_become_public_words() {
        use rustls::PeerIncompatible;
        let alert = TlsError::AlertReceived;
        for (error, expected) in [
            (TlsError::InvalidCertificate(CertificateError::Revoked), "the certificate was revoked"),
            (TlsError::InvalidCertificate(CertificateError::BadSignature), "the certificate's signature is wrong"),
            (
                TlsError::InvalidCertificate(CertificateError::UnknownIssuer),
                "the certificate's issuer is not trusted here",
            ),
            (
                alert(AlertDescription::ProtocolVersion),
                "the server offers no TLS version or cipher that is still in use",
            ),
            (
                TlsError::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
                "the server offers no TLS version or cipher that is still in use",
            ),
            (alert(AlertDescription::UnrecognisedName), "the server refused the TLS handshake"),
            (TlsError::DecryptError, "the TLS handshake failed"),
        ] {
            assert_eq!(Trouble::of_tls(&error, None, Moment::default()).why, expected);
        }
    }

    #[test]
    fn the_deepest_error_is_found_and_the_chain_is_told_once() {
        let inner = io::Error::new(ErrorKind::UnexpectedEof, "handshake eof");
        let outer = io::Error::other(io::Error::other(inner));
        assert_eq!(find::<io::Error>(&outer).map(io::Error::kind), Some(ErrorKind::UnexpectedEof));
        assert!(find::<TlsError>(&outer).is_none());
        assert_eq!(chain(&outer), "handshake eof");
    }
}
