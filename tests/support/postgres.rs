//! PostgreSQL with a data folder of its own, which whoever is root gives to somebody else: it does not run as root.

use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::certificates::Certificate;
use super::program::{Program, free_port};

/// A database server on a free loopback port. Its superuser is `postgres` with the password `s3cret-word`.
pub struct Postgres {
    _folder: TempDir,
    program: Option<Program>,
    port: u16,
}

impl Postgres {
    /// Starts it, with TLS offered where there is a certificate.
    pub fn start(certificate: Option<&Certificate>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let at = folder.path().display().to_string();
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a temporary folder can be written");
        };
        write("password", "s3cret-word");
        if let Some(certificate) = certificate {
            write("cert.pem", &certificate.chain_pem);
            write("key.pem", &certificate.key_pem);
            run("chmod", &["600", &format!("{at}/key.pem")]);
        }
        let somebody = if root() {
            run("chown", &["-R", "postgres", &at]);
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"].map(str::to_owned).to_vec()
        } else {
            Vec::new()
        };
        let words = |program: &str, args: &[&str]| -> Vec<String> {
            let program = programs().join(program).display().to_string();
            somebody.iter().cloned().chain([program]).chain(args.iter().map(|arg| (*arg).to_owned())).collect()
        };
        let data = format!("{at}/data");
        let made = words(
            "initdb",
            &["-D", &data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", &format!("{at}/password"), "--no-sync"],
        );
        run(&made[0], &made[1..].iter().map(String::as_str).collect::<Vec<_>>());
        for _ in 0..5 {
            let port = free_port();
            let options = [
                format!("port={port}"),
                "listen_addresses=127.0.0.1".to_owned(),
                format!("unix_socket_directories={at}"),
                "fsync=off".to_owned(),
                format!("ssl={}", if certificate.is_some() { "on" } else { "off" }),
                format!("ssl_cert_file={at}/cert.pem"),
                format!("ssl_key_file={at}/key.pem"),
            ];
            let options: Vec<&str> = options.iter().flat_map(|option| ["-c", option]).collect();
            let words = words("postgres", &[&["-D", &data][..], &options].concat());
            let name = if root() { "setpriv" } else { "postgres" };
            let mut program = Program::start_at(name, words[0].as_ref(), &words[1..]);
            if program.answers_at(port) && ready(port) {
                return Self { _folder: folder, program: Some(program), port };
            }
        }
        panic!("postgres does not start");
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
        self.program.as_ref().expect("postgres runs").freeze();
    }
}

/// Debian keeps each version's programs in a folder of its own.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.pop().expect("PostgreSQL is not on this machine; `./tests/run` installs it (Debian: postgresql)")
}

/// It takes connections before it takes logins.
fn ready(port: u16) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        let asked = Command::new(programs().join("pg_isready"))
            .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
            .status()
            .expect("pg_isready runs");
        if asked.success() {
            return true;
        }
        sleep(Duration::from_millis(50));
    }
    false
}

fn root() -> bool {
    let out = Command::new("id").arg("-u").output().expect("`id` runs");
    out.stdout == b"0\n"
}

fn run(program: &str, args: &[&str]) {
    let out = Command::new(program).args(args).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(out.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&out.stderr));
}
