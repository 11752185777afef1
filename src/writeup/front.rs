//! Front matter: finds it, and reads YAML or TOML into keys, values and lines, however broken some of them are.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value of front matter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    /// A number, as text.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// One key with its value and its line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// Lower-cased.
    pub(super) key: String,
    pub(super) value: Node,
    /// What stands after the key on its line, as typed.
    pub(super) typed: String,
    /// From 1.
    pub(super) line: u32,
}

/// What stands before the body.
#[derive(Debug, Default)]
pub(super) struct Front {
    pub(super) entries: Vec<Entry>,
    /// Where the body begins, in bytes.
    pub(super) body: usize,
    pub(super) remarks: Vec<(u32, String)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Language {
    Yaml,
    Toml,
}

impl Language {
    fn name(self) -> &'static str {
        if self == Self::Yaml { "YAML" } else { "TOML" }
    }

    fn read(self, text: &str) -> Option<Node> {
        match self {
            Self::Yaml => serde_saphyr::from_str(text).ok(),
            Self::Toml => toml::from_str(text).ok(),
        }
    }
}

/// Reads the front matter of a text, if it has any.
pub(super) fn read(text: &str) -> Front {
    let mut front = Front::default();
    let Some(first) = text.lines().next() else { return front };
    let language = match first.trim_end() {
        "---" => Language::Yaml,
        "+++" => Language::Toml,
        _ => return front,
    };
    let from = (first.len() + 1).min(text.len());
    let Some((matter, body)) = split(&text[from..], first.trim_end()) else {
        if text[from..].lines().next().and_then(|l| key_of(l, language)).is_some() {
            let fence = first.trim_end();
            front.remarks.push((1, format!("the front matter has no end; write a line `{fence}` after its last key")));
        }
        return front;
    };
    front.body = from + body;
    let matter = &text[from..from + matter];
    match language.read(matter) {
        Some(Node::Map(map)) => whole(matter, map, language, &mut front),
        Some(Node::Null) => {}
        _ if matter.trim().is_empty() => {}
        _ => piecewise(matter, language, &mut front),
    }
    front
}

/// Where the matter ends and where the body begins.
fn split(text: &str, fence: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        if bare == fence || (fence == "---" && bare == "...") {
            return Some((at, at + line.len()));
        }
        at += line.len();
    }
    None
}

/// A line that begins a key at its left edge: the key, and what follows it.
fn key_of(line: &str, language: Language) -> Option<(String, &str)> {
    let sign = if language == Language::Yaml { ':' } else { '=' };
    let (key, rest) = match line.strip_prefix('[').filter(|_| language == Language::Toml) {
        Some(table) => (table.split([']', '.']).next()?, ""),
        None => line.split_once(sign)?,
    };
    let name = key.trim().trim_matches(['"', '\'']);
    let fits = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    // A `:` that is followed by a letter belongs to the value (`http://…`), unless it was forgotten to put a space.
    (fits && !line.starts_with(char::is_whitespace)).then(|| (name.to_lowercase(), rest.trim()))
}

fn whole(matter: &str, map: Vec<(String, Node)>, language: Language, front: &mut Front) {
    let lines: Vec<(u32, String, &str)> = (2..)
        .zip(matter.lines())
        .filter_map(|(number, line)| key_of(line, language).map(|(key, typed)| (number, key, typed)))
        .collect();
    for (key, value) in map {
        let key = key.to_lowercase();
        let place = lines.iter().find(|(_, k, _)| *k == key);
        let (line, typed) = place.map_or((2, String::new()), |(line, _, typed)| (*line, (*typed).to_owned()));
        front.entries.push(Entry { key, value, typed, line });
    }
    front.entries.sort_by_key(|entry| entry.line);
}

/// Reads key by key, so that one mistake costs one value.
fn piecewise(matter: &str, language: Language, front: &mut Front) {
    let mut chunks: Vec<(u32, String)> = Vec::new();
    for (number, line) in (2..).zip(matter.lines()) {
        match chunks.last_mut() {
            Some((_, chunk)) if key_of(line, language).is_none() => {
                chunk.push('\n');
                chunk.push_str(line);
            }
            _ => chunks.push((number, line.to_owned())),
        }
    }
    for (line, chunk) in chunks {
        let first = chunk.lines().next().unwrap_or_default();
        let Some((key, typed)) = key_of(first, language) else {
            if !first.trim().is_empty() && !first.trim_start().starts_with('#') {
                front.remarks.push((line, format!("`{}` is no `key` with a value; it is left out", first.trim())));
            }
            continue;
        };
        let typed = typed.to_owned();
        let read = language.read(&chunk);
        if let Some(Node::Map(map)) = read
            && let Some((_, value)) = map.into_iter().next()
        {
            push(front, Entry { key, value, typed, line });
            continue;
        }
        let name = language.name();
        front.remarks.push((
            line,
            format!("the value of `{key}` is no {name}; it is taken as plain text; put it in quotes: `\"…\"`"),
        ));
        let text = typed.trim_matches('"').to_owned();
        push(front, Entry { key, value: Node::Text(text), typed, line });
    }
}

