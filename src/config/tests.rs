//! The config at its door: what good files mean, and what wrong ones are told, with a small kind of probe of its own.

use std::path::Path;

use proptest::prelude::*;

use crate::expr::{Field, Type};
use crate::model::{Announce, Givens, Key, Refusal, Span, Takes, Visibility};

use super::found::Found;
use super::probes::Common;
use super::understand::{Kinds, Made, Sort, understand};
use super::{Loaded, Mistakes, Purpose, load_with, source, tables};

mod files;
mod whole;

const ALL: Purpose = Purpose { looks: true, tells: true };
const NOTHING: Purpose = Purpose { looks: false, tells: false };

const KEYS: &[Key] = &[
    Key { name: "url", takes: Takes::Secret, required: true, doc: "what is asked" },
    Key { name: "headers", takes: Takes::SecretMap, required: false, doc: "more headers" },
    Key { name: "follow", takes: Takes::Int(0, 20), required: false, doc: "redirects that are followed" },
];

const fn field(name: &'static str, ty: Type) -> Field {
    Field { name, ty, unit: None, doc: "a field" }
}

const FIELDS: &[Field] = &[
    field("status", Type::Int),
    Field { name: "latency", ty: Type::Duration, unit: Some("ms"), doc: "a field" },
    field("body", Type::Text),
    field("json", Type::Open),
    field("certificate.expires_in", Type::Duration),
];

fn read_http(givens: &Givens) -> Result<Made, Vec<Refusal>> {
    let typed = givens.secret("url").map(|s| s.expose().to_owned()).unwrap_or_default();
    match url::Url::parse(&typed).ok().filter(|u| u.scheme() == "http" || u.scheme() == "https") {
        Some(url) => Ok(Made { kind: None, host: url.host_str().map(str::to_owned) }),
        None => Err(vec![Refusal::new("url", "this is no URL that http can ask", "begin with http:// or https://")]),
    }
}

fn kinds() -> Kinds<'static> {
    let http = Sort { name: "http", keys: KEYS, fields: FIELDS, every: None, read: Box::new(read_http) };
    let tcp = Sort {
        name: "tcp",
        keys: &[Key { name: "address", takes: Takes::Text, required: true, doc: "host:port" }],
        fields: &[],
        every: None,
        read: Box::new(|_| Ok(Made { kind: None, host: None })),
    };
    let seldom = Sort {
        name: "seldom",
        keys: &[],
        fields: &[],
        every: Some(Span::from_mins(720)),
        read: Box::new(|_| Ok(Made { kind: None, host: None })),
    };
    Kinds { probes: vec![http, tcp, seldom], channels: crate::notify::CHANNELS }
}

fn env(name: &str) -> Option<String> {
    (name == "TOKEN").then(|| "s3cret-s3cret".to_owned())
}

fn load_files(files: &[(&str, &str)], purpose: Purpose) -> Result<Loaded, Mistakes> {
    let site = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = site.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    load_with(site.path(), purpose, &kinds(), &env)
}

/// What a config is told, one line per mistake: `line:column text`.
fn told(config: &str) -> String {
    match load_files(&[("statuary.toml", config)], ALL) {
        Ok(loaded) => format!("good, {} warnings", loaded.warnings.len()),
        Err(mistakes) => {
            let lines: Vec<String> =
                mistakes.0.iter().map(|m| format!("{}:{} {}", m.origin.line, m.origin.column, m.text)).collect();
            lines.join("\n")
        }
    }
}

/// A site's head and the given lines.
fn with(rest: &str) -> String {
    format!("[site]\ntitle = \"Stella\"\nurl = \"https://s.example/\"\n{rest}")
}

fn good(rest: &str) -> Loaded {
    load_files(&[("statuary.toml", &with(rest))], ALL).unwrap_or_else(|m| panic!("{:#?}", m.0))
}

/// The probes of a config, as they were read.
fn probes(rest: &str) -> Vec<Common> {
    let site = tempfile::tempdir().unwrap();
    std::fs::write(site.path().join("statuary.toml"), with(rest)).unwrap();
    let mut found = Found::default();
    let sources = source::gather(site.path(), &mut found);
    let understood = understand(site.path(), &sources, found, ALL, &kinds(), &env);
    assert!(!understood.found.stops(), "{:#?}", understood.found);
    understood.probes
}

const WEB: &str = "[[component]]\nid = \"web\"\n[[component.probe]]\nkind = \"http\"\nurl = \"https://example.com/\"\n";

