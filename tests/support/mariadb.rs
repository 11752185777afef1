//! MariaDB with a data folder of its own.

use std::process::Command;

use tempfile::TempDir;

use super::certificates::Certificate;
use super::program::{Program, free_port};

/// What is there once it is up.
const INIT: &str = "CREATE DATABASE shop;\nCREATE TABLE shop.orders (id INT, price DECIMAL(8,2), name VARCHAR(20));\n\
    INSERT INTO shop.orders VALUES (1, 9.50, 'a'), (2, 3.00, NULL);\n\
    CREATE USER 'probe'@'%' IDENTIFIED BY 's3cret-word';\nGRANT SELECT ON shop.* TO 'probe'@'%';\n";

/// A database server on a free loopback port; `probe` may read `shop` with the password `s3cret-word`.
pub struct MariaDb {
    _folder: TempDir,
    program: Option<Program>,
    port: u16,
}

impl MariaDb {
    /// Starts it; TLS is offered.
    pub fn start(certificate: &Certificate) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let at = folder.path().display().to_string();
        for (name, text) in [
            ("init.sql", INIT),
            ("cert.pem", certificate.chain_pem.as_str()),
            ("key.pem", certificate.key_pem.as_str()),
        ] {
            std::fs::write(folder.path().join(name), text).expect("a temporary folder can be written");
        }
        let user = super::ssh_user();
        let made = Command::new("mariadb-install-db")
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .args([format!("--datadir={at}/data"), format!("--user={user}")])
            .output()
            .unwrap_or_else(|e| panic!("{e}; `./tests/run` installs MariaDB (Debian: mariadb-server)"));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for _ in 0..5 {
            let port = free_port();
            let args = [
                "--no-defaults".to_owned(),
                format!("--user={user}"),
                format!("--datadir={at}/data"),
                format!("--socket={at}/socket"),
                format!("--pid-file={at}/pid"),
                format!("--init-file={at}/init.sql"),
                format!("--port={port}"),
                "--bind-address=127.0.0.1".to_owned(),
                "--skip-name-resolve".to_owned(),
                format!("--ssl-cert={at}/cert.pem"),
                format!("--ssl-key={at}/key.pem"),
            ];
            let mut program = Program::start("mariadbd", "mariadb-server", &args);
            if program.answers_at(port) {
                return Self { _folder: folder, program: Some(program), port };
            }
        }
        panic!("mariadbd does not start");
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
        self.program.as_ref().expect("mariadbd runs").freeze();
    }
}
