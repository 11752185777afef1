//! Reads when a domain's registration ends, from the registry itself (RDAP).
//!
//! Sources: RFC 9082 (queries), RFC 9083 (answers), RFC 9224 (which registry serves which names). Registries count how
//! often they are asked, and a registration changes once a year: a look every twelve hours is plenty.

use std::path::Path;

use chrono::DateTime;
use serde_json::Value as Json;

use super::saw::{Ask, Saw, fact};
use super::trouble::Trouble;
use super::trust::CA_FILE;
use super::{Aimed, Kind, KindInfo, Plan, http};
use crate::expr::{Field, Type, Value, lookup};
use crate::model::{Givens, Key, Moment, Refusal, Secret, Span, Takes};

/// Which registry serves which top-level domain, kept by IANA.
const REGISTRIES: &str = "https://data.iana.org/rdap/dns.json";

/// Whose registration, and who is asked.
#[derive(Clone, Debug)]
pub struct Options {
    name: String,
    /// The registry's server, where the operator named one.
    server: Option<Secret>,
    ca_file: Option<String>,
    /// The first page that is asked for: the registry's, or the list of registries.
    first: Box<http::Options>,
}

const KEYS: &[Key] = &[
    Key::must("domain", Takes::Text, "The registered domain, such as `example.com`."),
    Key::may(
        "server",
        Takes::Secret,
        "The base address of the registry's RDAP server. Default: IANA's list says which one.",
    ),
    CA_FILE,
];

const FIELDS: &[Field] = &[
    Field::span("latency", "From the first step to the last."),
    Field::span("expires_in", "How long the registration still lasts; negative after."),
    Field::text("expires_at", "The registration's last moment, RFC 3339 in UTC."),
    Field::text("registrar", "Who registered it, where the registry says so."),
    Field::of(
        "status",
        Type::Texts,
        "What the registry says of it, such as `active`, `client hold`, `pending delete`.",
    ),
    Field::of("nameservers", Type::Texts, "The domain's name servers, in lower case, in the order of their names."),
];

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "domain",
    doc: "Reads when a domain's registration ends (RDAP), every 12 hours unless `every` says otherwise. One that has \
          ended, or is on hold or about to be deleted, is down.",
    keys: KEYS,
    fields: FIELDS,
    every: Some(Span::from_mins(12 * 60)),
    read,
};

impl Aimed for Options {
    // The host that is asked is the registry's, not the domain's: a look says nothing of that host.

    fn secrets(&self) -> &[Secret] {
        self.first.secrets()
    }

