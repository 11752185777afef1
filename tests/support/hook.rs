//! A receiver of webhooks on a loopback port, which keeps what it hears.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::Duration;

use serde_json::Value;

/// It answers 200 to everything, unless it is held.
pub struct Hook {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Value>>>,
    held: Arc<AtomicBool>,
}

impl Hook {
    /// Listens until the test ends.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound port has an address");
        let (heard, held) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (ears, hold) = (Arc::clone(&heard), Arc::clone(&held));
        spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                // A message that broke off is no message.
                let Some(message) = hear(&stream) else { continue };
                ears.lock().expect("no test panics in here").push(message);
                while hold.load(Ordering::SeqCst) {
                    sleep(Duration::from_millis(5));
                }
                let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        Self { address, heard, held }
    }

    /// Where to post.
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Takes messages without answering, until it is let go.
    pub fn hold(&self, held: bool) {
        self.held.store(held, Ordering::SeqCst);
    }

    /// The messages so far, oldest first.
    pub fn heard(&self) -> Vec<Value> {
        self.heard.lock().expect("no test panics in here").clone()
    }
}

/// The body of one request.
fn hear(stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
