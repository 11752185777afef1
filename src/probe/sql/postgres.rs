//! Asks a PostgreSQL server, stage by stage: connection, TLS, login, query.

use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use futures_util::{FutureExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type as Column;
use tokio_postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};

pub use super::Database as Options;
use super::{COUNT, KEYS, QUERY, ROW, ROWS, tell, value};
use crate::expr::{Facts, Field};
use crate::model::{Givens, Refusal};
use crate::probe::address::Schemes;
use crate::probe::saw::{Ask, Saw};
use crate::probe::trouble::{Trouble, chain, find};
use crate::probe::wire::{self, Stream, Wire};
use crate::probe::{Kind, KindInfo, tls};

const SCHEMES: Schemes = Schemes {
    plain: ("postgres", 5432),
    tls: ("postgresql", 5432),
    help: "an address is `postgres://probe:${PASSWORD}@db.example.com:5432/shop`",
};

const FIELDS: &[Field] = &wire::fields::<14>(&[
    Field::span("phases.starttls", "The answer to the wish for TLS."),
    Field::span("phases.login", "Logging in."),
    QUERY,
    ROW,
    COUNT,
]);

/// The most that a server may say. A message states its length, up to gigabytes, and is held until it is whole.
const MOST_BYTES: usize = 16 << 20;

/// A stream of so many bytes, give or take what comes at once.
struct Bounded {
    stream: Box<dyn Stream>,
    left: usize,
}

impl AsyncRead for Bounded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(ErrorKind::InvalidData.into()));
        }
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        self.left = self.left.saturating_sub(into.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The kind.
pub(in crate::probe) const INFO: KindInfo = KindInfo {
    name: "postgres",
    doc: "Logs in to a PostgreSQL server and asks one query. Without `expect`, an answer is up.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    Options::read(given, &SCHEMES).map(Kind::Postgres)
}

/// One try.
pub(in crate::probe) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    wire::talk(ask, async |wire| visit(options, ask, wire).await).await
}

async fn visit(database: &Options, ask: &Ask<'_>, wire: &mut Wire) -> Result<(), Trouble> {
    let stream = wire.connect(&database.address.target).await?;
    let stream: Box<dyn Stream> = match &database.address.tls {
        None => Box::new(stream),
        Some(with) => {
            let stream = tls::postgres(stream, wire).await?;
            Box::new(wire.secure(stream, with, &[], ask).await?)
        }
    };
    let stream = Bounded { stream, left: MOST_BYTES };
    wire.enter("login", "connected, but no answer to the login within {}");
    let mut config = Config::new();
    // TLS is spoken already, where it is to be.
    config
        .user(database.address.user.as_deref().unwrap_or_default())
        .ssl_mode(SslMode::Disable)
        .application_name("statuary");
    if let Some(password) = &database.address.password {
        config.password(password.expose());
    }
    if let Some(name) = &database.name {
        config.dbname(name);
    }
    let (client, connection) = config.connect_raw(stream, NoTls).await.map_err(|e| broken(&e, wire))?;
    wire.enter("query", "logged in, but the query did not end within {}");
    let mut connection = pin!(connection);
    let ended = {
        let mut asked = pin!(first(&client, &database.query));
        tokio::select! {
            biased;
            answer = &mut asked => answer,
            ended = &mut connection => match ended {
                Ok(()) => asked.await,
                Err(e) => asked.now_or_never().and_then(Result::ok).ok_or(e),
            },
        }
    };
    let (row, rows) = ended.map_err(|e| broken(&e, wire))?;
    tell(row, rows, wire);
    Ok(())
}

/// The first row and how many there are. Every value comes as text; preparing the statement tells which are numbers.
async fn first(client: &Client, query: &str) -> Result<(Option<Facts>, usize), Error> {
    const NUMBERS: [Column; 7] =
        [Column::INT2, Column::INT4, Column::INT8, Column::OID, Column::FLOAT4, Column::FLOAT8, Column::NUMERIC];
    let statement = client.prepare(query).await?;
    let columns = statement.columns();
    let mut answers = pin!(client.simple_query_raw(query).await?);
    let (mut row, mut rows) = (None, 0);
    while let Some(answer) = answers.next().await {
        let SimpleQueryMessage::Row(given) = answer? else { continue };
        rows += 1;
        row.get_or_insert_with(|| {
            let of = |(i, column): (usize, &tokio_postgres::Column)| {
                (column.name().to_owned(), value(given.get(i), NUMBERS.contains(column.type_())))
            };
            columns.iter().enumerate().map(of).collect()
        });
        if rows == ROWS {
            break;
        }
    }
    Ok((row, rows))
}

fn broken(error: &Error, wire: &mut Wire) -> Trouble {
    let io = find::<std::io::Error>(error);
    // Bytes that are no message of the protocol come as such an error too.
    if let Some(io) =
        io.filter(|e| !matches!(e.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other))
    {
        return wire.failed(io);
    }
    wire.story.push(format!("error: {}", chain(error)));
    let Some(code) = error.code() else {
        let closed = error.is_closed();
        return wire.down(if closed { "the connection was closed" } else { "the server does not speak PostgreSQL" });
    };
    wire.down(match code {
        c if *c == SqlState::INVALID_PASSWORD || *c == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "the login was refused".to_owned()
        }
        c if *c == SqlState::INVALID_CATALOG_NAME => "there is no such database".to_owned(),
        c if *c == SqlState::TOO_MANY_CONNECTIONS => "the server takes no more connections".to_owned(),
        c if *c == SqlState::CANNOT_CONNECT_NOW => "the server is starting or going down".to_owned(),
        c => format!("the server answered with SQLSTATE {}", c.code()),
    })
}
