//! The key tables as a whole, and any text at all.

use super::*;

#[test]
fn no_kind_takes_a_key_that_every_probe_has() {
    let common: Vec<&str> = tables::NAMING.iter().chain(tables::PROBE).map(|k| k.name).collect();
    for kind in crate::probe::KINDS {
        let both: Vec<&str> = kind.keys.iter().map(|k| k.name).filter(|name| common.contains(name)).collect();
        assert!(both.is_empty(), "{}: {both:?} would mean two things", kind.name);
    }
}

#[test]
fn the_schema_knows_every_key_that_the_reader_knows() {
    let schema = super::super::schema::of(&kinds());
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let probes = schema.pointer("/properties/component/items/properties/probe/items/oneOf").unwrap();
    let http = &probes[0]["properties"];
    for key in ["kind", "name", "timeout", "expect", "expect_status", "url", "headers"] {
        assert!(!http[key].is_null(), "{key}");
    }
    assert_eq!(probes[1]["properties"]["kind"]["const"], "tcp");
    assert_eq!(schema.pointer("/properties/site/required/0").unwrap(), "title");
    assert_eq!(schema.pointer("/properties/run/properties/quorum/minimum").unwrap(), 1);
    assert_eq!(schema.pointer("/properties/notify/items/oneOf/0/properties/kind/const").unwrap(), "webhook");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_breaks_the_reader(noise in "[\\[\\]a-z=\"'\n\\\\{}$.,#1é]{0,80}", cut in 0usize..200) {
        let whole = format!("{}{}", with(WEB), noise);
        let cut: String = whole.chars().take(cut).collect();
        for text in [&noise, &whole, &cut] {
            if let Err(mistakes) = load_files(&[("statuary.toml", text)], ALL) {
                prop_assert!(!mistakes.0.is_empty());
                for m in &mistakes.0 {
                    prop_assert!(m.rendered.contains(&format!(":{}:{}", m.origin.line, m.origin.column)), "{}", m.rendered);
                }
            }
        }
    }
}
