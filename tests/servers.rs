//! The servers that tests use do what they promise: each state that a target can be in is really there.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::process::Command;
use std::time::Duration;

use support::{Authority, Certificate, Dns, Nginx};

const CONFIG: &str = "location /health { return 200 'ok'; } location /broken { return 502; }";

/// The first line of an answer, or how it failed to come.
fn get(port: u16, path: &str) -> Result<String, ErrorKind> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(|e| e.kind())?;
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").map_err(|e| e.kind())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(|e| e.kind())?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn nginx_answers_breaks_hangs_and_refuses() {
    let mut nginx = Nginx::start(CONFIG);
    std::fs::write(nginx.root().join("file"), "from a file").unwrap();
    for (path, line) in [
        ("/health", "HTTP/1.1 200 OK"),
        ("/broken", "HTTP/1.1 502 Bad Gateway"),
        ("/file", "HTTP/1.1 200 OK"),
        ("/none", "HTTP/1.1 404 Not Found"),
    ] {
        assert_eq!(get(nginx.port(), path).as_deref(), Ok(line), "{}", nginx.url(path));
    }
    nginx.freeze();
    // A frozen server's port takes the connection; the answer does not come.
    assert_eq!(get(nginx.port(), "/health"), Err(ErrorKind::WouldBlock));
    nginx.thaw();
    assert_eq!(get(nginx.port(), "/health").as_deref(), Ok("HTTP/1.1 200 OK"));
    nginx.stop();
    assert_eq!(get(nginx.port(), "/health"), Err(ErrorKind::ConnectionRefused));
    nginx.restart("location /health { return 503; }");
    assert_eq!(get(nginx.port(), "/health").as_deref(), Ok("HTTP/1.1 503 Service Temporarily Unavailable"));
}

#[test]
fn certificates_are_good_expired_or_for_another_name() {
    let authority = Authority::new();
    let words = |certificate: &Certificate| {
        let nginx = Nginx::start_tls(CONFIG, certificate);
        let curl = Command::new("curl")
            .args(["-sS", "--noproxy", "*", "--cacert"])
            .arg(authority.file())
            .arg(nginx.url("/health"))
            .output()
            .expect("curl is on this machine; `./tests/run` installs it");
        format!("{}{}", String::from_utf8_lossy(&curl.stdout), String::from_utf8_lossy(&curl.stderr))
    };
    assert_eq!(words(&authority.good()), "ok");
    let (expired, wrong_name) = (words(&authority.expired()), words(&authority.wrong_name()));
    assert!(expired.contains("certificate has expired"), "{expired}");
    assert!(wrong_name.contains("no alternative certificate subject name matches"), "{wrong_name}");
    let stranger = words(&Authority::new().good());
    assert!(stranger.starts_with("curl: "), "a stranger's signature is trusted: {stranger}");
}

/// Asks for the address of a name; the answer's code and how many records it has.
fn ask(dns: &Dns, name: &str) -> Option<(u8, u8)> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut question = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        question.push(u8::try_from(label.len()).unwrap());
        question.extend(label.bytes());
    }
    question.extend([0, 0, 1, 0, 1]);
    socket.send_to(&question, dns.address()).unwrap();
    let mut answer = [0; 512];
    let (length, _) = socket.recv_from(&mut answer).ok()?;
    assert!(length >= 12 && answer[..2] == [0, 7]);
    Some((answer[3] & 0x0f, answer[7]))
}

#[test]
fn dns_answers_denies_hangs_and_changes() {
    let mut dns = Dns::start(&["host-record=web.test,192.0.2.1", "cname=www.test,web.test"]);
    assert_eq!(ask(&dns, "web.test"), Some((0, 1)));
    assert_eq!(ask(&dns, "www.test"), Some((0, 2)));
    assert_eq!(ask(&dns, "none.test"), Some((3, 0)), "NXDOMAIN");
    assert_eq!(ask(&dns, "example.com"), Some((5, 0)), "REFUSED");
    dns.freeze();
    assert_eq!(ask(&dns, "web.test"), None);
    dns.thaw();
    dns.restart(&["host-record=web.test,192.0.2.1,192.0.2.2"]);
    assert_eq!(ask(&dns, "www.test"), Some((3, 0)));
    dns.stop();
    assert_eq!(ask(&dns, "web.test"), None);
}
