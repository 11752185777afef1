//! `status.txt`, and the files that hosts and search engines look for.

use std::fmt::Write as _;

use crate::render::escape::escape;
use crate::render::{Class, Output};
use crate::site::plain::Map;

/// What a page may load and do: nothing from elsewhere, no style or script in the page itself.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                          script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";

/// `status.txt`.
pub fn status(text: &str) -> Output {
    Output::new("status.txt", text, Class::Live)
}

/// `sitemap.xml`, `robots.txt`, `_headers` and `.nojekyll`.
pub fn outputs(map: &Map) -> Vec<Output> {
    let file = |path: &str, text: String| Output::new(path, text, Class::Settled);
    let mut files = vec![file("_headers", headers()), file(".nojekyll", String::new())];
    if !map.hidden {
        files.push(file("sitemap.xml", sitemap(map)));
    }
    // Crawlers ask an origin's root only; a site in a sub-path cannot speak for it.
    if url::Url::parse(&map.url).is_ok_and(|u| u.path() == "/") {
        files.push(file("robots.txt", robots(map)));
    }
    files
}

fn robots(map: &Map) -> String {
    if map.hidden {
        return "User-agent: *\nDisallow: /\n".to_owned();
    }
    format!("User-agent: *\nAllow: /\n\nSitemap: {}sitemap.xml\n", map.url)
}

fn sitemap(map: &Map) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    for (path, changed) in &map.pages {
        let _ = write!(xml, "<url><loc>{}{}</loc>", escape(&map.url), escape(path));
        if let Some(changed) = changed {
            let _ = write!(xml, "<lastmod>{changed}</lastmod>");
        }
        xml.push_str("</url>\n");
    }
    xml.push_str("</urlset>\n");
    xml
}

/// For hosts that read `_headers` (Netlify, Cloudflare Pages). Data may be read from any page; assets never change.
fn headers() -> String {
    let open = "  Access-Control-Allow-Origin: *\n  Cache-Control: public, max-age=30\n";
    let mut text = format!(
        "/*\n  Content-Security-Policy: {POLICY}\n  X-Content-Type-Options: nosniff\n  \
         Referrer-Policy: strict-origin-when-cross-origin\n\n\
         /static/*\n  Cache-Control: public, max-age=31536000, immutable\n\n"
    );
    for path in [
        "/api/*",
        "/badge/*",
        "/badge.svg",
        "/badge.json",
        "/status.json",
        "/status.schema.json",
        "/status.txt",
        "/journal/*",
    ] {
        let _ = writeln!(text, "{path}\n{open}");
    }
    for path in ["/feed.xml", "/updates.xml"] {
        let _ = writeln!(text, "{path}\n  Content-Type: application/atom+xml; charset=utf-8\n{open}");
    }
    text
}
