//! Real servers for tests, on free loopback ports: nginx (plain or with TLS) and a DNS server.
//!
//! Each is killed when it is dropped. A server that is not on this machine is a panic that says what installs it.
#![allow(dead_code, reason = "each file of tests uses its own part of this")]

mod certificates;
mod dns;
mod mail;
mod mariadb;
mod nginx;
mod postgres;
mod program;
mod redis;
mod sshd;

#[allow(unused_imports, reason = "as above")]
pub use certificates::{Authority, Certificate};
#[allow(unused_imports, reason = "as above")]
pub use dns::Dns;
#[allow(unused_imports, reason = "as above")]
pub use mail::Mail;
#[allow(unused_imports, reason = "as above")]
pub use mariadb::MariaDb;
#[allow(unused_imports, reason = "as above")]
pub use nginx::Nginx;
#[allow(unused_imports, reason = "as above")]
pub use postgres::Postgres;
#[allow(unused_imports, reason = "as above")]
pub use program::{Program, free_port};
#[allow(unused_imports, reason = "as above")]
pub use redis::Redis;
#[allow(unused_imports, reason = "as above")]
pub use sshd::{Sshd, user as ssh_user};
