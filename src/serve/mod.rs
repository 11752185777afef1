//! A preview server: what a static host would show, on this machine.
//!
//! - Takes: the public folder and an address to listen on.
//! - Gives: the files with the headers of a host, until Ctrl-C.
//! - Touches: network, disk (reading).
//! - Never: writes a file, shows one from outside the public folder, or lets a browser keep anything.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

mod answer;
mod headers;
#[cfg(test)]
mod tests;

/// Connections that are served at one time; more wait.
const MAX_CONNECTIONS: usize = 64;
/// How long a browser may take to send a request's head.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long to wait after the system refused a connection (too many open files).
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// Why the preview could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// There is nothing to show.
    #[error("{0} is no folder; build the site first")]
    NoFolder(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The system refused what every server needs.
    #[error("the preview server cannot start: {0}")]
    Start(std::io::Error),
}

/// Serves a folder until Ctrl-C. Port 0 takes a free port; `on_ready` is told the address once requests are taken.
pub fn serve(public: &Path, listen: SocketAddr, on_ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    serve_until(public, listen, on_ready, async {
        // Where the signal cannot be caught, the process simply ends by it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// Serves a folder until `end` is ready.
fn serve_until(
    public: &Path,
    listen: SocketAddr,
    on_ready: impl FnOnce(SocketAddr),
    end: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let no_folder = || ServeError::NoFolder(public.display().to_string());
    let root = public.canonicalize().ok().filter(|root| root.is_dir()).ok_or_else(no_folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServeError::Start)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.map_err(|e| ServeError::Listen(listen, e))?;
        on_ready(listener.local_addr().map_err(ServeError::Start)?);
        tokio::select! {
            () = accept(listener, Arc::from(root)) => {}
            () = end => {}
        }
        Ok(())
    })
}

/// Takes connections for ever. Dropping it ends them all.
async fn accept(listener: TcpListener, root: Arc<Path>) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(seat) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(AFTER_REFUSAL).await;
            continue;
        };
        let root = Arc::clone(&root);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let root = Arc::clone(&root);
                async move { Ok::<_, std::convert::Infallible>(answer::answer(&root, &request).await) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
            // A browser that went away is no news.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
            drop(seat);
        });
        while connections.try_join_next().is_some() {}
    }
}