    fn in_site(&mut self, site: &Path) {
        self.first.in_site(site);
        self.ca_file = self.ca_file.take().map(|file| site.join(file).to_string_lossy().into_owned());
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let typed = given.text("domain").unwrap_or_default();
    let name = typed.trim_end_matches('.').to_ascii_lowercase();
    let fits = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !name.contains('.') || !name.split('.').all(fits) || name.len() > 253 {
        let help = "give the name that was registered, such as \"example.com\"; one with other letters as `xn--…`";
        return Err(vec![Refusal::new("domain", format!("`{typed}` is no registered domain"), help)]);
    }
    let (server, ca_file) = (given.secret("server").cloned(), given.text("ca_file").map(str::to_owned));
    let first = server.as_ref().map_or_else(|| Secret::new(REGISTRIES), |base| record(base.expose(), &name));
    let first = Box::new(http::page(&first, "server", ca_file.as_deref())?);
    Ok(Kind::Domain(Options { name, server, ca_file, first }))
}

/// The address of a domain's record at a server.
fn record(base: &str, name: &str) -> Secret {
    Secret::new(format!("{}/domain/{name}", base.trim_end_matches('/')))
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let (mut saw, body) = http::fetch(&options.first, ask).await;
    if options.server.is_some() {
        return told(options, ask, saw, &body);
    }
    saw.trouble = saw.trouble.take().or(saw.unexpected.take()).map(|trouble| ours(&trouble));
    if saw.trouble.is_some() {
        return saw;
    }
    let base = match registry(&body, &options.name) {
        Ok(base) => base,
        Err(trouble) => {
            saw.trouble = Some(trouble);
            return saw;
        }
    };
    let address = record(&base, &options.name);
    let Ok(page) = http::page(&address, "server", options.ca_file.as_deref()) else {
        saw.trouble = Some(Trouble::ours("registry", "the list of registries names an address that cannot be asked"));
        return saw;
    };
    // Both pages together have the time of one try.
    let left = Span::from_ms((ask.plan.timeout.ms() - Span::from(saw.took).ms()).max(1));
    let plan = Plan { timeout: left, ..ask.plan.clone() };
    let (mut second, body) = http::fetch(&page, &Ask { plan: &plan, ..*ask }).await;
    second.took += saw.took;
    second.facts.insert("latency".into(), fact(second.took));
    second.story.splice(0..0, saw.story);
    told(options, ask, second, &body)
}

/// The list of registries is no part of what is watched.
fn ours(trouble: &Trouble) -> Trouble {
    Trouble::ours("registry", format!("the list of registries could not be read: {}", trouble.why))
}

/// The base address of the registry that serves a name: the one with the longest suffix (RFC 9224, section 4).
fn registry(body: &[u8], name: &str) -> Result<String, Trouble> {
    let unreadable = || Trouble::ours("registry", "the list of registries cannot be read");
    let list: Json = serde_json::from_slice(body).map_err(|_| unreadable())?;
    let services = list["services"].as_array().ok_or_else(unreadable)?;
    let serves = |suffix: &str| name == suffix || name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
    let best = services.iter().filter_map(|service| {
        let suffixes = service[0].as_array()?.iter().filter_map(Json::as_str);
        let longest = suffixes.filter(|suffix| serves(suffix)).map(str::len).max()?;
        let addresses = || service[1].as_array().into_iter().flatten().filter_map(Json::as_str);
        let base = addresses().find(|base| base.starts_with("https:")).or_else(|| addresses().next())?;
        Some((longest, base))
    });
    let base = best.max_by_key(|(longest, _)| *longest).map(|(_, base)| base.to_owned());
    base.ok_or_else(|| Trouble::ours("registry", "no registry in IANA's list tells of such names"))
}

/// What the registry says.
fn told(options: &Options, ask: &Ask<'_>, mut saw: Saw, body: &[u8]) -> Saw {
    let status = saw.facts.remove("status");
    // A gateway's 404 is no registry's: RFC 9083 says how one looks (sections 4.2 and 6).
    let form = matches!(lookup(&saw.facts, "headers.content-type"), Some(Value::Text(t)) if t.starts_with("application/rdap+json"));
    let none = form || serde_json::from_slice::<Json>(body).is_ok_and(|json| json["errorCode"] == 404);
    saw.facts.retain(|name, _| name == "latency");
    // A registry that does not answer says nothing of the domain; only "there is none" does.
    saw.unexpected = None;
    saw.trouble = match (saw.trouble.take(), status) {
        (Some(trouble), _) => Some(Trouble::ours("registry", format!("the registry did not answer: {}", trouble.why))),
        (None, Some(Value::Int(404))) if none => Some(Trouble::down("registry", "the registry knows no such domain")),
        (None, Some(Value::Int(429))) => Some(Trouble::ours("registry", "the registry was asked too often")),
        (None, Some(Value::Int(status @ 400..))) => {
            Some(Trouble::ours("registry", format!("the registry answered with {status}")))
        }
        _ => None,
    };
    if saw.trouble.is_none() {
        match serde_json::from_slice::<Json>(body) {
            Ok(json) if json["objectClassName"] == "domain" => judge(options, ask, &json, &mut saw),
            _ => saw.trouble = Some(Trouble::ours("registry", "the registry's answer tells of no domain")),
        }
    }
    saw
}

fn judge(options: &Options, ask: &Ask<'_>, json: &Json, saw: &mut Saw) {
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let states: Vec<String> = list(&json["status"]).iter().filter_map(|s| s.as_str().map(str::to_lowercase)).collect();
    let mut servers: Vec<String> =
        list(&json["nameservers"]).iter().filter_map(|s| s["ldhName"].as_str().map(str::to_lowercase)).collect();
    servers.sort_unstable();
    let texts = |texts: &[String]| Value::List(texts.iter().cloned().map(Value::Text).collect());
    saw.facts.insert("status".into(), texts(&states));
    saw.facts.insert("nameservers".into(), texts(&servers));
    saw.facts.extend(registrar(json).map(|name| ("registrar".to_owned(), Value::Text(name))));
    let events = list(&json["events"]);
    let ends = events.iter().find(|event| event["eventAction"] == "expiration");
    let ends = ends.and_then(|event| DateTime::parse_from_rfc3339(event["eventDate"].as_str()?).ok());
    let ends = ends.map(|date| Moment::from_ms(date.timestamp_millis()));
    saw.story.push(format!("registered until {}; {}", ends.map_or("-".into(), Moment::rfc3339), states.join(", ")));
    if let Some(ends) = ends {
        saw.facts.insert("expires_in".into(), Value::Duration(ends - ask.now));
        saw.facts.insert("expires_at".into(), Value::Text(ends.rfc3339()));
    }
    let bad = ["client hold", "server hold", "pending delete", "redemption period"];
    saw.trouble = match (ends, states.iter().find(|state| bad.contains(&state.as_str()))) {
        (Some(ends), _) if ends <= ask.now => Some(Trouble::down(
            "registration",
            format!("the registration of {} ended {} ago", options.name, ask.now - ends),
        )),
        (_, Some(state)) => {
            Some(Trouble::down("registration", format!("the registry says of {}: {state}", options.name)))
        }
        _ => None,
    };
}

/// The registrar's name: `fn` of its card (RFC 7095).
fn registrar(json: &Json) -> Option<String> {
    let entities = json["entities"].as_array()?;
    let is =
        |entity: &&Json| entity["roles"].as_array().is_some_and(|roles| roles.iter().any(|role| role == "registrar"));
    let card = entities.iter().find(is)?["vcardArray"][1].as_array()?;
    Some(card.iter().find(|line| line[0] == "fn")?[3].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::probe::testing::{answer, assertion, look, nobody, probe, refused, said, secret, serve_http, text};
    use crate::probe::{Observation, Plan};

    /// As a registry tells it, with what matters changed.
    fn domain(ends: &str, states: &str) -> String {
        format!(
            r#"{{"objectClassName": "domain", "ldhName": "EXAMPLE.COM", "status": [{states}],
              "events": [{{"eventAction": "registration", "eventDate": "1995-08-14T04:00:00Z"}},
                         {{"eventAction": "expiration", "eventDate": "{ends}"}}],
              "entities": [{{"roles": ["abuse"]}}, {{"roles": ["registrar"],
                "vcardArray": ["vcard", [["version", {{}}, "text", "4.0"], ["fn", {{}}, "text", "A Registrar"]]]}}],
              "nameservers": [{{"ldhName": "B.NS.EXAMPLE"}}, {{"ldhName": "A.NS.EXAMPLE"}}]}}"#
        )
    }

