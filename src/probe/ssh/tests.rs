//! Hostile listeners, and what the config refuses.

use std::io::Write;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::INFO;
use crate::expr::Value;
use crate::probe::Plan;
use crate::probe::testing::{look, nobody, patience, probe, refused, said, secret, serve, text};

#[test]
fn whatever_a_listener_says_is_told_by_its_stage() {
    let pause = || sleep(Duration::from_secs(2));
    let silent = serve(move |_s| pause());
    let long = serve(|mut s| while s.write_all(&[b'x'; 4096]).is_ok() {});
    let version = serve(|mut s| _ = s.write_all(&[b"SSH-2.0-".as_slice(), &[b'x'; 400]].concat()));
    let web = serve(|mut s| _ = s.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let stuck = serve(move |mut s| {
        let _ = s.write_all(b"hello\r\nSSH-2.0-x\r\n");
        pause();
    });
    let closes = serve(|mut s| _ = s.write_all(b"SSH-2.0-x\r\n"));
    for (address, expected) in [
        (silent, "down banner: no banner within 400 ms after the connection was made"),
        (long, "down banner: the banner is longer than 64 KiB"),
        (version, "down banner: the banner is longer than 255 bytes"),
        (web, "down banner: the server does not speak SSH"),
        (stuck, "down key_exchange: the key exchange did not end within 400 ms"),
        (closes, "down key_exchange: the key exchange failed"),
        (nobody(), "down connect: the connection was refused"),
    ] {
        let keys = vec![("address", text(&address.to_string())), ("host_key", text("any"))];
        let seen = look(&Plan { timeout: patience(expected), ..probe(&INFO, keys) });
        assert_eq!(said(&seen), expected, "{}", seen.detail);
    }
}

#[test]
fn a_key_that_is_not_here_is_ours_and_a_password_is_not_shown() {
    let keys =
        |address: &str, more| vec![("address", text(address)), ("host_key", text("any")), ("user", text("u")), more];
    let seen = look(&probe(&INFO, keys("127.0.0.1:1", ("key_file", text("/nonexistent/key")))));
    assert_eq!(said(&seen), "unknown auth: this machine could not read its own key");
    // What a server says back is hidden too.
    let echo = serve(|mut s| _ = s.write_all(b"SSH-2.0-s3cret-word\r\n")).to_string();
    let plan = probe(&INFO, keys(&echo, ("password", secret("s3cret-word"))));
    let mut seen = look(&plan);
    assert!(!format!("{plan:?}{seen:?}").contains("s3cret-word"), "{seen:?}");
    assert_eq!(seen.facts.remove("banner"), Some(Value::Text("SSH-2.0-***".into())));
}

#[test]
fn a_key_file_begins_at_the_sites_folder() {
    let keys = [("address", "h"), ("host_key", "any"), ("user", "u"), ("key_file", "keys/probe")];
    let mut kind = probe(&INFO, keys.map(|(key, value)| (key, text(value))).to_vec()).kind;
    kind.in_site(Path::new("/srv/site"));
    assert!(format!("{kind:?}").contains("/srv/site/keys/probe"), "{kind:?}");
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    let said = refused(&INFO, vec![("address", text("h")), ("host_key", text("x")), ("command", text("true"))]);
    assert!(said.contains("host_key: `x` is no fingerprint of a key (get it by `ssh-keyscan"), "{said}");
    assert!(said.contains("command: `command` needs somebody who logs in (add `user`)"), "{said}");
}
