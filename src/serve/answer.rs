//! One request, one answer, as a static host gives it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode};

use crate::serve::headers;

/// The largest file that is served, in bytes; a status page has none that comes near.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// What an address stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A file.
    File(PathBuf),
    /// A folder that was asked for without its slash.
    Folder,
    /// Nothing that may be shown.
    Nothing,
}

/// Answers one request.
pub(super) async fn answer(root: &Path, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let (root, method) = (root.to_path_buf(), request.method().clone());
    let (path, query) = (request.uri().path().to_owned(), request.uri().query().map(str::to_owned));
    let made = tokio::task::spawn_blocking(move || respond(&root, &method, &path, query.as_deref())).await;
    made.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "The preview server failed.\n"))
}

fn respond(root: &Path, method: &Method, path: &str, query: Option<&str>) -> Response<Full<Bytes>> {
    if method != Method::GET && method != Method::HEAD {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are served here.\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let mut response = match find(root, path) {
        Found::File(file) => send(&file, StatusCode::OK),
        Found::Folder => to_folder(path, query),
        Found::Nothing => {
            let page = root.join("404.html");
            if page.is_file() {
                send(&page, StatusCode::NOT_FOUND)
            } else {
                plain(StatusCode::NOT_FOUND, "Not found.\n")
            }
        }
    };
    for (name, value) in headers::of(root, path) {
        response.headers_mut().insert(name, value);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Points to a folder's own address. Two slashes at the front would lead to another host.
fn to_folder(path: &str, query: Option<&str>) -> Response<Full<Bytes>> {
    let query = query.map(|q| format!("?{q}")).unwrap_or_default();
    let to = format!("/{}/{query}", path.trim_matches('/'));
    let mut response = plain(StatusCode::PERMANENT_REDIRECT, "This is a folder; its address ends in a slash.\n");
    match HeaderValue::try_from(to) {
        Ok(to) => drop(response.headers_mut().insert(LOCATION, to)),
        Err(_) => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    response
}

/// What an address stands for under the root. Hidden files and the host's own `_headers` are no part of the site.
pub(super) fn find(root: &Path, path: &str) -> Found {
    let Some(path) = decode(path) else { return Found::Nothing };
    let mut target = root.to_path_buf();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let hidden = part.starts_with('.') && part != ".well-known";
        if hidden || part.contains(['\\', '\0']) {
            return Found::Nothing;
        }
        target.push(part);
    }
    if path.trim_matches('/') == "_headers" {
        return Found::Nothing;
    }
    let wants_folder = path.ends_with('/');
    // The real place counts: a link inside may lead out.
    let Some(real) = target.canonicalize().ok().filter(|real| real.starts_with(root)) else { return Found::Nothing };
    let file = if real.is_dir() { real.join("index.html") } else { real.clone() };
    // The page itself may be such a link too.
    let inside = file.canonicalize().is_ok_and(|real| real.starts_with(root) && real.is_file());
    match (inside, real.is_dir(), wants_folder) {
        (true, true, false) => Found::Folder,
        (true, is_folder, wanted) if is_folder == wanted => Found::File(file),
        _ => Found::Nothing,
    }
}

/// Undoes percent-encoding; none where it is broken.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let value = digit()? * 16 + digit()?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn send(file: &Path, status: StatusCode) -> Response<Full<Bytes>> {
    match read(file) {
        Ok(bytes) => body(status, content_type(file), bytes.into()),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("The file cannot be read: {error}\n")),
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(file)?.len() > MAX_FILE_BYTES {
        return Err(io::Error::other("it is larger than 64 MiB"));
    }
    fs::read(file)
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    body(status, "text/plain; charset=utf-8", Bytes::copy_from_slice(text.as_bytes()))
}

fn body(status: StatusCode, kind: &'static str, bytes: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}

/// The media type by a file's ending, as the usual hosts say it.
fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|e| e.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "jsonl" => "application/jsonl; charset=utf-8",
        "atom" => "application/atom+xml",
        "rss" => "application/rss+xml",
        "xml" => "application/xml",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "ics" => "text/calendar; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "pdf" => "application/pdf",
        "txt" | "md" | "prom" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
