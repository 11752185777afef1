//! Sends ICMP echo requests (RFC 792, RFC 4443 section 4.1) and counts what comes back.
//!
//! The system's ping socket is tried first and a raw one then. Where neither is allowed, that is unknown and not down.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, UdpSocket as StdSocket};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type as SocketType};
use tokio::net::UdpSocket;
use tokio::time::{sleep_until, timeout_at};

use super::saw::{Ask, Saw, fact, map, waited};
use super::target::Target;
use super::trouble::Trouble;
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Takes};

/// The time between two packets, where the time-out leaves it.
const SPACING: Duration = Duration::from_millis(100);

/// How many packets are sent, where nothing is configured.
const PACKETS: u16 = 3;

/// ICMP has no ports; this one stands in where an address needs one.
const NO_PORT: u16 = 1;

/// The largest answer that is read, in bytes.
const ANSWER_BYTES: usize = 2048;

/// Whom to ask, and how often.
#[derive(Clone, Debug)]
pub struct Options {
    target: Target,
    packets: u16,
}

const KEYS: &[Key] = &[
    Key::must("host", Takes::Text, "A host name or address, without a port."),
    Key::may("packets", Takes::Int(1, 20), "How many packets to send, 1 to 20, mostly 100 ms apart. Default: 3."),
];

const FIELDS: &[Field] = &[
    Field::of("loss", Type::Number, "The part of the packets without an answer, 0 to 1."),
    Field::span("rtt.min", "The fastest answer."),
    Field::span("rtt.avg", "The mean of all answers."),
    Field::span("rtt.max", "The slowest answer."),
    Field::span("jitter", "The mean difference between answers that follow each other; missing with fewer than two."),
    Field::span("latency", "As `rtt.avg`."),
    Field::text("remote.address", "The address that was asked."),
];

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "icmp",
    doc: "Sends ICMP echo requests (ping). Without `expect`, one answer is up and none is down.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    fn host(&self) -> Option<String> {
        Some(self.target.host.clone())
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let help = "give a host alone, such as \"db.example.com\" or \"2001:db8::1\"";
    let target = Target::given(given, "host", Some(NO_PORT), help).map_err(|refusal| vec![refusal])?;
    if target.port != NO_PORT {
        return Err(vec![Refusal::new("host", "a port is named, and ICMP has none", help)]);
    }
    let packets = given.int("packets").and_then(|count| u16::try_from(count).ok()).unwrap_or(PACKETS);
    Ok(Kind::Icmp(Options { target, packets }))
}

/// How far a try came.
#[derive(Default)]
struct Talk {
    remote: Option<IpAddr>,
    /// Per packet that was sent: when, and how long its answer took.
    sent: Vec<(Instant, Option<Duration>)>,
    story: Vec<String>,
}

impl Talk {
    fn failed(&mut self, error: &io::Error, phase: &'static str) -> Trouble {
        self.story.push(format!("error: {error}"));
        if error.kind() != ErrorKind::PermissionDenied {
            return Trouble::of_io(error, phase);
        }
        self.story.push(
            "advice: allow the system's ping socket (sysctl net.ipv4.ping_group_range=\"0 2147483647\"), or give the \
             program CAP_NET_RAW"
                .to_owned(),
        );
        Trouble::ours(phase, "this machine may not send ICMP packets")
    }
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let (began, mut talk) = (Instant::now(), Talk::default());
    let end = began + ask.timeout();
    let trouble = converse(options, &mut talk, end, ask.timeout()).await.err();
    let mut saw = Saw::ended(began, Vec::new());
    saw.trouble = trouble;
    told(&mut saw, talk, ask.timeout());
    saw
}

