//! What is judged while looking: guards, missing values, types met then, numbers; and any text at all.

use super::*;

#[test]
fn has_guards_what_it_asks_for_and_nothing_else() {
    insta::assert_snapshot!(judged(r#"{"b": 1, "none": null, "text": "t", "list": [1]}"#, &[
        // Guarded.
        "has(json.a) && json.a < 5",
        "!has(json.a) || json.a < 5",
        "json.a < 5 || !has(json.a)",
        "has(json.a) ? json.a < 5 : ok",
        "!has(json.a.x) || json.a.x.y == 1",
        "!(has(json.a) && has(json.c)) || json.a + json.c < 5",
        "!has(json.none) || json.none < 5",
        "!has(json.text.x) || json.text.x < 5",
        "!has(json.list[1]) || json.list[1] < 5",
        "!has(headers['retry-after']) || int(headers['retry-after']) < 5",
        "has(json.b) && json.b < 5",
        "!has(info) || info.used < 5",
        // Not guarded.
        "has(json.a) && json.z < 5",
        "has(json.b) || json.z < 5",
        "!has(json.a) || json.a + json.z < 5",
        "has(json.a) == false || json.a < 5",
        "!has(json.b) || json.b.c < 5",
        "!has(json.text) || json.text < 5",
        "has(json.a) || json.a < 5",
        "has(json.a) ? ok : json.a < 5",
        "!has(json.a) || status / (status - 200) > 1",
    ]), @r"
    has(json.a) && json.a < 5  ->  expected has(json.a), got nothing
    !has(json.a) || json.a < 5  ->  ok
    json.a < 5 || !has(json.a)  ->  ok
    has(json.a) ? json.a < 5 : ok  ->  ok
    !has(json.a.x) || json.a.x.y == 1  ->  ok
    !(has(json.a) && has(json.c)) || json.a + json.c < 5  ->  ok
    !has(json.none) || json.none < 5  ->  ok
    !has(json.text.x) || json.text.x < 5  ->  ok
    !has(json.list[1]) || json.list[1] < 5  ->  ok
    !has(headers['retry-after']) || int(headers['retry-after']) < 5  ->  ok
    has(json.b) && json.b < 5  ->  ok
    !has(info) || info.used < 5  ->  ok
    has(json.a) && json.z < 5  ->  cannot judge has(json.a) && json.z < 5: json.z is missing
    has(json.b) || json.z < 5  ->  cannot judge has(json.b) || json.z < 5: json.z is missing
    !has(json.a) || json.a + json.z < 5  ->  cannot judge !has(json.a) || json.a + json.z < 5: json.z is missing
    has(json.a) == false || json.a < 5  ->  cannot judge has(json.a) == false || json.a < 5: json.a is missing
    !has(json.b) || json.b.c < 5  ->  cannot judge !has(json.b) || json.b.c < 5: json.b.c is missing: json.b is a whole number
    !has(json.text) || json.text < 5  ->  cannot judge !has(json.text) || json.text < 5: 't' is a text and 5 is a whole number: they cannot be compared
    has(json.a) || json.a < 5  ->  cannot judge has(json.a) || json.a < 5: json.a is missing
    has(json.a) ? ok : json.a < 5  ->  cannot judge has(json.a) ? ok : json.a < 5: json.a is missing
    !has(json.a) || status / (status - 200) > 1  ->  cannot judge !has(json.a) || status / (status - 200) > 1: 200 is divided by zero
    ");
}

#[test]
fn a_field_that_this_look_could_not_have_is_missing() {
    let mut plain = facts("{}");
    plain.remove("certificate");
    plain.remove("json");
    for (source, becomes) in [
        ("certificate.expires_in > duration('1h')", "certificate is missing"),
        ("!has(certificate.expires_in) || certificate.expires_in > duration('1h')", "ok"),
        ("!has(certificate) || certificate.expires_in > duration('1h')", "ok"),
        ("!has(json) || json.a == 1", "ok"),
        ("json.a == 1", "json is missing"),
        ("ok || json.a == 1", "json is missing"),
    ] {
        let said = judge(source, &plain);
        assert!(said.ends_with(becomes), "{source}: {said}");
    }
}

