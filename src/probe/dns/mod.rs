//! Asks a name server one question, over its own socket: one look is one question, nothing is cached.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::saw::{Ask, Saw, fact, map, waited, waited_of};
use super::target::Target;
use super::trouble::Trouble;
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Takes};

/// The payload that every path carries without fragments (DNS Flag Day 2020).
const UDP_BYTES: u16 = 1232;

/// What `dns` asks, and whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// None: the first server of the system's resolver.
    server: Option<Target>,
    name: Name,
    kind: RecordType,
    tcp: bool,
}

const TYPES: &[&str] = &["A", "AAAA", "CNAME", "MX", "TXT", "NS", "SOA", "SRV", "CAA", "PTR"];

const KEYS: &[Key] = &[
    Key::may(
        "server",
        Takes::Text,
        "Whom to ask: a host or address, with `:port` where it is not 53. Default: the system's first name server.",
    ),
    Key::must("query", Takes::Text, "The name to ask for; with type PTR it may be an address."),
    Key::may("type", Takes::Choice(TYPES), "The type of record to ask for. Default: A."),
    Key::may(
        "transport",
        Takes::Choice(&["udp", "tcp"]),
        "How to ask. Default: udp, and again over tcp where the answer was cut short.",
    ),
];

const FIELDS: &[Field] = &[
    Field::text("rcode", "The answer's code: NOERROR, NXDOMAIN, SERVFAIL, REFUSED …"),
    Field::of(
        "answers",
        Type::Texts,
        "The records of the asked type as text, names without the last dot: `192.0.2.1`, `10 mail.example.com`.",
    ),
    Field {
        name: "ttl",
        ty: Type::Int,
        unit: Some("s"),
        doc: "The shortest time that an answer may be kept; missing without one.",
    },
    Field::span("latency", "From the first step to the answer."),
    Field::of("authoritative", Type::Bool, "Whether the server speaks for the zone itself."),
    Field::text("remote.address", "The server's address."),
];

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "dns",
    doc: "Asks a name server. Without `expect`, NOERROR with at least one record of the asked type is up.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    fn host(&self) -> Option<String> {
        self.server.as_ref().map(|server| server.host.clone())
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let server = given.text("server").and_then(|text| {
        let help = "give a host or address, such as \"192.0.2.53\" or \"ns1.example.com:5353\"";
        Target::parse(text, Some(53)).map_err(|why| refusals.push(Refusal::new("server", why, help))).ok()
    });
    let kind = given.text("type").and_then(|t| t.parse().ok()).unwrap_or(RecordType::A);
    let text = given.text("query").unwrap_or_default();
    let mut name = match text.parse::<IpAddr>() {
        // The name of an address is its reverse (RFC 1035, section 3.5).
        Ok(ip) if kind == RecordType::PTR => Some(Name::from(ip)),
        _ => Name::from_utf8(text).ok().filter(|_| !text.is_empty() && !text.contains(char::is_whitespace)),
    };
    if let Some(name) = &mut name {
        name.set_fqdn(true);
    } else {
        let help = "give a name such as \"example.com\", or for PTR an address such as \"192.0.2.1\"";
        refusals.push(Refusal::new("query", format!("`{text}` is no name"), help));
    }
    let Some(name) = name.filter(|_| refusals.is_empty()) else { return Err(refusals) };
    Ok(Kind::Dns(Options { server, name, kind, tcp: given.text("transport") == Some("tcp") }))
}

/// How far a try came.
#[derive(Default)]
struct Talk {
    phase: &'static str,
    server: Option<SocketAddr>,
    asked: Option<Instant>,
    story: Vec<String>,
}

impl Talk {
    fn failed(&mut self, error: &std::io::Error) -> Trouble {
        self.story.push(format!("error: {error}"));
        match error.kind() {
            std::io::ErrorKind::ConnectionRefused if self.phase == "first_byte" => {
                Trouble::down("first_byte", "nothing answers on the name server's port")
            }
            _ => Trouble::of_io(error, self.phase),
        }
    }

