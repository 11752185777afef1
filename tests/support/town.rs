//! A small town of real servers, the site that looks at it, and what happens to it.

use std::fs::File;
use std::time::{Duration, SystemTime};

use super::certificates::Authority;
use super::dns::Dns;
use super::nginx::Nginx;
use super::stage::Stage;

/// A header's value, and a token in an address: neither may be found anywhere in the site's folder.
pub const TOKEN: &str = "s3cret-header-8c41";
pub const QUERY: &str = "s3cret-query-17fd";
pub const ZONE: &str = "Pacific/Auckland";

/// The servers.
pub struct Town {
    authority: Authority,
    web: Nginx,
    api: Nginx,
    shop: Nginx,
    secure: Nginx,
    expired: Nginx,
    foreign: Nginx,
    dns: Dns,
}

const SAYS_OK: &str = "location = /deep-x1/health { return 200 'ok'; }";
const RECORDS: &[&str] = &["host-record=names-x1.test,192.0.2.10", "host-record=zone-x1.test,192.0.2.11"];
const RECORDS_BROKEN: &[&str] = &["host-record=names-x1.test,192.0.2.99"];

/// The web server: each answer wants the token, so that it is known to have been sent.
fn web(gate: u16, said: &str, depth: u32) -> String {
    let guard = format!("if ($http_x_token != '{TOKEN}') {{ return 401; }}");
    format!(
        "location = /deep-x1/health {{ {guard} return 200 '{{\"ok\":true,\"version\":[1,2]}}'; }}\n\
         location = /deep-x1/gate {{ {guard} return {gate} 'sent: $http_x_token'; }}\n\
         location = /deep-x1/mirror {{ {guard} return 200 '{{\"said\":\"{said}\"}}'; }}\n\
         location = /deep-x1/queue {{ {guard} return 200 '{{\"queue\":{{\"depth\":{depth}}}}}'; }}\n"
    )
}

impl Town {
    /// Everything works.
    pub fn new() -> Self {
        let authority = Authority::new();
        let tls = || Nginx::start_tls(SAYS_OK, &authority.good());
        Self {
            web: Nginx::start(&web(200, "well", 3)),
            api: Nginx::start(SAYS_OK),
            shop: Nginx::start(SAYS_OK),
            secure: tls(),
            expired: tls(),
            foreign: tls(),
            dns: Dns::start(RECORDS),
            authority,
        }
    }

    /// Puts what the config names into the site's folder.
    pub fn settle(&self, stage: &Stage) {
        let roots = std::fs::read_to_string(self.authority.file()).expect("the authority has a file");
        stage.write("roots-x1/ca.pem", &roots);
        beat(stage, Duration::ZERO);
    }

    /// Breaks what breaks.
    pub fn wreck(&mut self, stage: &Stage) {
        self.web.restart(&web(502, "$http_x_token", 5000));
        self.api.stop();
        self.shop.freeze();
        self.expired.certify(SAYS_OK, &self.authority.expired());
        self.foreign.certify(SAYS_OK, &self.authority.wrong_name());
        self.dns.restart(RECORDS_BROKEN);
        beat(stage, Duration::from_mins(10));
    }

    /// Brings it all back.
    pub fn mend(&mut self, stage: &Stage) {
        self.web.restart(&web(200, "well", 3));
        self.api.restart(SAYS_OK);
        self.shop.thaw();
        self.expired.certify(SAYS_OK, &self.authority.good());
        self.foreign.certify(SAYS_OK, &self.authority.good());
        self.dns.restart(RECORDS);
        beat(stage, Duration::ZERO);
    }

    /// The config of a site that looks at all of it.
    pub fn config(&self) -> String {
        let mut text = format!(
            "[site]\ntitle = \"Real\"\nurl = \"https://status.example.com/\"\ntime_zone = \"{ZONE}\"\n\
             [run]\ninterval = \"10s\"\n[rules]\nopen_after = 2\nmerge_within = \"1s\"\n\
             [defaults.http]\ntimeout = \"1s\"\n[defaults.dns]\ntimeout = \"1s\"\n[defaults.tcp]\ntimeout = \"1s\"\n"
        );
        let mut add = |id: &str, group: &str, kind: &str, keys: String| {
            let part = format!(
                "[[component]]\nid = \"{id}\"\nname = \"The {id}\"\n{group}\n\
                 [[component.probe]]\nkind = \"{kind}\"\n{keys}\n"
            );
            text.push_str(&part);
        };
        let token = "headers = { X-Token = \"${REAL_TOKEN}\" }";
        let of_web =
            |path: &str| format!("url = \"{}?key={QUERY}\"\n{token}", self.web.url(&format!("/deep-x1/{path}")));
        let of = |server: &Nginx| format!("url = \"{}\"", server.url("/deep-x1/health"));
        let secure = |server: &Nginx| format!("{}\nca_file = \"roots-x1/ca.pem\"", of(server));
        let public = "group = \"Public\"";
        let body = "expect = [\"status == 200\", \"json.ok && json.version[1] == 2\"]";
        add("web", public, "http", format!("{}\n{body}", of_web("health")));
        add("api", public, "http", of(&self.api));
        add("shop", public, "http", of(&self.shop));
        add("gate", public, "http", of_web("gate"));
        add("mirror", public, "http", format!("{}\nexpect = [\"json.said == 'well'\"]", of_web("mirror")));
        add("queue", public, "http", format!("{}\ndegraded_if = [\"json.queue.depth > 1000\"]", of_web("queue")));
        let send = "send = \"HEAD /deep-x1/gate HTTP/1.0\\r\\nX-Token: ${REAL_TOKEN}\\r\\n\\r\\n\"";
        let line = format!("address = \"127.0.0.1:{}\"\n{send}\n", self.web.port());
        add("line", public, "tcp", line + "expect = [\"received.startsWith('HTTP/1.1 200')\"]");
        let ask = |name: &str| format!("server = \"{}\"\nquery = \"{name}-x1.test\"", self.dns.address());
        add("names", "group = \"Names\"", "dns", ask("names") + "\nexpect = [\"'192.0.2.10' in answers\"]");
        add("zone", "group = \"Names\"", "dns", ask("zone"));
        add("secure", "group = \"Certificates\"", "http", secure(&self.secure));
        add("expired", "group = \"Certificates\"", "http", secure(&self.expired));
        add("foreign", "group = \"Certificates\"", "http", secure(&self.foreign));
        add("worker", "group = \"Workers\"", "heartbeat", "file = \"beat-x1\"\nmax_age = \"3m\"".to_owned());
        add("vault-x1", "visibility = \"internal\"", "http", of(&self.api));
        text
    }

    /// What no public file may hold.
    pub fn private(&self) -> Vec<String> {
        let words = ["127.0.0.1", "localhost", "192.0.2.", "deep-x1", "-x1.test", "roots-x1", "beat-x1", "vault-x1"];
        let servers = [&self.web, &self.api, &self.shop, &self.secure, &self.expired, &self.foreign];
        let ports = servers.map(Nginx::port).into_iter().chain([self.dns.address().port()]);
        words.map(str::to_owned).into_iter().chain(ports.map(|port| format!("port {port}"))).collect()
    }
}

/// The worker's sign of life, this old.
fn beat(stage: &Stage, age: Duration) {
    let file = File::create(stage.join("beat-x1")).expect("the site's folder can be written");
    file.set_modified(SystemTime::now() - age).expect("a file's time can be set");
}
