//! The manual: the commands from the command line's own table, the record's format from the document of the project.

use std::fmt::Write as _;
use std::io;

use clap::{Arg, Command};
use clap_mangen::Man;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use roff::{Inline, Roff, bold, italic, roman};

/// The format of the record, as people read it in the repository.
const RECORD: &str = include_str!("../../docs/record.md");

/// The page in roff, for `man`.
pub fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut more = Roff::new();
    more.control("SH", ["COMMANDS"]);
    commands(&command, &mut more);
    more.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXITS {
        more.control("TP", []).text([bold(*code)]).text([roman(*meaning)]);
    }
    more.control("SH", ["FILES"]);
    for (file, meaning) in FILES {
        more.control("TP", []).text([bold(*file)]).text([roman(*meaning)]);
    }
    more.control("SH", ["THE RECORD"]);
    document(RECORD, &mut more);
    more.to_writer(&mut page)?;
    Ok(plain_letters(&String::from_utf8_lossy(&page)).into_bytes())
}

/// Letters beyond ASCII by their names: a `groff` that is not told the encoding reads nothing else.
fn plain_letters(page: &str) -> String {
    page.chars().fold(String::with_capacity(page.len()), |mut text, c| {
        if c.is_ascii() {
            text.push(c);
        } else {
            let _ = write!(text, "\\[u{:04X}]", u32::from(c));
        }
        text
    })
}

const EXITS: &[(&str, &str)] = &[
    ("0", "done, whatever the world looks like"),
    ("1", "check: something is down; journal verify: the record does not hold, or a site states something else"),
    ("2", "a mistake in the config or on the command line"),
    ("3", "could not save, or another run held the lock for a whole interval"),
    ("4", "could not publish; the old site stands"),
    ("5", "somebody could not be told; it is tried again"),
];

const FILES: &[(&str, &str)] = &[
    ("statuary.toml", "the config"),
    ("incidents/*.md", "what people write"),
    ("templates/, static/", "overrides of the built-in theme, file by file"),
    ("journal/", "the record"),
    ("public/", "the rendered site; it can be made again"),
    (".statuary/", "lock, lists, the last good config; it can be deleted at any time"),
];

/// Every command that does something, in the order of the help.
fn commands(command: &Command, page: &mut Roff) {
    for sub in command.get_subcommands() {
        if sub.has_subcommands() {
            commands(sub, page);
            continue;
        }
        let name = sub.get_bin_name().unwrap_or(sub.get_name());
        page.control("SS", [name]);
        let mut usage = name.to_owned();
        for arg in own(sub) {
            let _ = write!(usage, " {}", if arg.is_required_set() { arg.to_string() } else { format!("[{arg}]") });
        }
        // A command that takes nothing is said by its heading.
        if usage != name {
            page.text([bold(usage)]);
        }
        let about = sub.get_long_about().or(sub.get_about()).map(ToString::to_string).unwrap_or_default();
        for paragraph in about.split("\n\n") {
            page.control("PP", []).text([roman(paragraph)]);
        }
        for arg in own(sub) {
            let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let values = arg.get_possible_values();
            for value in values.iter().filter(|_| arg.get_action().takes_values()) {
                let words = value.get_help().map_or(String::new(), |h| format!(" ({h})"));
                let _ = write!(help, "; {}{words}", value.get_name());
            }
            page.control("TP", []).text([bold(arg.to_string())]).text([roman(help)]);
        }
        if let Some(examples) = sub.get_after_help() {
            let examples = examples.to_string();
            let lines = examples.lines().skip(1).map(str::trim_start);
            code(lines, page);
        }
    }
}

/// A command's own arguments, without those that all have.
fn own(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| !arg.is_global_set() && arg.get_id() != "help" && !arg.is_hide_set())
}

fn code<'t>(lines: impl Iterator<Item = &'t str>, page: &mut Roff) {
    page.control("PP", []).control("RS", ["4"]).control("nf", []);
    for line in lines {
        page.text([roman(if line.is_empty() { " " } else { line })]);
    }
    page.control("fi", []).control("RE", []);
}

/// A document in Markdown, as far as ours needs it: headings, paragraphs, lists, tables, code.
fn document(markdown: &str, page: &mut Roff) {
    let mut page = Document { page, inlines: Vec::new(), cells: Vec::new(), style: Style::Plain, ordered: None };
    let mut block: Option<String> = None;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => code(block.take().unwrap_or_default().lines(), page.page),
            Event::Text(text) if block.is_some() => block.get_or_insert_default().push_str(&text),
            event => page.take(event),
        }
    }
}

/// How letters are set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Strong,
    Soft,
}

struct Document<'p> {
    page: &'p mut Roff,
    inlines: Vec<Inline>,
    /// The cells of a table's row.
    cells: Vec<Vec<Inline>>,
    style: Style,
    /// The number of the next item of an ordered list.
    ordered: Option<u64>,
}

impl Document<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) => self.inlines.push(match self.style {
                Style::Plain => roman(&*text),
                Style::Strong => bold(&*text),
                Style::Soft => italic(&*text),
            }),
            Event::Code(text) => self.inlines.push(bold(&*text)),
            Event::SoftBreak | Event::HardBreak => self.inlines.push(roman(" ")),
            Event::Start(Tag::Strong) => self.style = Style::Strong,
            Event::Start(Tag::Emphasis) => self.style = Style::Soft,
            Event::End(TagEnd::Strong | TagEnd::Emphasis) => self.style = Style::Plain,
            Event::Start(Tag::List(first)) => self.ordered = first,
            Event::Start(Tag::Item) => {
                let mark = self.ordered.map_or("\u{2022}".to_owned(), |n| format!("{n}."));
                self.ordered = self.ordered.map(|n| n + 1);
                self.page.control("IP", [mark.as_str(), "4"]);
            }
            Event::End(TagEnd::Heading(level)) => {
                let text: String = std::mem::take(&mut self.inlines).iter().map(words).collect();
                // The section's own heading stands already.
                if level != HeadingLevel::H1 {
                    self.page.control("SS", [text.as_str()]);
                }
            }
            Event::Start(Tag::Paragraph) => drop(self.page.control("PP", [])),
            Event::End(TagEnd::Paragraph | TagEnd::Item) => self.text(),
            Event::End(TagEnd::TableCell) => self.cells.push(std::mem::take(&mut self.inlines)),
            // A table's head says what the columns of a list say by themselves.
            Event::End(TagEnd::TableHead) => self.cells.clear(),
            Event::End(TagEnd::TableRow) => self.row(),
            _ => {}
        }
    }

    fn text(&mut self) {
        if !self.inlines.is_empty() {
            self.page.text(std::mem::take(&mut self.inlines));
        }
    }

    fn row(&mut self) {
        let mut cells = std::mem::take(&mut self.cells).into_iter();
        self.page.control("TP", []).text(cells.next().unwrap_or_default());
        let rest: Vec<Inline> = cells.flatten().collect();
        self.page.text(rest);
    }
}

fn words(inline: &Inline) -> String {
    match inline {
        Inline::Roman(text) | Inline::Italic(text) | Inline::Bold(text) => text.clone(),
        Inline::LineBreak => " ".to_owned(),
    }
}