#[test]
fn an_empty_site_has_every_default() {
    let loaded = good("");
    let s = &loaded.settings;
    assert!(loaded.warnings.is_empty() && s.components.is_empty());
    assert_eq!((s.run.interval, s.run.deadline), (Span::from_mins(1), Span::from_secs(30)));
    assert_eq!((s.run.vantage.as_str(), s.run.vantages.len(), s.run.quorum), ("local", 1, 1));
    assert_eq!((s.run.concurrency, s.run.per_host), (64, 8));
    assert_eq!((s.rules.open_after, s.rules.resolve_after, s.rules.confirm_after), (2, 2, None));
    assert_eq!(s.publish.folder, Path::new("public"));
    assert_eq!((s.site.language.as_str(), s.site.time_zone.name()), ("en", "UTC"));
}

#[test]
fn a_second_look_is_the_default_where_runs_are_two_minutes_apart() {
    assert_eq!(good("[run]\ninterval = \"2m\"").settings.rules.confirm_after, Some(Span::from_secs(10)));
    assert_eq!(good("[run]\ninterval = \"119s\"").settings.rules.confirm_after, None);
    let off = good("[run]\ninterval = \"5m\"\n[rules]\nconfirm_after = \"off\"");
    assert_eq!(off.settings.rules.confirm_after, None);
    // A slow probe under a fast cron is in the same place.
    let slow = probes(&format!("{WEB}every = \"5m\""));
    assert_eq!((slow[0].confirm_after, slow[0].gap), (Some(Span::from_secs(10)), Span::from_ms(750_000)));
    let off = probes(&format!("[rules]\nconfirm_after = \"off\"\n{WEB}every = \"5m\""));
    assert_eq!(off[0].confirm_after, None);
}

#[test]
fn a_probe_takes_its_own_word_then_its_kinds_then_its_components() {
    let config = format!(
        "[rules]\ngap = \"4m\"\nopen_after = 5\n[defaults.http]\ntimeout = \"7s\"\nretries = 2\nexpect = [\"status == 200\"]\n\
         {WEB}timeout = \"3s\"\nexpect_status = 204\n[[component]]\nid = \"api\"\ngap = \"9m\"\nopen_after = 3\n\
         [[component.probe]]\nkind = \"http\"\nurl = \"http://api.example/\"\n"
    );
    let probes = probes(&config);
    let said: Vec<_> =
        probes.iter().map(|p| (p.key.as_str(), p.timeout.ms(), p.retries, p.gap.ms() / 60_000, p.open_after)).collect();
    assert_eq!(said, [("web/http", 3_000, 2, 4, 5), ("api/http", 7_000, 2, 9, 3)]);
    let expect: Vec<&str> = probes[0].expect.iter().map(crate::expr::Assertion::source).collect();
    assert_eq!(expect, ["status == 200", "status == 204"]);
    assert_eq!(probes[1].probe().host.as_deref(), Some("api.example"));
}

#[test]
fn a_try_ends_before_the_round_unless_told_otherwise() {
    assert_eq!(probes(WEB)[0].timeout, Span::from_secs(5));
    assert_eq!(probes(&format!("[run]\ninterval = \"5s\"\n{WEB}"))[0].timeout, Span::from_secs(2));
}

