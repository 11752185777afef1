//! Who is asked: a process of its own that answers every request and closes the connection, in plain and over TLS, and
//! one that takes connections and says nothing.

use std::convert::Infallible;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

/// How this program is told to be the server, with the folder for its certificate.
pub const SERVE: &str = "--serve";

/// Ports of each side: one alone would run out of free pairs of ports at 10,000 fresh connections.
const PORTS: usize = 8;

/// The file with the certificates that askers are to trust, in the server's folder: the system's and the server's own
/// authority's.
pub const ROOTS: &str = "roots.pem";

#[derive(Clone, Copy)]
pub enum Side {
    Plain,
    Tls,
    Silent,
}

/// The server's process. It ends when its standard input closes, so also when this process is killed.
pub struct Server {
    child: Child,
    ports: Vec<u16>,
    pub folder: PathBuf,
}

impl Server {
    pub fn start() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("looking");
        fs::create_dir_all(&folder).expect("the target folder can be written");
        let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
            .arg(SERVE)
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let said = child.stdout.take().expect("it is piped");
        BufReader::new(said).read_line(&mut line).expect("the server says its ports");
        let ports = line.split_whitespace().map(|port| port.parse().expect("a port")).collect();
        Self { child, ports, folder }
    }

    pub fn address(&self, side: Side, i: usize) -> String {
        let port = self.ports[side as usize * PORTS + i % PORTS];
        format!("{}://127.0.0.1:{port}/{i}", if matches!(side, Side::Tls) { "https" } else { "http" })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Serves until standard input closes.
pub fn serve(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let tls = TlsAcceptor::from(Arc::new(certified(folder)));
    runtime.block_on(async {
        let mut ports = Vec::new();
        for side in [Side::Plain, Side::Tls, Side::Silent] {
            for _ in 0..PORTS {
                let socket = TcpSocket::new_v4().expect("a socket");
                socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
                let listener = socket.listen(4096).expect("it listens");
                ports.push(listener.local_addr().expect("it has an address").port().to_string());
                tokio::spawn(accept(listener, side, tls.clone()));
            }
        }
        println!("{}", ports.join(" "));
        std::future::pending::<()>().await;
    });
}

async fn accept(listener: TcpListener, side: Side, tls: TlsAcceptor) {
    let mut held = Vec::new();
    while let Ok((stream, _)) = listener.accept().await {
        match side {
            Side::Plain => _ = tokio::spawn(answer(stream)),
            Side::Silent => held.push(stream),
            Side::Tls => {
                let tls = tls.clone();
                tokio::spawn(async move {
                    if let Ok(stream) = tls.accept(stream).await {
                        answer(stream).await;
                    }
                });
            }
        }
    }
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let answer =
        service_fn(|_| async { Ok::<_, Infallible>(hyper::Response::new(Full::new(Bytes::from_static(b"ok\n")))) });
    let server =
        hyper::server::conn::http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), answer);
    let _ = server.await;
}

/// A certificate for the server, whose authority stands among the roots. No session may be taken up again.
fn certified(folder: &Path) -> ServerConfig {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // One without a name is no issuer to OpenSSL.
    authority.distinguished_name.push(rcgen::DnType::CommonName, "Bench Authority");
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(authority, key).expect("an authority");
    let system = fs::read_to_string("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
    fs::write(folder.join(ROOTS), format!("{system}\n{}", authority.pem())).expect("the folder can be written");
    let key = KeyPair::generate().expect("a key");
    let names = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    let own = names.signed_by(&key, &authority).expect("a certificate");
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .expect("the key fits");
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config
}
