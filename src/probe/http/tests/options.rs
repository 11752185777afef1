//! What the options of `http` do, and which are refused.

use super::*;

#[test]
fn addresses_of_the_operators_are_used_instead_of_the_names() {
    let port = serve_http(|head, s| answer(s, "200 OK", "", head.as_bytes())).port();
    let url = format!("http://nobody.invalid:{port}/");
    let seen = look(&http(&url, vec![("resolve", Given::Texts(vec!["127.0.0.1".into()]))]));
    assert_eq!(said(&seen), "up", "{}", seen.detail);
    assert!(phase(&seen, "dns") >= 0);
    let keys = vec![("resolve", Given::Texts(vec!["127.0.0.1".into()])), ("ip", text("6"))];
    assert_eq!(said(&look(&http(&url, keys))), "down dns: the name does not resolve");
}

#[test]
fn a_proxy_is_used_only_where_it_is_asked_for() {
    let proxy = serve_http(|head, s| {
        assert!(head.starts_with("GET http://nobody.invalid/"), "{head}");
        answer(s, "200 OK", "", b"");
    });
    let seen = look(&http("http://nobody.invalid/", vec![("proxy", secret(&format!("http://{proxy}")))]));
    assert_eq!((said(&seen).as_str(), seen.verdict), ("up", Verdict::Up), "{}", seen.detail);
}

/// Passes on what two sides say until one of them is done.
fn pass_on(one: &TcpStream, other: &TcpStream) {
    let copy = |from: &TcpStream, to: &TcpStream| {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to))
    };
    let (there, back) = (copy(one, other), copy(other, one));
    let _ = back.join();
    let _ = one.shutdown(std::net::Shutdown::Both);
    let _ = there.join();
}

#[test]
fn through_a_proxy_tls_is_spoken_with_the_server_itself() {
    let authority = Authority::new();
    let server = serve_tls(authority.server("behind.invalid", 30), Duration::ZERO, |s| {
        let asked = head(s);
        answer(s, "200 OK", "", asked.as_bytes());
    });
    let proxy = serve_http(move |head, s| {
        assert!(head.starts_with("CONNECT behind.invalid:443 HTTP/1.1\r\n"), "{head}");
        if !head.to_lowercase().contains("proxy-authorization: basic bwu6dg9rzw4tb2ytdghllxbyb3h5\r\n") {
            return answer(s, "407 Proxy Authentication Required", "", b"");
        }
        let _ = s.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
        pass_on(s, &TcpStream::connect(server).unwrap());
    });
    let through = |proxy: String| {
        let keys = vec![("proxy", secret(&proxy)), authority.trusted()];
        look(&http("https://behind.invalid/x?y", keys))
    };
    let seen = through(format!("http://me:token-of-the-proxy@{proxy}"));
    assert_eq!(said(&seen), "up", "{}", seen.detail);
    let Some(Value::Text(asked)) = fact(&seen, "body") else { panic!("{seen:?}") };
    assert!(!asked.to_lowercase().contains("proxy-") && asked.contains("host: behind.invalid\r\n"), "{asked}");
    assert_eq!(fact(&seen, "certificate.names"), Some(&Value::List(vec![Value::Text("behind.invalid".into())])));
    let seen = through(format!("http://{proxy}"));
    let refused = "down connect: the proxy did not connect: it answered 407 Proxy Authentication Required";
    assert_eq!(said(&seen), refused, "{}", seen.detail);
}

