//! Markdown events into HTML that can do no harm: raw HTML becomes text, addresses are looked at, nothing has a style.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use pulldown_cmark::{Alignment, BlockQuoteKind, CowStr, Event, HeadingLevel, Tag, TagEnd};

use crate::writeup::text::{is_comment, length, line_of, push_text, without_comments};

/// The files under `incidents/` by their paths; a write-up's with its slug.
pub(super) type Beside = BTreeMap<String, Option<String>>;

/// An event with its place in the source, in bytes.
pub(super) type Placed<'a> = (Event<'a>, Range<usize>);

/// Where the footnotes of a write-up are defined, as ranges of its events.
pub(super) type Notes<'a> = HashMap<CowStr<'a>, Range<usize>>;

/// Makes HTML of a write-up's parts. Numbers (tables, notes) run through the whole write-up.
pub(super) struct Maker<'a, 'w> {
    pub(super) slug: &'w str,
    /// The folder of the file, under `incidents/`.
    pub(super) folder: &'w str,
    pub(super) events: &'w [Placed<'a>],
    pub(super) notes: Notes<'a>,
    pub(super) beside: &'w Beside,
    /// Pictures that are shown.
    pub(super) images: BTreeSet<String>,
    /// Place in the source, and what to say.
    pub(super) remarks: Vec<(usize, String)>,
    pub(super) tables: usize,
    /// Footnotes by their number, in the order of first mention.
    pub(super) numbers: Vec<CowStr<'a>>,
    /// Footnotes that a link leads to.
    pub(super) mentioned: HashSet<CowStr<'a>>,
}

/// The state of one part.
#[derive(Default)]
pub(super) struct Part<'a> {
    pub(super) out: String,
    /// Levels of the headings above, as typed.
    headings: Vec<HeadingLevel>,
    cells: Cells,
    /// Notes that were first mentioned here and still have to be written below.
    pending: Vec<CowStr<'a>>,
    /// What an `End` closes: links and pictures that were left out close nothing.
    pub(super) links: Vec<bool>,
}

#[derive(Default)]
struct Cells {
    alignments: Vec<Alignment>,
    column: usize,
    head: bool,
    /// What the open cell is: `th` or `td`.
    name: &'static str,
}

