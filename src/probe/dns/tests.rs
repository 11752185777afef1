//! `dns` against a name server of our own, which can also lie.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::str::FromStr;
use std::thread;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{CAA, CNAME, MX, NS, SOA, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record};

use super::INFO;
use crate::expr::Value;
use crate::model::{Given, Span};
use crate::probe::testing::{assertion, look, nobody, probe, refused, said, text};
use crate::probe::{Observation, Plan};

/// A name server: `answer` makes the packets that answer a question; the flag says that it came over tcp.
fn server(answer: impl Fn(Message, bool) -> Vec<Vec<u8>> + Send + Sync + Clone + 'static) -> SocketAddr {
    // The same port for both transports; another test may take one of them in between.
    let (udp, tcp) = (0..20)
        .find_map(|_| {
            let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
            TcpListener::bind(udp.local_addr().unwrap()).ok().map(|tcp| (udp, tcp))
        })
        .unwrap();
    let address = udp.local_addr().unwrap();
    let over_tcp = answer.clone();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((count, from)) = udp.recv_from(&mut buffer) {
            for packet in answer(Message::from_vec(&buffer[..count]).unwrap(), false) {
                let _ = udp.send_to(&packet, from);
            }
        }
    });
    thread::spawn(move || {
        for mut stream in tcp.incoming().flatten() {
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut question).unwrap();
            for packet in over_tcp(Message::from_vec(&question).unwrap(), true) {
                stream.write_all(&(packet.len() as u16).to_be_bytes()).unwrap();
                stream.write_all(&packet).unwrap();
            }
        }
    });
    address
}

fn reply(question: &Message, code: ResponseCode, answers: Vec<RData>) -> Message {
    let mut reply = question.clone().into_response();
    reply.metadata.response_code = code;
    reply.metadata.authoritative = true;
    for (i, data) in answers.into_iter().enumerate() {
        reply.add_answer(Record::from_rdata(question.queries[0].name().clone(), 300 - i as u32, data));
    }
    reply
}

fn says(code: ResponseCode, answers: Vec<RData>) -> SocketAddr {
    server(move |question, _| vec![reply(&question, code, answers.clone()).to_vec().unwrap()])
}

fn ask(server: SocketAddr, kind: &str, expect: &[&str]) -> Observation {
    asked(server, vec![("type", text(kind))], expect)
}

