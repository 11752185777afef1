//! Text and addresses made fit for HTML and XML.

/// Escapes text for HTML and XML, quotes too.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Neither XML nor HTML may hold these.
            c if (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}');
            }
            c => out.push(c),
        }
    }
    out
}

/// A write-up's HTML as it may stand anywhere: its addresses, written as seen from its own page, become absolute.
/// `site` is the site's address, `page` the write-up's.
pub fn absolute(html: &str, site: &str, page: &str) -> String {
    let origin = url::Url::parse(site).map_or_else(|_| site.to_owned(), |u| u.origin().ascii_serialization());
    html.replace("=\"../../", &format!("=\"{}", escape(site)))
        .replace("=\"#", &format!("=\"{}#", escape(page)))
        .replace("=\"/", &format!("=\"{}/", escape(&origin)))
}
