//! Addresses with a scheme as the operator types them, how they are connected to, and what of them must not be seen.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

use super::saw::{Ask, longest_first, parts};
use super::target::Target;
use super::trouble::Trouble;
use super::wire::{Stream, Tls, Wire};
use crate::model::{Refusal, Secret};

/// The two schemes of a protocol, and where its servers listen.
pub(super) struct Schemes {
    /// Without TLS, with its default port.
    pub plain: (&'static str, u16),
    /// With TLS, with its default port.
    pub tls: (&'static str, u16),
    /// How such an address looks.
    pub help: &'static str,
}

/// A server and a place there.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// Where to connect.
    pub target: Target,
    /// With whom TLS is spoken, where it is.
    pub tls: Option<Tls>,
    /// Who asks, where the address says so.
    pub user: Option<String>,
    /// The password of whoever asks.
    pub password: Option<Secret>,
    /// What must never be shown: the whole, and the parts that could turn up alone.
    pub secrets: Vec<Secret>,
}

impl Address {
    /// Reads one of a protocol's addresses. A refusal does not repeat the text, which may hold a password.
    pub fn read(
        text: &Secret,
        key: &'static str,
        schemes: &Schemes,
        ca_file: Option<&str>,
    ) -> Result<(Self, Url), Refusal> {
        let refuse = |why: String| Refusal::new(key, why, schemes.help);
        let (bare, tls) = (schemes.plain, schemes.tls);
        let url = Url::parse(text.expose()).map_err(|e| match e {
            url::ParseError::RelativeUrlWithoutBase => {
                refuse(format!("this does not begin with `{}://` or `{}://`", bare.0, tls.0))
            }
            e => refuse(format!("this is no address: {e}")),
        })?;
        let (secure, default) = match url.scheme() {
            scheme if scheme == bare.0 => (false, bare.1),
            scheme if scheme == tls.0 => (true, tls.1),
            other => {
                return Err(refuse(format!("this begins with `{other}:`, not with `{}:` or `{}:`", bare.0, tls.0)));
            }
        };
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let target = Target::of(host, url.port().unwrap_or(default)).map_err(refuse)?;
        let tls = if secure {
            let tls = Tls::of(&target.host, ca_file);
            Some(tls.ok_or_else(|| refuse(format!("`{host}` is no name that a certificate can be for")))?)
        } else {
            None
        };
        let secrets = longest_first(std::iter::once(text.clone()).chain(secrets(&url)).collect());
        let user = Some(plain(url.username())).filter(|user| !user.is_empty());
        let password = url.password().map(|password| Secret::new(plain(password)));
        Ok((Self { target, tls, user, password, secrets }, url))
    }

    /// Takes relative paths as relative to the site's folder.
    pub fn in_site(&mut self, site: &Path) {
        self.tls.iter_mut().for_each(|tls| tls.in_site(site));
    }

    /// Connects, with TLS where the scheme says so.
    pub async fn connect(
        &self,
        protocols: &[&str],
        wire: &mut Wire,
        ask: &Ask<'_>,
    ) -> Result<Box<dyn Stream>, Trouble> {
        let stream = wire.connect(&self.target).await?;
        Ok(match &self.tls {
            Some(tls) => Box::new(wire.secure(stream, tls, protocols, ask).await?),
            None => Box::new(stream),
        })
    }
}

/// A part of an address without its percent signs.
pub(super) fn plain(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The parts of an address that may hold a token, each in every form in which it could come back.
pub(super) fn secrets(url: &Url) -> Vec<Secret> {
    let mut all = Vec::new();
    if let Some(written) = url.password() {
        // It is sent percent-decoded, to web servers as Basic authorization, and may come back so.
        let password = plain(written);
        all.push(Secret::new(STANDARD.encode(format!("{}:{password}", plain(url.username())))));
        all.extend(parts(&Secret::new(password)));
        all.push(Secret::new(written));
    }
    all.extend(url.query().map(Secret::new));
    // Short values (`format=json`) are words; hiding them would garble every reason.
    all.extend(url.query_pairs().filter(|(_, v)| v.len() >= 8).map(|(_, value)| Secret::new(value)));
    // A long path segment is a token more often than a word (`/hooks/T0A1…`).
    all.extend(url.path_segments().into_iter().flatten().filter(|s| s.len() >= 16).map(Secret::new));
    all
}