    fn registry_says(status: &'static str, body: String) -> SocketAddr {
        serve_http(move |head, stream| {
            let right = head.starts_with("GET /rdap/domain/example.com ");
            answer(stream, if right { status } else { "500 Wrong" }, "", body.as_bytes());
        })
    }

    fn plan(address: SocketAddr) -> Plan {
        let server = secret(&format!("http://{address}/rdap/"));
        probe(&INFO, vec![("domain", text("Example.com.")), ("server", server)])
    }

    #[test]
    fn a_registration_is_judged_by_its_end_and_its_states() {
        let active = || domain("2027-08-13T04:00:00Z", "\"active\"");
        for (status, body, expected) in [
            ("200 OK", active(), "up"),
            (
                "200 OK",
                domain("2026-11-21T17:00:00Z", "\"active\""),
                "down registration: the registration of example.com ended 2 d ago",
            ),
            (
                "200 OK",
                domain("2027-08-13T04:00:00Z", "\"active\", \"Client Hold\""),
                "down registration: the registry says of example.com: client hold",
            ),
            ("404 Not Found", "{\"errorCode\": 404}".to_owned(), "down registry: the registry knows no such domain"),
            ("404 Not Found", "<html>".to_owned(), "unknown registry: the registry answered with 404"),
            ("429 Too Many", "{}".to_owned(), "unknown registry: the registry was asked too often"),
            ("503 No", "{}".to_owned(), "unknown registry: the registry answered with 503"),
            ("200 OK", "<html>".to_owned(), "unknown registry: the registry's answer tells of no domain"),
            ("200 OK", "[1]".to_owned(), "unknown registry: the registry's answer tells of no domain"),
        ] {
            let seen: Observation = look(&plan(registry_says(status, body)));
            assert_eq!(said(&seen), expected, "{}", seen.detail);
        }
        let refused = "unknown registry: the registry did not answer: the connection was refused";
        assert_eq!(said(&look(&plan(nobody()))), refused);
    }

