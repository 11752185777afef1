//! HTTP over one connection: a request, the answer's head, and its body as it comes.

use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::pin::{Pin, pin};
use std::task::Poll;

use flate2::write::MultiGzDecoder;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::probe::wire::Stream;

/// The work of a connection, done while somebody waits for what it brings.
type Work = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// One connection, for one request.
pub(super) struct Connection {
    sender: Sender,
    work: Option<Work>,
    /// Why the work ended, where it failed.
    broke: Option<hyper::Error>,
}

enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

impl Connection {
    /// In HTTP/1.1.
    pub async fn one(stream: Box<dyn Stream>) -> hyper::Result<Self> {
        let (sender, work) = http1::handshake(TokioIo::new(stream)).await?;
        // A proxy's CONNECT is an upgrade.
        Ok(Self { sender: Sender::One(sender), work: Some(Box::pin(work.with_upgrades())), broke: None })
    }

    /// In HTTP/2.
    pub async fn two(stream: Box<dyn Stream>) -> hyper::Result<Self> {
        let (sender, work) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        Ok(Self { sender: Sender::Two(sender), work: Some(Box::pin(work)), broke: None })
    }

    /// The answer's head.
    pub async fn ask(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        let Self { sender, work, broke } = self;
        let answer = match sender {
            Sender::One(sender) => while_working(work, broke, sender.send_request(request)).await,
            Sender::Two(sender) => while_working(work, broke, sender.send_request(request)).await,
        };
        // A request that was not sent any more knows only that: what happened before it is the reason.
        answer.map_err(|e| if e.is_canceled() { broke.take().unwrap_or(e) } else { e })
    }

    /// The connection itself, once a proxy agreed to pass on what is said.
    pub async fn tunnel(mut self, answer: Response<Incoming>) -> hyper::Result<Box<dyn Stream>> {
        let through = while_working(&mut self.work, &mut self.broke, hyper::upgrade::on(answer)).await?;
        Ok(Box::new(TokioIo::new(through)))
    }

    /// The next bytes of the answer's body.
    pub async fn more(&mut self, body: &mut Incoming) -> Option<hyper::Result<Bytes>> {
        loop {
            match while_working(&mut self.work, &mut self.broke, body.frame()).await? {
                // Trailers are no data.
                Ok(frame) => match frame.into_data().ok() {
                    None => {}
                    data => return data.map(Ok),
                },
                Err(e) => return Some(Err(e)),
            }
        }
    }
}

/// Waits, while the connection does its work: what the one waits for the other brings.
async fn while_working<T>(
    work: &mut Option<Work>,
    broke: &mut Option<hyper::Error>,
    wait: impl Future<Output = T>,
) -> T {
    let mut wait = pin!(wait);
    poll_fn(|cx| {
        if let Some(Poll::Ready(ended)) = work.as_mut().map(|work| work.as_mut().poll(cx)) {
            *work = None;
            *broke = ended.err();
        }
        wait.as_mut().poll(cx)
    })
    .await
}

/// What is kept of a body, unpacked, up to a limit.
pub(super) enum Kept {
    Plain(Room),
    Zipped(Box<MultiGzDecoder<Room>>),
}

/// Bytes up to a limit.
pub(super) struct Room {
    pub bytes: Vec<u8>,
    limit: usize,
    /// Whether there was more.
    pub clipped: bool,
}

impl Write for Room {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let fits = more.len().min(self.limit - self.bytes.len());
        self.bytes.extend_from_slice(&more[..fits]);
        self.clipped |= fits < more.len();
        // Nothing taken ends a `write_all`.
        Ok(fits)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    /// Nothing yet.
    pub fn new(limit: usize, zipped: bool) -> Self {
        let room = Room { bytes: Vec::new(), limit, clipped: false };
        if zipped { Self::Zipped(Box::new(MultiGzDecoder::new(room))) } else { Self::Plain(room) }
    }

    /// Takes more of it. False: there is no room for all. An error: it cannot be unpacked.
    pub fn take(&mut self, more: &[u8]) -> io::Result<bool> {
        let taken = match self {
            Self::Plain(room) => room.write_all(more),
            Self::Zipped(zip) => zip.write_all(more),
        };
        if self.room().clipped { Ok(false) } else { taken.map(|()| true) }
    }

    /// It came whole. An error: packed, it ends too early.
    pub fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Zipped(zip) => zip.try_finish().or_else(|e| if zip.get_ref().clipped { Ok(()) } else { Err(e) }),
            Self::Plain(_) => Ok(()),
        }
    }

    /// What there is.
    pub fn room(&mut self) -> &mut Room {
        match self {
            Self::Plain(room) => room,
            Self::Zipped(zip) => zip.get_mut(),
        }
    }
}
