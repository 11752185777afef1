//! `smtp` at Exim.

use crate::look::{look, said};
use crate::support::{Authority, Mail};

#[test]
fn a_mail_server_says_what_it_can_do() {
    let authority = Authority::new();
    let mut mail = Mail::smtp(&authority.good());
    let at = format!("kind = \"smtp\"\naddress = \"localhost:{}\"\ntimeout = \"20s\"\n", mail.port());
    let plain = "expect = [\"'STARTTLS' in capabilities\", \"greeting.startsWith('mail.test ESMTP Exim')\"]\n";
    assert_eq!(said(&look(&format!("{at}{plain}"))), "up");
    // Under TLS it no longer offers what is done.
    let secure = format!("{at}starttls = true\nca_file = \"{}\"\n", authority.file().display());
    let rules =
        "expect = [\"!('STARTTLS' in capabilities)\", \"certificate.names == ['localhost']\", \"code == 250\"]\n";
    let seen = look(&format!("{secure}{rules}"));
    assert_eq!(said(&seen), "up", "{seen}");
    mail.freeze();
    let brief = at.replace("20s", "1s");
    assert_eq!(said(&look(&brief)), "down greeting: connected, but no greeting within 1 s");
    mail.stop();
    assert_eq!(said(&look(&at)), "down connect: the connection was refused");
}
