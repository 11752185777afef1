//! `websocket` at a server of the Python library websockets: it echoes, greets, hangs, and goes.

use crate::look::{look, said};
use crate::support::{Nginx, Program, free_port};

/// Greets, then echoes what it hears.
const SERVER: &str = "
import asyncio, sys, websockets
async def talk(socket):
    await socket.send('welcome')
    async for message in socket:
        await socket.send('echo ' + message)
async def main():
    async with websockets.serve(talk, '127.0.0.1', int(sys.argv[1])):
        await asyncio.Future()
asyncio.run(main())
";

fn server() -> (Program, u16) {
    for _ in 0..5 {
        let port = free_port();
        let args = ["-c".to_owned(), SERVER.to_owned(), port.to_string()];
        let mut program = Program::start_at("python3", "/usr/bin/python3".as_ref(), &args);
        if program.answers_at(port) {
            return (program, port);
        }
    }
    panic!("no server for WebSockets starts; `./tests/run` installs it (Debian: python3-websockets)");
}

#[test]
fn a_socket_opens_greets_echoes_hangs_and_goes() {
    let (mut program, port) = server();
    let at = format!("kind = \"websocket\"\nurl = \"ws://127.0.0.1:{port}/\"\ntimeout = \"20s\"\n");
    for (lines, told) in [
        ("expect = \"status == 101\"", "up"),
        ("banner = true\nexpect = \"received == 'welcome'\"", "up"),
        ("banner = true\nsend = \"hello\"\nexpect = \"received == 'echo hello'\"", "up"),
        ("send = \"x\"\nexpect = \"received == 'no'\"", "down expect: expected received == 'no', got 'welcome'"),
    ] {
        let seen = look(&format!("{at}{lines}"));
        assert_eq!(said(&seen), told, "{seen}");
    }
    let brief = at.replace("20s", "1s");
    program.freeze();
    assert_eq!(said(&look(&brief)), "down upgrade: no answer within 1 s after the WebSocket was asked for");
    program.kill();
    assert_eq!(said(&look(&brief)), "down connect: the connection was refused");
    let nginx = Nginx::start("location / { return 426; }");
    let seen = look(&format!("kind = \"websocket\"\nurl = \"ws://127.0.0.1:{}/\"\ntimeout = \"20s\"", nginx.port()));
    assert_eq!(said(&seen), "down upgrade: the answer was 426 Upgrade Required, not a WebSocket");
}
