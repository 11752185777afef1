//! nginx as one process, so that a signal reaches all of it.

use std::path::Path;

use tempfile::TempDir;

use super::certificates::Certificate;
use super::program::{Program, free_port};

/// A web server on a free loopback port.
pub struct Nginx {
    folder: TempDir,
    program: Option<Program>,
    port: u16,
    tls: bool,
}

impl Nginx {
    /// Plain HTTP. `config` stands inside nginx's `server { … }`:
    ///
    /// ```text
    /// location /health { return 200 "ok"; }
    /// location /broken { return 502; }
    /// ```
    ///
    /// Files under [`Nginx::root`] are served where the config does not say otherwise.
    pub fn start(config: &str) -> Self {
        Self::with(config, None)
    }

    /// HTTPS with a certificate.
    pub fn start_tls(config: &str, certificate: &Certificate) -> Self {
        Self::with(config, Some(certificate))
    }

    fn with(config: &str, certificate: Option<&Certificate>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::create_dir(folder.path().join("www")).expect("a temporary folder can be written");
        if let Some(certificate) = certificate {
            write(folder.path(), "cert.pem", &certificate.chain_pem);
            write(folder.path(), "key.pem", &certificate.key_pem);
        }
        let mut nginx = Self { folder, program: None, port: 0, tls: certificate.is_some() };
        for _ in 0..5 {
            nginx.port = free_port();
            if nginx.run(config) {
                return nginx;
            }
        }
        panic!("nginx does not start; its config is\n{}\nand it says\n{}", nginx.config(config), nginx.errors());
    }

    /// The port, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// An address: `/health` → `http://127.0.0.1:41234/health`; over TLS the host is `localhost`.
    pub fn url(&self, path: &str) -> String {
        let (scheme, host) = if self.tls { ("https", "localhost") } else { ("http", "127.0.0.1") };
        format!("{scheme}://{host}:{}{path}", self.port)
    }

    /// The folder whose files it serves.
    pub fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("www")
    }

    /// Ends it: connections are refused.
    pub fn stop(&mut self) {
        self.program = None;
    }

    /// Starts it again at the same port, with a new config; also one that runs.
    pub fn restart(&mut self, config: &str) {
        self.stop();
        assert!(self.run(config), "nginx does not start again:\n{}", self.errors());
    }

    /// Takes another certificate, and starts it again.
    pub fn certify(&mut self, config: &str, certificate: &Certificate) {
        write(self.folder.path(), "cert.pem", &certificate.chain_pem);
        write(self.folder.path(), "key.pem", &certificate.key_pem);
        self.restart(config);
    }

    /// Connections are taken, and nobody answers (SIGSTOP).
    pub fn freeze(&self) {
        self.program().freeze();
    }

    /// It goes on (SIGCONT).
    pub fn thaw(&self) {
        self.program().thaw();
    }

    fn program(&self) -> &Program {
        self.program.as_ref().expect("nginx runs")
    }

    fn run(&mut self, config: &str) -> bool {
        let config = self.config(config);
        let folder = self.folder.path();
        write(folder, "nginx.conf", &config);
        let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let args = ["-p".to_owned(), path(""), "-c".to_owned(), path("nginx.conf"), "-e".to_owned(), path("error.log")];
        let mut program = Program::start("nginx", "nginx", &args);
        let up = program.answers_at(self.port);
        self.program = up.then_some(program);
        up
    }

    fn config(&self, config: &str) -> String {
        let (port, tls) = (self.port, if self.tls { " ssl" } else { "" });
        let certificate = if self.tls { "ssl_certificate cert.pem; ssl_certificate_key key.pem;" } else { "" };
        format!(
            "daemon off; master_process off; pid nginx.pid; error_log error.log;\n\
             events {{ worker_connections 512; }}\n\
             http {{\n\
               access_log off; default_type text/plain; server_tokens off;\n\
               client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n\
               uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
               server {{\n\
                 listen 127.0.0.1:{port}{tls}; server_name localhost; root www;\n\
                 {certificate}\n\
                 {config}\n\
               }}\n\
             }}\n"
        )
    }

    fn errors(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("a temporary folder can be written");
}
