//! Fetches a published copy over HTTP: what the index names, into a folder, within limits.
//!
//! The index is asked for again at the end: if it changed meanwhile, a day was closed or compacted, and all is fetched
//! once more. Nothing is judged here; a file that holds other bytes than the index says is found by the proof.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use rustls_platform_verifier::BuilderVerifierExt;
use url::Url;

use crate::journal::JournalError;
use crate::journal::copy::index::Index;

/// The most that is read of `status.json`, `rules.json` and the index, each.
const MAX_WORDS_BYTES: u64 = 64 << 20;
/// The most that is read of a file that still grows: a day of 100 probes a minute has about 4 MB.
const MAX_OPEN_BYTES: u64 = 1 << 30;
/// The most that is read of a copy, all files together.
const MAX_ALL_BYTES: u64 = 16 << 30;
/// Files that are fetched at the same time.
const AT_ONCE: usize = 8;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a server may be silent in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// How long one file may take.
const WHOLE: Duration = Duration::from_mins(15);
/// How often a copy is begun anew because it changed while it was read.
const TRIES: usize = 3;
/// How often a file is asked for where the connection breaks.
const FILE_TRIES: usize = 3;

/// What is fetched of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The record; the rest only where it is there.
    Record,
    /// Also the rules and the figures that the site states.
    All,
}

/// How far it is: files and bytes so far, and how many files there are.
pub type Tell<'a> = &'a dyn Fn(usize, usize, u64);

/// Fetches a site's copy into `into`, laid out as the site has it: `journal/…`, and `status.json` beside it.
pub fn fetch(site: &str, part: Part, into: &Path, tell: Tell<'_>) -> Result<(), JournalError> {
    let site = address(site)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| failed(&site, format!("nothing can be fetched: {e}")))?;
    runtime.block_on(async {
        let client = client().map_err(|why| failed(&site, why))?;
        let fetching = Fetching { client, site, into, tell };
        for _ in 0..TRIES {
            if fetching.all(part).await? {
                return Ok(());
            }
        }
        Err(failed(&fetching.site, "the copy changed each time while it was read; try again".to_owned()))
    })
}

fn failed(url: &Url, why: String) -> JournalError {
    let mut url = url.clone();
    // A password in an address is for the server alone.
    let _ = url.set_password(None);
    JournalError::Fetch { url: url.to_string(), why }
}

/// The site's own address, ending in a slash; that of its journal is taken for it.
fn address(text: &str) -> Result<Url, JournalError> {
    let wrong = || JournalError::Fetch {
        url: text.to_owned(),
        why: "this is no address of a site; write it as in a browser, `https://status.example.com/`".to_owned(),
    };
    let mut url = Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https")).ok_or_else(wrong)?;
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches("index.html").trim_end_matches('/').to_owned();
    let path = path.strip_suffix("/journal").unwrap_or(&path);
    url.set_path(&format!("{path}/"));
    Ok(url)
}

fn client() -> Result<reqwest::Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|e| format!("TLS cannot be set up: {e}"))?
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        // A compressed day is wanted as it is, whatever the server says of its encoding.
        .no_gzip()
        .user_agent(concat!("statuary/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .timeout(WHOLE)
        .build()
        .map_err(|e| format!("nothing can be fetched: {e}"))
}

struct Fetching<'a> {
    client: reqwest::Client,
    site: Url,
    into: &'a Path,
    tell: Tell<'a>,
}

