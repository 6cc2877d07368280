//! Control paragraphs (deb822): `Field: value` lines, continued by a leading space, ended by an empty line.

use std::io::{self, BufRead};

/// One paragraph, as its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph(String);

impl Paragraph {
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The first line of a field's value.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.lines(field).next().map(str::trim)
    }

    /// All lines of a field's value: the first behind the colon, then the continued ones.
    pub fn lines<'a>(&'a self, field: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut lines = self.0.lines();
        let first = lines.by_ref().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (!name.starts_with([' ', '\t']) && name.eq_ignore_ascii_case(field)).then_some(value)
        });
        first.into_iter().chain(lines.take_while(|line| line.starts_with([' ', '\t'])))
    }
}

/// Calls `visit` with each paragraph that starts with `Package: <one of the wanted names>`; an index has tens of
/// thousands of others.
pub fn for_each_package(
    mut index: impl BufRead,
    wanted: impl Fn(&str) -> bool,
    mut visit: impl FnMut(Paragraph),
) -> io::Result<()> {
    let mut line = String::new();
    let mut kept: Option<String> = None;
    loop {
        line.clear();
        if index.read_line(&mut line)? == 0 || line == "\n" {
            if let Some(text) = kept.take() {
                visit(Paragraph(text));
            }
            if line.is_empty() {
                return Ok(());
            }
        } else if let Some(text) = &mut kept {
            text.push_str(&line);
        } else if line.strip_prefix("Package:").is_some_and(|name| wanted(name.trim())) {
            kept = Some(line.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str =
        "Package: one\nVersion: 1\nDescription: first\n more: of it\n\nPackage: two\nSize: 7\n\nPackage: three\nX: y\n";

    #[test]
    fn wanted_paragraphs_are_found_to_the_last() {
        let mut found = Vec::new();
        for_each_package(INDEX.as_bytes(), |name| name != "two", |paragraph| found.push(paragraph)).unwrap();
        let names: Vec<_> = found.iter().map(|paragraph| paragraph.get("Package").unwrap()).collect();
        assert_eq!(names, ["one", "three"]);
        assert_eq!(found[0].get("version"), Some("1"));
        assert_eq!(found[0].get("more"), None, "a continued line is no field");
        assert_eq!(found[0].lines("Description").collect::<Vec<_>>(), [" first", " more: of it"]);
    }
}