impl<'a> Maker<'a, '_> {
    /// Blocks as HTML; headings begin at `<h3>`.
    pub(super) fn blocks(&mut self, events: &[Placed<'a>]) -> String {
        let mut part = Part::default();
        self.run(events, &mut part);
        self.write_notes(&mut part);
        part.out.trim().to_owned()
    }

    /// The same as one run of inline elements: blocks become blanks between words.
    pub(super) fn inline(&mut self, events: &[Placed<'a>]) -> String {
        let mut flat: Vec<Placed<'a>> = Vec::with_capacity(events.len());
        let mut code = false;
        for (event, place) in events {
            let blank = || Event::Text(CowStr::Borrowed(" "));
            let event = match event {
                Event::Start(Tag::CodeBlock(_)) => {
                    code = true;
                    blank()
                }
                Event::End(TagEnd::CodeBlock) => {
                    code = false;
                    blank()
                }
                Event::Text(text) if code => Event::Code(text.clone()),
                Event::Start(tag) if is_inline(tag) => event.clone(),
                Event::End(tag) if is_inline_end(*tag) => event.clone(),
                Event::Start(_) | Event::End(_) | Event::Rule | Event::SoftBreak | Event::HardBreak => blank(),
                Event::FootnoteReference(name) => Event::Text(format!("[^{name}]").into()),
                Event::Html(html) => Event::InlineHtml(html.clone()),
                other => other.clone(),
            };
            flat.push((event, place.clone()));
        }
        let mut part = Part::default();
        self.run(&flat, &mut part);
        part.out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn run(&mut self, events: &[Placed<'a>], part: &mut Part<'a>) {
        let mut at = 0;
        while at < events.len() {
            let (event, place) = &events[at];
            at += match event {
                Event::Start(Tag::HtmlBlock) => self.html_block(&events[at..], part),
                Event::Start(Tag::Image { dest_url, title, .. }) => {
                    self.image(&events[at..], dest_url, title, place.start, part)
                }
                // Written below the part that mentions it first.
                Event::Start(Tag::FootnoteDefinition(_)) => length(&events[at..]),
                Event::Start(Tag::Heading { .. } | Tag::Paragraph) if length(&events[at..]) == 2 => 2,
                Event::Start(Tag::TableCell) => {
                    let full = length(&events[at..]) > 2;
                    part.cells.open(full, &mut part.out);
                    1
                }
                Event::Start(Tag::Table(alignments)) => {
                    self.table(&events[at..], part);
                    part.cells = Cells { alignments: alignments.clone(), ..Cells::default() };
                    1
                }
                Event::Start(tag) => {
                    self.start(tag, place.start, part);
                    1
                }
                Event::End(tag) => {
                    end(*tag, part);
                    1
                }
                other => {
                    self.leaf(other, part);
                    1
                }
            };
        }
    }

    fn leaf(&mut self, event: &Event<'a>, part: &mut Part<'a>) {
        match event {
            Event::Code(text) => {
                part.out.push_str("<code>");
                push_text(text, &mut part.out);
                part.out.push_str("</code>");
            }
            Event::Text(text) | Event::InlineMath(text) | Event::DisplayMath(text) => push_text(text, &mut part.out),
            Event::Html(html) | Event::InlineHtml(html) => {
                if !is_comment(html) {
                    push_text(html, &mut part.out);
                }
            }
            Event::FootnoteReference(name) => self.mention(name, part),
            Event::SoftBreak => part.out.push('\n'),
            Event::HardBreak => part.out.push_str("<br>\n"),
            Event::Rule => part.out.push_str("<hr>\n"),
            Event::TaskListMarker(done) => {
                let (word, sign) = if *done { ("done", '☑') } else { ("to do", '☐') };
                put!(part.out, "<span class=\"task\" role=\"img\" aria-label=\"{word}\">{sign}</span> ");
            }
            Event::Start(_) | Event::End(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'a>, place: usize, part: &mut Part<'a>) {
        let out = &mut part.out;
        match tag {
            Tag::Paragraph => out.push_str("<p>"),
            Tag::Heading { level, .. } => {
                while part.headings.last().is_some_and(|above| above >= level) {
                    part.headings.pop();
                }
                part.headings.push(*level);
                put!(out, "<h{}>", depth(&part.headings));
            }
            Tag::BlockQuote(kind) => {
                out.push_str("<blockquote>\n");
                if let Some(kind) = kind {
                    put!(out, "<p><strong>{}</strong></p>\n", alert(*kind));
                }
            }
            Tag::CodeBlock(_) => out.push_str("<pre tabindex=\"0\"><code>"),
            Tag::List(None) => out.push_str("<ul>\n"),
            Tag::List(Some(1)) => out.push_str("<ol>\n"),
            Tag::List(Some(first)) => put!(out, "<ol start=\"{}\">\n", (*first).min(999_999_999)),
            Tag::Item => out.push_str("<li>"),
            Tag::DefinitionList => out.push_str("<dl>\n"),
            Tag::DefinitionListTitle => out.push_str("<dt>"),
            Tag::DefinitionListDefinition => out.push_str("<dd>"),
            Tag::TableHead => {
                part.cells.head = true;
                out.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                part.cells.column = 0;
                out.push_str("<tr>");
            }
            Tag::Emphasis => out.push_str("<em>"),
            Tag::Strong => out.push_str("<strong>"),
            Tag::Strikethrough => out.push_str("<del>"),
            Tag::Superscript => out.push_str("<sup>"),
            Tag::Subscript => out.push_str("<sub>"),
            Tag::Link { link_type, dest_url, title, .. } => self.link(*link_type, dest_url, title, place, part),
            Tag::HtmlBlock
            | Tag::MetadataBlock(_)
            | Tag::Image { .. }
            | Tag::Table(_)
            | Tag::TableCell
            | Tag::FootnoteDefinition(_) => {}
        }
    }

    /// A block of raw HTML, shown as the text that was typed, without its comments. Gives how many events it took.
    fn html_block(&mut self, events: &[Placed<'a>], part: &mut Part<'a>) -> usize {
        let took = length(events);
        let mut raw = String::new();
        for (event, _) in &events[..took] {
            if let Event::Html(html) | Event::Text(html) = event {
                raw.push_str(html);
            }
        }
        let (text, open) = without_comments(&raw);
        if open {
            let what = "a comment is not closed and hides everything below it; add `-->`";
            self.remarks.push((events[0].1.start, what.to_owned()));
        }
        if !text.trim().is_empty() {
            part.out.push_str("<p class=\"raw\">");
            push_text(text.trim(), &mut part.out);
            part.out.push_str("</p>\n");
        }
        took
    }

    /// A table stands in a region of its own, so that it can be scrolled with keys where it is too wide.
    fn table(&mut self, events: &[Placed<'a>], part: &mut Part<'a>) {
        self.tables += 1;
        let head = events.iter().position(|(e, _)| matches!(e, Event::End(TagEnd::TableHead))).unwrap_or(0);
        let mut names = Vec::new();
        let mut from = 0;
        for (at, (event, _)) in events[..head].iter().enumerate() {
            match event {
                Event::Start(Tag::TableCell) => from = at,
                Event::End(TagEnd::TableCell) => names.push(line_of(&events[from..at])),
                _ => {}
            }
        }
        names.retain(|n| !n.is_empty());
        let label = format!("Table {}: {}", self.tables, names.join(", "));
        part.out.push_str("<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"");
        push_text(label.trim_end_matches([':', ' ']), &mut part.out);
        part.out.push_str("\"><table>\n");
    }

    fn mention(&mut self, name: &CowStr<'a>, part: &mut Part<'a>) {
        let known = self.numbers.iter().position(|n| n == name);
        let number = known.map_or(self.numbers.len() + 1, |at| at + 1);
        let slug = self.slug;
        let id = if known.is_none() { format!(" id=\"noteref-{slug}-{number}\"") } else { String::new() };
        put!(part.out, "<sup><a href=\"#note-{slug}-{number}\"{id}>[{number}]</a></sup>");
        if known.is_none() {
            self.mentioned.insert(name.clone());
            self.numbers.push(name.clone());
            part.pending.push(name.clone());
        }
    }

    /// Notes that nothing mentions: their words are not lost.
    pub(super) fn unmentioned(&mut self) -> String {
        let mut names: Vec<(usize, CowStr<'a>)> = self.notes.iter().map(|(n, r)| (r.start, n.clone())).collect();
        names.retain(|(_, name)| !self.numbers.contains(name));
        names.sort_unstable_by_key(|(start, _)| *start);
        let mut part = Part::default();
        for (_, name) in names {
            self.numbers.push(name.clone());
            part.pending.push(name);
        }
        self.write_notes(&mut part);
        part.out.trim().to_owned()
    }

    /// The notes that this part mentions first; a note may mention another.
    fn write_notes(&mut self, part: &mut Part<'a>) {
        if part.pending.is_empty() {
            return;
        }
        part.out.push_str("<div class=\"notes\">\n");
        let mut done = 0;
        while done < part.pending.len() {
            let name = part.pending[done].clone();
            done += 1;
            let Some(range) = self.notes.get(&name).cloned() else { continue };
            let number = self.numbers.iter().position(|n| *n == name).map_or(0, |at| at + 1);
            let slug = self.slug;
            put!(part.out, "<div class=\"note\" id=\"note-{slug}-{number}\">\n");
            if self.mentioned.contains(&name) {
                put!(part.out, "<a href=\"#noteref-{slug}-{number}\">[{number}]</a>\n");
            }
            let events = self.events;
            self.run(&events[range.start + 1..range.end - 1], part);
            part.out.push_str("</div>\n");
        }
        part.out.push_str("</div>\n");
    }
}

fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Link { .. }
            | Tag::Image { .. }
    )
}

fn is_inline_end(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
    )
}

/// Headings inside a part begin at 3 and skip no level.
fn depth(above: &[HeadingLevel]) -> usize {
    (above.len() + 2).min(6)
}

fn alert(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "Note",
        BlockQuoteKind::Tip => "Tip",
        BlockQuoteKind::Important => "Important",
        BlockQuoteKind::Warning => "Warning",
        BlockQuoteKind::Caution => "Caution",
    }
}

impl Cells {
    /// An empty cell of the head names no column: it is an ordinary cell.
    fn open(&mut self, full: bool, out: &mut String) {
        let head = self.head && full;
        self.name = if head { "th" } else { "td" };
        let scope = if head { " scope=\"col\"" } else { "" };
        let class = match self.alignments.get(self.column) {
            Some(Alignment::Center) => " class=\"center\"",
            Some(Alignment::Right) => " class=\"right\"",
            Some(Alignment::Left | Alignment::None) | None => "",
        };
        put!(out, "<{}{scope}{class}>", self.name);
    }
}

fn end(tag: TagEnd, part: &mut Part<'_>) {
    let out = &mut part.out;
    match tag {
        TagEnd::Paragraph => out.push_str("</p>\n"),
        TagEnd::Heading(_) => put!(out, "</h{}>\n", depth(&part.headings)),
        TagEnd::BlockQuote(_) => out.push_str("</blockquote>\n"),
        TagEnd::CodeBlock => out.push_str("</code></pre>\n"),
        TagEnd::List(true) => out.push_str("</ol>\n"),
        TagEnd::List(false) => out.push_str("</ul>\n"),
        TagEnd::Item => out.push_str("</li>\n"),
        TagEnd::DefinitionList => out.push_str("</dl>\n"),
        TagEnd::DefinitionListTitle => out.push_str("</dt>\n"),
        TagEnd::DefinitionListDefinition => out.push_str("</dd>\n"),
        TagEnd::Table => out.push_str("</tbody></table></div>\n"),
        TagEnd::TableHead => {
            part.cells.head = false;
            part.cells.column = 0;
            out.push_str("</tr></thead><tbody>\n");
        }
        TagEnd::TableRow => out.push_str("</tr>\n"),
        TagEnd::TableCell => {
            part.cells.column += 1;
            put!(out, "</{}>", part.cells.name);
        }
        TagEnd::Emphasis => out.push_str("</em>"),
        TagEnd::Strong => out.push_str("</strong>"),
        TagEnd::Strikethrough => out.push_str("</del>"),
        TagEnd::Superscript => out.push_str("</sup>"),
        TagEnd::Subscript => out.push_str("</sub>"),
        TagEnd::Link => {
            if part.links.pop().unwrap_or(false) {
                out.push_str("</a>");
            }
        }
        TagEnd::HtmlBlock | TagEnd::Image | TagEnd::MetadataBlock(_) | TagEnd::FootnoteDefinition => {}
    }
}
