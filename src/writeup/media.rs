//! Links and pictures of a write-up: what they point to is looked at, and published only where it may be.

use pulldown_cmark::LinkType;

use crate::writeup::address::{self, Address};
use crate::writeup::html::{Maker, Part, Placed};
use crate::writeup::text::{escape, length, line_of, push_text};

/// Pictures that a browser shows.
const PICTURES: [&str; 7] = ["png", "jpg", "jpeg", "gif", "webp", "avif", "svg"];

impl<'a> Maker<'a, '_> {
    /// Opens a link, or leaves it out and keeps its words.
    pub(super) fn link(&mut self, kind: LinkType, typed: &str, title: &str, place: usize, part: &mut Part<'a>) {
        let typed = if kind == LinkType::Email { format!("mailto:{typed}") } else { typed.to_owned() };
        let href = match address::read(&typed, self.folder) {
            Address::Ready(href) => Ok(href),
            Address::File(path, tail) => self.file(&path, &tail),
            Address::Refused(why) => Err(why),
        };
        part.links.push(href.is_ok());
        match href {
            Ok(href) => {
                part.out.push_str("<a href=\"");
                push_text(&href, &mut part.out);
                push_title(title, &mut part.out);
                part.out.push_str("\">");
            }
            Err(why) => self.remarks.push((place, format!("{why}; its words are shown without a link"))),
        }
    }

    /// A file beside the write-up: another write-up has a page, a picture is published, nothing else is.
    fn file(&mut self, path: &str, tail: &str) -> Result<String, String> {
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let lower = extension.to_ascii_lowercase();
        let there = self.beside.get(path);
        let missing = || Err(format!("`{path}` is not there to be linked"));
        if lower == "md" {
            return there.and_then(Option::as_ref).map_or_else(missing, |slug| Ok(address::of_page(slug, tail)));
        }
        let picture = PICTURES.contains(&lower.as_str());
        if picture && (there.is_none() || is_hidden(path)) {
            return missing();
        }
        if picture {
            self.images.insert(path.to_owned());
        } else if there.is_some() {
            return Err(format!("`{path}` is not published: only pictures are, beside a write-up"));
        }
        Ok(address::of_file(path, tail))
    }

    /// A picture with its words; gives how many events it took.
    pub(super) fn image(
        &mut self,
        events: &[Placed<'a>],
        typed: &str,
        title: &str,
        place: usize,
        part: &mut Part<'a>,
    ) -> usize {
        let took = length(events);
        let words = line_of(&events[..took]);
        let path = match address::read(typed, self.folder) {
            Address::File(path, _) => Ok(path),
            Address::Ready(_) => Err(format!("`{typed}` is not beside the write-up, and pages show only what is")),
            Address::Refused(why) => Err(why),
        };
        let path = path.and_then(|path| {
            let extension = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
            if !PICTURES.contains(&extension.as_str()) {
                return Err(format!("`{path}` is no picture ({})", PICTURES.join(", ")));
            }
            if is_hidden(&path) || !self.beside.contains_key(&path) {
                Err(format!("the picture `{path}` is not there"))
            } else {
                Ok(path)
            }
        });
        match path {
            Ok(path) => {
                put!(part.out, "<img src=\"{}\" alt=\"", escape(&address::of_file(&path, "")));
                push_text(&words, &mut part.out);
                push_title(title, &mut part.out);
                part.out.push_str("\">");
                if words.is_empty() {
                    let what = format!("the picture `{path}` has no words; write `![what it shows]({typed})`");
                    self.remarks.push((place, what));
                }
                self.images.insert(path);
            }
            Err(why) => {
                push_text(if words.is_empty() { typed } else { &words }, &mut part.out);
                self.remarks.push((place, format!("{why}; its words are shown instead")));
            }
        }
        took
    }
}

fn is_hidden(path: &str) -> bool {
    path.split('/').any(|p| p.starts_with(['_', '.']))
}

fn push_title(title: &str, out: &mut String) {
    if !title.is_empty() {
        out.push_str("\" title=\"");
        push_text(title, out);
    }
}
