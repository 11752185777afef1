//! A Redis server as the operator writes it down, and a session with it.

use std::path::Path;

use tokio::io::{AsyncWriteExt, BufReader};

use super::resp::{self, Answer, Fault};
use crate::model::{Refusal, Secret};
use crate::probe::address::{Address, Schemes};
use crate::probe::saw::Ask;
use crate::probe::trouble::Trouble;
use crate::probe::wire::{Stream, Wire};

const SCHEMES: Schemes = Schemes {
    plain: ("redis", 6379),
    tls: ("rediss", 6379),
    help: "an address is `redis://host:6379/0`, with TLS `rediss://user:${PASSWORD}@host:6380/0`",
};

/// Where it is, how it is entered, and who is to be believed there.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Server {
    address: Address,
    database: Option<u32>,
}

/// An open session: requests go out one at a time.
pub(in crate::probe) struct Session(BufReader<Box<dyn Stream>>);

impl Server {
    /// Reads `redis://` and, with TLS, `rediss://` `[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`.
    pub fn read(url: &Secret, key: &'static str, ca_file: Option<&str>) -> Result<Self, Refusal> {
        let (address, url) = Address::read(url, key, &SCHEMES, ca_file)?;
        let database = match url.path().trim_start_matches('/') {
            "" => None,
            number => Some(
                number.parse().map_err(|_| Refusal::new(key, "a database is a number, such as `/0`", SCHEMES.help))?,
            ),
        };
        Ok(Self { address, database })
    }

    /// The host, for grouping.
    pub fn host(&self) -> &str {
        &self.address.target.host
    }

    /// What must never be shown.
    pub fn secrets(&self) -> &[Secret] {
        &self.address.secrets
    }

    /// Takes relative paths as relative to the site's folder.
    pub fn in_site(&mut self, site: &Path) {
        self.address.in_site(site);
    }

    /// Connects and logs in.
    pub async fn enter(&self, wire: &mut Wire, ask: &Ask<'_>) -> Result<Session, Trouble> {
        let stream = self.address.connect(&[], wire, ask).await?;
        let mut session = Session(BufReader::new(stream));
        if let Some(password) = &self.address.password {
            wire.enter("auth", "no answer to the login within {}");
            let words = ["AUTH"].into_iter().chain(self.address.user.as_deref()).chain([password.expose()]);
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