/// What the packets and their answers say.
fn told(saw: &mut Saw, mut talk: Talk, timeout: Duration) {
    let trips: Vec<Duration> = talk.sent.iter().filter_map(|(_, trip)| *trip).collect();
    talk.story.extend(talk.remote.map(|remote| format!("asked {remote}")));
    talk.story.push(format!("{} packets sent, {} answers", talk.sent.len(), trips.len()));
    saw.story = talk.story;
    if saw.trouble.is_none() {
        let all = talk.sent.len().max(1);
        saw.facts.insert("loss".into(), Value::Float((all - trips.len()) as f64 / all as f64));
        if trips.is_empty() {
            let packets = if all == 1 { "a packet".to_owned() } else { format!("{all} packets") };
            let why = format!("no answer to {packets} within {}", waited(timeout));
            saw.unexpected = Some(Trouble::down("answer", why));
        }
    }
    if let Some(remote) = talk.remote {
        saw.facts.insert("remote".into(), map([("address", Value::Text(remote.to_string()))]));
    }
    times(saw, &trips);
}

fn times(saw: &mut Saw, trips: &[Duration]) {
    let (Some(min), Some(max)) = (trips.iter().min(), trips.iter().max()) else { return };
    let mean = |sum: Duration, count: usize| sum / u32::try_from(count).unwrap_or(u32::MAX).max(1);
    let avg = mean(trips.iter().sum(), trips.len());
    saw.took = avg;
    saw.facts.insert("latency".into(), fact(avg));
    saw.facts.insert("rtt".into(), map([("min", fact(*min)), ("avg", fact(avg)), ("max", fact(*max))]));
    if trips.len() > 1 {
        let steps = trips.windows(2).map(|pair| pair[0].abs_diff(pair[1])).sum();
        saw.facts.insert("jitter".into(), fact(mean(steps, trips.len() - 1)));
    }
}

async fn converse(options: &Options, talk: &mut Talk, end: Instant, timeout: Duration) -> Result<(), Trouble> {
    let late = |_| Trouble::down("dns", format!("the name did not resolve within {}", waited(timeout)));
    let addresses = timeout_at(end.into(), options.target.resolve(&mut talk.story)).await.map_err(late)??;
    let (socket, raw) = open(&addresses, talk)?;
    let echo =
        Echo { v6: talk.remote.is_some_and(|ip| ip.is_ipv6()), raw, mark: RandomState::new().build_hasher().finish() };
    let spacing = SPACING.min(timeout / (2 * u32::from(options.packets)));
    let (first, mut buffer) = (Instant::now(), vec![0; ANSWER_BYTES]);
    loop {
        let sends = talk.sent.len() < usize::from(options.packets);
        if !sends && talk.sent.iter().all(|(_, trip)| trip.is_some()) {
            return Ok(());
        }
        let next = first + spacing * u32::try_from(talk.sent.len()).unwrap_or(u32::MAX);
        tokio::select! {
            () = sleep_until(end.into()) => return Ok(()),
            () = sleep_until(next.into()), if sends => {
                let number = talk.sent.len() as u16;
                talk.sent.push((Instant::now(), None));
                socket.send(&echo.request(number)).await.map_err(|e| talk.failed(&e, "send"))?;
            }
            heard = socket.recv(&mut buffer) => {
                let count = heard.map_err(|e| talk.failed(&e, "answer"))?;
                if let Some(number) = echo.answered(&buffer[..count])
                    && let Some((sent, trip @ None)) = talk.sent.get_mut(usize::from(number))
                {
                    *trip = Some(sent.elapsed());
                }
            }
        }
    }
}

/// A socket that talks to the first address that the system has a way to, and whether it is a raw one.
fn open(addresses: &[SocketAddr], talk: &mut Talk) -> Result<(UdpSocket, bool), Trouble> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in addresses {
        for (raw, socket_type) in [(false, SocketType::DGRAM), (true, SocketType::RAW)] {
            match connect(*address, socket_type) {
                Ok(socket) => {
                    talk.remote = Some(address.ip());
                    return Ok((socket, raw));
                }
                Err(e) => last = e,
            }
        }
    }
    Err(talk.failed(&last, "connect"))
}

