//! redis-server with a folder of its own.

use std::process::Command;

use tempfile::TempDir;

use super::certificates::Certificate;
use super::program::{Program, free_port};

/// A Redis server on a free loopback port.
pub struct Redis {
    folder: TempDir,
    program: Option<Program>,
    port: u16,
    config: String,
    tls: bool,
}

impl Redis {
    /// Starts it; `config` stands at the end of its `redis.conf`.
    pub fn start(config: &str) -> Self {
        Self::with(config, None)
    }

    /// The same with TLS on its port, and no other.
    pub fn start_tls(config: &str, certificate: &Certificate) -> Self {
        Self::with(config, Some(certificate))
    }

    fn with(config: &str, certificate: Option<&Certificate>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a temporary folder can be written");
        };
        if let Some(certificate) = certificate {
            write("cert.pem", &certificate.chain_pem);
            write("key.pem", &certificate.key_pem);
        }
        let mut redis = Self { folder, program: None, port: 0, config: config.to_owned(), tls: certificate.is_some() };
        for _ in 0..5 {
            redis.port = free_port();
            if redis.again() {
                return redis;
            }
        }
        panic!("redis-server does not start");
    }

    /// Starts it (again) on its port, with what it saved. False where another has the port.
    pub fn again(&mut self) -> bool {
        let (at, port) = (self.folder.path(), self.port);
        let listen = if self.tls {
            let file = |name| at.join(name).display().to_string();
            let (own, key) = (file("cert.pem"), file("key.pem"));
            format!("port 0\ntls-port {port}\ntls-cert-file {own}\ntls-key-file {key}\ntls-auth-clients no\n")
        } else {
            format!("port {port}\n")
        };
        let text = format!("bind 127.0.0.1\n{listen}dir {}\nsave \"\"\nlogfile \"\"\n{}\n", at.display(), self.config);
        let file = at.join("redis.conf");
        std::fs::write(&file, text).expect("a temporary folder can be written");
        let mut program = Program::start("redis-server", "redis-server", &[file.display().to_string()]);
        let up = program.answers_at(port);
        self.program = up.then_some(program);
        up
    }

    /// The port, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Says something to it as an operator does.
    pub fn cli(&self, words: &[&str]) -> String {
        let port = self.port.to_string();
        let out = Command::new("redis-cli").args(["-p", &port]).args(words).output().expect("redis-cli runs");
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    /// Connections are refused.
    pub fn stop(&mut self) {
        self.program = None;
    }

    /// Connections are taken, and nobody answers.
    pub fn freeze(&self) {
        self.program.as_ref().expect("redis-server runs").freeze();
    }
}
