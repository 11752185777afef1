//! `http` at nginx: who asks, in each way that it can be said, and HTTP/2.

use std::fs;

use crate::look::{look, look_in, said};
use crate::stage::Stage;
use crate::support::{Authority, Nginx, free_port};

/// A probe of `http` with more lines.
fn probe(url: &str, more: &str) -> String {
    format!("kind = \"http\"\nurl = \"{url}\"\n{more}\n")
}

#[test]
fn a_user_and_a_password_are_sent_to_whom_they_were_given_for() {
    let nginx = Nginx::start("location / { auth_basic site; auth_basic_user_file www/users; }");
    fs::write(nginx.root().join("users"), "probe:{PLAIN}s3cret-word\n").unwrap();
    fs::write(nginx.root().join("health"), "well").unwrap();
    let url = nginx.url("/health");
    let stranger = Nginx::start(&format!("location / {{ return 302 {url}; }}"));
    for (url, more, told) in [
        (url.clone(), "basic = \"probe:s3cret-word\"\nexpect = \"body == 'well'\"", "up"),
        (url.replace("//", "//probe:s3cret-word@"), "", "up"),
        (url.clone(), "basic = \"probe:another\"", "down status: the answer was 401 Unauthorized"),
        (url.clone(), "", "down status: the answer was 401 Unauthorized"),
        // A redirect leads to another port: whoever listens there is not told the password.
        (stranger.url("/"), "basic = \"probe:s3cret-word\"", "down status: the answer was 401 Unauthorized"),
    ] {
        let seen = look(&probe(&url, more));
        assert_eq!(said(&seen), told, "{more}: {seen}");
        assert!(!seen.to_string().contains("s3cret"), "{seen}");
    }
}

#[test]
fn a_token_and_a_body_arrive_as_they_were_given() {
    let echo = "location / { if ($http_authorization != 'Bearer t0ken-of-the-probe') { return 403; } \
                set $sent \"$request_method $content_type\"; \
                if ($sent != 'POST application/json') { return 415; } return 200 'read'; }";
    let nginx = Nginx::start(echo);
    let bearer = "bearer = \"t0ken-of-the-probe\"\n";
    let query = "json = '''{\"query\": \"{ viewer { login } }\"}'''\n";
    let told = |more: &str| said(&look(&probe(&nginx.url("/"), more)));
    assert_eq!(told(&format!("{bearer}{query}expect = \"body == 'read'\"")), "up");
    assert_eq!(told(query), "down status: the answer was 403 Forbidden");
    assert_eq!(told(bearer), "down status: the answer was 415 Unsupported Media Type");
}

#[test]
fn a_server_that_asks_who_asks_is_shown_a_certificate() {
    let authority = Authority::new();
    let (stage, own, other) = (Stage::new(""), authority.good(), Authority::new().good());
    stage.write("own.pem", &format!("{}{}", own.chain_pem, own.key_pem));
    stage.write("other.pem", &format!("{}{}", other.chain_pem, other.key_pem));
    stage.write("unfit.pem", &format!("{}{}", own.chain_pem, other.key_pem));
    let ca = authority.file().display().to_string();
    let h2 = free_port();
    let wants = format!(
        "ssl_client_certificate {ca}; ssl_verify_client on; listen 127.0.0.1:{h2} ssl http2; return 200 $ssl_client_s_dn;"
    );
    let nginx = Nginx::start_tls(&wants, &authority.good());
    let at = |url: &str, more: &str| said(&look_in(&stage, &probe(url, &format!("ca_file = \"{ca}\"\n{more}"))));
    let url = nginx.url("/");
    let home = format!("https://localhost:{h2}/");
    for (url, more, told) in [
        (&url, "client_cert = \"own.pem\"", "up"),
        (&home, "client_cert = \"own.pem\"\nexpect = \"version == 'HTTP/2'\"", "up"),
        (&url, "", "down status: the answer was 400 Bad Request"),
        (&url, "client_cert = \"other.pem\"", "down status: the answer was 400 Bad Request"),
        (&url, "client_cert = \"none.pem\"", "unknown tls: this machine could not read its own certificate"),
        (&url, "client_cert = \"unfit.pem\"", "unknown tls: this machine could not use its own certificate"),
    ] {
        assert_eq!(at(url, more), told, "{more}");
    }
    // One host shows the way to another, which asks too: it is not told who asks.
    let shows = Nginx::start_tls(&format!("return 302 {url};"), &authority.good());
    assert_eq!(at(&shows.url("/"), "client_cert = \"own.pem\""), "down status: the answer was 400 Bad Request");
}
