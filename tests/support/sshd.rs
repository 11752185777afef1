//! sshd with its own host key and one key that may log in.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::program::{Program, free_port};

/// An SSH server on a free loopback port.
pub struct Sshd {
    folder: TempDir,
    program: Option<Program>,
    port: u16,
}

impl Sshd {
    /// Starts it; `config` stands at the end of its `sshd_config`.
    pub fn start(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for name in ["host", "user", "stranger"] {
            keygen(&["-q", "-t", "ed25519", "-N", "", "-f", &path(folder.path(), name)]);
        }
        // Whoever is root must have it; for anybody else it does not matter.
        let _ = std::fs::create_dir_all("/run/sshd");
        let mut sshd = Self { folder, program: None, port: 0 };
        for _ in 0..5 {
            sshd.port = free_port();
            let (at, file) = (sshd.folder.path(), sshd.folder.path().join("sshd_config"));
            let text = format!(
                "ListenAddress 127.0.0.1:{}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
                 StrictModes no\nPermitRootLogin yes\n{config}\n",
                sshd.port,
                path(at, "host"),
                path(at, "user.pub"),
            );
            std::fs::write(&file, text).expect("a temporary folder can be written");
            let args = ["-D".to_owned(), "-e".to_owned(), "-f".to_owned(), file.to_string_lossy().into_owned()];
            let mut program = Program::start("sshd", "openssh-server", &args);
            if program.answers_at(sshd.port) {
                sshd.program = Some(program);
                return sshd;
            }
        }
        panic!("sshd does not start");
    }

    /// The port, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A private key's file: `user` may log in, `stranger` may not.
    pub fn key(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The host key's fingerprint.
    pub fn fingerprint(&self) -> String {
        let said = keygen(&["-l", "-f", &path(self.folder.path(), "host.pub")]);
        said.split(' ').nth(1).expect("a fingerprint").to_owned()
    }

    /// Connections are refused.
    pub fn stop(&mut self) {
        self.program = None;
    }

    /// Connections are taken, and nobody answers.
    pub fn freeze(&self) {
        self.program.as_ref().expect("sshd runs").freeze();
    }
}

/// Who runs the tests, and so may log in.
pub fn user() -> String {
    let out = Command::new("id").arg("-un").output().expect("`id` runs");
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_string_lossy().into_owned()
}

fn keygen(args: &[&str]) -> String {
    let out = Command::new("ssh-keygen").args(args).output().expect("ssh-keygen is here (Debian: openssh-client)");
    assert!(out.status.success(), "{out:?}");
    String::from_utf8_lossy(&out.stdout).into_owned()
}
