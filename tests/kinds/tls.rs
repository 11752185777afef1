//! `tls` at nginx, Exim, Dovecot and PostgreSQL.

use crate::look::{look, said};
use crate::support::{Authority, Mail, Nginx, Postgres};

fn probe(authority: &Authority, port: u16, more: &str) -> String {
    let at = format!("kind = \"tls\"\naddress = \"localhost:{port}\"\nca_file = \"{}\"\n", authority.file().display());
    format!("{at}timeout = \"20s\"\n{more}")
}

#[test]
fn a_certificate_is_judged_whatever_it_is() {
    let authority = Authority::new();
    let asserted = "expect = [\"chain.length == 2\", \"certificate.expires_in > duration('240h')\", \
                    \"certificate.names == ['localhost']\", \"version.startsWith('TLSv1_')\"]\n";
    for (certificate, more, told) in [
        (authority.good(), asserted, "up"),
        (authority.good(), "server_name = \"other.example\"\n", "down tls: the certificate is for another name"),
        (
            authority.good(),
            "degraded_if = \"certificate.expires_in < duration('876000h')\"\n",
            "degraded degraded_if: ",
        ),
        (authority.expired(), "", "down tls: the certificate expired "),
        (authority.wrong_name(), "", "down tls: the certificate is for another name"),
        (authority.wrong_name(), "server_name = \"other.example\"\n", "up"),
    ] {
        let nginx = Nginx::start_tls("location / { return 200 'ok'; }", &certificate);
        let seen = look(&probe(&authority, nginx.port(), more));
        assert!(said(&seen).starts_with(told), "{told}: {seen}");
        assert!(seen["detail"].as_str().unwrap().contains("certificate for "), "{seen}");
    }
    // Nobody here knows the authority.
    let nginx = Nginx::start_tls("", &authority.good());
    let seen = look(&format!("kind = \"tls\"\naddress = \"localhost:{}\"\ntimeout = \"20s\"", nginx.port()));
    assert_eq!(said(&seen), "down tls: the certificate's issuer is not trusted here");
}

#[test]
fn a_server_that_speaks_only_what_nobody_should_is_down() {
    let authority = Authority::new();
    let nginx = Nginx::start_tls("ssl_protocols TLSv1; ssl_ciphers 'ALL:@SECLEVEL=0';", &authority.good());
    let seen = look(&probe(&authority, nginx.port(), ""));
    assert_eq!(said(&seen), "down tls: the server offers no TLS version or cipher that is still in use", "{seen}");
}

#[test]
fn tls_is_begun_in_the_protocols_of_mail_and_databases() {
    let authority = Authority::new();
    let (good, expired) = (authority.good(), authority.expired());
    let mail = [Mail::smtp(&good), Mail::imap(&good), Mail::smtp(&expired), Mail::imap(&expired)];
    let (database, bare) = (Postgres::start(Some(&good)), Postgres::start(None));
    let late = "down tls: the certificate expired ";
    for (port, protocol, told) in [
        (mail[0].port(), "smtp", "up"),
        (mail[1].port(), "imap", "up"),
        (mail[2].port(), "smtp", late),
        (mail[3].port(), "imap", late),
        (database.port(), "postgresql", "up"),
        (bare.port(), "postgresql", "down starttls: the server offers no TLS"),
    ] {
        let asserted = "expect = \"certificate.names == ['localhost']\"\n";
        let seen = look(&probe(&authority, port, &format!("starttls = \"{protocol}\"\n{asserted}")));
        assert!(said(&seen).starts_with(told), "{protocol} {told}: {seen}");
    }
    mail[0].freeze();
    let brief = probe(&authority, mail[0].port(), "starttls = \"smtp\"").replace("20s", "1s");
    let seen = look(&brief);
    assert_eq!(said(&seen), "down greeting: connected, but no greeting within 1 s", "{seen}");
}
