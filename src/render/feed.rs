//! Atom (RFC 4287) as bytes. The heads of the record stand in it as elements of a namespace of our own.

use std::fmt::Write as _;

use crate::model::{ClosedDay, Moment, Witness};
use crate::render::escape::{absolute, escape};
use crate::render::{Class, Output};
use crate::site::feed::{Entry, Feed};

/// The namespace of what Atom has no word for.
const OURS: &str = "tag:statuary,2026:record";

/// One file per feed.
pub fn outputs(feeds: &[Feed]) -> Vec<Output> {
    let file = |f: &Feed| Output::new(f.path, atom(f), Class::Live);
    feeds.iter().map(file).collect()
}

fn atom(feed: &Feed) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let language = escape(&feed.language);
    let _ = writeln!(xml, "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:r=\"{OURS}\" xml:lang=\"{language}\">");
    let _ = writeln!(xml, "<id>{}</id>\n<title>{}</title>", escape(&feed.id), escape(&feed.title));
    let _ = writeln!(xml, "<updated>{}</updated>", time(feed.updated));
    let (site, path) = (escape(&feed.site), escape(feed.path));
    let _ = writeln!(xml, "<link rel=\"self\" type=\"application/atom+xml\" href=\"{site}{path}\"/>");
    let _ = writeln!(xml, "<link rel=\"alternate\" type=\"text/html\" href=\"{site}\"/>");
    let _ = writeln!(xml, "<author><name>{}</name></author>", escape(&feed.author));
    for Witness { chain, n, head, closed } in &feed.heads {
        let chain = escape(chain.as_str());
        let _ = writeln!(xml, "<r:head chain=\"{chain}\" n=\"{n}\">{}</r:head>", escape(head.as_str()));
        if let Some(ClosedDay { day, n, head }) = closed {
            let head = escape(head.as_str());
            let _ = writeln!(xml, "<r:day chain=\"{chain}\" date=\"{day}\" n=\"{n}\">{head}</r:day>");
        }
    }
    for entry in &feed.entries {
        write_entry(entry, &feed.site, &mut xml);
    }
    xml.push_str("</feed>\n");
    xml
}

fn write_entry(entry: &Entry, site: &str, xml: &mut String) {
    let _ = writeln!(xml, "<entry>\n<id>{}</id>\n<title>{}</title>", escape(&entry.id), escape(&entry.title));
    let _ = writeln!(xml, "<published>{}</published>", time(entry.published));
    let _ = writeln!(xml, "<updated>{}</updated>", time(entry.updated));
    let _ = writeln!(xml, "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>", escape(&entry.link));
    for category in &entry.categories {
        let _ = writeln!(xml, "<category term=\"{}\"/>", escape(category));
    }
    let _ = writeln!(xml, "<summary>{}</summary>", escape(&entry.summary));
    let _ = writeln!(xml, "<content type=\"html\">{}</content>\n</entry>", escape(&content(entry, site)));
}

fn content(entry: &Entry, site: &str) -> String {
    let mut html = String::new();
    for body in &entry.bodies {
        if let Some(head) = &body.head {
            let _ = writeln!(html, "<p><strong>{}</strong></p>", escape(head));
        }
        match &body.words.html {
            Some(words) => html.push_str(&absolute(words, site, &entry.link)),
            None => html.push_str(&format_args!("<p>{}</p>", escape(&body.words.text)).to_string()),
        }
        html.push('\n');
    }
    html
}

fn time(at: Moment) -> String {
    at.rfc3339()
}
