//! Words of Markdown events: as one line, as plain paragraphs, and escaped for HTML.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::writeup::html::Placed;

/// The text of a range of events, as one line.
pub(super) fn line_of(events: &[Placed<'_>]) -> String {
    let mut text = String::new();
    for (event, _) in events {
        match event {
            Event::Text(t) | Event::Code(t) => push_clean(t, &mut text),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::InlineHtml(t) if !is_comment(t) => push_clean(t, &mut text),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn is_comment(html: &str) -> bool {
    html.trim_start().starts_with("<!--")
}

/// The words of a range of events as plain paragraphs: for feeds, JSON and messages.
pub(super) fn paragraphs(events: &[Placed<'_>]) -> String {
    let mut text = String::new();
    let mut raw = String::new();
    let mut at = 0;
    while at < events.len() {
        match &events[at].0 {
            Event::Start(Tag::FootnoteDefinition(_)) => at += length(&events[at..]) - 1,
            Event::Text(t) | Event::Code(t) | Event::InlineMath(t) | Event::DisplayMath(t) => push_clean(t, &mut text),
            Event::InlineHtml(t) if !is_comment(t) => push_clean(t, &mut text),
            Event::Html(t) => push_clean(t, &mut raw),
            Event::End(TagEnd::HtmlBlock) => {
                text.push_str(without_comments(&raw).0.trim());
                raw.clear();
                gap(&mut text, 2);
            }
            Event::SoftBreak | Event::End(TagEnd::TableCell | TagEnd::DefinitionListTitle) => text.push(' '),
            Event::HardBreak => text.push('\n'),
            Event::Start(Tag::Item) => {
                gap(&mut text, 1);
                text.push_str("- ");
            }
            Event::TaskListMarker(done) => text.push_str(if *done { "[x] " } else { "[ ] " }),
            Event::Start(Tag::List(_)) | Event::End(TagEnd::Item | TagEnd::TableRow | TagEnd::TableHead) => {
                gap(&mut text, 1);
            }
            Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::CodeBlock
                | TagEnd::List(_)
                | TagEnd::Table
                | TagEnd::BlockQuote(_)
                | TagEnd::DefinitionListDefinition,
            ) => gap(&mut text, 2),
            _ => {}
        }
        at += 1;
    }
    text.trim().to_owned()
}

/// Ends a paragraph (2) or a line (1), once.
fn gap(text: &mut String, lines: usize) {
    let kept = text.trim_end_matches([' ', '\n']).len();
    // A list's mark keeps its paragraph beside it.
    if kept == 0 || text[..kept].ends_with("\n-") || &text[..kept] == "-" {
        return;
    }
    text.truncate(kept);
    text.push_str(&"\n".repeat(lines));
}

/// How many events an element takes, from its `Start` to its `End`.
pub(super) fn length(events: &[Placed<'_>]) -> usize {
    let mut open = 0_usize;
    for (at, (event, _)) in events.iter().enumerate() {
        match event {
            Event::Start(_) => open += 1,
            Event::End(_) => open = open.saturating_sub(1),
            _ => {}
        }
        if open == 0 {
            return at + 1;
        }
    }
    events.len()
}

/// Text without `<!-- … -->`, and whether a comment was left open.
pub(super) fn without_comments(html: &str) -> (String, bool) {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find("<!--") {
        kept.push_str(&rest[..open]);
        match rest[open + 4..].find("-->") {
            Some(close) => rest = &rest[open + 4 + close + 3..],
            None => return (kept, true),
        }
    }
    kept.push_str(rest);
    (kept, false)
}

/// Characters that neither HTML nor XML may hold become `�`.
fn clean(c: char) -> char {
    let control = c.is_control() && !matches!(c, '\n' | '\t');
    let no_character = (u32::from(c) & 0xFFFE) == 0xFFFE || ('\u{fdd0}'..='\u{fdef}').contains(&c);
    if control || no_character { '\u{fffd}' } else { c }
}

pub(super) fn push_clean(text: &str, out: &mut String) {
    out.extend(text.chars().map(clean));
}

/// Escapes for text and for quoted attributes.
pub(super) fn push_text(text: &str, out: &mut String) {
    for c in text.chars() {
        match clean(c) {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

/// The same, as a text of its own.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_text(text, &mut out);
    out
}
