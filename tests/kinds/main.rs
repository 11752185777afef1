//! Each kind of probe on the real thing: servers that are started here, stopped, frozen and broken, looked at by the
//! real binary. One file per kind.

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/stage.rs"]
#[allow(dead_code, reason = "this file uses a part of what a stage can do")]
mod stage;

#[path = "../support/mounts.rs"]
#[allow(dead_code, reason = "as above")]
mod mounts;

mod disk;
mod exec;
mod grpc;
mod heartbeat;
mod http;
mod look;
mod redis;
mod secrets;
mod smtp;
#[cfg(feature = "full")]
mod sql;
mod ssh;
mod stella;
mod tcp;
mod tls;
mod websocket;
