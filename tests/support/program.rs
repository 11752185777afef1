//! A program that a test started: found, waited for, stopped, frozen, killed at the end.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a server may take to come up or go away.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running program.
pub struct Program {
    name: &'static str,
    child: Child,
}

impl Program {
    /// Starts it; its output goes to the test's.
    pub fn start(name: &'static str, package: &str, args: &[String]) -> Self {
        Self::start_at(name, &find(name, package), args)
    }

    /// Starts the program at a path.
    pub fn start_at(name: &'static str, path: &Path, args: &[String]) -> Self {
        let child = Command::new(path).args(args).stdin(Stdio::null()).spawn();
        Self { name, child: child.unwrap_or_else(|e| panic!("{} does not start: {e}", path.display())) }
    }

    /// Waits until it takes connections at a loopback port. False if it ended instead.
    pub fn answers_at(&mut self, port: u16) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(Some(_)) = self.child.try_wait() {
                return false;
            }
            if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
                return true;
            }
            sleep(Duration::from_millis(10));
        }
        panic!("{} did not come up within {PATIENCE:?}", self.name);
    }

    /// Stops it from running at all (SIGSTOP): its port still takes connections, and nobody answers.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen one go on (SIGCONT).
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Ends it (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        // A child that is gone already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{signal} could not be sent to {}", self.name);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where a program is; `/usr/sbin` is searched too, as it is in few users' `PATH`.
fn find(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(more)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{name} is not on this machine; `./tests/run` installs it (Debian: {package})"))
}

/// A loopback port that is free for TCP and UDP just now. Another process may take it before the server does, so
/// whoever starts one tries again with another.
pub fn free_port() -> u16 {
    for _ in 0..100 {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
        let port = tcp.local_addr().expect("a bound port has an address").port();
        if UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no loopback port is free for both TCP and UDP");
}
