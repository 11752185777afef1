//! Who asks: this program, and what a user would take instead.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::meter::{self, Cost, Meter};
use crate::server::ROOTS;
use crate::{AT_ONCE, TIMEOUT_MS};

/// What is asked once by everybody.
pub struct Round<'a> {
    pub targets: Vec<String>,
    /// How many of them never answer.
    pub late: usize,
    pub tls: bool,
    /// Where askers may write.
    pub folder: &'a Path,
}

#[derive(Clone, Copy)]
pub enum Asker {
    Statuary,
    Ceiling,
    Curl,
    Blackbox,
    Lychee,
}

impl Asker {
    pub const ALL: [Self; 5] = [Self::Statuary, Self::Ceiling, Self::Curl, Self::Blackbox, Self::Lychee];

    pub fn name(self) -> &'static str {
        match self {
            Self::Statuary => "statuary check",
            Self::Ceiling => "bare epoll loop",
            Self::Curl => "curl --parallel",
            Self::Blackbox => "blackbox_exporter",
            Self::Lychee => "lychee",
        }
    }

    /// The ceiling is the kernel's, and knows no TLS.
    pub fn speaks(self, tls: bool) -> bool {
        !(tls && matches!(self, Self::Ceiling))
    }

    /// Asks all, and makes sure that as many answered as there are to answer. None where there is no such program.
    pub fn cost(self, round: &Round<'_>) -> Option<Cost> {
        if !self.speaks(round.tls) {
            return None;
        }
        match self {
            Self::Statuary => statuary(round),
            Self::Ceiling => ceiling(round),
            Self::Curl => curl(round),
            Self::Blackbox => blackbox(round),
            Self::Lychee => lychee(round),
        }
    }
}

impl Round<'_> {
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("the folder can be written");
        fs::write(&path, text).expect("the folder can be written");
        path
    }

    /// A line for each target.
    fn lines(&self, line: impl Fn(&str) -> String) -> String {
        let lines: Vec<String> = self.targets.iter().map(|url| line(url) + "\n").collect();
        lines.concat()
    }

    fn meter(&self) -> Meter {
        Meter::new(self.folder)
    }

    fn roots(&self) -> PathBuf {
        self.folder.join(ROOTS)
    }

    /// That an asker saw what there is to see.
    fn saw(&self, who: Asker, good: usize) {
        let expected = self.targets.len() - self.late;
        assert_eq!(good, expected, "{} saw another number of good answers", who.name());
    }
}

fn statuary(round: &Round<'_>) -> Option<Cost> {
    let mut site = format!(
        "[site]\ntitle = \"T\"\nurl = \"https://status.example.com/\"\n\n[run]\nconcurrency = {AT_ONCE}\nper_host = \
         {AT_ONCE}\ndeadline = \"5m\"\ninterval = \"10m\"\n\n[rules]\nconfirm_after = \"off\"\n"
    );
    for (i, url) in round.targets.iter().enumerate() {
        let _ = write!(
            site,
            "\n[[component]]\nid = \"c{i}\"\nname = \"Component {i}\"\n[[component.probe]]\nkind = \"http\"\nurl = \
             \"{url}\"\ntimeout = \"{TIMEOUT_MS}ms\"\nretries = 0\n"
        );
    }
    let file = round.file("site/statuary.toml", &site);
    let mut command = Command::new(env!("CARGO_BIN_EXE_statuary"));
    command.arg("--site").arg(file.parent()?).arg("check").env("SSL_CERT_FILE", round.roots());
    let (cost, said) = round.meter().run_to(&command, &[0, 1])?;
    round.saw(Asker::Statuary, said.lines().filter(|line| line.starts_with('c') && line.contains(" up ")).count());
    Some(cost)
}

fn ceiling(round: &Round<'_>) -> Option<Cost> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/looking/epoll.c");
    let program = meter::compile(&source, &round.folder.join("epoll"), &[]);
    let list = round.lines(|url| host_and_port(url).replace(':', " "));
    let mut command = Command::new(program);
    command.arg(round.file("list.txt", &list)).arg(AT_ONCE.to_string()).arg(TIMEOUT_MS.to_string());
    let (cost, said) = round.meter().run(&command)?;
    round.saw(Asker::Ceiling, said.split_whitespace().next()?.parse().ok()?);
    Some(cost)
}

