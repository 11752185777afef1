//! File systems of a test's own: only its commands see them, and they are gone when it ends, however it ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A mount namespace, held by a shell that ends with the test.
pub struct Mounts {
    holder: Child,
    root: bool,
}

impl Mounts {
    /// A namespace where mounting is allowed: as root, or in a user namespace. None where neither is; then `test` was
    /// said to be skipped.
    pub fn new(test: &str) -> Option<Self> {
        let root = is_root();
        let mut unshare = Command::new("unshare");
        unshare.arg("--mount").args(if root { &[][..] } else { &["--user", "--map-root-user"] });
        // The shell's input is a pipe from this process: its end ends the shell.
        unshare.args(["sh", "-c", "echo ready; read -r end"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(holder) = unshare.stderr(Stdio::null()).spawn() else {
            return skipped(test, "there is no `unshare` on this machine");
        };
        let mut mounts = Self { holder, root };
        let mut said = String::new();
        if let Some(out) = mounts.holder.stdout.take() {
            let _ = BufReader::new(out).read_line(&mut said);
        }
        if said.trim() != "ready" {
            return skipped(test, "a mount namespace may not be made here (run as root, or allow user namespaces)");
        }
        let probe = mounts.sh("mount -t tmpfs -o size=64k none /mnt && umount /mnt");
        if let Err(why) = probe { skipped(test, &format!("mounting is not allowed here: {why}")) } else { Some(mounts) }
    }

    /// The words that run a command in here.
    pub fn enter(&self) -> Vec<String> {
        let target = self.holder.id().to_string();
        let mut words = vec!["nsenter", "--target", &target, "--mount"];
        if !self.root {
            words.extend(["--user", "--preserve-credentials"]);
        }
        words.into_iter().map(str::to_owned).collect()
    }

    /// Runs a script in here; its last words where it failed.
    pub fn sh(&self, script: &str) -> Result<(), String> {
        let enter = self.enter();
        let out = Command::new(&enter[0]).args(&enter[1..]).args(["sh", "-ec", script]).output();
        let out = out.map_err(|e| e.to_string())?;
        if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).trim().to_owned()) }
    }

    /// A path in here, as it can be reached from outside.
    pub fn path(&self, path: &Path) -> PathBuf {
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(path.strip_prefix("/").unwrap_or(path))
    }
}

impl Drop for Mounts {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Whether this test runs as root.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).trim() == "0")
}

/// Says that a test is skipped, and why.
pub fn skipped<T>(test: &str, why: &str) -> Option<T> {
    eprintln!("skipped {test}: {why}");
    None
}
