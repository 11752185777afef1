//! Logs in by SSH and runs a command, stage by stage: "connected, logged in, then hung" is a failure of its own.

mod banner;
#[cfg(test)]
mod tests;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use russh::ChannelMsg;
use russh::SshId;
use russh::client::{self, Handle};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::saw::{Ask, KEPT_BYTES, Saw, fact, longest_first, parts};
use super::target::Target;
use super::trouble::Trouble;
use super::wire::{self, Wire};
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Facts, Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Secret, Takes};

/// The largest key file that is read, in bytes.
const KEY_FILE_BYTES: u64 = 64 * 1024;

/// Whose server, who logs in, and what runs there.
#[derive(Clone, Debug)]
pub struct Options {
    target: Target,
    user: Option<String>,
    key_file: Option<PathBuf>,
    password: Option<Secret>,
    /// `SHA256:…`; none where any key will do.
    host_key: Option<String>,
    command: Option<String>,
    secrets: Vec<Secret>,
}

const KEYS: &[Key] = &[
    Key::must("address", Takes::Text, "The server: `host` or `host:port`. Default port: 22."),
    Key::may(
        "user",
        Takes::Text,
        "Who logs in. Default: nobody; the banner, the key exchange and the host key are looked at.",
    ),
    Key::may("key_file", Takes::Text, "The user's private key without a passphrase, a path from the site's folder."),
    Key::may("password", Takes::Secret, "The user's password, instead of a key."),
    Key::must(
        "host_key",
        Takes::Text,
        "The server's key as `SHA256:…`, or `any`. Get it by `ssh-keyscan -t ed25519 HOST | ssh-keygen -lf -`.",
    ),
    Key::may("command", Takes::Text, "What runs on the server after the login. Default: nothing, the login is enough."),
];

const FIELDS: &[Field] = &[
    Field::span("latency", "From the first step to the last."),
    Field::span("phases.dns", "Finding the address."),
    Field::span("phases.connect", "Opening the connection."),
    Field::span("phases.banner", "Waiting for the server's version string."),
    Field::span("phases.key_exchange", "Agreeing on keys, and the host key."),
    Field::span("phases.auth", "Logging in."),
    Field::span("phases.command", "Running the command."),
    Field::text("banner", "The server's version string, at most 255 bytes."),
    Field::text("host_key", "The fingerprint of the server's key, `SHA256:…`."),
    Field::text("command.stdout", "The first 4096 bytes of the command's standard output."),
    Field::text("command.stderr", "The first 4096 bytes of the command's standard error."),
    Field::of("command.exit_status", Type::Int, "The command's exit status."),
    Field::span("command.took", "From asking for the command to its end."),
    Field::text("remote.address", "The address that took the connection. Never shown to the public."),
];

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "ssh",
    doc: "Logs in by SSH and runs a command. Without `expect`, an exit status other than 0 is down.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    fn host(&self) -> Option<String> {
        Some(self.target.host.clone())
    }

    fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    fn in_site(&mut self, site: &Path) {
        self.key_file = self.key_file.take().map(|file| site.join(file));
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let help = "give a host, such as \"db.example.com\" or \"db.example.com:2222\"";
    let target = Target::given(given, "address", Some(22), help).map_err(|refusal| refusals.push(refusal));
    let host_key = given.text("host_key").unwrap_or_default();
    if host_key != "any" && host_key.strip_prefix("SHA256:").is_none_or(|hash| hash.len() != 43) {
        let help = "get it by `ssh-keyscan -t ed25519 HOST | ssh-keygen -lf -`, or write \"any\"";
        refusals.push(Refusal::new("host_key", format!("`{host_key}` is no fingerprint of a key"), help));
    }
    let (user, key_file) = (given.text("user"), given.text("key_file"));
    let (password, command) = (given.secret("password"), given.text("command"));
    match (user, key_file, password) {
        (Some(_), Some(_), Some(_)) => {
            let help = "leave one of them away";
            refusals.push(Refusal::new("password", "there is a key file and a password", help));
        }
        (Some(_), None, None) => {
            refusals.push(Refusal::new("user", "the user has nothing to log in with", "add `key_file` or `password`"));
        }
        (None, ..) => {
            let needless = [("key_file", key_file.is_some()), ("password", password.is_some())];
            for (key, _) in needless.into_iter().chain([("command", command.is_some())]).filter(|(_, given)| *given) {
                refusals.push(Refusal::new(key, format!("`{key}` needs somebody who logs in"), "add `user`"));
            }
        }
        _ => {}
    }
    let (Ok(target), true) = (target, refusals.is_empty()) else { return Err(refusals) };
    Ok(Kind::Ssh(Options {
        target,
        user: user.map(str::to_owned),
        key_file: key_file.map(PathBuf::from),
        secrets: longest_first(password.into_iter().flat_map(parts).collect()),
        password: password.cloned(),
        host_key: (host_key != "any").then(|| host_key.to_owned()),
        command: command.map(str::to_owned),
    }))
}