fn connect(address: SocketAddr, socket_type: SocketType) -> io::Result<UdpSocket> {
    let (domain, protocol) = match address {
        SocketAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4),
        SocketAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6),
    };
    let socket = Socket::new(domain, socket_type, Some(protocol))?;
    socket.set_nonblocking(true)?;
    socket.connect(&SocketAddr::new(address.ip(), 0).into())?;
    UdpSocket::from_std(StdSocket::from(socket))
}

/// The form of this try's packets. The mark tells its answers from those of others.
struct Echo {
    v6: bool,
    raw: bool,
    mark: u64,
}

impl Echo {
    /// Type, code, checksum, identifier, sequence number, mark.
    fn request(&self, number: u16) -> [u8; 16] {
        let mut packet = [0; 16];
        packet[0] = if self.v6 { 128 } else { 8 };
        packet[4..6].copy_from_slice(&(self.mark as u16).to_be_bytes());
        packet[6..8].copy_from_slice(&number.to_be_bytes());
        packet[8..].copy_from_slice(&self.mark.to_be_bytes());
        // Of ICMPv6 the system makes the sum, which holds the addresses too (RFC 3542 section 3.1).
        if !self.v6 {
            let sum = checksum(&packet);
            packet[2..4].copy_from_slice(&sum.to_be_bytes());
        }
        packet
    }

    /// Which packet this answers; none where it is no answer to us.
    fn answered(&self, bytes: &[u8]) -> Option<u16> {
        // A raw socket of IPv4 gives the IP header too; its length stands in words of four bytes (RFC 791).
        let header = if self.raw && !self.v6 { usize::from(bytes.first()? & 15) * 4 } else { 0 };
        let packet = bytes.get(header..)?.first_chunk::<16>()?;
        let answer = if self.v6 { 129 } else { 0 };
        (packet[0] == answer && packet[8..] == self.mark.to_be_bytes())
            .then(|| u16::from_be_bytes([packet[6], packet[7]]))
    }
}