impl Fetching<'_> {
    /// Fetches everything once. False: it changed meanwhile.
    async fn all(&self, part: Part) -> Result<bool, JournalError> {
        // What the site states comes first: the record may be newer than that, and never older.
        for name in ["status.json", "journal/rules.json"] {
            match self.file(name, MAX_WORDS_BYTES).await {
                // For the record alone the rules tell its zone; it can be read without them.
                Err(_) if part == Part::Record => {}
                result => drop(result?),
            }
        }
        let list = "journal/index.json";
        self.file(list, MAX_WORDS_BYTES).await?;
        let before = self.read(list)?;
        let index = Index::read(&before).map_err(|why| failed(&self.url(list), format!("it {why}")))?;
        self.fits(&index)?;
        let result = self.days(&index).await;
        self.file(list, MAX_WORDS_BYTES).await?;
        // A file that is gone is no trouble where the index has changed too.
        if self.read(list)? != before {
            return Ok(false);
        }
        result.map(|()| true)
    }

    fn fits(&self, index: &Index) -> Result<(), JournalError> {
        let sizes = index.files.iter().filter_map(|f| f.content.as_ref()).map(|c| u128::from(c.bytes));
        let all: u128 = sizes.sum();
        if all <= u128::from(MAX_ALL_BYTES) {
            return Ok(());
        }
        Err(failed(&self.site, format!("its record has {} GB; at most {} are read", all >> 30, MAX_ALL_BYTES >> 30)))
    }

    async fn days(&self, index: &Index) -> Result<(), JournalError> {
        let all = index.files.len();
        let files = index.files.iter().map(|file| async move {
            // One byte more than stated is enough to see that it is another file.
            let most = file.content.as_ref().map_or(MAX_OPEN_BYTES, |c| c.bytes.saturating_add(1));
            self.file(&format!("journal/{}", file.name), most).await
        });
        let (mut done, mut bytes) = (0, 0_u64);
        let mut files = stream::iter(files).buffer_unordered(AT_ONCE);
        while let Some(got) = files.try_next().await? {
            done += 1;
            bytes += got;
            if bytes > MAX_ALL_BYTES {
                return Err(failed(&self.site, format!("its record has over {} GB", MAX_ALL_BYTES >> 30)));
            }
            (self.tell)(done, all, bytes);
        }
        Ok(())
    }

    fn url(&self, name: &str) -> Url {
        // Names are checked: they cannot lead out of the site.
        self.site.join(name).unwrap_or_else(|_| self.site.clone())
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, JournalError> {
        let path = self.into.join(name);
        fs::read(&path).map_err(|e| JournalError::io(&path, "what was fetched cannot be read", e))
    }

    /// Fetches one file, at most so many bytes of it. Gives how many it has.
    async fn file(&self, name: &str, most: u64) -> Result<u64, JournalError> {
        let url = self.url(name);
        let mut tried = 0;
        loop {
            tried += 1;
            match self.once(name, &url, most).await {
                Ok(bytes) => return Ok(bytes),
                Err(Broke::Disk(e)) => {
                    let path = self.into.join(name);
                    return Err(JournalError::io(&path, "what is fetched cannot be written", e));
                }
                Err(Broke::Answer(why)) => return Err(failed(&url, why)),
                Err(Broke::Way(why)) if tried == FILE_TRIES => return Err(failed(&url, why)),
                Err(Broke::Way(_)) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    async fn once(&self, name: &str, url: &Url, most: u64) -> Result<u64, Broke> {
        let mut answer = self.client.get(url.clone()).send().await.map_err(|e| Broke::Way(way(&e)))?;
        let status = answer.status();
        if status.is_server_error() {
            return Err(Broke::Way(format!("the server answered {status}")));
        }
        if !status.is_success() {
            let help = match name {
                "status.json" => ": no site of Statuary's is here",
                "journal/rules.json" | "journal/index.json" => {
                    ": this site does not publish its record (`publish_journal = true` does)"
                }
                _ => "",
            };
            return Err(Broke::Answer(format!("the server answered {status}{help}")));
        }
        let path = self.into.join(name);
        let mut file = create(&path).map_err(Broke::Disk)?;
        let mut bytes = 0_u64;
        while let Some(chunk) = answer.chunk().await.map_err(|e| Broke::Way(way(&e)))? {
            let room = usize::try_from(most - bytes).unwrap_or(usize::MAX);
            let part = &chunk[..chunk.len().min(room)];
            file.write_all(part).map_err(Broke::Disk)?;
            bytes += part.len() as u64;
            if bytes == most {
                // Of a closed day it is enough to see that it is longer than stated; the proof says so.
                return if [MAX_WORDS_BYTES, MAX_OPEN_BYTES].contains(&most) {
                    Err(Broke::Answer(format!("it has {} MB or more, which is too much", most >> 20)))
                } else {
                    Ok(bytes)
                };
            }
        }
        Ok(bytes)
    }
}

/// Why a file could not be fetched.
enum Broke {
    /// The way to the server: worth another try.
    Way(String),
    /// What the server says.
    Answer(String),
    /// Our own disk.
    Disk(io::Error),
}

fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create(path)
}

/// What is wrong with the way, in plain words and without the address, which stands before them.
fn way(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        format!("no connection: {inner}")
    } else {
        format!("the connection broke: {inner}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_sites_or_its_journals() {
        let check = |text: &str, want: &str| assert_eq!(address(text).unwrap().as_str(), want, "{text}");
        check("https://status.example.com", "https://status.example.com/");
        check("https://status.example.com/index.html", "https://status.example.com/");
        check("https://example.com/status/journal/?x#y", "https://example.com/status/");
        for text in ["status.example.com", "ftp://status.example.com/", ""] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