    fn late(&self, timeout: Duration) -> Trouble {
        let all = waited(timeout);
        let why = match (self.phase, self.asked) {
            ("dns", _) => format!("the name server's own name did not resolve within {all}"),
            ("first_byte", Some(asked)) => {
                format!("no answer within {} after the question was sent", waited_of(asked.elapsed(), timeout))
            }
            _ => format!("no connection within {all}"),
        };
        Trouble::down(self.phase, why)
    }
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let (began, mut talk) = (Instant::now(), Talk { phase: "dns", ..Talk::default() });
    let answer = match tokio::time::timeout(ask.timeout(), converse(options, &mut talk)).await {
        Ok(answer) => answer,
        Err(_) => Err(talk.late(ask.timeout())),
    };
    talk.story.insert(0, format!("{} {}", options.name, options.kind));
    talk.story.extend(talk.server.map(|server| format!("asked {server}")));
    let mut saw = Saw::ended(began, talk.story);
    saw.facts.insert("latency".into(), fact(saw.took));
    if let Some(server) = talk.server {
        saw.facts.insert("remote".into(), map([("address", Value::Text(server.to_string()))]));
    }
    match answer {
        Ok(answer) => tell(options, &answer, &mut saw),
        Err(trouble) => saw.trouble = Some(trouble),
    }
    saw
}

async fn converse(options: &Options, talk: &mut Talk) -> Result<Message, Trouble> {
    let server = match &options.server {
        None => SocketAddr::new(system_server().await, 53),
        Some(target) => {
            let why = || "the name server's own name does not resolve".to_owned();
            let addresses = target.resolve(&mut talk.story).await.map_err(|t| Trouble { why: why(), ..t })?;
            addresses[0]
        }
    };
    talk.server = Some(server);
    let mut question = Message::query();
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(options.name.clone(), options.kind));
    question.set_edns(Edns::new()).edns.iter_mut().for_each(|edns| _ = edns.set_max_payload(UDP_BYTES));
    let bytes = question.to_vec().map_err(|e| {
        talk.story.push(format!("error: {e}"));
        Trouble::ours("connect", "the question could not be written")
    })?;
    if !options.tcp {
        let answer = over_udp(server, &question, &bytes, talk).await?;
        if !answer.metadata.truncation {
            return Ok(answer);
        }
        talk.story.push("the answer over udp was cut short; asked again over tcp".to_owned());
    }
    over_tcp(server, &question, &bytes, talk).await
}

async fn over_udp(server: SocketAddr, question: &Message, bytes: &[u8], talk: &mut Talk) -> Result<Message, Trouble> {
    talk.phase = "connect";
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await.map_err(|e| talk.failed(&e))?;
    // A connected socket hears this server alone.
    socket.connect(server).await.map_err(|e| talk.failed(&e))?;
    socket.send(bytes).await.map_err(|e| talk.failed(&e))?;
    talk.phase = "first_byte";
    talk.asked = Some(Instant::now());
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        let count = socket.recv(&mut buffer).await.map_err(|e| talk.failed(&e))?;
        match answer_to(question, &buffer[..count]) {
            Ok(answer) => return Ok(answer),
            // Somebody else's answer, or a forged one. Ours may still come.
            Err(Stray::OtherId) => talk.story.push("an answer with another id was left aside".to_owned()),
            Err(stray) => return Err(talk.unreadable(&stray)),
        }
        talk.story.truncate(20);
    }
}

