//! Exim for SMTP and Dovecot for IMAP, each with a folder of its own. They neither deliver nor keep mail.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::certificates::Certificate;
use super::program::{Program, free_port};

/// A mail server on a free loopback port that offers STARTTLS.
pub struct Mail {
    _folder: TempDir,
    program: Option<Program>,
    port: u16,
}

impl Mail {
    /// Exim, which speaks SMTP.
    pub fn smtp(certificate: &Certificate) -> Self {
        Self::start(certificate, "exim4", "exim4-daemon-light", |at, port| {
            let config = format!(
                "primary_hostname = mail.test\ndaemon_smtp_ports = {port}\nlocal_interfaces = 127.0.0.1\n\
                 spool_directory = {at}/spool\nlog_file_path = {at}/%slog\npid_file_path = {at}/pid\n\
                 tls_advertise_hosts = *\ntls_certificate = {at}/cert.pem\ntls_privatekey = {at}/key.pem\n"
            );
            let file = format!("{at}/exim.conf");
            std::fs::write(&file, config).expect("a temporary folder can be written");
            vec!["-bdf".to_owned(), "-C".to_owned(), file]
        })
    }

    /// Dovecot, which speaks IMAP.
    pub fn imap(certificate: &Certificate) -> Self {
        Self::start(certificate, "dovecot", "dovecot-imapd", |at, port| {
            let config = format!(
                "protocols = imap\nbase_dir = {at}/run\nstate_dir = {at}/state\nlog_path = /dev/stderr\n\
                 listen = 127.0.0.1\npassdb {{\n  driver = static\n}}\nssl = yes\nssl_cert = <{at}/cert.pem\nssl_key = <{at}/key.pem\n\
                 service imap-login {{\n  inet_listener imap {{\n    port = {port}\n  }}\n  \
                 inet_listener imaps {{\n    port = 0\n  }}\n}}\n"
            );
            let file = format!("{at}/dovecot.conf");
            std::fs::write(&file, config).expect("a temporary folder can be written");
            vec!["-F".to_owned(), "-c".to_owned(), file]
        })
    }

    fn start(
        certificate: &Certificate,
        name: &'static str,
        package: &str,
        args: impl Fn(&str, u16) -> Vec<String>,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        // Both go on as users of their own.
        open(folder.path(), 0o777);
        for (file, text) in [("cert.pem", &certificate.chain_pem), ("key.pem", &certificate.key_pem)] {
            std::fs::write(folder.path().join(file), text).expect("a temporary folder can be written");
            open(&folder.path().join(file), 0o644);
        }
        for _ in 0..5 {
            let port = free_port();
            let args = args(&folder.path().display().to_string(), port);
            let mut program = Program::start(name, package, &args);
            if program.answers_at(port) {
                return Self { _folder: folder, program: Some(program), port };
            }
        }
        panic!("{name} does not start");
    }

    /// The port, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Connections are refused.
    pub fn stop(&mut self) {
        self.program = None;
    }

    /// Connections are taken, and nobody answers.
    pub fn freeze(&self) {
        self.program.as_ref().expect("the mail server runs").freeze();
    }
}

fn open(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a temporary folder is ours");
}