/// The Internet checksum (RFC 1071).
fn checksum(packet: &[u8; 16]) -> u16 {
    let mut sum: u32 = packet.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Given, Span};
    use crate::probe::testing::{assertion, look as looked, probe, refused, said, text};
    use crate::probe::{Observation, Plan};

    fn ping(host: &str, timeout_ms: i64, expect: &[&str]) -> Observation {
        let keys = vec![("host", text(host)), ("packets", Given::Int(2))];
        let expect = expect.iter().map(|source| assertion(&INFO, source)).collect();
        looked(&Plan { expect, timeout: Span::from_ms(timeout_ms), ..probe(&INFO, keys) })
    }

    /// Whether this machine lets us; if not, that is what a look says, and the test is skipped by name.
    fn allowed(test: &str, seen: &Observation) -> bool {
        if seen.verdict != crate::model::Verdict::Unknown {
            return true;
        }
        eprintln!("skipped: {test}: {}", seen.detail);
        assert_eq!(seen.why, "this machine may not send ICMP packets");
        assert!(seen.detail.contains("ping_group_range"), "{}", seen.detail);
        false
    }

    #[test]
    fn loopback_answers_every_packet() {
        let facts = [
            "loss == 0",
            "rtt.min <= rtt.avg && rtt.avg <= rtt.max && latency == rtt.avg",
            "jitter >= duration('0s')",
            "remote.address == '127.0.0.1'",
        ];
        let seen = ping("127.0.0.1", 10_000, &facts);
        if allowed("loopback_answers_every_packet", &seen) {
            assert_eq!(said(&seen), "up", "{}", seen.detail);
        }
        let has_v6 = std::net::UdpSocket::bind("[::1]:0").is_ok();
        let seen = ping("::1", 10_000, &["loss == 0"]);
        if has_v6 && allowed("loopback_answers_every_packet over IPv6", &seen) {
            assert_eq!(said(&seen), "up", "{}", seen.detail);
        }
    }

    #[test]
    fn silence_is_down() {
        // 192.0.2.0/24 is for documents (RFC 5737): nobody answers there, or there is no way to it at all.
        let seen = ping("192.0.2.1", 300, &[]);
        if allowed("silence_is_down", &seen) && seen.phase == Some("answer") {
            assert_eq!(said(&seen), "down answer: no answer to 2 packets within 300 ms");
        }
    }

    /// What is told of packets whose answers took so many ms.
    fn answers(trips: &[Option<u64>]) -> Saw {
        let sent = trips.iter().map(|ms| (Instant::now(), ms.map(Duration::from_millis))).collect();
        let mut saw = Saw::ended(Instant::now(), Vec::new());
        told(&mut saw, Talk { sent, ..Talk::default() }, Duration::from_millis(300));
        saw
    }

    #[test]
    fn lost_packets_are_counted_and_the_others_timed() {
        let ms = |ms| fact(Duration::from_millis(ms));
        let seen = answers(&[Some(10), None, Some(40), Some(25)]);
        let rtt = map([("min", ms(10)), ("avg", ms(25)), ("max", ms(40))]);
        let facts = [("jitter", Some(&ms(22))), ("latency", Some(&ms(25))), ("loss", Some(&Value::Float(0.25)))];
        assert_eq!(facts.map(|(name, _)| (name, seen.facts.get(name))), facts);
        assert_eq!((seen.facts.get("rtt"), seen.unexpected), (Some(&rtt), None));
        let one = answers(&[None, Some(7)]);
        assert_eq!((one.facts.get("jitter"), one.facts.get("loss")), (None, Some(&Value::Float(0.5))));
        let silence = answers(&[None, None]);
        assert_eq!((silence.facts.get("rtt"), silence.facts.get("loss")), (None, Some(&Value::Float(1.0))));
        let why = "no answer to 2 packets within 300 ms";
        assert_eq!(silence.unexpected, Some(Trouble::down("answer", why)));
    }

    #[test]
    fn what_is_not_permitted_is_unknown_with_advice() {
        for errno in [1, 13] {
            let mut talk = Talk::default();
            let trouble = talk.failed(&io::Error::from_raw_os_error(errno), "connect");
            assert_eq!(trouble, Trouble::ours("connect", "this machine may not send ICMP packets"));
            assert!(talk.story[1].contains("ping_group_range") && talk.story[1].contains("CAP_NET_RAW"));
        }
    }

    #[test]
    fn only_our_own_answers_count() {
        for (v6, raw) in [(false, false), (false, true), (true, true)] {
            let echo = Echo { v6, raw, mark: 0x0102_0304_0506_0708 };
            let mut bytes = if raw && !v6 { vec![0x45; 20] } else { Vec::new() };
            let header = bytes.len();
            bytes.extend(echo.request(7));
            assert_eq!(echo.answered(&bytes), None, "our own request is no answer");
            bytes[header] = if v6 { 129 } else { 0 };
            assert_eq!(echo.answered(&bytes), Some(7));
            for cut in 0..bytes.len() {
                assert_eq!(echo.answered(&bytes[..cut]), None);
            }
            bytes[header + 15] ^= 1;
            assert_eq!(echo.answered(&bytes), None, "another's mark");
        }
        assert_eq!(Echo { v6: false, raw: true, mark: 1 }.answered(&[0x4F]), None);
    }

    #[test]
    fn a_request_has_the_right_sum() {
        let request = Echo { v6: false, raw: false, mark: 0xFFFF_0001_8000_7FFF }.request(3);
        assert_eq!(checksum(&request), 0, "the sum over a packet with its sum is nothing (RFC 1071)");
    }

    #[test]
    fn a_port_or_no_host_is_refused() {
        for (host, why) in [("db:80", "host: a port is named"), ("", "host: `` is no host name")] {
            assert!(refused(&INFO, vec![("host", text(host))]).starts_with(why));
        }
    }
}