/// What the command said so far.
#[derive(Default)]
struct Ran {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    status: Option<u32>,
}

/// The session broke, where the try stands.
fn down(wire: &mut Wire, error: &russh::Error, why: &'static str) -> Trouble {
    wire.story.push(format!("error: {error}"));
    wire.down(why)
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let mut ran = None;
    let mut saw = wire::talk(ask, async |wire| visit(options, ask.timeout(), wire, &mut ran).await).await;
    let Some((since, ran)) = ran else { return saw };
    let text = |bytes: &[u8]| Value::Text(String::from_utf8_lossy(bytes).into_owned());
    let mut command = Facts::new();
    command.insert("stdout".into(), text(&ran.stdout));
    command.insert("stderr".into(), text(&ran.stderr));
    command.insert("took".into(), fact(since.elapsed()));
    if let Some(status) = ran.status {
        command.insert("exit_status".into(), Value::Int(status.into()));
        saw.story.push(format!("exit status {status}; stderr: {}", String::from_utf8_lossy(&ran.stderr)));
        if status != 0 {
            let why = format!("the command ended with exit status {status}");
            saw.unexpected = Some(Trouble::down("command", why));
        }
    }
    saw.facts.insert("command".into(), Value::Map(command));
    saw
}

async fn visit(
    options: &Options,
    timeout: Duration,
    wire: &mut Wire,
    ran: &mut Option<(Instant, Ran)>,
) -> Result<(), Trouble> {
    // Read before the server is asked: a key that is not here is no failure of the server.
    let key = options.key_file.as_deref().map(|file| private_key(file, wire)).transpose()?;
    let stream = wire.connect(&options.target).await?;
    let mut session = greet(options, stream, timeout, wire).await?;
    if let Some(user) = &options.user {
        log_in(options, user, key, &mut session, wire).await?;
        if let Some(command) = &options.command {
            run(command, &session, wire, ran).await?;
        }
    }
    Ok(())
}

fn private_key(file: &Path, wire: &mut Wire) -> Result<russh::keys::PrivateKey, Trouble> {
    use std::io::Read;
    let mut text = String::new();
    let read = std::fs::File::open(file).and_then(|opened| opened.take(KEY_FILE_BYTES).read_to_string(&mut text));
    if let Err(e) = read {
        wire.story.push(format!("key file {}: {e}; let the user that runs statuary read it", file.display()));
        return Err(Trouble::ours("auth", "this machine could not read its own key"));
    }
    russh::keys::decode_secret_key(&text, None).map_err(|_| {
        let advice = "it is no private key, or has a passphrase (make one by `ssh-keygen -t ed25519 -N ''`)";
        wire.story.push(format!("key file {}: {advice}", file.display()));
        Trouble::ours("auth", "this machine could not use its own key")
    })
}

/// Keeps the fingerprint that the server showed.
struct Doorkeeper {
    wanted: Option<String>,
    shown: Arc<Mutex<Option<String>>>,
}

impl client::Handler for Doorkeeper {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let shown = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => key.fingerprint(HashAlg::Sha256),
            PublicKeyOrCertificate::Certificate(signed) => signed.public_key().fingerprint(HashAlg::Sha256),
        };
        let shown = shown.to_string();
        let fits = self.wanted.as_ref().is_none_or(|wanted| *wanted == shown);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        Ok(fits)
    }
}