fn push(front: &mut Front, entry: Entry) {
    if let Some(before) = front.entries.iter().find(|e| e.key == entry.key) {
        let text = format!("`{}` stands here a second time; the one in line {} holds", entry.key, before.line);
        front.remarks.push((entry.line, text));
        return;
    }
    front.entries.push(entry);
}

impl Node {
    /// A single value as text.
    pub(super) fn scalar(&self) -> Option<String> {
        match self {
            Self::Bool(b) => Some(b.to_string()),
            Self::Number(n) => Some(n.clone()),
            Self::Text(t) => Some(t.trim().to_owned()),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

/// Under this name `toml` hands out its dates.
const TOML_DATE: &str = "$__toml_private_datetime";

impl<'de> Visitor<'de> for Any {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Node, E> {
        Ok(Node::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Node, E> {
        Ok(Node::Number(v.to_string()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Node, E> {
        Ok(Node::Number(v.to_string()))
    }

    fn visit_i128<E>(self, v: i128) -> Result<Node, E> {
        Ok(Node::Number(v.to_string()))
    }

    fn visit_u128<E>(self, v: u128) -> Result<Node, E> {
        Ok(Node::Number(v.to_string()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Node, E> {
        Ok(Node::Number(v.to_string()))
    }

    fn visit_str<E>(self, v: &str) -> Result<Node, E> {
        Ok(Node::Text(v.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(Any)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = access.next_entry::<Node, Node>()? {
            let key = key.scalar().unwrap_or_default();
            if key == TOML_DATE {
                return Ok(value);
            }
            map.push((key, value));
        }
        Ok(Node::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str) -> String {
        let front = read(text);
        let mut said: Vec<String> =
            front.entries.iter().map(|e| format!("{} {}={:?}", e.line, e.key, e.value)).collect();
        said.extend(front.remarks.iter().map(|(line, text)| format!("{line}! {text}")));
        said.push(format!("body {:?}", &text[front.body..]));
        said.join("\n")
    }

    #[test]
    fn both_languages_are_read() {
        insta::assert_snapshot!(say("---\ntitle: A: b\n---\nx"), @r#"
    2 title=Text("A: b")
    2! the value of `title` is no YAML; it is taken as plain text; put it in quotes: `"…"`
    body "x"
    "#);
        insta::assert_snapshot!(say("---\nTitle: Down\nstarted: 2026-11-23 09:00\ncomponents:\n  - web\n  - api\ndraft: true\n---\nx"), @r#"
    2 title=Text("Down")
    3 started=Text("2026-11-23 09:00")
    4 components=List([Text("web"), Text("api")])
    7 draft=Bool(true)
    body "x"
    "#);
        insta::assert_snapshot!(say("+++\ntitle = \"Down\"\nstarted = 2026-11-23T09:00:00\nended = 10:40:00\n[components]\nweb = \"critical\"\n+++\nx"), @r#"
    2 title=Text("Down")
    3 started=Text("2026-11-23T09:00:00")
    4 ended=Text("10:40:00")
    5 components=Map([("web", Text("critical"))])
    body "x"
    "#);
    }

    #[test]
    fn one_mistake_costs_one_value() {
        insta::assert_snapshot!(say("---\ntitle: \"Down\nstatus: resolved\ntags: [a, b]\n---\n"), @r#"
    2 title=Text("Down")
    3 status=Text("resolved")
    4 tags=List([Text("a"), Text("b")])
    2! the value of `title` is no YAML; it is taken as plain text; put it in quotes: `"…"`
    body ""
    "#);
        insta::assert_snapshot!(say("+++\ntitle = Down\nstatus = \"resolved\"\nstatus = \"again\"\n+++\n"), @r#"
    2 title=Text("Down")
    3 status=Text("resolved")
    2! the value of `title` is no TOML; it is taken as plain text; put it in quotes: `"…"`
    4! `status` stands here a second time; the one in line 3 holds
    body ""
    "#);
    }

    #[test]
    fn what_has_no_end_is_body() {
        insta::assert_snapshot!(say("---\ntitle: x\n\nwords"), @r#"
    1! the front matter has no end; write a line `---` after its last key
    body "---\ntitle: x\n\nwords"
    "#);
        insta::assert_snapshot!(say("---\n\nwords"), @r#"body "---\n\nwords""#);
        insta::assert_snapshot!(say("---\n---"), @r#"body """#);
    }
}
