//! A Redis server as the operator writes it down, and a session with it.

use std::path::Path;

use percent_encoding::percent_decode_str;
use tokio::io::{AsyncWriteExt, BufReader};
use url::Url;

use super::resp::{self, Answer, Fault};
use crate::model::{Refusal, Secret};
use crate::probe::saw::{Ask, longest_first, parts};
use crate::probe::target::Target;
use crate::probe::trouble::Trouble;
use crate::probe::wire::{Stream, Tls, Wire};

/// Where it is, how it is entered, and who is to be believed there.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Server {
    target: Target,
    tls: Option<Tls>,
    user: Option<String>,
    password: Option<Secret>,
    database: Option<u32>,
    secrets: Vec<Secret>,
}

/// An open session: requests go out one at a time.
pub(in crate::probe) struct Session(BufReader<Box<dyn Stream>>);

impl Server {
    /// Reads `redis://` and, with TLS, `rediss://` `[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`.
    pub fn read(url: &Secret, key: &'static str, ca_file: Option<&str>) -> Result<Self, Refusal> {
        let refuse = |text: String| {
            let help = "an address is `redis://host:6379/0`, with TLS `rediss://user:${PASSWORD}@host:6380/0`";
            Refusal::new(key, text, help)
        };
        let parsed = Url::parse(url.expose()).map_err(|e| match e {
            url::ParseError::RelativeUrlWithoutBase => refuse("this does not begin with `redis://`".to_owned()),
            e => refuse(format!("this is no address: {e}")),
        })?;
        if !matches!(parsed.scheme(), "redis" | "rediss") {
            return Err(refuse(format!("Redis is not asked at an address that begins with `{}:`", parsed.scheme())));
        }
        let host = parsed.host_str().map(|host| host.trim_matches(['[', ']'])).unwrap_or_default();
        let target = Target::of(host, parsed.port().unwrap_or(6379)).map_err(refuse)?;
        let tls = match parsed.scheme() {
            "rediss" => {
                Some(Tls::of(&target.host, ca_file).ok_or_else(|| refuse(format!("`{host}` is no name for TLS")))?)
            }
            _ => None,
        };
        let database = match parsed.path().trim_start_matches('/') {
            "" => None,
            number => Some(number.parse().map_err(|_| refuse("a database is a number, such as `/0`".to_owned()))?),
        };
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let password = parsed.password().map(|password| Secret::new(plain(password)));
        let written = parsed.password().map(Secret::new);
        let secrets = std::iter::once(url.clone()).chain(written).chain(password.iter().flat_map(parts)).collect();
        Ok(Self {
            target,
            tls,
            user: Some(plain(parsed.username())).filter(|user| !user.is_empty()),
            password,
            database,
            secrets: longest_first(secrets),
        })
    }

    /// The host, for grouping.
    pub fn host(&self) -> &str {
        &self.target.host
    }

    /// What must never be shown.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// Takes relative paths as relative to the site's folder.
    pub fn in_site(&mut self, site: &Path) {
        self.tls.iter_mut().for_each(|tls| tls.in_site(site));
    }

    /// Connects and logs in.
    pub async fn enter(&self, wire: &mut Wire, ask: &Ask<'_>) -> Result<Session, Trouble> {
        let stream = wire.connect(&self.target).await?;
        let stream: Box<dyn Stream> = match &self.tls {
            Some(tls) => Box::new(wire.secure(stream, tls, &[], ask).await?),
            None => Box::new(stream),
        };
        let mut session = Session(BufReader::new(stream));
        if let Some(password) = &self.password {
            wire.enter("auth", "no answer to the login within {}");
            let words = ["AUTH"].into_iter().chain(self.user.as_deref()).chain([password.expose()]);
            session.agreed(&words.collect::<Vec<_>>(), wire).await?;
        }
        if let Some(database) = self.database.filter(|number| *number > 0) {
            wire.enter("select", "no answer to SELECT within {}");
            session.agreed(&["SELECT", &database.to_string()], wire).await?;
        }
        Ok(session)
    }
}

impl Session {
    /// Asks, and takes an error for a failure. None: there is no such value.
    pub async fn agreed(&mut self, words: &[&str], wire: &mut Wire) -> Result<Option<String>, Trouble> {
        match self.ask(words, wire).await? {
            Answer::Text(text) => Ok(Some(text)),
            Answer::Nothing => Ok(None),
            Answer::Error(error) => {
                wire.story.push(format!("answered: {error}"));
                Err(wire.down(meaning(&error)))
            }
        }
    }

    /// Asks.
    pub(super) async fn ask(&mut self, words: &[&str], wire: &mut Wire) -> Result<Answer, Trouble> {
        let sent = self.0.write_all(&resp::request(words)).await;
        // A server that turns everybody away says why and closes: its words count, not the broken pipe.
        let answer = match (resp::answer(&mut self.0).await, sent) {
            (Err(Fault::Io(_)), Err(e)) => Err(Fault::Io(e)),
            (answer, _) => answer,
        };
        answer.map_err(|fault| match fault {
            Fault::Io(e) => wire.failed(&e),
            Fault::Said(why) => wire.down(why),
        })
    }
}

/// An error of the server in public words. Its own words may hold names of keys and users.
fn meaning(error: &str) -> String {
    let code = error.split(' ').next().unwrap_or_default();
    let known = match code {
        "LOADING" => "Redis is still loading its data",
        "NOAUTH" => "Redis asks for a password",
        "WRONGPASS" => "Redis refused the password",
        "NOPERM" => "the user of the probe may not ask this of Redis",
        "MISCONF" => "Redis takes no writes: it could not save to disk",
        "MASTERDOWN" => "Redis has lost its master",
        "BUSY" => "Redis is busy with a script that does not end",
        "DENIED" => "Redis takes no connections from other machines (protected mode)",
        "ERR" if error.contains("max number of clients") => "Redis takes no more clients",
        "ERR" if error.contains("without any password configured") => "Redis has no password, and was given one",
        "ERR" if error.contains("invalid password") => "Redis refused the password",
        "ERR" if error.contains("DB index") => "Redis has no such database",
        _ => "Redis answered with an error",
    };
    known.to_owned()
}
