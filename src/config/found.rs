//! What was found wrong, gathered until everything was read, then told in the order of the files.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::model::Origin;

use super::Mistake;
use super::source::{Place, Sources};

/// Everything that was found.
#[derive(Debug, Default)]
pub(super) struct Found(Vec<Finding>);

/// One thing that was found.
#[derive(Debug)]
pub(super) struct Finding {
    stops: bool,
    place: Place,
    text: String,
    expected: Option<String>,
    help: Option<String>,
    also: Option<(Place, String)>,
}

impl Finding {
    /// What stands at the caret: what was expected there.
    pub(super) fn expected(&mut self, text: impl Into<String>) -> &mut Self {
        self.expected = Some(text.into());
        self
    }

    /// What to do.
    pub(super) fn help(&mut self, text: impl Into<String>) -> &mut Self {
        self.help = Some(text.into());
        self
    }

    /// What to do, where something is known.
    pub(super) fn help_maybe(&mut self, text: Option<String>) -> &mut Self {
        self.help = text.or(self.help.take());
        self
    }

    /// Another place that belongs to it.
    pub(super) fn also(&mut self, place: Place, text: impl Into<String>) -> &mut Self {
        self.also = Some((place, text.into()));
        self
    }
}

impl Found {
    /// A mistake: the config is refused.
    pub(super) fn error(&mut self, place: Place, text: impl Into<String>) -> &mut Finding {
        self.push(true, place, text.into())
    }

    /// A warning: it stops nothing.
    pub(super) fn warning(&mut self, place: Place, text: impl Into<String>) -> &mut Finding {
        self.push(false, place, text.into())
    }

    fn push(&mut self, stops: bool, place: Place, text: String) -> &mut Finding {
        // A table of defaults is read again with every probe that uses it; its mistakes are told once.
        let known = self.0.iter().position(|f| f.place == place && f.text == text);
        let at = known.unwrap_or_else(|| {
            self.0.push(Finding { stops, place, text, expected: None, help: None, also: None });
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    /// Forgets what stands in certain places.
    pub(super) fn drop_where(&mut self, drop: impl Fn(Place) -> bool) {
        self.0.retain(|f| !drop(f.place));
    }

    /// Whether anything stops the config.
    pub(super) fn stops(&self) -> bool {
        self.0.iter().any(|f| f.stops)
    }

    /// The mistakes and the warnings, each in the order of the files.
    pub(super) fn tell(mut self, sources: &Sources) -> (Vec<Mistake>, Vec<Mistake>) {
        self.0.sort_by_key(|f| f.place);
        let (errors, warnings): (Vec<Finding>, Vec<Finding>) = self.0.into_iter().partition(|f| f.stops);
        let tell = |list: Vec<Finding>| list.iter().map(|f| mistake(f, sources)).collect();
        (tell(errors), tell(warnings))
    }
}

fn mistake(finding: &Finding, sources: &Sources) -> Mistake {
    let source = &sources.0[finding.place.file];
    let (line, column) = source.position(finding.place.start);
    Mistake {
        origin: Origin { file: source.path.clone(), line, column },
        text: finding.text.clone(),
        rendered: draw(finding, sources, &Renderer::plain()),
        coloured: draw(finding, sources, &Renderer::styled().decor_style(DecorStyle::Ascii)),
    }
}

fn draw(finding: &Finding, sources: &Sources, renderer: &Renderer) -> String {
    let level = if finding.stops { Level::ERROR } else { Level::WARNING };
    let source = &sources.0[finding.place.file];
    if source.text.is_empty() {
        // Nothing to point at: a file that is missing, empty or could not be read.
        let level = if finding.stops { "error" } else { "warning" };
        let help = finding.help.as_ref().map_or_else(String::new, |h| format!("\n  = help: {h}"));
        return format!("{level}: {}\n --> {}:1:1{help}", finding.text, source.path.display());
    }
    let mut primary = AnnotationKind::Primary.span(clamp(finding.place, &source.text));
    if let Some(expected) = &finding.expected {
        primary = primary.label(expected.as_str());
    }
    let path = source.path.display().to_string();
    let mut snippet = Snippet::source(source.text.as_str()).path(path).annotation(primary);
    let mut elsewhere = None;
    if let Some((place, text)) = &finding.also {
        if place.file == finding.place.file {
            let span = clamp(*place, &source.text);
            snippet = snippet.annotation(AnnotationKind::Context.span(span).label(text.as_str()));
        } else if let Some(other) = sources.0.get(place.file) {
            let (line, column) = other.position(place.start);
            elsewhere = Some(format!("{text}: {}:{line}:{column}", other.path.display()));
        }
    }
    let mut group = level.primary_title(finding.text.as_str()).element(snippet);
    if let Some(note) = elsewhere {
        group = group.element(Level::NOTE.message(note));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// A span that lies in the text, on the borders of characters, and on its own first line if it has several:
/// a caret under a whole table helps nobody.
fn clamp(place: Place, text: &str) -> std::ops::Range<usize> {
    let border = |byte: usize| (0..=byte.min(text.len())).rev().find(|b| text.is_char_boundary(*b)).unwrap_or(0);
    let start = border(place.start);
    let end = border(place.end).max(start);
    let line_end = text[start..end].find('\n').map_or(end, |at| start + at);
    start..line_end
}
