//! Badges as bytes: an SVG, and the JSON that shields.io draws one from.

use std::fmt::Write as _;

use serde::Serialize;

use crate::model::Status;
use crate::render::escape::escape;
use crate::render::{Class, Output};
use crate::site::badge::Badge;

/// Height of a badge, width of its glyph, size of its letters, in px.
const HEIGHT: u32 = 24;
const GLYPH: u32 = 16;
const LETTERS: f64 = 13.0;

const INK: &str = "#14181a";
const BAD: &str = "#c8260e";

/// Two files per badge.
pub fn outputs(badges: &[Badge]) -> Vec<Output> {
    let file = |path: String, bytes: Vec<u8>| Output::new(path, bytes, Class::Live);
    badges
        .iter()
        .flat_map(|b| {
            let json = serde_json::to_vec(&endpoint(b)).unwrap_or_default();
            [file(format!("{}.svg", b.path), svg(b).into_bytes()), file(format!("{}.json", b.path), json)]
        })
        .collect()
}

/// <https://shields.io/badges/endpoint-badge>; it refuses keys that it does not know.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint<'a> {
    schema_version: u32,
    label: &'a str,
    message: &'a str,
    color: &'a str,
}

fn endpoint(badge: &Badge) -> Endpoint<'_> {
    let color = match badge.status {
        Status::Operational | Status::Maintenance => &INK[1..],
        Status::Degraded | Status::Partial | Status::Major => &BAD[1..],
        Status::NoData => "566063",
    };
    Endpoint { schema_version: 1, label: &badge.name, message: badge.word, color }
}

fn svg(badge: &Badge) -> String {
    let (name, word) = (escape(&badge.name), badge.word);
    let at = width(&badge.name) + 6;
    let after = at + GLYPH + 6;
    let whole = after + width(word);
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {whole} {HEIGHT}\" role=\"img\" aria-label=\"{name}: {word}\">"
    );
    let _ = writeln!(svg, "<title>{name}: {word}</title>");
    // Where a page shows it in the dark, and allows the style, it turns.
    svg.push_str(
        "<style>@media (prefers-color-scheme:dark){.i{fill:#e9edec}.l{stroke:#e9edec}.b{fill:#ff5a3c}}</style>\n",
    );
    let text = |x: u32, words: &str| format!("<text class=\"i\" x=\"{x}\" y=\"16.5\">{words}</text>\n");
    let _ =
        writeln!(svg, "<g font-family=\"Helvetica Neue,Helvetica,Arial,sans-serif\" font-size=\"13\" fill=\"{INK}\">");
    svg.push_str(&text(0, &name));
    svg.push_str(&text(after, word));
    let _ = writeln!(svg, "</g>\n<g transform=\"translate({at} 0)\">{}</g>\n</svg>", glyph(badge.status));
    svg
}

/// LOOK "States": a line, and how far the trouble stands out of it, in sixteenths.
fn glyph(status: Status) -> String {
    let line =
        |path: &str| format!("<path class=\"l\" d=\"{path}\" stroke=\"{INK}\" stroke-width=\"2\" fill=\"none\"/>");
    let block = |x: u32, width: u32, height: f64| {
        let y = (f64::from(HEIGHT) - height) / 2.0;
        format!("<rect class=\"b\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{BAD}\"/>")
    };
    match status {
        Status::Operational => line("M0 12h16"),
        Status::Degraded => line("M0 12h16") + &block(4, 8, 8.0),
        Status::Partial => line("M0 12h16") + &block(4, 8, 15.0),
        Status::Major => block(0, 16, 24.0),
        Status::Maintenance => line("M0 6h16M0 18h16"),
        Status::NoData => line("M1 0v24M5 0v24M9 0v24M13 0v24").replace("width=\"2\"", "width=\"1\""),
    }
}

/// About how wide a text is in a grotesque: an image cannot ask.
fn width(text: &str) -> u32 {
    let ems: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '\'' | '.' | ',' | ':' | '|' | 'I' => 0.26,
            'f' | 't' | 'r' | ' ' | '-' | '(' | ')' | '/' => 0.33,
            'm' | 'w' | 'M' | 'W' | '@' => 0.85,
            c if c.is_ascii_uppercase() => 0.70,
            c if u32::from(c) >= 0x2e80 => 1.0,
            _ => 0.56,
        })
        .sum();
    (ems * LETTERS).ceil() as u32 + 1
}