#[test]
fn wrong_types_are_met_when_looking() {
    insta::assert_snapshot!(judged(DEPTH, &[
        "ok || json.name < 5",
        "json.depth",
        "json.name && ok",
        "json.code > headers.age",
        "json.none < 5",
        "json.none == null",
        "json.depth != null",
        "json.gone == null",
        "json.depth.x == 1",
        "json.Depth == 3",
        "5 in json.tags",
        "json.tags == [1, 2]",
        "json.tags == ['x']",
        "json.items.all(n, n.gone)",
        "json.depth.all(n, n.up)",
        "size(json.depth) > 1",
        "int(json.name) > 1",
        "json.depth / (json.depth - 3) > 1",
        "json.depth * 9223372036854775807 > 1",
        "json.depth + json.name == '3'",
        "json.items[json.depth].up",
        "json.items[json.depth - 3].up",
        "duration(json.name) < latency",
    ]), @r"
    ok || json.name < 5  ->  cannot judge ok || json.name < 5: 'a,b' is a text and 5 is a whole number: they cannot be compared
    json.depth  ->  cannot judge json.depth: it is 3 (a whole number), neither true nor false
    json.name && ok  ->  cannot judge json.name && ok: 'a,b' is a text, but must be true or false
    json.code > headers.age  ->  cannot judge json.code > headers.age: '010' and '010' are texts that look like numbers, and texts are ordered letter by letter
    json.none < 5  ->  cannot judge json.none < 5: json.none is null
    json.none == null  ->  ok
    json.depth != null  ->  ok
    json.gone == null  ->  cannot judge json.gone == null: json.gone is missing
    json.depth.x == 1  ->  cannot judge json.depth.x == 1: json.depth.x is missing: json.depth is a whole number
    json.Depth == 3  ->  cannot judge json.Depth == 3: json.Depth is missing (there is `depth`)
    5 in json.tags  ->  cannot judge 5 in json.tags: 5 is a whole number and 'x' is a text: they cannot be compared
    json.tags == [1, 2]  ->  cannot judge json.tags == [1, 2]: 'x' is a text and 1 is a whole number: they cannot be compared
    json.tags == ['x']  ->  expected json.tags == ['x'], got ['x', 'y']
    json.items.all(n, n.gone)  ->  cannot judge json.items.all(n, n.gone): n.gone is missing
    json.depth.all(n, n.up)  ->  cannot judge json.depth.all(n, n.up): all() goes through a list, 3 is a whole number
    size(json.depth) > 1  ->  cannot judge size(json.depth) > 1: size() does not take 3: it is a whole number
    int(json.name) > 1  ->  cannot judge int(json.name) > 1: 'a,b' is not a whole number
    json.depth / (json.depth - 3) > 1  ->  cannot judge json.depth / (json.depth - 3) > 1: 3 is divided by zero
    json.depth * 9223372036854775807 > 1  ->  cannot judge json.depth * 9223372036854775807 > 1: 3 * 9223372036854775807 is too large a number
    json.depth + json.name == '3'  ->  cannot judge json.depth + json.name == '3': `+` does not go with 3 (a whole number) and 'a,b' (a text)
    json.items[json.depth].up  ->  cannot judge json.items[json.depth].up: [3] is missing
    json.items[json.depth - 3].up  ->  ok
    duration(json.name) < latency  ->  cannot judge duration(json.name) < latency: 'a,b' is not a length of time
    ");
}

#[test]
fn what_is_right_holds() {
    let facts = facts(DEPTH);
    for source in [
        "status in [200, 204]",
        "status >= 200 && status < 300 && !(status == 204)",
        "status == 200.0 && 200 == status && load > 1.899 && load != 2",
        "json.depth == 3.0 && json.depth < 3.5 && -json.depth == -3",
        "9007199254740993 != 9007199254740992.0 && ok",
        "json.depth % 2 == 1 && 7 / 2 == 3.5 && json.depth - 1 == 2",
        "int(load) == 1 && double('1.5') + json.depth == 4.5 && string(status) == '200'",
        "latency <= duration('850ms') && latency + duration('150ms') == duration('1s')",
        "certificate.expires_in < duration('336h') && certificate.expires_in == duration('10 days')",
        "body.startsWith('all') && body.endsWith('well') && body.contains(' is ') && body.size() == 11",
        r"body.matches('^a\\w+') && matches(body, r'^a\w+')",
        "json.items.exists(n, n.n == 2 && !n.up) && json.tags.all(t, t in ['x', 'y', 'z'])",
        "json.items.all(n, json.items.exists(m, m.n >= n.n))",
        "certificate.names[0] == 'example.com' && json['tags'][1] == 'y' && (json.items[0]).up",
        "'depth' in json && !('gone' in json) && json.tags == ['x', 'y']",
        "(ok ? status : 0) == 200 // and nothing else",
        "json.name == \"a,b\" && 'x' + 'y' == 'xy'",
    ] {
        assert_eq!(judge(source, &facts), "ok", "{source}");
    }
}

#[test]
fn numbers_of_both_kinds_are_compared_exactly() {
    for (json, source, holds) in [
        (r#"{"n": 9007199254740993}"#, "json.n > 9007199254740992.0", true),
        (r#"{"n": 9223372036854775807}"#, "json.n < 9223372036854775808.0", true),
        (r#"{"n": 18446744073709551615}"#, "json.n > 9223372036854775807", true),
        (r#"{"n": -0.5}"#, "json.n < 0", true),
        (r#"{"n": -0.0}"#, "json.n == 0", true),
        (r#"{"n": 1.9}"#, "json.n <= 1", false),
        (r#"{"n": -1.9}"#, "json.n < -1", true),
    ] {
        assert_eq!(judge(source, &facts(json)) == "ok", holds, "{json} {source}");
    }
}

#[test]
fn what_could_exhaust_the_parser_is_refused() {
    let deep = |open: &str, close: &str, n: usize| format!("{}ok{}", open.repeat(n), close.repeat(n));
    for source in [
        "ok && ".repeat(200) + "ok",
        deep("(", ")", 400),
        deep("[", "]", 400),
        "[".repeat(900),
        "!-".repeat(400) + "ok",
        "ok?ok:".repeat(160) + "ok",
        "json".to_owned() + &".a".repeat(190),
        "1".to_owned() + &"+1".repeat(190),
        "size(".repeat(190),
        "json.all(x,".repeat(80),
        "\u{1F600}".repeat(200),
    ] {
        assert!(Assertion::check(&source, FIELDS).is_err(), "{source}");
    }
    assert!(Assertion::check(&deep("(", ")", 30), FIELDS).is_ok());
}

proptest! {
    /// Whatever is typed: no panic, and each mistake lies inside the text, on characters' edges.
    #[test]
    fn any_text_is_read_or_refused_in_place(
        pieces in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(vec![
                    "status", "json", ".a", "['a']", "[0]", "(", ")", "[", "]", "{", "}", "!", "-", " ", "&&", "||",
                    "==", "<", "+", "/", "%", "?", ":", ",", "in ", "has(", "size(", ".all(x, ", ".map(x, ",
                    "duration('1s')", "'t'", "1", "1.5", "0x", "null", "true", "b'", "\"", "`", "//", "\n", ".", "é",
                    "latency", "x", "Has(", "010", "r'", "\\", "=", "&", "5u", ".matches('", "certificate",
                ]).prop_map(str::to_owned),
                "\\PC{0,3}",
            ],
            0..40,
        )
    ) {
        let source: String = pieces.concat();
        match Assertion::check(&source, FIELDS) {
            Ok(assertion) => {
                let facts = facts(DEPTH);
                let first = assertion.judge(&facts);
                prop_assert_eq!(first, assertion.judge(&facts));
                // Nothing observed at all: never passes by what is not there, unless it asks for that.
                let blank = assertion.judge(&Facts::new());
                prop_assert!(!matches!(blank, Judgement::Holds) || source.contains("has("), "{}", source);
            }
            Err(mistakes) => {
                prop_assert!(!mistakes.is_empty());
                for m in mistakes {
                    prop_assert!(m.start <= m.end && source.get(m.start..m.end).is_some(), "{:?} {:?}", source, m);
                }
            }
        }
    }

    /// A comparison means what it says, whichever way the numbers are stored.
    #[test]
    fn comparing_agrees_with_exact_arithmetic(whole in any::<i64>(), quarter in -1_000_000_i64..1_000_000) {
        let facts = facts(&format!(r#"{{"a": {whole}, "b": {}}}"#, quarter as f64 / 4.0));
        let less = i128::from(whole) * 4 < i128::from(quarter);
        prop_assert_eq!(judge("json.a < json.b", &facts) == "ok", less);
        prop_assert_eq!(judge("!(json.b <= json.a)", &facts) == "ok", less);
    }
}

#[test]
fn a_comment_at_the_end_is_what_the_public_reads() {
    let check = |source: &str, bare: &str, says: Option<&str>| {
        let fields = [Field { name: "url", ty: Type::Text, unit: None, doc: "" }];
        let assertion = Assertion::check(source, &fields).unwrap();
        assert_eq!((assertion.source(), assertion.says()), (bare, says), "{source}");
    };
    check("url == 'a' // it moved", "url == 'a'", Some("it moved"));
    check("url == 'http://a'", "url == 'http://a'", None);
    check("url == 'it\\'s // it' //", "url == 'it\\'s // it'", None);
}
