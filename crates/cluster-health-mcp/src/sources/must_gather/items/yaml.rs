//! Lists in YAML's block style, read by their indentation: a key at column 0 `items:`, its items with a dash at one
//! indent, and the end at the next key at column 0. Content of an item is always indented further than its dash.

use super::{Part, Parts, Shape, is_list, one};

/// Finds the items and turns the dash of each into a space, which makes it a document of its own. `cut` when the end is
/// known to be missing; a text that does not end with its line most likely misses it too.
pub(super) fn split(text: &mut String, start: usize, cut: bool) -> Parts {
    let mut scan = Scan::default();
    let understood = lines(text, start).all(|line| scan.line(&line).is_some());
    if !understood {
        return one(text, start, Shape::Whole, cut || !text.ends_with('\n'));
    }
    let parts = scan.finish(text, start, cut);
    if parts.shape == Shape::List {
        for part in &parts.items {
            let dash = part.range.start + indent(&text[part.range.clone()]);
            text.replace_range(dash..=dash, " ");
        }
    }
    parts
}

#[derive(Default)]
struct Scan {
    at: At,
    keys: bool,
    /// The last key has its value on the lines below.
    open: bool,
    has_metadata: bool,
    has_items: bool,
    api_version: Option<String>,
    kind: Option<String>,
    /// The end of each is the start of the next until the last is known.
    items: Vec<Part>,
    /// The last line breaks off in the middle of a key.
    broken: bool,
}

#[derive(Default)]
enum At {
    /// Among the keys at column 0.
    #[default]
    Top,
    /// Below `items:`, before the first dash.
    Start,
    /// In the items, their dashes at this indent.
    Items(usize),
}

struct Line<'a> {
    text: &'a str,
    offset: usize,
    number: usize,
    /// Whether its line end is there.
    ended: bool,
}

/// None where the text is not in the style expected.
type Understood = Option<()>;

impl Scan {
    fn line(&mut self, line: &Line<'_>) -> Understood {
        if line.text.trim_start().is_empty() {
            return Some(());
        }
        match self.at {
            At::Top => self.top(line),
            At::Start => self.first(line),
            At::Items(dashes) => self.inside(line, dashes),
        }
    }

    fn first(&mut self, line: &Line<'_>) -> Understood {
        if line.text.trim_start().starts_with('#') {
            return Some(());
        }
        let dashes = indent(line.text);
        if is_dash(&line.text[dashes..]) {
            self.at = At::Items(dashes);
            self.begin(line);
            return Some(());
        }
        // A key without a value: null, as Go writes an empty slice.
        if dashes == 0 { self.leave(line) } else { None }
    }

    fn inside(&mut self, line: &Line<'_>, dashes: usize) -> Understood {
        let spaces = indent(line.text);
        let content = &line.text[spaces..];
        if spaces > dashes || content.starts_with(['#', '\t']) {
            return Some(());
        }
        if spaces == dashes && is_dash(content) {
            self.begin(line);
            return Some(());
        }
        if spaces == 0 { self.leave(line) } else { None }
    }

    fn begin(&mut self, line: &Line<'_>) {
        self.end_last(line.offset);
        self.items.push(Part { range: line.offset..line.offset, line: line.number });
    }

    fn end_last(&mut self, offset: usize) {
        if let Some(last) = self.items.last_mut() {
            last.range.end = offset;
        }
    }

    fn leave(&mut self, line: &Line<'_>) -> Understood {
        if line.text.starts_with('-') {
            return None;
        }
        self.end_last(line.offset);
        self.at = At::Top;
        self.top(line)
    }

    fn top(&mut self, line: &Line<'_>) -> Understood {
        let text = line.text;
        match text.as_bytes() {
            [b'#' | b' ' | b'\t', ..] => Some(()),
            // The document's start; a second one makes it several documents.
            b"---" => (!self.keys).then_some(()),
            // A sequence belongs to the key above it.
            [b'-', b' ', ..] | b"-" => self.open.then_some(()),
            [b'a'..=b'z' | b'A'..=b'Z', ..] => match text.split_once(':') {
                Some((key, value)) if value.is_empty() || value.starts_with(' ') => self.key(key, value.trim(), line),
                _ => self.broken_off(line),
            },
            _ => self.broken_off(line),
        }
    }

    fn key(&mut self, key: &str, value: &str, line: &Line<'_>) -> Understood {
        self.keys = true;
        self.open = value.is_empty();
        match key {
            "metadata" => self.has_metadata = true,
            "items" if self.has_items => return None,
            "items" => {
                self.has_items = true;
                match value {
                    "" => self.at = At::Start,
                    "[]" | "null" | "~" => {}
                    _ => return self.broken_off(line),
                }
            }
            "apiVersion" => self.api_version = Some(plain(value)),
            // `Po` is the start of a kind when the line breaks off, and no kind.
            "kind" if !line.ended && !is_list(&plain(value)) => self.broken = true,
            "kind" => self.kind = Some(plain(value)),
            _ => {}
        }
        Some(())
    }

    /// A last line without its end may be the start of anything.
    fn broken_off(&mut self, line: &Line<'_>) -> Understood {
        self.broken = !line.ended;
        self.broken.then_some(())
    }

    fn finish(mut self, text: &str, start: usize, cut: bool) -> Parts {
        let inside = !matches!(self.at, At::Top);
        if inside {
            self.end_last(text.len());
        }
        if !self.keys {
            return one(text, start, Shape::Empty, cut || self.broken);
        }
        let ends_well = !cut && text.ends_with('\n');
        if !self.has_items || self.kind.as_deref().is_some_and(|kind| !is_list(kind)) {
            let cut = !ends_well || (self.kind.is_none() && !self.has_metadata);
            return one(text, start, Shape::Single, cut);
        }
        // Keys are written in order: a list whose kind has not come up is not at its end.
        let last_cut = inside && (self.kind.is_none() || !ends_well);
        Parts {
            shape: Shape::List,
            cut: cut || last_cut || self.broken || self.kind.is_none(),
            last_cut,
            api_version: self.api_version,
            kind: self.kind,
            items: self.items,
        }
    }
}

fn lines(text: &str, start: usize) -> impl Iterator<Item = Line<'_>> {
    let mut offset = start;
    let mut number = 0;
    std::iter::from_fn(move || {
        let rest = text.get(offset..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest.as_bytes());
        let line = &rest[..end.unwrap_or(rest.len())];
        number += 1;
        let found = Line { text: line.strip_suffix('\r').unwrap_or(line), offset, number, ended: end.is_some() };
        offset += line.len() + 1;
        Some(found)
    })
}

fn indent(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b' ').count()
}

fn is_dash(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

/// A scalar without its quotes; kinds and versions need no more.
fn plain(value: &str) -> String {
    value.trim_matches(['"', '\'']).to_owned()
}
