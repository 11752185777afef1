//! Assertions at the room's door: what is refused when read, what is judged, and in which words.

use proptest::prelude::*;

use super::{Assertion, Facts, Field, Judgement, Type, Value};
use crate::model::Span;

mod judging;

const fn field(name: &'static str, ty: Type) -> Field {
    Field { name, ty, unit: None, doc: "" }
}

const FIELDS: &[Field] = &[
    field("status", Type::Int),
    field("latency", Type::Duration),
    field("load", Type::Number),
    field("body", Type::Text),
    field("ok", Type::Bool),
    field("json", Type::Open),
    field("headers", Type::Open),
    field("info", Type::Open),
    field("row", Type::Open),
    field("certificate.expires_in", Type::Duration),
    field("certificate.names", Type::Texts),
];

/// What a look over HTTPS saw: status 200 in 850 ms, and the JSON given.
fn facts(json: &str) -> Facts {
    let of = |json: &str| Value::from_json(serde_json::from_str(json).unwrap());
    let certificate = [
        ("expires_in".to_owned(), Value::Duration(Span::from_mins(60 * 24 * 10))),
        ("names".to_owned(), of(r#"["example.com", "www.example.com"]"#)),
    ];
    Facts::from([
        ("status".to_owned(), Value::Int(200)),
        ("latency".to_owned(), Value::Duration(Span::from_ms(850))),
        ("load".to_owned(), Value::Float(1.9)),
        ("body".to_owned(), Value::Text("all is well".to_owned())),
        ("ok".to_owned(), Value::Bool(true)),
        ("json".to_owned(), of(json)),
        ("headers".to_owned(), of(r#"{"content-type": "text/html", "age": "010"}"#)),
        ("certificate".to_owned(), Value::Map(certificate.into())),
    ])
}

/// `ok`, or the reason of the judgement.
fn judge(source: &str, facts: &Facts) -> String {
    match Assertion::check(source, FIELDS) {
        Err(mistakes) => panic!("{source}: {mistakes:?}"),
        Ok(assertion) => match assertion.judge(facts) {
            Judgement::Holds => "ok".to_owned(),
            Judgement::Fails(why) => {
                assert!(why.starts_with("expected "), "{why}");
                why
            }
            Judgement::Error(why) => {
                assert!(why.starts_with("cannot judge "), "{why}");
                why
            }
        },
    }
}

/// One line per case: the assertion and what became of it.
fn judged(json: &str, sources: &[&str]) -> String {
    let facts = facts(json);
    sources.iter().map(|source| format!("{source}  ->  {}", judge(source, &facts))).collect::<Vec<_>>().join("\n")
}

/// One line per mistake: the assertion with the wrong part in «», and what is said.
fn refused(sources: &[&str]) -> String {
    let mut lines = Vec::new();
    for source in sources {
        let Err(mistakes) = Assertion::check(source, FIELDS) else { panic!("{source} was not refused") };
        for m in mistakes {
            let (before, wrong, after) = (&source[..m.start], &source[m.start..m.end], &source[m.end..]);
            let help = m.help.map_or(String::new(), |help| format!(" | {help}"));
            lines.push(format!("{before}«{wrong}»{after}  ->  {}{help}", m.text));
        }
    }
    lines.join("\n")
}

const DEPTH: &str = r#"{"depth": 3, "name": "a,b", "up": true, "code": "010", "load": 1.9, "none": null,
    "items": [{"n": 1, "up": true}, {"n": 2, "up": false}], "tags": ["x", "y"], "used": 9, "total": 10}"#;

/// Issue 5, item 2: what a well-known monitor passes by accident.
#[test]
fn law_9_an_assertion_cannot_pass_by_accident() {
    // Those that only a look can tell.
    insta::assert_snapshot!(judged(DEPTH, &[
        "json.missing < 5",
        "json.missing < 5 || status == 200",
        "status == 200 || json.missing < 5",
        "status != 200 && json.missing < 5",
        "status == 200 ? true : json.missing < 5",
        "load > 1.5",
        "load < 1.5",
        "json.load == 1",
        "int(headers.age) == 10",
        "headers.age == '010'",
        "json.code == 8",
        "json.name in ['a,b', 'c']",
        "json.name in ['a', 'b', 'c']",
        "status==200",
        "status==201",
        "json.depth != '3'",
        "json.used / json.total > 0.95",
    ]), @r"
    json.missing < 5  ->  cannot judge json.missing < 5: json.missing is missing
    json.missing < 5 || status == 200  ->  cannot judge json.missing < 5 || status == 200: json.missing is missing
    status == 200 || json.missing < 5  ->  cannot judge status == 200 || json.missing < 5: json.missing is missing
    status != 200 && json.missing < 5  ->  cannot judge status != 200 && json.missing < 5: json.missing is missing
    status == 200 ? true : json.missing < 5  ->  cannot judge status == 200 ? true : json.missing < 5: json.missing is missing
    load > 1.5  ->  ok
    load < 1.5  ->  expected load < 1.5, got 1.9
    json.load == 1  ->  expected json.load == 1, got 1.9
    int(headers.age) == 10  ->  ok
    headers.age == '010'  ->  ok
    json.code == 8  ->  cannot judge json.code == 8: '010' is a text and 8 is a whole number: they cannot be compared
    json.name in ['a,b', 'c']  ->  ok
    json.name in ['a', 'b', 'c']  ->  expected json.name in ['a', 'b', 'c'], got 'a,b'
    status==200  ->  ok
    status==201  ->  expected status==201, got 200
    json.depth != '3'  ->  cannot judge json.depth != '3': 3 is a whole number and '3' is a text: they cannot be compared
    json.used / json.total > 0.95  ->  expected json.used / json.total > 0.95, got 0.9
    ");
    // Those that are refused when they are read.
    insta::assert_snapshot!(refused(&[
        "stauts == 200",
        "status != '500'",
        "status == 010",
        "status == 200 300",
        "100 < status < 300",
        "status == 200 == 200",
        "status = 200",
        "status in [200, 'a,b']",
        "body > '9'",
    ]), @r"
    «stauts» == 200  ->  `stauts` is not a field | did you mean `status`?
    «status != '500'»  ->  `!=` compares values of one type: `status` is a whole number, `'500'` is a text | write 500 without quotes
    status == «010»  ->  `010` begins with a zero: is it eight-based or ten-based? | write it without the zero, or in quotes if it is a text
    status == 200 «300»  ->  nothing may follow here, but `300` does
    «100 < status < 300»  ->  `<` has no order: `100 < status` is true or false | compare twice: `1 < status && status < 300`
    «status == 200 == 200»  ->  `==` compares values of one type: `status == 200` is true or false, `200` is a whole number
    status «= 200»  ->  nothing may follow here, but `=` does | write `==` to compare
    status in [200, «'a,b'»]  ->  a list has elements of one type; this is a text, before it is a whole number
    «body > '9'»  ->  texts are ordered letter by letter, and '9' looks like a number | compare numbers: `int(body) > 9`
    ");
}

#[test]
fn names_are_checked_and_the_nearest_is_named() {
    insta::assert_snapshot!(refused(&[
        "STATUS == 200",
        "jsn.queue.depth < 5",
        "certificate.expire_in > duration('1h')",
        "certificate > 5",
        "zebra == 1",
        ".status == 200",
        "status.code == 200",
        "certificate.names.first == 'a'",
        "certificate.names[-1] == 'a'",
        "len(json.items) > 1",
        "body.startswith('a')",
        "frobnicate(json)",
        "json.items.all(status, status.up)",
        "json.items.all(n, m.up)",
        "json.items.map(n, n.up) == [true]",
        "json.items.exists_one(n, n.up)",
        "stauts == 200 && bdy == 'a'",
    ]), @r"
    «STATUS» == 200  ->  `STATUS` is not a field | did you mean `status`?
    «jsn.queue.depth» < 5  ->  `jsn.queue.depth` is not a field | did you mean `json`?
    «certificate.expire_in» > duration('1h')  ->  `certificate.expire_in` is not a field | did you mean `certificate.expires_in`?
    «certificate» > 5  ->  `certificate` has several parts | name one: `certificate.expires_in`, `certificate.names`
    «zebra» == 1  ->  `zebra` is not a field | the fields are `status`, `latency`, `load`, `body`, `ok`, `json`, `headers`, `info`, `row`, `certificate.expires_in`, `certificate.names`
    «.status» == 200  ->  `.status` is not a field | did you mean `status`?
    «status.code» == 200  ->  there is no `code` inside `status`: it is a whole number
    «certificate.names.first» == 'a'  ->  there is no `first` inside `certificate.names`: it is a list of texts
    «certificate.names[-1]» == 'a'  ->  a list has no place below 0 | the first element is [0]
    «len»(json.items) > 1  ->  there is no function len() | did you mean size()?
    body.«startswith»('a')  ->  there is no function startswith() | did you mean startsWith()?
    «frobnicate»(json)  ->  there is no function frobnicate() | the functions are size, contains, startsWith, endsWith, int, double, string, duration, matches, has, all, exists
    «json.items.all(status, status.up)»  ->  `status` is already the name of something else
    json.items.all(n, «m.up»)  ->  `m.up` is not a field | the fields are `status`, `latency`, `load`, `body`, `ok`, `json`, `headers`, `info`, `row`, `certificate.expires_in`, `certificate.names`
    «json.items.map(n, n.up)» == [true]  ->  map() is not known in assertions | all() and exists() are known: `json.nodes.all(n, n.up)`
    «json.items.exists_one(n, n.up)»  ->  exists_one() is not known in assertions | all() and exists() are known: `json.nodes.all(n, n.up)`
    «stauts» == 200 && bdy == 'a'  ->  `stauts` is not a field | did you mean `status`?
    stauts == 200 && «bdy» == 'a'  ->  `bdy` is not a field | did you mean `body`?
    ");
}

#[test]
fn types_are_checked() {
    insta::assert_snapshot!(refused(&[
        "status",
        "status + 1",
        "latency > 800",
        "latency > '800ms'",
        "latency > duration('800')",
        "latency > duration('800us')",
        "latency * 2 > duration('1s')",
        "body == 5",
        "ok == 'true'",
        "status && ok",
        "!status",
        "-body == 'x'",
        "status > 1 ? 1 : 'a'",
        "status == null",
        "ok < true",
        "'200' in status",
        "'all' in body",
        "status in ['200']",
        "[1, 'a'] == json.list",
        "body.contains(5)",
        "certificate.names.contains('example.com')",
        "contains(body, 'a')",
        "size(status) > 1",
        "body.matches('(')",
        "body.matches(json.pattern)",
        "status / 0 > 1",
        "true",
        "200 == 200",
        "has(status + 1)",
        "json[true] == 1",
        "{'a': 1} == json",
        "b'ab' == json.a",
        "status == 18446744073709551615u",
    ]), @r"
    «status»  ->  an assertion must be true or false, this is a whole number | compare it with something
    «status + 1»  ->  an assertion must be true or false, this is a whole number | compare it with something
    «latency > 800»  ->  `>` compares values of one type: `latency` is a length of time, `800` is a whole number | write a length of time with its unit: duration('800ms')
    «latency > '800ms'»  ->  `>` compares values of one type: `latency` is a length of time, `'800ms'` is a text | write duration('800ms')
    latency > duration(«'800'»)  ->  '800' is not a length of time | such as '800ms', '1.5h' or '336h'
    latency > duration(«'800us'»)  ->  '800us' is finer than a millisecond | such as '800ms', '1.5h' or '336h'
    «latency * 2» > duration('1s')  ->  `*` does not go with these: `latency` is a length of time, `2` is a whole number
    «body == 5»  ->  `==` compares values of one type: `body` is a text, `5` is a whole number | write it in quotes: '5'
    «ok == 'true'»  ->  `==` compares values of one type: `ok` is true or false, `'true'` is a text | write true without quotes
    «status» && ok  ->  `status` is a whole number, but must be true or false here | compare it with something
    !«status»  ->  `status` is a whole number, but must be true or false here | compare it with something
    -«body» == 'x'  ->  `-` wants a number, `body` is a text
    «status > 1 ? 1 : 'a'»  ->  both values of `? :` must have one type; these are a whole number and a text
    «status == null»  ->  `==` compares values of one type: `status` is a whole number, `null` is null
    «ok < true»  ->  `<` has no order: `ok` is true or false
    «'200' in status»  ->  `in` looks into a list, the right side is a whole number
    «'all' in body»  ->  `in` looks into a list, the right side is a text | for a part of a text: `body.contains('all')`
    «status in ['200']»  ->  `status` is a whole number, the right side is a list of texts
    [1, «'a'»] == json.list  ->  a list has elements of one type; this is a text, before it is a whole number
    body.contains(«5»)  ->  contains() does not take `5`: it is a whole number | write `body.contains('ok')`
    «certificate.names».contains('example.com')  ->  contains() does not take `certificate.names`: it is a list of texts | for a list: `'value' in list`
    «contains(body, 'a')»  ->  contains() is not called like this | write `body.contains('ok')`
    size(«status») > 1  ->  size() does not take `status`: it is a whole number | write `size(json.items)`
    body.matches(«'('»)  ->  this is not a pattern: unclosed group
    «body.matches(json.pattern)»  ->  matches() wants a text and a pattern in quotes | such as `body.matches('^ok')`
    status / «0» > 1  ->  this divides by zero
    «true»  ->  this names no field, so it says the same of every look | the fields are `status`, `latency`, `load`, `body`, `ok`, `json`, `headers`, `info`, `row`, `certificate.expires_in`, `certificate.names`
    «200 == 200»  ->  this names no field, so it says the same of every look | the fields are `status`, `latency`, `load`, `body`, `ok`, `json`, `headers`, `info`, `row`, `certificate.expires_in`, `certificate.names`
    «has(status + 1)»  ->  has() asks for a field, or for a value inside one | such as `has(json.queue)` or `has(headers['retry-after'])`
    json[«true»] == 1  ->  `true` is true or false and cannot be an index here
    «{'a': 1}» == json  ->  a map cannot be written in an assertion
    «b'ab'» == json.a  ->  bytes are not known in assertions | leave the `b` before the quote out
    status == «18446744073709551615u»  ->  18446744073709551615 is too large a number
    ");
}

#[test]
fn the_form_is_checked() {
    insta::assert_snapshot!(refused(&[
        "",
        "   ",
        "status ==",
        "(status == 200",
        "status == 200)",
        "status == 200 and ok",
        "not ok",
        "status is 200",
        "status == 'abc",
        "status & 1",
        "status == 200;",
        "größe == 1",
        "status == 1e999",
        "status == 99999999999999999999",
        "json.in == 1",
        "`status` == 200",
        "status == [200",
        "ok ? true",
        "body == '\\q'",
        "!!ok",
        "status == 1 - - -1",
    ]), @r#"
    «»  ->  the assertion is empty | write one, such as `status == 200`
    «   »  ->  the assertion is empty | write one, such as `status == 200`
    status ==«»  ->  the assertion ends too early | something is still missing here
    (status == 200«»  ->  the assertion ends too early | something is still missing here
    status == 200«)»  ->  nothing may follow here, but `)` does
    status == 200 «and ok»  ->  nothing may follow here, but `and` does | write `&&` for and
    not «ok»  ->  nothing may follow here, but `ok` does | write `!` for not
    status «is 200»  ->  nothing may follow here, but `is` does | write `==` to compare
    status == «'abc»  ->  this text has no end | close it with the quote that it begins with
    status «&» 1  ->  `&` means nothing in an assertion | write `&&` for and
    status == 200«;»  ->  `;` means nothing in an assertion
    gr«ö»ße == 1  ->  `ö` means nothing in an assertion
    status == «1e999»  ->  `1e999` is too large a number
    status == «99999999999999999999»  ->  `99999999999999999999` does not fit into 64 bits
    json.«in» == 1  ->  a name is expected here, not `in` | a key with this name is written in brackets: `json['in']`
    «`status`» == 200  ->  a value is expected here, not this | write a name without quotes, a text in single quotes
    status == [200«»  ->  the assertion ends too early | something is still missing here
    ok ? true«»  ->  the assertion ends too early | something is still missing here
    body == «'\q'»  ->  a `\` in this text is followed by something unknown | write `\\` for a backslash, or r'…' for a text without escapes
    «!!»ok  ->  a doubled sign undoes itself | leave both out
    status == 1 - «- -»1  ->  a doubled sign undoes itself | leave both out
    "#);
    assert_eq!(judge("status == 1 - -199", &facts("{}")), "ok");
}

#[test]
fn reasons_name_what_was_observed() {
    insta::assert_snapshot!(judged(DEPTH, &[
        "status == 502",
        "ok && status == 502 && body == 'x'",
        "json.depth < 1000 && (ok && !json.up)",
        "json.depth > 5 || status == 502",
        "size(json.items) > 3",
        "json.depth + 1 > 5",
        "json.used > json.total",
        "!ok",
        "!(ok && json.up)",
        "has(json.missing)",
        "!has(json.depth)",
        "body.contains('error')",
        "body.matches('^error')",
        "headers['content-type'] == 'application/json'",
        "json.items.all(n, n.up)",
        "json.items.exists(n, n.n > status)",
        "'example.org' in certificate.names",
        "certificate.expires_in > duration('336h')",
        "latency < duration('800ms')",
        "latency - duration('50ms') < duration('800ms')",
    ]), @r"
    status == 502  ->  expected status == 502, got 200
    ok && status == 502 && body == 'x'  ->  expected status == 502, got 200
    json.depth < 1000 && (ok && !json.up)  ->  expected !json.up, got true
    json.depth > 5 || status == 502  ->  expected json.depth > 5 || status == 502, got json.depth = 3, status = 200
    size(json.items) > 3  ->  expected size(json.items) > 3, got 2
    json.depth + 1 > 5  ->  expected json.depth + 1 > 5, got 4
    json.used > json.total  ->  expected json.used > json.total, got json.used = 9, json.total = 10
    !ok  ->  expected !ok, got true
    !(ok && json.up)  ->  expected !(ok && json.up), got ok = true, json.up = true
    has(json.missing)  ->  expected has(json.missing), got nothing
    !has(json.depth)  ->  expected !has(json.depth), got 3
    body.contains('error')  ->  expected body.contains('error'), got 'all is well'
    body.matches('^error')  ->  expected body.matches('^error'), got 'all is well'
    headers['content-type'] == 'application/json'  ->  expected headers['content-type'] == 'application/json', got 'text/html'
    json.items.all(n, n.up)  ->  expected json.items.all(n, n.up), got json.items = [{n: 1, up: true}, {n: 2, up: false}]
    json.items.exists(n, n.n > status)  ->  expected json.items.exists(n, n.n > status), got json.items = [{n: 1, up: true}, {n: 2, up: false}], status = 200
    'example.org' in certificate.names  ->  expected 'example.org' in certificate.names, got ['example.com', 'www.example.com']
    certificate.expires_in > duration('336h')  ->  expected certificate.expires_in > duration('336h'), got 10 d
    latency < duration('800ms')  ->  expected latency < duration('800ms'), got 850 ms
    latency - duration('50ms') < duration('800ms')  ->  expected latency - duration('50ms') < duration('800ms'), got 800 ms
    ");
    let long = facts(&format!(r#"{{"text": "{}"}}"#, "x".repeat(5000)));
    assert_eq!(judge("json.text == 'y'", &long), format!("expected json.text == 'y', got '{}…", "x".repeat(79)));
    let slow = Assertion::check("latency > duration('800ms')", FIELDS).unwrap();
    assert_eq!(slow.observed(&facts("{}")), "latency > duration('800ms'), got 850 ms");
}
