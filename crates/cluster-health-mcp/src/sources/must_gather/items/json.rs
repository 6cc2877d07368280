//! Lists that are JSON. Items stay texts: the scanner finds where each begins and ends.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Part, Parts, Shape, is_list, one};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow)]
    api_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

pub(super) fn scan(text: &str, start: usize, cut: bool) -> Parts {
    let Ok(Document { api_version, kind, items }) = serde_json::from_str(&text[start..]) else {
        return one(text, start, Shape::Whole, cut || !text.trim_end().ends_with('}'));
    };
    let Some(items) = items.filter(|_| kind.as_deref().is_none_or(is_list)) else {
        return one(text, start, Shape::Single, false);
    };
    let mut lines = Lines { text, offset: 0, line: 1 };
    let items = items
        .into_iter()
        .map(|item| {
            // The item borrows from the text, so their addresses differ by its offset.
            let offset = item.get().as_ptr().addr() - text.as_ptr().addr();
            Part { range: offset..offset + item.get().len(), line: lines.at(offset) }
        })
        .collect();
    Parts {
        shape: Shape::List,
        api_version: api_version.map(Cow::into_owned),
        kind: kind.map(Cow::into_owned),
        items,
        cut: false,
        last_cut: false,
    }
}

/// Line numbers of offsets asked in order.
struct Lines<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
}

impl Lines<'_> {
    fn at(&mut self, offset: usize) -> usize {
        self.line += memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.offset..offset]).count();
        self.offset = offset;
        self.line
    }
}