fn host_and_port(url: &str) -> String {
    url.split('/').nth(2).unwrap_or_default().to_owned()
}

fn curl(round: &Round<'_>) -> Option<Cost> {
    let list = round.lines(|url| format!("url = \"{url}\"\noutput = \"/dev/null\""));
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--noproxy", "*", "--no-sessionid", "--parallel", "--parallel-immediate"])
        .args(["--write-out", "%{http_code}\\n", "--parallel-max", &AT_ONCE.to_string()])
        .args(["--max-time", &(TIMEOUT_MS / 1000).to_string(), "--cacert"])
        .arg(round.roots())
        .arg("--config")
        .arg(round.file("curl.txt", &list));
    // 28: the time ran out for one.
    let (cost, said) = round.meter().run_to(&command, &[0, 28])?;
    round.saw(Asker::Curl, said.lines().filter(|line| *line == "200").count());
    Some(cost)
}

fn lychee(round: &Round<'_>) -> Option<Cost> {
    let list = round.lines(|url| format!("<{url}>"));
    let mut command = Command::new("lychee");
    command
        .args(["--no-progress", "--format", "json", "--mode", "plain", "--method", "get", "--max-retries", "0"])
        .args(["--max-concurrency", &AT_ONCE.to_string(), "--timeout", &(TIMEOUT_MS / 1000).to_string()])
        .arg(round.file("list.md", &list))
        .env("SSL_CERT_FILE", round.roots());
    let (cost, said) = round.meter().run_to(&command, &[0, 2])?;
    let told: serde_json::Value = serde_json::from_str(&said).expect("lychee tells its count");
    round.saw(Asker::Lychee, told["successful"].as_u64()? as usize);
    Some(cost)
}

/// The exporter is a server: somebody else asks it, over connections that stay open, and its own cost is read.
fn blackbox(round: &Round<'_>) -> Option<Cost> {
    let config = format!(
        "modules:\n  look:\n    prober: http\n    timeout: {TIMEOUT_MS}ms\n    http:\n      follow_redirects: true\n      \
         preferred_ip_protocol: ip4\n"
    );
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let exporter = Command::new("prometheus-blackbox-exporter")
        .arg(format!("--config.file={}", round.file("blackbox.yml", &config).display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--log.level=error")
        .env("SSL_CERT_FILE", round.roots())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let exporter = Running(exporter.ok()?);
    let began = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "blackbox_exporter does not listen");
        thread::sleep(Duration::from_millis(20));
    }
    let (before, began) = (exporter.cpu_ms(), Instant::now());
    round.saw(Asker::Blackbox, asked(round, port));
    let wall_ms = began.elapsed().as_secs_f64() * 1e3;
    Some(Cost { cpu_ms: exporter.cpu_ms() - before, wall_ms, peak_mb: exporter.peak_mb() })
}

/// How many looks the exporter calls good.
fn asked(round: &Round<'_>, port: u16) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (next, good) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // The client wants to know what TLS is made of, though it is not asked for any.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let one = async || {
        while let Some(target) = round.targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut url = url::Url::parse(&format!("http://127.0.0.1:{port}/probe")).expect("an address");
            url.query_pairs_mut().append_pair("module", "look").append_pair("target", target);
            let answer = client.get(url).send().await.expect("the exporter answers");
            let told = answer.text().await.expect("the exporter answers");
            good.fetch_add(usize::from(told.contains("\nprobe_success 1\n")), Ordering::Relaxed);
        }
    };
    runtime.block_on(futures_util::future::join_all((0..AT_ONCE).map(|_| one())));
    good.into_inner()
}

/// A program that is ended when this is dropped.
struct Running(Child);

impl Running {
    /// User and system time from `/proc/PID/stat` (proc(5)), in hundredths of a second: `USER_HZ` is 100 everywhere.
    fn cpu_ms(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        // The second field holds the program's name, which may hold blanks: count from its closing bracket.
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        let ticks: Vec<f64> = after.split_whitespace().filter_map(|field| field.parse().ok()).collect();
        10.0 * ticks.get(10..12).map_or(f64::NAN, |both| both.iter().sum())
    }

    fn peak_mb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<f64>().ok());
        kb.unwrap_or(f64::NAN) / 1e3
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
