//! Secrets planted wherever a config takes one, and servers that say back all that they hear: nothing of them may stand
//! in the record, the site, any other file, or on the terminal.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use walkdir::WalkDir;

use crate::stage::Stage;

/// Stands in every secret here.
const MARK: &str = "p1anted";

/// Says back what it hears, as the protocol has it in which it was said.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                // A head and its body may come apart.
                let (mut heard, mut part) = (Vec::new(), [0; 8192]);
                let _ = stream.set_read_timeout(Some(Duration::from_millis(150)));
                while let Ok(count @ 1..) = stream.read(&mut part) {
                    heard.extend_from_slice(&part[..count]);
                }
                let said = String::from_utf8_lossy(&heard).into_owned();
                let _ = if heard.starts_with(b"*") {
                    write!(stream, "-ERR {}\r\n", said.replace("\r\n", " "))
                } else if said.contains(" HTTP/1.1\r\n") {
                    let length = said.len();
                    let header = said.lines().next().unwrap_or_default();
                    write!(stream, "HTTP/1.1 500 Oops\r\nX-Echo: {header}\r\nContent-Length: {length}\r\n\r\n{said}")
                } else {
                    stream.write_all(&heard)
                };
            });
        }
    });
    address
}

const CONFIG: &str = r#"
[site]
title = "Stage"
url = "https://status.example.com/"
[rules]
open_after = 1
[[component]]
id = "web"
name = "Web"
[[component.probe]]
name = "get"
kind = "http"
url = "http://ECHO/hooks?token=${P_QUERY}"
headers = { "X-Token" = "${P_HEADER}" }
basic = "probe:${P_BASIC}"
body = "the word is ${P_BODY}"
expect = ["body == ''", "headers['x-echo'] == ''"]
[[component.probe]]
name = "bearer"
kind = "http"
url = "http://u:${P_URL}@ECHO/hooks/${P_PATH}"
[[component.probe]]
name = "json"
kind = "http"
url = "http://ECHO/"
bearer = "${P_BEARER}"
json = '{"password": "${P_JSON}"}'
expect = "body.contains('nothing of this')"
[[component.probe]]
name = "proxy"
kind = "http"
url = "http://example.com/"
proxy = "http://u:${P_PROXY}@ECHO/"
expect = "body == ''"
[[component.probe]]
kind = "tcp"
address = "ECHO"
send = "AUTH ${P_SEND}\r\n"
expect = "received == ''"
[[component.probe]]
kind = "redis"
url = "redis://u:${P_REDIS}@ECHO/"
[[component.probe]]
name = "beat"
kind = "heartbeat"
url = "http://ECHO/beats?token=${P_BEAT}"
max_age = "1m"
[[component.probe]]
name = "key"
kind = "heartbeat"
redis = "redis://:${P_KEY}@ECHO/"
key = "worker"
max_age = "1m"
[[component.probe]]
kind = "websocket"
url = "ws://ECHO/live?token=${P_SOCKET}"
headers = { Authorization = "Bearer ${P_SOCKET_HEADER}" }
send = "${P_MESSAGE}"
[[component.probe]]
kind = "domain"
domain = "example.com"
server = "http://ECHO/rdap/${P_REGISTRY}"
[[component.probe]]
kind = "grpc"
url = "http://ECHO/"
[[component.probe]]
kind = "exec"
command = ["sh", "-c", "echo $0; echo $0 >&2; exit 2", "${P_COMMAND}"]
expect = "output == ''"
[[component.probe]]
kind = "ssh"
address = "ECHO"
host_key = "any"
user = "probe"
password = "${P_SSH}"
[[notify]]
id = "ops"
kind = "webhook"
url = "http://ECHO/hook?token=${P_HOOK}"
"#;

#[test]
fn what_is_planted_is_found_nowhere() {
    let stage = Stage::new(&CONFIG.replace("ECHO", &echo().to_string()));
    let names: Vec<&str> = CONFIG.split("${").skip(1).filter_map(|rest| rest.split('}').next()).collect();
    assert!(names.len() >= 17, "{names:?}");
    let planted: Vec<(&str, String)> =
        names.iter().enumerate().map(|(i, name)| (*name, format!("{MARK}-{i:02}-word"))).collect();
    let env: Vec<(&str, &str)> = planted.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut said = Vec::new();
    for args in [
        &["run"][..],
        &["run"],
        &["check"],
        &["check", "--format", "json"],
        &["check", "--format", "junit"],
        &["check", "--format", "nagios"],
        &["check", "--explain", "web/*"],
        &["config", "check"],
        &["notify", "test"],
        &["journal", "show"],
        &["journal", "export", "--format", "jsonl"],
        &["incident", "list"],
    ] {
        let out = stage.run_with(args, &env);
        said.push((args.join(" "), [out.stdout, out.stderr].concat()));
    }
    let files = WalkDir::new(stage.path()).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    said.extend(files.map(|entry| (entry.path().display().to_string(), std::fs::read(entry.path()).unwrap())));
    // What is looked for is there to be found: each probe failed, and told why.
    let all = said.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect::<String>();
    for key in ["web/get", "web/redis", "web/beat", "web/websocket", "web/exec", "web/domain"] {
        assert!(all.contains(key), "{key} is told of: {}", String::from_utf8_lossy(&said[0].1));
    }
    assert!(all.matches("***").count() > 10, "secrets were hidden, not merely never met");
    let forms: Vec<String> = ["probe", "u"]
        .iter()
        .flat_map(|user| planted.iter().map(move |(_, value)| BASE64_STANDARD.encode(format!("{user}:{value}"))))
        .chain([MARK.to_owned()])
        .collect();
    let leaks: Vec<String> = said
        .iter()
        .filter(|(_, bytes)| forms.iter().any(|form| bytes.windows(form.len()).any(|part| part == form.as_bytes())))
        .map(|(name, bytes)| {
            let text = String::from_utf8_lossy(bytes);
            format!("{name}: {}", text.lines().filter(|line| line.contains(MARK)).collect::<Vec<_>>().join("\n"))
        })
        .collect();
    assert!(leaks.is_empty(), "{}", leaks.join("\n\n"));
}
