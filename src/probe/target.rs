//! Hosts and ports as the operator types them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::trouble::Trouble;
use crate::model::{Givens, Refusal};

/// A host name or address with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// A lower-case name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Target {
    /// Reads `host:port`, `[v6]:port`, and, where a default port is given, `host` or an address alone.
    pub fn parse(text: &str, default_port: Option<u16>) -> Result<Self, String> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Self::checked(address.ip().to_string(), address.port(), text);
        }
        if let (Ok(ip), Some(port)) = (text.trim_matches(['[', ']']).parse::<IpAddr>(), default_port) {
            return Ok(Self { host: ip.to_string(), port });
        }
        match (text.rsplit_once(':'), default_port) {
            (Some((host, port)), _) => {
                let port = port.parse().map_err(|_| format!("`{port}` is no port"))?;
                Self::checked(host.to_ascii_lowercase(), port, text)
            }
            (None, Some(port)) => Self::checked(text.to_ascii_lowercase(), port, text),
            (None, None) => Err(format!("`{text}` has no port")),
        }
    }

    /// By a key of the config; `help` shows how it is written.
    pub fn given(given: &Givens, key: &'static str, default_port: Option<u16>, help: &str) -> Result<Self, Refusal> {
        Self::parse(given.text(key).unwrap_or_default(), default_port).map_err(|why| Refusal::new(key, why, help))
    }

    /// A host and a port that stand apart.
    pub fn of(host: &str, port: u16) -> Result<Self, String> {
        Self::checked(host.to_ascii_lowercase(), port, host)
    }

    fn checked(host: String, port: u16, text: &str) -> Result<Self, String> {
        let name = host.strip_suffix('.').unwrap_or(&host);
        let fits = |label: &str| {
            (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        if port == 0 {
            return Err(format!("`{text}` names port 0"));
        }
        if host.parse::<IpAddr>().is_ok() || (name.len() <= 253 && name.split('.').all(fits)) {
            return Ok(Self { host, port });
        }
        Err(format!("`{host}` is no host name or address"))
    }

    /// The addresses that the operating system knows for it. What it says where it knows none joins the story.
    pub async fn resolve(&self, story: &mut Vec<String>) -> Result<Vec<SocketAddr>, Trouble> {
        if let Ok(ip) = self.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, self.port)]);
        }
        let (trouble, raw) = match tokio::net::lookup_host((self.host.as_str(), self.port)).await {
            Ok(found) => {
                let found: Vec<_> = found.collect();
                if !found.is_empty() {
                    return Ok(found);
                }
                (Trouble::no_name(), "no address".to_owned())
            }
            Err(e) => (Trouble::of_name(&e.to_string()), e.to_string()),
        };
        story.push(format!("error: {raw}"));
        Err(trouble)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_people_type_them() {
        let read = |text, port| Target::parse(text, port).map_or_else(|e| format!("refused: {e}"), |t| t.to_string());
        for (text, port, expected) in [
            ("db.example.com:5432", None, "db.example.com:5432"),
            ("DB.example.com", Some(53), "db.example.com:53"),
            ("192.0.2.1", Some(53), "192.0.2.1:53"),
            ("2001:db8::1", Some(53), "[2001:db8::1]:53"),
            ("[2001:db8::1]", Some(53), "[2001:db8::1]:53"),
            ("[2001:db8::1]:5353", Some(53), "[2001:db8::1]:5353"),
            ("db", None, "refused: `db` has no port"),
            ("db:http", None, "refused: `http` is no port"),
            ("db:70000", None, "refused: `70000` is no port"),
            ("db:0", None, "refused: `db:0` names port 0"),
            ("a b:1", None, "refused: `a b` is no host name or address"),
            (":1", None, "refused: `` is no host name or address"),
            ("tcp://db:1", None, "refused: `tcp://db` is no host name or address"),
        ] {
            assert_eq!(read(text, port), expected, "{text}");
        }
    }
}