    #[test]
    fn assertions_see_what_the_registry_says() {
        let body = domain("2027-08-13T04:00:00Z", "\"active\"");
        let mut plan = plan(registry_says("200 OK", body));
        plan.expect = [
            "expires_in > duration('720h') && expires_at.startsWith('2027-08-13')",
            "registrar == 'A Registrar' && status == ['active']",
            "nameservers == ['a.ns.example', 'b.ns.example']",
        ]
        .map(|source| assertion(&INFO, source))
        .into();
        let seen = look(&plan);
        assert_eq!(said(&seen), "up", "{seen:?}");
        // No other expectation makes one that has ended good.
        let ended = registry_says("200 OK", domain("2026-11-21T17:00:00Z", ""));
        let other = Plan { expect: vec![assertion(&INFO, "registrar == 'A Registrar'")], ..self::plan(ended) };
        assert_eq!(said(&look(&other)), "down registration: the registration of example.com ended 2 d ago");
    }

    #[test]
    fn the_list_of_registries_says_who_is_asked() {
        let list = br#"{"services": [[["com", "net"], ["http://a/", "https://b/v1/"]], [["co.uk"], ["https://c/"]],
                        [["uk"], ["https://d/"]], [["odd"], []]]}"#;
        let found = |name: &str| registry(list, name).unwrap_or_else(|trouble| trouble.why);
        assert_eq!(found("example.com"), "https://b/v1/");
        assert_eq!(found("example.co.uk"), "https://c/");
        assert_eq!(found("example.uk"), "https://d/");
        assert_eq!(found("example.telecom"), "no registry in IANA's list tells of such names");
        assert_eq!(found("example.odd"), "no registry in IANA's list tells of such names");
        assert_eq!(registry(b"{}", "a.b").unwrap_err().why, "the list of registries cannot be read");
        // Both pages are asked for where no server is named.
        let list = |at: SocketAddr| format!(r#"{{"services": [[["com"], ["http://{at}/rdap"]]]}}"#);
        let there = registry_says("200 OK", domain("2027-08-13T04:00:00Z", ""));
        let index = serve_http(move |_, stream| answer(stream, "200 OK", "", list(there).as_bytes()));
        let mut plan = probe(&INFO, vec![("domain", text("example.com"))]);
        let Kind::Domain(options) = &mut plan.kind else { panic!("{plan:?}") };
        *options.first = http::page(&secret_of(index), "server", None).unwrap();
        let seen = look(&plan);
        assert_eq!(said(&seen), "up", "{}", seen.detail);
        let Kind::Domain(options) = &mut plan.kind else { panic!("{plan:?}") };
        *options.first = http::page(&secret_of(nobody()), "server", None).unwrap();
        let refused = "unknown registry: the list of registries could not be read: the connection was refused";
        assert_eq!(said(&look(&plan)), refused);
    }

    fn secret_of(address: SocketAddr) -> Secret {
        Secret::new(format!("http://{address}/dns.json"))
    }

    #[test]
    fn a_name_that_nobody_registers_is_refused() {
        for name in ["com", "a b.com", "https://example.com", "", "ex..com"] {
            let said = refused(&INFO, vec![("domain", text(name))]);
            assert!(said.starts_with(&format!("domain: `{name}` is no registered domain (give the name")), "{said}");
        }
    }
}
