//! The small Stella: real servers on loopback, each with a switch to hang it.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where the small Stella listens. Its servers end with the process.
#[derive(Debug)]
pub struct Stella {
    /// The web servers: website, API, checkups, monitors, volume.
    pub web: SocketAddr,
    /// Greets as an SSH server does.
    pub ssh: SocketAddr,
    /// Speaks as much Redis as a look needs.
    pub redis: SocketAddr,
    /// The file that a worker touches every 5 seconds.
    pub heartbeat: PathBuf,
    down: PathBuf,
}

impl Stella {
    /// Starts everything on free ports of loopback. A file `stella/down/<name>` hangs that server.
    pub fn start(folder: &Path) -> io::Result<Self> {
        let down = folder.join("stella").join("down");
        fs::create_dir_all(&down)?;
        let folder = fs::canonicalize(folder)?;
        let down = folder.join("stella").join("down");
        let heartbeat = folder.join("stella").join("worker-heartbeat");
        fs::write(&heartbeat, "")?;
        let sockets = [free()?, free()?, free()?];
        let [web, ssh, redis] = [sockets[0].local_addr()?, sockets[1].local_addr()?, sockets[2].local_addr()?];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (switches, beat) = (down.clone(), heartbeat.clone());
        std::thread::Builder::new().name("small-stella".into()).spawn(move || {
            runtime.block_on(run(sockets, switches, beat));
        })?;
        Ok(Self { web, ssh, redis, heartbeat, down })
    }

    /// The folder of the switches.
    pub fn switches(&self) -> PathBuf {
        self.down.clone()
    }
}

fn free() -> io::Result<StdListener> {
    let listener = StdListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn run(sockets: [StdListener; 3], down: PathBuf, beat: PathBuf) {
    let [web, ssh, redis] = sockets.map(TcpListener::from_std);
    let (Ok(web), Ok(ssh), Ok(redis)) = (web, ssh, redis) else { return };
    tokio::spawn(accept(ssh, down.clone(), greet));
    tokio::spawn(accept(redis, down.clone(), speak_redis));
    let workers = down.join("workers");
    tokio::spawn(async move {
        loop {
            if !workers.exists() {
                let _ = fs::write(&beat, "");
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    });
    accept(web, down, serve_web).await;
}

/// Takes connections for ever; each is served on its own.
async fn accept<F, R>(listener: TcpListener, down: PathBuf, serve: F)
where
    F: Fn(TcpStream, PathBuf) -> R,
    R: Future<Output = io::Result<()>> + Send + 'static,
{
    loop {
        if let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, down.clone()));
        }
    }
}

/// While its switch lies there, a server takes the connection and says nothing.
async fn hang_while(switch: PathBuf) {
    while switch.exists() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn greet(mut socket: TcpStream, down: PathBuf) -> io::Result<()> {
    hang_while(down.join("backend")).await;
    socket.write_all(b"SSH-2.0-small_stella\r\n").await?;
    let mut rest = [0; 256];
    while socket.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn speak_redis(mut socket: TcpStream, down: PathBuf) -> io::Result<()> {
    let mut asked = [0; 512];
    while socket.read(&mut asked).await? > 0 {
        let saving = u8::from(down.join("redis").exists());
        let info = format!(
            "# Persistence\r\nloading:0\r\nrdb_changes_since_last_save:1204\r\nrdb_bgsave_in_progress:{saving}\r\n\
             aof_enabled:0\r\n"
        );
        socket.write_all(format!("${}\r\n{info}\r\n", info.len()).as_bytes()).await?;
    }
    Ok(())
}

async fn serve_web(socket: TcpStream, down: PathBuf) -> io::Result<()> {
    let answer = service_fn(move |request: Request<Incoming>| {
        let down = down.clone();
        async move {
            let name = request.uri().path().split('/').nth(1).unwrap_or_default().to_owned();
            // Only names of the small Stella are looked up: a path never becomes a file name as it came.
            if ["web", "api", "checkups", "monitors", "volume"].contains(&name.as_str()) {
                hang_while(down.join(&name)).await;
            }
            Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from(format!("{name} works\n")))))
        }
    });
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), answer).await;
    served.map_err(io::Error::other)
}
