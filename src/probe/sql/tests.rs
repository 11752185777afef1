//! What the config refuses, what a value is, and listeners that are no database.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::Duration;

use super::*;
use crate::probe::testing::{look, nobody, patience, probe, refused, said, secret, serve, text};
use crate::probe::{KindInfo, Plan};

#[test]
fn a_value_is_a_number_where_its_column_holds_numbers() {
    for (given, number, expected) in [
        (Some("7"), true, Value::Int(7)),
        (Some("-1.5"), true, Value::Float(-1.5)),
        (Some("7"), false, Value::Text("7".into())),
        (Some("NaN-ish"), true, Value::Text("NaN-ish".into())),
        (None, true, Value::Null),
    ] {
        assert_eq!(value(given, number), expected, "{given:?}");
    }
}

fn asks(info: &KindInfo, address: SocketAddr, expected: &str) -> String {
    let url = secret(&format!("{}://probe:s3cret-word@{address}/shop", info.name));
    let plan = Plan { timeout: patience(expected), ..probe(info, vec![("url", url)]) };
    let seen = look(&plan);
    assert!(!format!("{plan:?}{seen:?}").contains("s3cret-word"), "{seen:?}");
    said(&seen)
}

#[test]
fn listeners_that_are_no_database_are_told() {
    let says = |bytes: &'static [u8]| {
        serve(move |mut s| {
            let _ = s.write_all(bytes);
            let _ = s.read(&mut [0; 512]);
            sleep(Duration::from_secs(1));
        })
    };
    for (info, address, expected) in [
        (&postgres::INFO, says(b""), "down login: connected, but no answer to the login within 400 ms"),
        (&postgres::INFO, says(b"HTTP/1.1 400 Bad\r\n\r\n"), "down login: the server does not speak PostgreSQL"),
        (&postgres::INFO, nobody(), "down connect: the connection was refused"),
        (&mysql::INFO, says(b""), "down login: no session within 400 ms"),
        (&mysql::INFO, nobody(), "down login: the connection was refused"),
    ] {
        assert_eq!(asks(info, address, expected), expected, "{}", info.name);
    }
}

#[test]
fn an_address_that_does_not_say_who_asks_is_refused() {
    for (url, why) in [
        ("postgres://h/db", "it does not say who asks"),
        (
            "postgres://u@h/db?sslmode=require",
            "what stands after `?` or `#` is not read; TLS is spoken with `tls = true`",
        ),
        ("mysql://u@h", "this begins with `mysql:`, not with `postgres:` or `postgresql:`"),
    ] {
        let help = "an address is `postgres://probe:${PASSWORD}@db.example.com:5432/shop`";
        assert_eq!(
            refused(&postgres::INFO, vec![("url", secret(url)), ("query", text("SELECT 1"))]),
            format!("url: {why} ({help})")
        );
    }
}
