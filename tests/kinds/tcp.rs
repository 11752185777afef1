//! `tcp` at nginx.

use crate::look::{look, said};
use crate::support::Nginx;

#[test]
fn a_port_answers_hangs_and_is_closed() {
    let mut nginx = Nginx::start("location / { return 200 'ok'; }");
    let port = nginx.port();
    let connects = format!("kind = \"tcp\"\naddress = \"127.0.0.1:{port}\"\ntimeout = \"1s\"\n");
    let asks = format!("{connects}send = \"GET / HTTP/1.0\\r\\n\\r\\n\"\nexpect = \"received.contains(' 200 OK')\"\n");
    assert_eq!((said(&look(&connects)).as_str(), said(&look(&asks)).as_str()), ("up", "up"));
    nginx.freeze();
    assert_eq!(said(&look(&connects)), "up", "the system takes the connection for a frozen server");
    assert_eq!(said(&look(&asks)), "down first_byte: no answer within 1 s after the text was sent");
    nginx.thaw();
    nginx.stop();
    assert_eq!(said(&look(&connects)), "down connect: the connection was refused");
}
