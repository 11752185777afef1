//! Shared fate: what goes down together with what it is to tell of.
//!
//! A page on a host that is watched is gone when it is needed, and a machine that looks at itself reports nothing once
//! it is down. Asked only by `config check`: names are resolved for it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use super::found::Found;
use super::source::Place;

/// How long all names together may take. One that has no answer by then is not judged.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many names are asked for at once.
const WORKERS: usize = 32;

/// What is known of the world.
pub(super) struct World<'a> {
    /// The addresses of hosts. One without any is missing.
    pub(super) resolve: &'a dyn Fn(BTreeSet<String>) -> BTreeMap<String, Vec<IpAddr>>,
    /// Whether an address is this machine's.
    pub(super) ours: &'a dyn Fn(IpAddr) -> bool,
}

/// The world as it is.
pub(super) const HERE: World<'static> = World { resolve: &addresses, ours: &ours };

/// Warns of each watched host that the page stands on, and of each that is this machine. `probes` are the hosts of
/// the probes, with where those stand.
pub(super) fn warn(found: &mut Found, site: &str, probes: &[(String, Place)], world: &World<'_>) {
    let hosts = probes.iter().map(|(host, _)| host.clone()).chain([site.to_owned()]).collect();
    let known = (world.resolve)(hosts);
    let of = |host: &str| known.get(host).map(Vec::as_slice).unwrap_or_default();
    let page: BTreeSet<&IpAddr> = of(site).iter().collect();
    let mut told = BTreeSet::new();
    for (host, place) in probes {
        if !told.insert(host) {
            continue;
        }
        let here = of(host).iter().any(|ip| (world.ours)(*ip));
        // The page of a site that is not out yet may well be on this machine.
        if of(host).iter().any(|ip| page.contains(ip) && !ip.is_loopback()) {
            let same = if host == site { String::new() } else { format!(", as is `{site}`") };
            found
                .warning(*place, format!("the page is served by a host that is watched: `{host}`{same}"))
                .expected("when this is down, so is the page")
                .help("serve the page from somewhere that does not go down with what it tells of");
        } else if here {
            found
                .warning(*place, format!("`{host}` is the machine that looks"))
                .expected("when it is down, nobody looks")
                .help("look from another machine too: name both in `vantages` (docs/running.md)");
        }
    }
}

/// Asks for the names, some at a time. What cannot be asked for is not judged.
fn addresses(hosts: BTreeSet<String>) -> BTreeMap<String, Vec<IpAddr>> {
    let literal = |host: String| host.parse().map(|ip| (host.clone(), vec![ip])).map_err(|_| host);
    let (known, names): (Vec<_>, Vec<_>) = hosts.into_iter().map(literal).partition(Result::is_ok);
    let mut known: BTreeMap<String, Vec<IpAddr>> = known.into_iter().flatten().collect();
    let names: Vec<String> = names.into_iter().filter_map(Result::err).collect();
    let (tell, told) = mpsc::channel();
    let asked = names.len();
    let names = Arc::new(Mutex::new(names));
    for _ in 0..asked.min(WORKERS) {
        let (tell, names) = (tell.clone(), Arc::clone(&names));
        let next = move || names.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // One that a dead name server holds ends with the program.
        let _ = thread::Builder::new().spawn(move || {
            while let Some(host) = next() {
                let found = (host.as_str(), 0).to_socket_addrs().map(|all| all.map(|a| a.ip()).collect());
                let _ = tell.send(Some((host, found.unwrap_or_default())));
            }
        });
    }
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(PATIENCE);
        tell.send(None)
    });
    known.extend(told.iter().take(asked).map_while(|one| one));
    known
}

/// An address is this machine's where the kernel would speak to it from that same address.
fn ours(ip: IpAddr) -> bool {
    let any: IpAddr = if ip.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
    let from = UdpSocket::bind(SocketAddr::new(any, 0)).and_then(|socket| {
        // Nothing is sent.
        socket.connect(SocketAddr::new(ip, 9))?;
        socket.local_addr()
    });
    ip.is_loopback() || from.is_ok_and(|from| from.ip() == ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Source, Sources};

    fn told(site: &str, hosts: &[&str]) -> String {
        let known = [
            ("status.example.com", "192.0.2.7"),
            ("www.example.com", "192.0.2.7"),
            ("db.example.com", "192.0.2.8"),
            ("me.example.com", "192.0.2.9"),
            ("localhost", "127.0.0.1"),
        ];
        let resolve = |hosts: BTreeSet<String>| {
            let known = known.into_iter().filter(|(host, _)| hosts.contains(*host));
            known.map(|(host, ip)| (host.to_owned(), vec![ip.parse().unwrap()])).collect()
        };
        let ours = |ip: IpAddr| ip.to_string() == "192.0.2.9" || ip.is_loopback();
        let mut found = Found::default();
        let probes: Vec<(String, Place)> =
            hosts.iter().enumerate().map(|(i, host)| ((*host).to_owned(), Place::new(0, i..i + 1))).collect();
        warn(&mut found, site, &probes, &World { resolve: &resolve, ours: &ours });
        let file = Source { name: "statuary.toml".into(), path: "statuary.toml".into(), text: "x".repeat(20) };
        let sources = Sources(vec![file]);
        let (errors, warnings) = found.tell(&sources);
        assert!(errors.is_empty());
        warnings.iter().map(|w| format!("{} {}", w.origin.column, w.text)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_host_that_carries_the_page_or_looks_is_warned_of_once() {
        let status = "status.example.com";
        assert_eq!(told(status, &["db.example.com", "unknown.example.com"]), "");
        insta::assert_snapshot!(
            told(status, &["www.example.com", status, "me.example.com", "db.example.com", "www.example.com"]),
            @r"
        1 the page is served by a host that is watched: `www.example.com`, as is `status.example.com`
        2 the page is served by a host that is watched: `status.example.com`
        3 `me.example.com` is the machine that looks
        "
        );
        assert_eq!(told("localhost", &["localhost"]), "1 `localhost` is the machine that looks");
    }

    #[test]
    fn this_machine_knows_its_own_addresses() {
        assert!(ours([127, 0, 0, 1].into()) && ours([127, 9, 9, 9].into()));
        assert!(!ours([192, 0, 2, 1].into()));
        let known = addresses(["localhost".to_owned(), "nobody.invalid".to_owned()].into());
        assert!(known["localhost"].iter().all(IpAddr::is_loopback) && !known["localhost"].is_empty());
        assert!(known.get("nobody.invalid").is_none_or(Vec::is_empty));
    }
}