#[test]
fn options_that_cannot_work_are_refused_without_showing_secrets() {
    let url = |url| ("url", secret(url));
    insta::assert_snapshot!(refused(&INFO, vec![url("htp://t0ken@x/")]), @r#"url: http cannot ask an address that begins with `htp:` (an address begins with `https://` or `http://` and a host, such as "https://example.com/health")"#);
    insta::assert_snapshot!(refused(&INFO, vec![url("example.com")]), @r#"url: this does not begin with `https://` or `http://` (an address begins with `https://` or `http://` and a host, such as "https://example.com/health")"#);
    insta::assert_snapshot!(refused(&INFO, vec![url("https://exa mple.com")]), @r#"url: this is no address: invalid international domain name (an address begins with `https://` or `http://` and a host, such as "https://example.com/health")"#);
    let fixed = vec![url("http://127.0.0.1/"), ("resolve", Given::Texts(vec!["127.0.0.2".into()]))];
    insta::assert_snapshot!(refused(&INFO, fixed), @"resolve: the host of `url` is an address already (leave `resolve` out, or give `url` a host name)");
    let bad = [("X Y", "v"), ("X", "two\nlines")].map(|(n, v)| (n.to_owned(), Secret::new(v))).to_vec();
    let all = vec![
        url("https://example.com/"),
        ("headers", Given::SecretMap(bad)),
        ("resolve", Given::Texts(vec!["10.0.0.1:80".into()])),
        ("proxy", secret("socks5://127.0.0.1")),
    ];
    insta::assert_snapshot!(refused(&INFO, all), @r#"
    headers: `X Y` is no header's name (a name holds letters, digits and `-`, and no blanks)
    headers: the value of `X` cannot be sent (a header's value is one line of visible text)
    resolve: `10.0.0.1:80` is no address (give addresses without a port, such as "192.0.2.7"; the port stands in `url`)
    proxy: http cannot ask an address that begins with `socks5:` (an address begins with `https://` or `http://` and a host, such as "https://example.com/health")
    "#);
}

#[test]
fn who_asks_and_what_is_sent_can_be_said_in_one_way_only() {
    let with = |mut keys: Vec<(&'static str, Given)>| {
        keys.push(("url", secret("https://example.com/")));
        refused(&INFO, keys)
    };
    let header = vec![("Authorization".to_owned(), Secret::new("Basic YTpi"))];
    let all = vec![
        ("headers", Given::SecretMap(header)),
        ("basic", secret("no-c0lon")),
        ("bearer", secret("two\nlines")),
        ("body", secret("x")),
        ("json", secret("{\"query\": s3cret}")),
    ];
    insta::assert_snapshot!(with(all), @r#"
    bearer: the request has an authorization already (keep one of `basic`, `bearer` and the header `Authorization`)
    basic: this holds no `:` (give the user and the password, such as "probe:${PASSWORD}")
    bearer: this token cannot be sent (a token is one line of visible text)
    json: the request has a body already (keep one of `body` and `json`)
    json: this is no JSON, from line 1, column 11 on (send other texts with `body`)
    "#);
    insta::assert_snapshot!(with(vec![("basic", secret(""))]), @r#"basic: this is empty (give the user and the password, such as "probe:${PASSWORD}")"#);
}

#[test]
fn what_comes_back_of_an_authorization_is_hidden_in_each_form() {
    let address = serve_http(|head, stream| {
        let sent = head.lines().find(|l| l.to_ascii_lowercase().starts_with("authorization:")).unwrap_or("none");
        let kept = sent.rsplit(' ').next().unwrap();
        answer(stream, "500 Oops", "", format!("{sent} and {kept}").as_bytes());
    });
    let word = "pass%20word-of-the-probe";
    let body = |plan: Plan| {
        let seen = look(&Plan { expect: vec![assertion(&INFO, "body == 'well'")], ..plan });
        let told = format!("{seen:?}").replace("\\\"", "\"");
        for form in [word, "pass word-of-the-probe", "dTpwYXNzIHdvcmQtb2YtdGhlLXByb2Jl", "t0ken-of-the-probe"] {
            assert!(!told.contains(form), "{form}: {told}");
        }
        seen.why
    };
    insta::assert_snapshot!(body(http(&format!("http://u:{word}@{address}/"), vec![])), @"expected body == 'well', got 'authorization: Basic *** and ***…");
    let short = |seen: Observation| assert!(!format!("{seen:?}").contains("hunter2-x"), "{seen:?}");
    let says = serve_http(|_, stream| answer(stream, "500 Oops", "", b"hunter2-x is wrong"));
    let asks = |address| Plan {
        expect: vec![assertion(&INFO, "body == ''")],
        ..http(&format!("http://{address}/"), vec![("basic", secret("u:hunter2-x"))])
    };
    short(look(&asks(says)));
    let basic = vec![("basic", secret("u:pass word-of-the-probe"))];
    insta::assert_snapshot!(body(http(&format!("http://{address}/"), basic)), @"expected body == 'well', got 'authorization: *** and ***…");
    let bearer = vec![("bearer", secret("t0ken-of-the-probe"))];
    insta::assert_snapshot!(body(http(&format!("http://{address}/"), bearer)), @"expected body == 'well', got 'authorization: *** and ***'");
}
