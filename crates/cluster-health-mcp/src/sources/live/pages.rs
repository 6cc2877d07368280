//! A page of a list, cut into its objects while it arrives: no more than one object is held at a time.

use serde::Deserialize;

use super::failure::Failure;

/// No object of an API server is larger; etcd takes a few megabytes at most.
pub(super) const LARGEST_OBJECT: usize = 16 << 20;

/// What a list says about itself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ListMeta {
    pub(super) resource_version: String,
    /// Where the next page begins; empty on the last.
    #[serde(rename = "continue")]
    pub(super) next: String,
}

#[derive(Debug, Default)]
pub(super) struct Page {
    /// What has arrived and is not done with.
    bytes: Vec<u8>,
    /// Everything before it has been looked at.
    at: usize,
    /// Where the value that is being looked at starts.
    start: usize,
    depth: usize,
    in_string: bool,
    place: Place,
    key: Key,
    meta: ListMeta,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Place {
    #[default]
    Before,
    Key,
    InKey,
    Colon,
    Value,
    InValue,
    Item,
    InItem,
    After,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Key {
    Items,
    Metadata,
    #[default]
    Other,
}

impl Page {
    /// Takes what has arrived, and gives every object that is complete.
    pub(super) fn feed(
        &mut self,
        chunk: &[u8],
        mut object: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.bytes.extend_from_slice(chunk);
        while self.step(&mut object)? {}
        let done = if self.is_inside() { self.start } else { self.at };
        self.bytes.drain(..done);
        self.at -= done;
        self.start = 0;
        if self.bytes.len() > LARGEST_OBJECT {
            return Err(Failure::garbled("an object of a list has no end"));
        }
        Ok(())
    }

    /// What the list says about itself, once it has ended.
    pub(super) fn end(self) -> Result<ListMeta, Failure> {
        if self.place != Place::After {
            return Err(Failure::garbled("a list was cut off"));
        }
        Ok(self.meta)
    }

    fn is_inside(&self) -> bool {
        matches!(self.place, Place::InKey | Place::InValue | Place::InItem)
    }

    /// Moves on by one token or value; false when there is nothing to move over.
    fn step(&mut self, object: &mut impl FnMut(&[u8]) -> Result<(), Failure>) -> Result<bool, Failure> {
        if self.is_inside() {
            return self.finish(object);
        }
        let Some(&byte) = self.bytes.get(self.at) else { return Ok(false) };
        if byte.is_ascii_whitespace() {
            self.at += 1;
            return Ok(true);
        }
        let begins_value = matches!(self.place, Place::Value | Place::Item) || byte == b'"';
        self.place = match (self.place, byte) {
            (Place::Before, b'{') => Place::Key,
            (Place::Key, b',') => Place::Key,
            (Place::Key, b'}') => Place::After,
            (Place::Key, b'"') => Place::InKey,
            (Place::Colon, b':') => Place::Value,
            (Place::Value, b'[') if self.key == Key::Items => Place::Item,
            (Place::Value, _) => Place::InValue,
            (Place::Item, b',') => Place::Item,
            (Place::Item, b']') => Place::Key,
            (Place::Item, b'{') => Place::InItem,
            _ => return Err(Failure::garbled("it is not a list")),
        };
        if self.is_inside() && begins_value {
            self.start = self.at;
        } else {
            self.at += 1;
        }
        Ok(true)
    }

    fn finish(&mut self, object: &mut impl FnMut(&[u8]) -> Result<(), Failure>) -> Result<bool, Failure> {
        if !self.find_end() {
            return Ok(false);
        }
        let value = &self.bytes[self.start..self.at];
        self.place = match self.place {
            Place::InItem => {
                object(value)?;
                Place::Item
            }
            Place::InKey => {
                self.key = match value {
                    b"\"items\"" => Key::Items,
                    b"\"metadata\"" => Key::Metadata,
                    _ => Key::Other,
                };
                Place::Colon
            }
            _ => {
                if self.key == Key::Metadata {
                    self.meta = serde_json::from_slice(value).map_err(Failure::garbled)?;
                }
                Place::Key
            }
        };
        Ok(true)
    }

    /// Moves `at` past the end of the value that begins at `start`; false when the end has not arrived.
    fn find_end(&mut self) -> bool {
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            if self.in_string {
                match memchr::memchr2(b'"', b'\\', rest) {
                    None => self.at = self.bytes.len(),
                    Some(found) if rest[found] == b'\\' => {
                        if found + 1 == rest.len() {
                            self.at += found;
                            return false;
                        }
                        self.at += found + 2;
                    }
                    Some(found) => {
                        self.at += found + 1;
                        self.in_string = false;
                        if self.depth == 0 {
                            return true;
                        }
                    }
                }
                continue;
            }
            match rest[0] {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                // A number or a word ends where the list goes on
                b'}' | b']' | b',' if self.depth == 0 => return true,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.at += 1;
                        return true;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, sizes: usize) -> Result<(Vec<String>, ListMeta), Failure> {
        let (mut page, mut objects) = (Page::default(), Vec::new());
        for chunk in text.as_bytes().chunks(sizes) {
            page.feed(chunk, |object| {
                objects.push(String::from_utf8(object.to_vec()).unwrap());
                Ok(())
            })?;
        }
        page.end().map(|meta| (objects, meta))
    }

    #[test]
    fn objects_come_whole_however_the_bytes_arrive() {
        let items = [r#"{"a":"}]\"\\","b":[{"c":1},2]}"#, r#"{"metadata":{"name":"x"}}"#, "{}"];
        let text = format!(
            r#" {{"kind":"PodList","n":12,"metadata":{{"resourceVersion":"42","continue":"x\"y"}}, "items": [ {} ] ,"z":null}} "#,
            items.join(" , ")
        );
        for sizes in [1, 2, 3, 7, 64, 4096] {
            let (objects, meta) = read(&text, sizes).unwrap();
            assert_eq!(objects, items, "in chunks of {sizes}");
            assert_eq!((meta.resource_version.as_str(), meta.next.as_str()), ("42", "x\"y"));
        }
    }

    #[test]
    fn empty_and_null_lists_are_lists() {
        for items in ["[]", "null", "[ ]"] {
            let (objects, meta) = read(&format!(r#"{{"items":{items},"metadata":{{}}}}"#), 5).unwrap();
            assert!(objects.is_empty() && meta.next.is_empty());
        }
    }

    #[test]
    fn what_is_cut_off_or_no_list_is_refused() {
        let whole = r#"{"metadata":{"resourceVersion":"1"},"items":[{"a":"b"},{"c":[1,2]}]}"#;
        for end in 0..whole.len() {
            assert!(read(&whole[..end], 9).is_err(), "{}", &whole[..end]);
        }
        for text in ["<html>", "[]", r#"{"items":[1]}"#, r#"{"items":["x"]}"#, "{1}"] {
            assert!(read(text, 4).is_err(), "{text}");
        }
    }
}
