//! `postgres` at PostgreSQL and `mysql` at MariaDB: logins, queries, TLS, a query that hangs, a server that does.

use crate::look::{look, said};
use crate::support::{Authority, MariaDb, Postgres};

fn probe(kind: &str, login: &str, port: u16, path: &str, more: &str) -> String {
    let url = format!("{kind}://{login}@localhost:{port}{path}");
    format!("kind = \"{kind}\"\nurl = \"{url}\"\ntimeout = \"20s\"\n{more}")
}

#[test]
fn postgresql_is_asked_stage_by_stage() {
    let authority = Authority::new();
    let mut server = Postgres::start(Some(&authority.good()));
    let port = server.port();
    let ask = |login: &str, path: &str, more: &str| {
        let seen = look(&probe("postgres", login, port, path, more));
        assert!(!seen.to_string().contains("s3cret"), "{seen}");
        said(&seen)
    };
    let me = "postgres:s3cret-word";
    let values = "query = \"SELECT 7 AS n, 1.5::numeric AS price, 'a' AS name, NULL AS gone, true AS yes FROM generate_series(1, 3)\"\n\
                  expect = [\"row.n == 7 && row.price > 1.4\", \"row.name == 'a' && row.yes == 't' && rows == 3\"]\n";
    assert_eq!(ask(me, "", ""), "up");
    assert_eq!(ask(me, "/postgres", values), "up");
    assert_eq!(ask(me, "", "query = \"SELECT 1 WHERE false\"\nexpect = \"rows == 0 && !has(row.n)\""), "up");
    // More rows than anybody wants are not read.
    assert_eq!(
        ask(me, "", "query = \"SELECT * FROM generate_series(1, 100000000)\"\nexpect = \"rows == 10000\""),
        "up"
    );
    assert_eq!(ask("postgres:s3cret-wrong", "", ""), "down login: the login was refused");
    assert_eq!(ask(me, "/nowhere", ""), "down login: there is no such database");
    assert_eq!(ask(me, "", "query = \"SELECT * FROM nothing\""), "down query: the server answered with SQLSTATE 42P01");
    let ca = format!("tls = true\nca_file = \"{}\"\n", authority.file().display());
    assert_eq!(ask(me, "", &format!("{ca}expect = \"certificate.names == ['localhost']\"")), "up");
    assert_eq!(ask(me, "", "tls = true"), "down tls: the certificate's issuer is not trusted here");
    let brief = probe("postgres", me, port, "", "query = \"SELECT pg_sleep(5)\"").replace("20s", "1s");
    let told = said(&look(&brief));
    assert!(told.starts_with("down query: logged in, but the query did not end within "), "{told}");
    server.freeze();
    let brief = probe("postgres", me, port, "", "").replace("20s", "1s");
    assert_eq!(said(&look(&brief)), "down login: connected, but no answer to the login within 1 s");
    server.stop();
    assert_eq!(said(&look(&brief)), "down connect: the connection was refused");
}

#[test]
fn mariadb_is_asked_and_its_rows_asserted() {
    let authority = Authority::new();
    let mut server = MariaDb::start(&authority.good());
    let port = server.port();
    let ask = |login: &str, path: &str, more: &str| {
        let seen = look(&probe("mysql", login, port, path, more));
        assert!(!seen.to_string().contains("s3cret"), "{seen}");
        said(&seen)
    };
    let me = "probe:s3cret-word";
    let values = "query = \"SELECT id, price, name, (SELECT COUNT(*) FROM orders) AS n FROM orders ORDER BY id\"\n\
                  expect = [\"row.id == 1 && row.price > 9.4\", \"row.name == 'a' && row.n == 2 && rows == 2\"]\n";
    assert_eq!(ask(me, "", ""), "up");
    assert_eq!(ask(me, "/shop", values), "up");
    assert_eq!(ask("probe:s3cret-wrong", "", ""), "down login: the login was refused");
    assert_eq!(ask(me, "/nowhere", ""), "down login: the login was refused");
    assert_eq!(
        ask(me, "/shop", "query = \"SELECT * FROM nothing\""),
        "down query: the server answered with error 1146"
    );
    let ca = format!("tls = true\nca_file = \"{}\"\n", authority.file().display());
    assert_eq!(ask(me, "", &ca), "up");
    assert_eq!(ask(me, "", "tls = true"), "down login: the certificate's issuer is not trusted here");
    let expired = MariaDb::start(&authority.expired());
    let seen = look(&probe("mysql", me, expired.port(), "", &ca));
    assert_eq!(said(&seen), "down login: the certificate expired", "{seen}");
    let brief = |query| probe("mysql", me, port, "", query).replace("20s", "1s");
    let told = said(&look(&brief("query = \"SELECT SLEEP(5)\"")));
    assert!(told.starts_with("down query: logged in, but the query did not end within "), "{told}");
    server.freeze();
    assert_eq!(said(&look(&brief(""))), "down login: no session within 1 s");
    server.stop();
    assert_eq!(said(&look(&brief(""))), "down login: the connection was refused");
}
