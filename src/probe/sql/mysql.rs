//! Asks a MySQL or MariaDB server. Its client connects by itself, so connection, TLS and login are one stage here.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, IoError, OptsBuilder, Row, SslOpts};
use rustls::CertificateError;

pub use super::Database as Options;
use super::{COUNT, KEYS, QUERY, ROW, ROWS, tell, value};
use crate::expr::{Facts, Field, Value};
use crate::model::{Givens, Moment, Refusal};
use crate::probe::address::Schemes;
use crate::probe::saw::{Ask, Saw};
use crate::probe::trouble::{Trouble, chain, find};
use crate::probe::wire::{self, Wire};
use crate::probe::{Kind, KindInfo};

/// The longest packet that is read, in bytes: a row.
const PACKET_BYTES: usize = 1024 * 1024;

const SCHEMES: Schemes = Schemes {
    plain: ("mysql", 3306),
    tls: ("mariadb", 3306),
    help: "an address is `mysql://probe:${PASSWORD}@db.example.com:3306/shop`",
};

const FIELDS: &[Field] = &[
    Field::span("latency", "From the first step to the last."),
    Field::span("phases.dns", "Finding the address."),
    Field::span("phases.login", "Opening the connection, TLS where it is spoken, and logging in."),
    QUERY,
    ROW,
    COUNT,
];

/// The kind.
pub(in crate::probe) const INFO: KindInfo = KindInfo {
    name: "mysql",
    doc: "Logs in to a MySQL or MariaDB server and asks one query. Without `expect`, an answer is up.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    Options::read(given, &SCHEMES).map(Kind::Mysql)
}

/// One try.
pub(in crate::probe) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    wire::talk(ask, async |wire| visit(options, wire).await).await
}

async fn visit(database: &Options, wire: &mut Wire) -> Result<(), Trouble> {
    wire.enter("dns", "the name did not resolve within {all}");
    database.address.target.resolve(&mut wire.story).await?;
    wire.enter("login", "no session within {}");
    let mut session = Conn::new(options(database)).await.map_err(|e| broken(&e, wire))?;
    wire.enter("query", "logged in, but the query did not end within {}");
    let (row, rows) = first(&mut session, &database.query).await.map_err(|e| broken(&e, wire))?;
    tell(row, rows, wire);
    // Taking leave is polite; whether the server takes it does not matter.
    let _ = session.disconnect().await;
    Ok(())
}

fn options(database: &Options) -> OptsBuilder {
    let target = &database.address.target;
    let tls = database.address.tls.as_ref().map(|tls| {
        let roots = tls.ca_file.iter().map(|file| file.clone().into()).collect();
        SslOpts::default().with_root_certs(roots)
    });
    OptsBuilder::default()
        .ip_or_hostname(target.host.clone())
        .tcp_port(target.port)
        .user(database.address.user.clone())
        .pass(database.address.password.as_ref().map(|password| password.expose().to_owned()))
        .db_name(database.name.clone())
        .ssl_opts(tls)
        .prefer_socket(false)
        // What is known need not be asked.
        .max_allowed_packet(Some(PACKET_BYTES))
        .wait_timeout(Some(60))
}

/// The first row and how many there are.
async fn first(session: &mut Conn, query: &str) -> Result<(Option<Facts>, usize), Error> {
    let mut answers = session.query_iter(query).await?;
    let (mut row, mut rows) = (None, 0);
    while let Some(given) = answers.next().await? {
        rows += 1;
        row.get_or_insert_with(|| facts(&given));
        if rows == ROWS {
            break;
        }
    }
    Ok((row, rows))
}

fn facts(row: &Row) -> Facts {
    let of = |(i, column): (usize, &mysql_async::Column)| {
        let number = column.column_type().is_numeric_type();
        let fact = match row.as_ref(i) {
            Some(mysql_async::Value::Bytes(bytes)) => value(Some(&String::from_utf8_lossy(bytes)), number),
            Some(mysql_async::Value::Int(number)) => Value::Int(*number),
            Some(mysql_async::Value::Double(number)) => Value::Float(*number),
            None | Some(mysql_async::Value::NULL) => Value::Null,
            Some(other) => value(Some(other.as_sql(true).trim_matches('\'')), number),
        };
        (column.name_str().into_owned(), fact)
    };
    row.columns_ref().iter().enumerate().map(of).collect()
}

fn broken(error: &Error, wire: &mut Wire) -> Trouble {
    if let Some(tls) = find::<rustls::Error>(error) {
        wire.story.push(format!("error: {}", chain(error)));
        // The client keeps no certificate that it refused, so since when it is of no use cannot be told.
        return match tls {
            rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
                wire.down("the certificate expired")
            }
            rustls::Error::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            ) => wire.down("the certificate is not valid yet"),
            tls => Trouble { phase: "login", ..Trouble::of_tls(tls, None, Moment::default()) },
        };
    }
    if let Error::Io(IoError::Io(e)) = error {
        return wire.failed(e);
    }
    wire.story.push(format!("error: {}", chain(error)));
    let Error::Server(said) = error else { return wire.down("the server does not speak as MySQL does") };
    wire.down(match said.code {
        1044 | 1045 | 1698 => "the login was refused".to_owned(),
        1049 => "there is no such database".to_owned(),
        1040 | 1203 => "the server takes no more connections".to_owned(),
        code => format!("the server answered with error {code}"),
    })
}