async fn over_tcp(server: SocketAddr, question: &Message, bytes: &[u8], talk: &mut Talk) -> Result<Message, Trouble> {
    talk.phase = "connect";
    let mut stream = TcpStream::connect(server).await.map_err(|e| talk.failed(&e))?;
    talk.phase = "first_byte";
    talk.asked = Some(Instant::now());
    let framed = [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
    stream.write_all(&framed).await.map_err(|e| talk.failed(&e))?;
    let length = stream.read_u16().await.map_err(|e| talk.failed(&e))?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await.map_err(|e| talk.failed(&e))?;
    answer_to(question, &buffer).map_err(|stray| talk.unreadable(&stray))
}

/// Why bytes are no answer to our question.
enum Stray {
    OtherId,
    OtherQuestion,
    Unreadable(String),
}

impl Talk {
    fn unreadable(&mut self, stray: &Stray) -> Trouble {
        let why = match stray {
            Stray::OtherId | Stray::OtherQuestion => "the answer belongs to another question",
            Stray::Unreadable(raw) => {
                self.story.push(format!("error: {raw}"));
                "the answer cannot be read"
            }
        };
        Trouble::down("answer", why)
    }
}

fn answer_to(question: &Message, bytes: &[u8]) -> Result<Message, Stray> {
    // The id is looked at first: a forged packet that cannot be read must not spoil the look.
    if bytes.get(..2) != Some(&question.metadata.id.to_be_bytes()) {
        return Err(Stray::OtherId);
    }
    let answer = Message::from_vec(bytes).map_err(|e| Stray::Unreadable(e.to_string()))?;
    if answer.metadata.message_type != MessageType::Response || answer.metadata.op_code != OpCode::Query {
        return Err(Stray::Unreadable("it is no response".to_owned()));
    }
    // A server that cannot read the question may answer without it.
    let same = answer.queries == question.queries;
    if same || (answer.queries.is_empty() && answer.metadata.response_code != ResponseCode::NoError) {
        Ok(answer)
    } else {
        Err(Stray::OtherQuestion)
    }
}

/// The facts of an answer, and whether it is one without `expect`.
fn tell(options: &Options, answer: &Message, saw: &mut Saw) {
    let rcode = rcode(answer.metadata.response_code);
    let found: Vec<_> = answer.answers.iter().filter(|record| record.record_type() == options.kind).collect();
    let texts: Vec<String> = found.iter().map(|record| text(&record.data)).collect();
    saw.story.push(format!("{rcode}: {}", if texts.is_empty() { "no record".to_owned() } else { texts.join("; ") }));
    saw.facts.insert("rcode".into(), Value::Text(rcode.clone()));
    saw.facts.insert("authoritative".into(), Value::Bool(answer.metadata.authoritative));
    if let Some(ttl) = found.iter().map(|record| record.ttl).min() {
        saw.facts.insert("ttl".into(), Value::Int(i64::from(ttl)));
    }
    saw.unexpected = match answer.metadata.response_code {
        ResponseCode::NoError if texts.is_empty() => {
            Some(Trouble::down("answer", format!("the name has no {} record", options.kind)))
        }
        ResponseCode::NoError => None,
        ResponseCode::NXDomain => Some(Trouble::down("answer", "the name does not exist")),
        ResponseCode::Refused => Some(Trouble::down("answer", "the name server refuses to answer")),
        ResponseCode::ServFail => Some(Trouble::down("answer", "the name server could not find an answer")),
        _ => Some(Trouble::down("answer", format!("the name server answered {rcode}"))),
    };
    saw.facts.insert("answers".into(), Value::List(texts.into_iter().map(Value::Text).collect()));
}

/// The name of a response code as RFC 6895 lists it.
fn rcode(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::YXDomain => "YXDOMAIN".to_owned(),
        ResponseCode::YXRRSet => "YXRRSET".to_owned(),
        ResponseCode::NXRRSet => "NXRRSET".to_owned(),
        ResponseCode::NotAuth => "NOTAUTH".to_owned(),
        ResponseCode::NotZone => "NOTZONE".to_owned(),
        other => format!("RCODE{}", u16::from(other)),
    }
}

/// A record's data as zone files write it, names without the last dot and texts without quotes.
fn text(data: &RData) -> String {
    match data {
        RData::CNAME(name) => plain(&name.0),
        RData::NS(name) => plain(&name.0),
        RData::PTR(name) => plain(&name.0),
        RData::MX(mx) => format!("{} {}", mx.preference, plain(&mx.exchange)),
        RData::SRV(srv) => format!("{} {} {} {}", srv.priority, srv.weight, srv.port, plain(&srv.target)),
        RData::SOA(soa) => format!(
            "{} {} {} {} {} {} {}",
            plain(&soa.mname),
            plain(&soa.rname),
            soa.serial,
            soa.refresh,
            soa.retry,
            soa.expire,
            soa.minimum
        ),
        other => other.to_string(),
    }
}

fn plain(name: &Name) -> String {
    let text = name.to_ascii();
    text.strip_suffix('.').filter(|t| !t.is_empty()).unwrap_or(&text).to_owned()
}

/// The first server of `/etc/resolv.conf`; without one, this machine, as resolv.conf(5) says.
async fn system_server() -> IpAddr {
    let text = tokio::fs::read_to_string("/etc/resolv.conf").await.unwrap_or_default();
    let servers = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        if words.next()? == "nameserver" { words.next()?.parse().ok() } else { None }
    });
    servers.into_iter().next().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}