fn asked(server: SocketAddr, mut keys: Vec<(&'static str, Given)>, expect: &[&str]) -> Observation {
    keys.extend([("server", text(&server.to_string())), ("query", text("example.com"))]);
    let mut plan = Plan { timeout: Span::from_ms(600), ..probe(&INFO, keys) };
    plan.expect = expect.iter().map(|source| assertion(&INFO, source)).collect();
    look(&plan)
}

fn answers(seen: &Observation) -> String {
    match seen.facts.get("answers") {
        Some(Value::List(items)) => items.iter().map(|i| format!("{i:?}")).collect::<Vec<_>>().join(" "),
        other => format!("{other:?}"),
    }
}

fn a(text: &str) -> RData {
    RData::A(text.parse().unwrap())
}

#[test]
fn records_of_every_type_are_read_as_text() {
    let name = |text| Name::from_str(text).unwrap();
    let mail = || name("mail.example.com.");
    let caa = CAA::new_issue(false, Some(name("ca.example.net")), Vec::new());
    for (kind, data, expected) in [
        ("A", a("192.0.2.1"), "192.0.2.1"),
        ("AAAA", RData::AAAA("2001:db8::1".parse().unwrap()), "2001:db8::1"),
        ("CNAME", RData::CNAME(CNAME(mail())), "mail.example.com"),
        ("NS", RData::NS(NS(mail())), "mail.example.com"),
        ("MX", RData::MX(MX::new(10, mail())), "10 mail.example.com"),
        ("TXT", RData::TXT(TXT::new(vec!["v=spf1 ".into(), "-all".into()])), "v=spf1 -all"),
        ("SRV", RData::SRV(SRV::new(1, 2, 443, mail())), "1 2 443 mail.example.com"),
        ("SOA", RData::SOA(SOA::new(mail(), mail(), 7, 1, 2, 3, 4)), "mail.example.com mail.example.com 7 1 2 3 4"),
        ("CAA", RData::CAA(caa), "0 issue \"ca.example.net\""),
    ] {
        let seen = ask(says(ResponseCode::NoError, vec![data]), kind, &[]);
        assert_eq!((said(&seen).as_str(), answers(&seen)), ("up", format!("Text({expected:?})")), "{}", seen.detail);
    }
}

#[test]
fn an_answer_has_its_facts() {
    let mut aliases = vec![RData::CNAME(CNAME(Name::from_str("www.example.com.").unwrap()))];
    aliases.extend([a("192.0.2.1"), a("192.0.2.2")]);
    let seen = ask(says(ResponseCode::NoError, aliases), "A", &["rcode == 'NOERROR'", "authoritative"]);
    assert_eq!(said(&seen), "up", "{}", seen.detail);
    assert_eq!(answers(&seen), r#"Text("192.0.2.1") Text("192.0.2.2")"#);
    assert_eq!(seen.facts.get("ttl"), Some(&Value::Int(298)));
    assert_eq!(seen.facts.get("authoritative"), Some(&Value::Bool(true)));
    assert!(seen.facts.contains_key("latency"));
}

#[test]
fn without_expect_a_name_must_be_there_and_with_it_the_operator_decides() {
    for (code, expected) in [
        (ResponseCode::NoError, "down answer: the name has no MX record"),
        (ResponseCode::NXDomain, "down answer: the name does not exist"),
        (ResponseCode::Refused, "down answer: the name server refuses to answer"),
        (ResponseCode::ServFail, "down answer: the name server could not find an answer"),
        (ResponseCode::NotImp, "down answer: the name server answered NOTIMP"),
    ] {
        assert_eq!(said(&ask(says(code, vec![]), "MX", &[])), expected);
    }
    assert_eq!(said(&ask(says(ResponseCode::NXDomain, vec![]), "A", &["rcode == 'NXDOMAIN'"])), "up");
}

#[test]
fn a_truncated_answer_is_asked_again_over_tcp() {
    let address = server(|question, over_tcp| {
        let mut reply = reply(&question, ResponseCode::NoError, if over_tcp { vec![a("192.0.2.9")] } else { vec![] });
        reply.metadata.truncation = !over_tcp;
        vec![reply.to_vec().unwrap()]
    });
    let seen = ask(address, "A", &[]);
    assert_eq!((said(&seen).as_str(), answers(&seen).as_str()), ("up", r#"Text("192.0.2.9")"#), "{}", seen.detail);
    let seen = asked(address, vec![("transport", text("tcp"))], &[]);
    assert_eq!(said(&seen), "up", "{}", seen.detail);
}

#[test]
fn forged_odd_and_missing_answers_are_not_believed() {
    let good = |question: &Message| reply(question, ResponseCode::NoError, vec![a("192.0.2.1")]);
    // A forged packet comes first, the true one after it.
    let forged = server(move |question, _| {
        let mut forged = reply(&question, ResponseCode::NoError, vec![a("203.0.113.66")]);
        forged.metadata.id = question.metadata.id.wrapping_add(1);
        vec![forged.to_vec().unwrap(), good(&question).to_vec().unwrap()]
    });
    let seen = ask(forged, "A", &[]);
    assert_eq!((said(&seen).as_str(), answers(&seen).as_str()), ("up", r#"Text("192.0.2.1")"#));
    let other = server(move |mut question, _| {
        let id = question.metadata.id;
        question.queries[0].set_name(Name::from_str("evil.example.").unwrap());
        let mut reply = good(&question);
        reply.metadata.id = id;
        vec![reply.to_vec().unwrap()]
    });
    // A name that points at itself: a loop in the answer's compression.
    let looping = server(|question, _| {
        let mut bytes = question.metadata.id.to_be_bytes().to_vec();
        bytes.extend(b"\x81\x80\0\0\0\x01\0\0\0\0\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01");
        vec![bytes]
    });
    let echo = server(|question, _| vec![question.to_vec().unwrap()]);
    let silent = server(|_, _| vec![]);
    for (address, expected) in [
        (other, "down answer: the answer belongs to another question"),
        (looping, "down answer: the answer cannot be read"),
        (echo, "down answer: the answer cannot be read"),
        (silent, "down first_byte: no answer within 600 ms after the question was sent"),
        (nobody(), "down first_byte: nothing answers on the name server's port"),
    ] {
        let seen = ask(address, "A", &[]);
        assert_eq!(said(&seen), expected, "{}", seen.detail);
    }
}

#[test]
fn an_address_is_asked_for_by_its_reverse_name() {
    let keys = vec![("type", text("PTR")), ("query", text("192.0.2.1"))];
    let kind = probe(&INFO, keys).kind;
    assert!(format!("{kind:?}").contains("1.2.0.192.in-addr.arpa."), "{kind:?}");
}

#[test]
fn names_and_servers_that_cannot_be_asked_are_refused() {
    let keys = vec![("server", text("ns 1")), ("query", text("two words"))];
    insta::assert_snapshot!(refused(&INFO, keys), @r#"
    server: `ns 1` is no host name or address (give a host or address, such as "192.0.2.53" or "ns1.example.com:5353")
    query: `two words` is no name (give a name such as "example.com", or for PTR an address such as "192.0.2.1")
    "#);
}
