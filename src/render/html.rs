//! Pages through the theme's templates.

use std::collections::BTreeMap;

use serde::Serialize;
use tera::{Context, ErrorKind, Tera};

use crate::model::Theme;
use crate::render::{Class, Output, RenderError};
use crate::site::{Frame, Page, Site, Stay, View};

/// Every page that has to be made.
pub fn pages(site: &Site, theme: &Theme, assets: &BTreeMap<String, String>) -> Result<Vec<Output>, RenderError> {
    let mut tera = Tera::default();
    tera.autoescape_on([".html"]);
    tera.add_raw_templates(theme.templates.iter().map(|(name, text)| (name.as_str(), text.as_str()))).map_err(said)?;
    site.pages
        .iter()
        .map(|page| {
            let bytes = html(&tera, page, assets)?.into_bytes();
            Ok(Output { print: page.print, ..Output::new(page.path.clone(), bytes, class(page)) })
        })
        .collect()
}

fn class(page: &Page) -> Class {
    match page.stay {
        Stay::Settled => Class::Settled,
        Stay::Live if page.path == "index.html" => Class::Index,
        Stay::Live => Class::Live,
    }
}

fn html(tera: &Tera, page: &Page, assets: &BTreeMap<String, String>) -> Result<String, RenderError> {
    match &page.view {
        View::Index(view) => fill(tera, "index.html", &view.frame, view, assets),
        View::Incident(view) => fill(tera, "incident.html", &view.frame, view, assets),
        View::Component(view) => fill(tera, "component.html", &view.frame, view, assets),
        View::History(view) => fill(tera, "history.html", &view.frame, view, assets),
        View::Month(view) => fill(tera, "month.html", &view.frame, view, assets),
        View::Planned(view) => fill(tera, "maintenance.html", &view.frame, view, assets),
        View::Text(view) => fill(tera, "text.html", &view.frame, view, assets),
    }
}

fn fill<T: Serialize>(
    tera: &Tera,
    template: &str,
    frame: &Frame,
    page: &T,
    assets: &BTreeMap<String, String>,
) -> Result<String, RenderError> {
    let mut context = Context::new();
    context.insert("frame", frame);
    context.insert("page", page);
    context.insert("assets", assets);
    tera.render(template, &context).map_err(said)
}

/// A template's mistake as `templates/<file>:<line>:<column>: …`, with the place in the template below.
#[expect(clippy::needless_pass_by_value, reason = "used as the function of map_err")]
fn said(error: tera::Error) -> RenderError {
    let text = match error.kind() {
        ErrorKind::SyntaxError(e) | ErrorKind::RenderingError(e) => {
            let span = e.span();
            format!("templates/{}:{}:{}: {}\n{error}", e.filename(), span.start_line, span.start_col + 1, e.message())
        }
        ErrorKind::TemplateNotFound(name) => {
            format!(
                "templates/{name}: there is no such template; a file of that name in the site's templates/ would be one"
            )
        }
        _ => format!("templates: {error}"),
    };
    RenderError::Template(text)
}
