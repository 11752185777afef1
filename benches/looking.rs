//! How dear a look is: rounds of 1,000 and 10,000 HTTP looks, each over a fresh connection on loopback, beside
//! `curl --parallel` over the same addresses in the same run. Prints CPU and wall time, and their ratios.
//!
//! The server is a child process, so that its time is nobody's. It closes each connection after one answer: neither
//! side can use one again. CPU is what the kernel charged (`/proc/self/stat`): ours for the rounds, our children's for
//! curl. Run with `cargo bench --bench looking`; under `cargo test` it makes one small round and prints no ratios
//! worth reading.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use statuary::model::{Given, Givens, Moment, RunSettings, Secret, Span, Vantage, Verdict, Visibility};
use statuary::probe::{KINDS, Plan, Watch, round};

/// Looks at the same time, for both.
const AT_ONCE: usize = 100;

/// Ports of the server: one alone would run out of free pairs of ports at 10,000 fresh connections.
const PORTS: usize = 8;

/// How many looks are made for each size: small rounds are repeated, since the kernel counts in hundredths of a second.
const LOOKS: usize = 10_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.iter().any(|arg| arg == "--serve") {
        return serve();
    }
    let for_real = args.iter().any(|arg| arg == "--bench");
    let mut server = Server::start();
    println!("{AT_ONCE} looks at once, fresh connections, loopback; CPU of the looking side only");
    println!("{:>7}  {:<16} {:>9} {:>9} {:>12}", "looks", "", "CPU s", "wall s", "µs CPU/look");
    let sizes: &[(usize, usize)] = if for_real { &[(1_000, LOOKS / 1_000), (10_000, 1)] } else { &[(200, 1)] };
    for &(size, rounds) in sizes {
        let ours = (0..rounds).map(|_| looks(&server.ports, size)).fold(Cost::default(), Cost::plus);
        ours.print(size * rounds, "statuary", size);
        let theirs: Option<Cost> =
            (0..rounds).map(|_| curl(&server.ports, size)).try_fold(Cost::default(), |sum, cost| Some(sum.plus(cost?)));
        match theirs {
            Some(theirs) => {
                theirs.print(size * rounds, "curl --parallel", size);
                println!(
                    "{:>7}  {:<16} {:>8.2}x {:>8.2}x",
                    "",
                    "ratio",
                    ours.cpu.as_secs_f64() / theirs.cpu.as_secs_f64().max(0.01),
                    ours.wall.as_secs_f64() / theirs.wall.as_secs_f64()
                );
            }
            None => println!("{:>7}  curl is not on this machine: nothing to compare with", ""),
        }
        println!("{:>7}  memory at most {}", "", peak_memory());
    }
    server.stop();
}

/// What something cost.
#[derive(Clone, Copy, Default)]
struct Cost {
    cpu: Duration,
    wall: Duration,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, wall: self.wall + other.wall }
    }

    fn print(self, looks: usize, who: &str, size: usize) {
        let each = self.cpu.as_secs_f64() * 1e6 / looks as f64;
        println!("{size:>7}  {who:<16} {:>9.2} {:>9.2} {each:>12.0}", self.cpu.as_secs_f64(), self.wall.as_secs_f64());
    }
}

/// One round of our own.
fn looks(ports: &[u16], size: usize) -> Cost {
    let kind = KINDS.iter().find(|kind| kind.name == "http").expect("http is always there");
    let plans: Vec<Plan> = (0..size)
        .map(|i| {
            let url = Secret::new(address(ports, i));
            Plan {
                key: format!("target-{i}/http").into(),
                kind: (kind.read)(&Givens(vec![("url", Given::Secret(url))])).expect("the address is good"),
                timeout: Span::from_secs(10),
                retries: 0,
                every: None,
                gap: Span::from_ms(150_000),
                open_after: 2,
                confirm_after: None,
                expect: Vec::new(),
                degraded_if: Vec::new(),
                record: Vec::new(),
                visibility: Visibility::Public,
            }
        })
        .collect();
    let run = RunSettings {
        interval: Span::from_mins(10),
        deadline: Span::from_mins(5),
        canaries: Vec::new(),
        vantage: Vantage::from("local"),
        vantages: vec![Vantage::from("local")],
        quorum: 1,
        concurrency: AT_ONCE,
        per_host: AT_ONCE,
    };
    let (cpu, began) = (cpu(Whose::Own), Instant::now());
    let looked = round(&plans, &run, &BTreeMap::new(), Moment::from_ms(0), Watch::default());
    let cost = Cost { cpu: self::cpu(Whose::Own).saturating_sub(cpu), wall: began.elapsed() };
    let bad = looked.looks.iter().find(|look| look.first.verdict != Verdict::Up);
    assert!(looked.looks.len() == size && bad.is_none(), "a look failed: {bad:?}");
    cost
}

/// The same addresses asked by curl; none where there is no curl.
fn curl(ports: &[u16], size: usize) -> Option<Cost> {
    let mut config = String::new();
    for i in 0..size {
        let _ = writeln!(config, "url = \"{}\"\noutput = \"/dev/null\"", address(ports, i));
    }
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), config).expect("a temporary file can be written");
    let (cpu, began) = (cpu(Whose::Children), Instant::now());
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*", "--parallel", "--parallel-immediate", "--parallel-max"])
        .arg(AT_ONCE.to_string())
        .arg("--config")
        .arg(file.path())
        .output();
    let cost = Cost { cpu: self::cpu(Whose::Children).saturating_sub(cpu), wall: began.elapsed() };
    let output = output.ok()?;
    assert!(output.status.success(), "curl failed: {}", String::from_utf8_lossy(&output.stderr));
    Some(cost)
}

fn address(ports: &[u16], i: usize) -> String {
    format!("http://127.0.0.1:{}/{i}", ports[i % ports.len()])
}

#[derive(Clone, Copy)]
enum Whose {
    Own,
    /// Those that ended and were waited for: curl, and never the server.
    Children,
}

/// User and system time from `/proc/self/stat` (proc(5)), in hundredths of a second: `USER_HZ` is 100 everywhere.
fn cpu(whose: Whose) -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("/proc is there");
    // The second field holds the program's name, which may hold blanks: count from its closing bracket.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: Vec<u64> = after.split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0)).collect();
    let first = match whose {
        Whose::Own => 10,
        Whose::Children => 12,
    };
    Duration::from_millis(10 * (ticks[first] + ticks[first + 1]))
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .map_or("unknown".to_owned(), |peak| peak.trim().to_owned())
}

/// The server's process. It ends when its standard input closes, so also when this process is killed.
struct Server {
    child: Child,
    ports: Vec<u16>,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("the server says its ports");
        let ports = line.split_whitespace().map(|port| port.parse().expect("a port")).collect();
        Self { child, ports }
    }

    fn stop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    runtime.block_on(async {
        let mut ports = Vec::new();
        for _ in 0..PORTS {
            let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
            socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
            let listener = socket.listen(4096).expect("it listens");
            ports.push(listener.local_addr().expect("it has an address").port().to_string());
            tokio::spawn(accept(listener));
        }
        println!("{}", ports.join(" "));
        std::future::pending::<()>().await;
    });
}

async fn accept(listener: tokio::net::TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let answer =
            service_fn(|_| async { Ok::<_, Infallible>(hyper::Response::new(Full::new(Bytes::from_static(b"ok\n")))) });
        let connection =
            hyper::server::conn::http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), answer);
        tokio::spawn(async move { _ = connection.await });
    }
}
