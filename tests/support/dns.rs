//! dnsmasq as an authoritative server for the zone `test`, over UDP and TCP.

use std::net::{Ipv4Addr, SocketAddr};

use super::program::{Program, free_port};

/// A DNS server on a free loopback port. It knows only its records: another name under `.test` does not exist
/// (NXDOMAIN), any other name is refused.
pub struct Dns {
    program: Option<Program>,
    port: u16,
}

impl Dns {
    /// Starts it with records in dnsmasq's words: `host-record=web.test,192.0.2.1`, `cname=www.test,web.test`,
    /// `txt-record=web.test,hello`, `mx-host=web.test,mail.test,10`, `srv-host=_x._tcp.test,web.test,80`.
    pub fn start(records: &[&str]) -> Self {
        let mut dns = Self { program: None, port: 0 };
        for _ in 0..5 {
            dns.port = free_port();
            if dns.run(records) {
                return dns;
            }
        }
        panic!("dnsmasq does not start with {records:?}");
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.program = None;
    }

    /// Starts it again at the same port, with other records; also one that runs.
    pub fn restart(&mut self, records: &[&str]) {
        self.stop();
        assert!(self.run(records), "dnsmasq does not start again");
    }

    /// Questions are taken, and nobody answers (SIGSTOP).
    pub fn freeze(&self) {
        self.program.as_ref().expect("dnsmasq runs").freeze();
    }

    /// It goes on (SIGCONT).
    pub fn thaw(&self) {
        self.program.as_ref().expect("dnsmasq runs").thaw();
    }

    fn run(&mut self, records: &[&str]) -> bool {
        let fixed = [
            "keep-in-foreground",
            "conf-file=/dev/null",
            "no-resolv",
            "no-hosts",
            "no-ping",
            "local=/test/",
            "listen-address=127.0.0.1",
            "bind-interfaces",
            "pid-file=",
            "log-facility=/dev/null",
            // As whoever runs the tests; by default it changes to a user that may not exist.
            "user=",
        ];
        let port = format!("port={}", self.port);
        let args: Vec<String> =
            fixed.iter().chain(records).chain([&port.as_str()]).map(|option| format!("--{option}")).collect();
        let mut program = Program::start("dnsmasq", "dnsmasq-base", &args);
        let up = program.answers_at(self.port);
        self.program = up.then_some(program);
        up
    }
}