async fn greet(
    options: &Options,
    mut stream: TcpStream,
    timeout: Duration,
    wire: &mut Wire,
) -> Result<Handle<Doorkeeper>, Trouble> {
    wire.enter("banner", "no banner within {} after the connection was made");
    let (banner, heard) = banner::read(&mut stream).await.map_err(|fault| match fault {
        banner::Fault::Io(e) => wire.failed(&e),
        banner::Fault::Said(why) => Trouble::down("banner", why),
    })?;
    wire.facts.insert("banner".into(), Value::Text(banner));
    wire.enter("key_exchange", "the key exchange did not end within {}");
    let config = client::Config {
        client_id: SshId::Standard("SSH-2.0-statuary".into()),
        // Whatever a cut try leaves behind ends by itself.
        inactivity_timeout: Some(timeout),
        window_size: 64 * 1024,
        channel_buffer_size: 4,
        ..client::Config::default()
    };
    let shown = Arc::new(Mutex::new(None));
    let doorkeeper = Doorkeeper { wanted: options.host_key.clone(), shown: Arc::clone(&shown) };
    let (from, to) = stream.into_split();
    let stream = tokio::io::join(Cursor::new(heard).chain(from), to);
    let session = client::connect_stream(Arc::new(config), stream, doorkeeper).await;
    if let Some(shown) = shown.lock().unwrap_or_else(PoisonError::into_inner).take() {
        wire.story.push(format!("host key {shown}"));
        wire.facts.insert("host_key".into(), Value::Text(shown));
    }
    session.map_err(|e| match e {
        russh::Error::UnknownKey => Trouble::down("host_key", "the host key is not the configured one"),
        e => down(wire, &e, "the key exchange failed"),
    })
}

async fn log_in(
    options: &Options,
    user: &str,
    key: Option<russh::keys::PrivateKey>,
    session: &mut Handle<Doorkeeper>,
    wire: &mut Wire,
) -> Result<(), Trouble> {
    const BROKE: &str = "the connection ended during the login";
    wire.enter("auth", "no answer to the login within {}");
    let answer = if let Some(key) = key {
        let hash = if key.algorithm().is_rsa() {
            session.best_supported_rsa_hash().await.map_err(|e| down(wire, &e, BROKE))?.flatten()
        } else {
            None
        };
        session.authenticate_publickey(user, PrivateKeyWithHashAlg::new(Arc::new(key), hash)).await
    } else {
        let password = options.password.as_ref().map_or("", Secret::expose);
        session.authenticate_password(user, password).await
    };
    match answer {
        Ok(answer) if answer.success() => Ok(()),
        Ok(_) => Err(Trouble::down("auth", "the login was refused")),
        Err(e) => Err(down(wire, &e, BROKE)),
    }
}

async fn run(
    command: &str,
    session: &Handle<Doorkeeper>,
    wire: &mut Wire,
    ran: &mut Option<(Instant, Ran)>,
) -> Result<(), Trouble> {
    const BROKE: &str = "logged in, but the command could not be started";
    wire.enter("command", "logged in, but the command did not end within {}");
    let mut channel = session.channel_open_session().await.map_err(|e| down(wire, &e, BROKE))?;
    channel.exec(true, command).await.map_err(|e| down(wire, &e, BROKE))?;
    let (_, ran) = ran.insert((Instant::now(), Ran::default()));
    while let Some(message) = channel.wait().await {
        let (kept, data) = match message {
            ChannelMsg::Data { data } => (&mut ran.stdout, data),
            ChannelMsg::ExtendedData { data, ext: 1 } => (&mut ran.stderr, data),
            ChannelMsg::ExitStatus { exit_status } => {
                ran.status = Some(exit_status);
                continue;
            }
            ChannelMsg::Failure => return Err(Trouble::down("command", BROKE)),
            ChannelMsg::Close => break,
            _ => continue,
        };
        let room = (KEPT_BYTES - kept.len()).min(data.len());
        kept.extend_from_slice(&data[..room]);
    }
    match ran.status {
        Some(_) => Ok(()),
        None => Err(Trouble::down("command", "logged in, but the command ended without an exit status")),
    }
}