#[test]
fn the_site_says_what_it_says() {
    let loaded = load_files(
        &[(
            "statuary.toml",
            "[site]\ntitle = \"S\"\nurl = \"https://s.example/status\"\ntime_zone = \"America/Los_Angeles\"\n\
             [run]\nvantage = \"ber\"\nvantages = [\"ber\", \"sfo\", \"syd\"]\ncanaries = [\"tcp://[2001:db8::1]:443\"]\n\
             [[component]]\nid = \"ops\"\nvisibility = \"internal\"\nannounce = \"after 10m\"\n\
             [[component.probe]]\nkind = \"tcp\"\naddress = \"x:1\"\n",
        )],
        ALL,
    )
    .unwrap();
    let s = &loaded.settings;
    assert_eq!(s.site.url, "https://s.example/status/");
    assert_eq!((s.run.quorum, s.run.canaries[0].host.as_str(), s.run.canaries[0].port), (2, "2001:db8::1", 443));
    let ops = &s.components[0];
    assert_eq!((ops.name.as_str(), ops.announce), ("ops", Announce::After(Span::from_mins(10))));
    assert_eq!((ops.visibility, ops.probes[0].visibility), (Visibility::Internal, Visibility::Internal));
    let mut loaded = loaded;
    assert_eq!(loaded.set_vantage("sfo"), Ok(()));
    assert_eq!(loaded.settings.run.vantage.as_str(), "sfo");
    insta::assert_snapshot!(loaded.set_vantage("nyc").unwrap_err(), @"the place `nyc` is not one of `vantages` in the config: `ber`, `sfo` or `syd`");
    assert!(loaded.set_vantage("_desk").is_err());
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let config = "[site]\ntitel = \"Stella\"\ntime_zone = \"America/Los_Angelos\"\n[run]\ninterval = \"90 parsecs\"\n\
                  [[component]]\nid = \"Web Site\"\ndepends_on = [\"redsi\"]\n[[component.probe]]\nkind = \"htpp\"\n\
                  timeout = 5\n[[component]]\nid = \"redis\"\nopen_after = 0\n";
    insta::assert_snapshot!(told(config), @"
    1:1 [site] has no `title`
    2:1 [site] has no key `titel`
    3:13 there is no time zone `America/Los_Angelos`
    5:12 `90 parsecs` is no duration
    7:6 `Web Site` cannot be the name of a component
    8:15 there is no component `redsi`
    10:8 there is no kind of probe `htpp`
    11:11 `timeout` takes a duration such as `\"30s\"`
    14:14 `open_after` takes a whole number from 1 to 100
    ");
}

#[test]
fn a_mistake_shows_its_line_its_caret_and_the_right_name() {
    let Err(mistakes) = load_files(&[("statuary.toml", &with("[[component]]\nid = \"日本\"\nnaem = \"x\"\n"))], ALL)
    else {
        panic!("this was refused before")
    };
    let text = mistakes.0[1].rendered.replace(&mistakes.0[1].origin.file.display().to_string(), "statuary.toml");
    insta::assert_snapshot!(text, @r#"
    error: a component has no key `naem`
     --> statuary.toml:6:1
      |
    6 | naem = "x"
      | ^^^^ not known here
      |
      = help: did you mean `name`?
    "#);
    assert!(mistakes.0[1].render(true).contains("\u{1b}["));
    assert_eq!((mistakes.0[0].origin.line, mistakes.0[0].origin.column), (5, 6));
}

#[test]
fn what_two_places_say_together_can_be_wrong() {
    for (config, text) in [
        ("[run]\ndeadline = \"2m\"", "5:12 a round of 2 min does not end before the next one"),
        ("[run]\nquorum = 2", "5:10 2 places can never agree"),
        ("[run]\nvantage = \"_desk\"", "5:11 no place can be called `_desk`"),
        ("[run]\nvantage = \"a+b\"", "5:11 no place can be called `a+b`"),
        ("[run]\nvantages = [\"a\"]", "5:12 the place `local` is not one of `vantages`"),
        ("[run]\ncanaries = [\"192.0.2.1:443\"]", "5:13 `192.0.2.1:443` is no canary"),
        ("[publish]\nfolder = \".\"", "5:10 the site cannot be put into `.`"),
        ("[[component]]\nid = \"a\"\n[[component]]\nid = \"a\"", "7:6 there are two components `a`"),
        ("[[component]]\nid = \"a\"\ndepends_on = [\"a\"]", "6:15 `depends_on` goes round in a circle: a → a"),
        (
            "[[component]]\nid = \"a\"\ndepends_on = [\"b\"]\n[[component]]\nid = \"b\"\ndepends_on = [\"c\"]\n\
             [[component]]\nid = \"c\"\ndepends_on = \"a\"",
            "6:15 `depends_on` goes round in a circle: a → b → c → a",
        ),
        (
            "[[component]]\nid = \"a\"\nformerly = [\"b\"]\n[[component]]\nid = \"b\"",
            "6:13 `b` is still the id of a component",
        ),
        (
            "[[component]]\nid = \"a\"\nformerly = [\"x\"]\n[[component]]\nid = \"b\"\nformerly = [\"x\"]",
            "9:13 `x` cannot have been both `a` and `b`",
        ),
        ("[defaults.htp]\ntimeout = \"1s\"", "4:11 there is no kind of probe `htp`"),
        ("[defaults.http]\nname = \"x\"", "5:1 [defaults.http] has no key `name`"),
        ("[component]\nid = \"a\"", "4:1 `component` is a list of tables"),
        ("[[notify]]\nid = \"a\"\nkind = \"webhok\"", "6:8 there is no kind of channel `webhok`"),
        (
            "[[notify]]\nid = \"a\"\nkind = \"command\"\ncommand = \"x\"\nwhen = [\"open\"]",
            "8:9 there is no event `open`",
        ),
    ] {
        assert_eq!(told(&with(config)), text, "{config}");
    }
    let twice = format!("{WEB}[[component.probe]]\nkind = \"http\"\nurl = \"http://b.example/\"\n");
    assert_eq!(told(&with(&twice)), "10:8 there are two probes `web/http`");
    assert_eq!(told(&with(&WEB.replace("https:", "htps:"))), "8:7 this is no URL that http can ask");
    let hidden =
        WEB.replace("[[component.probe]]", "visibility = \"internal\"\n[[component.probe]]\nvisibility = \"public\"");
    assert_eq!(told(&with(&hidden)), "8:14 a public probe in the internal component `web`");
    assert_eq!(
        told(&with(&format!("{WEB}record = [\"body\", \"jsn.queue\", \"json.queue\"]"))),
        "9:11 `body` is a text\n9:19 `jsn.queue` is not a field of http"
    );
}

#[test]
fn a_kind_may_look_seldom_unless_the_operator_says_how_often() {
    let hours = |lines: &str| {
        let probe = format!("[[component]]\nid = \"web\"\n[[component.probe]]\nkind = \"seldom\"\n{lines}");
        let probe = good(&probe).settings.components[0].probes[0].clone();
        (probe.every.map(|every| every.ms() / 3_600_000), probe.gap.ms() / 3_600_000)
    };
    assert_eq!([hours(""), hours("every = \"2h\"\n")], [(Some(12), 30), (Some(2), 5)]);
}

#[test]
fn what_is_recorded_has_its_unit_where_the_kind_has_one() {
    let loaded = good(&format!("{WEB}record = [\"status\", \"latency\", \"json.queue\"]"));
    assert_eq!(loaded.settings.components[0].probes[0].units, [("latency".to_owned(), "ms")]);
}

#[test]
fn syntax_and_meaning_are_told_together_but_not_twice() {
    let config =
        with("[run]\ninterval = 1m\nvantge = \"x\"\n[[component]]\nid = \"a\"\nid = \"b\"\ndepends_on = [\"c\"]\n");
    // `depends_on` is not judged: the component that it names may stand where nothing could be read.
    insta::assert_snapshot!(told(&config), @"
    5:12 this is no TOML: string values must be quoted, expected literal string
    6:1 [run] has no key `vantge`
    9:1 this name stands twice in its table
    ");
}

#[test]
fn a_text_that_ends_too_early_is_wrong_at_its_end() {
    for (text, places) in [("'''\n", "1:4"), ("[site]\ntitle = \"\"\"\n", "2:12")] {
        let mistakes = load_files(&[("statuary.toml", text)], ALL).map(|_| ()).unwrap_err().0;
        let told: Vec<String> = mistakes.iter().map(|m| format!("{}:{}", m.origin.line, m.origin.column)).collect();
        assert_eq!(told.join(" "), places, "{mistakes:#?}");
        for (mistake, place) in mistakes.iter().zip(told) {
            assert!(mistake.rendered.contains(&format!("statuary.toml:{place}\n")), "{}", mistake.rendered);
        }
    }
}

#[test]
fn an_unset_secret_is_a_mistake_only_for_the_command_that_uses_it() {
    let config = with(&format!(
        "{}[[notify]]\nid = \"ops\"\nkind = \"webhook\"\nurl = \"https://hooks.example/${{NOPE}}\"\n",
        WEB.replace("https://example.com/", "https://u:${GONE}@example.com/")
    ));
    let load = |purpose| load_files(&[("statuary.toml", &config)], purpose);
    let count = |p| load(p).err().map_or(0, |m| m.0.len());
    assert_eq!((count(ALL), count(Purpose { tells: false, ..ALL }), count(NOTHING)), (2, 1, 0));
    let loaded = load(NOTHING).unwrap();
    // It is still known, with its host; it only cannot be asked or told.
    assert_eq!(loaded.settings.components[0].probes[0].host.as_deref(), Some("example.com"));
    assert!(loaded.plans.is_empty() && loaded.channels.is_empty());
    assert_eq!(load(ALL).unwrap_err().0[0].origin.column, 18);
}

#[test]
fn a_secret_never_stands_in_a_message() {
    let config = with(&WEB.replace("https://example.com/", "ftp://example.com/${TOKEN}"));
    let mistakes = load_files(&[("statuary.toml", &config)], ALL).unwrap_err();
    assert!(mistakes.0.iter().all(|m| !m.rendered.contains("s3cret") && !m.text.contains("s3cret")));
    let loaded = load_files(&[("statuary.toml", &config.replace("ftp", "http"))], ALL).unwrap();
    assert!(!format!("{loaded:?}").contains("s3cret"));
}
