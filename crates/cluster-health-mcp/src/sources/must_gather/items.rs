//! Cuts the text of a list into the texts of its items, without parsing YAML: one bad item then costs itself alone,
//! and no more than one is ever held parsed. What is not in the block style of `oc` is handed on whole, for a parser
//! to judge.

mod json;
mod yaml;

use std::ops::Range;

/// A file's text and where its items are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items {
    text: String,
    parts: Parts,
}

/// What the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// No object: nothing at all, or comments.
    Empty,
    /// One object.
    Single,
    /// A list, cut into its items.
    List,
    /// Not understood here. Its one item is the whole text: perhaps a list, several documents, or no YAML at all.
    Whole,
}

/// An object's text, a YAML document of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    pub text: &'a str,
    /// The line of the file it starts in, from 1.
    pub line: usize,
    /// The file ends inside of it or right after it: fields may be missing even if it parses.
    pub cut: bool,
}

/// What a scanner found. Ranges are in order and do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    shape: Shape,
    api_version: Option<String>,
    kind: Option<String>,
    items: Vec<Part>,
    /// The text stops before its end.
    cut: bool,
    /// So it does inside the last item.
    last_cut: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    range: Range<usize>,
    line: usize,
}

impl Items {
    /// Takes a file's content; `cut` when its reader knows that the end is missing.
    pub fn split(content: Vec<u8>, cut: bool) -> Self {
        let mut text =
            String::from_utf8(content).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let parts = if text[start..].trim_start().starts_with('{') {
            json::scan(&text, start, cut)
        } else {
            yaml::split(&mut text, start, cut)
        };
        Self { text, parts }
    }

    pub fn shape(&self) -> Shape {
        self.parts.shape
    }

    /// Whether the end is missing: items may be missing with it.
    pub fn cut(&self) -> bool {
        self.parts.cut
    }

    pub fn len(&self) -> usize {
        self.parts.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.parts.items.is_empty()
    }

    /// The list's own kind, `PodList`.
    pub fn list_kind(&self) -> Option<&str> {
        self.parts.kind.as_deref().filter(|_| self.parts.shape == Shape::List)
    }

    /// The kind of items that do not say theirs: `Pod` in a `PodList`, none in a plain `List`.
    pub fn item_kind(&self) -> Option<&str> {
        self.list_kind()?.strip_suffix("List").filter(|kind| !kind.is_empty())
    }

    /// The version of items that do not say theirs.
    pub fn item_api_version(&self) -> Option<&str> {
        self.item_kind()?;
        self.parts.api_version.as_deref()
    }

    /// The items in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Item<'_>> {
        let last = self.parts.items.len().wrapping_sub(1);
        self.parts.items.iter().enumerate().map(move |(index, part)| Item {
            text: &self.text[part.range.clone()],
            line: part.line,
            cut: self.parts.last_cut && index == last,
        })
    }
}

/// The whole text from `start` as one item.
fn one(text: &str, start: usize, shape: Shape, cut: bool) -> Parts {
    let items = if shape == Shape::Empty { Vec::new() } else { vec![Part { range: start..text.len(), line: 1 }] };
    Parts { shape, api_version: None, kind: None, items, cut, last_cut: cut }
}

fn is_list(kind: &str) -> bool {
    kind.ends_with("List")
}

#[cfg(test)]
mod tests;
