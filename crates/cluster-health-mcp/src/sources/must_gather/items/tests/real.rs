//! Against real archives, where they are at hand: the items found are those a YAML parser finds.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Items, Shape};
use crate::sources::archive::{self, File, Limits, Visitor};
use crate::sources::must_gather::layout::{What, place};

#[derive(Default)]
struct Compare {
    files: usize,
    items: usize,
}

impl Visitor for Compare {
    fn wants(&self, path: &str, _size: u64) -> bool {
        // They make up half of what is left without secrets, and are parsed twice for nothing new.
        let bulk = ["configmaps", "customresourcedefinitions"];
        place(path).is_some_and(|place| matches!(place.what, What::Resource(it) if !bulk.contains(&it.plural)))
    }

    fn file(&mut self, file: File) -> ControlFlow<()> {
        let whole: Option<Value> = serde_saphyr::from_slice(&file.content).unwrap();
        let items = Items::split(file.content, file.cut);
        let expected = match &whole {
            None => Vec::new(),
            Some(list) if list["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) => {
                assert_eq!(items.shape(), Shape::List, "{}", file.path);
                list["items"].as_array().cloned().unwrap_or_default()
            }
            Some(single) => vec![single.clone()],
        };
        assert_eq!(items.len(), expected.len(), "{}", file.path);
        assert!(!items.cut(), "{}", file.path);
        for (item, expected) in items.iter().zip(&expected) {
            let found: Value = serde_saphyr::from_str(item.text).unwrap();
            assert_eq!(&found, expected, "{}:{}", file.path, item.line);
        }
        self.files += 1;
        self.items += items.len();
        ControlFlow::Continue(())
    }
}

#[test]
fn every_item_of_an_archive_from_aws() {
    compare("aws.tar.xz");
}

#[test]
fn every_item_of_an_archive_from_bare_metal() {
    compare("metal.tar.xz");
}

fn compare(name: &str) {
    // They are too large for the repository; they may lie beside it, or where the variable says.
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/must-gather");
    let path = std::env::var_os("MUST_GATHER_DATA").map_or_else(beside, PathBuf::from).join(name);
    if !path.exists() {
        return;
    }
    let mut compare = Compare::default();
    let summary = archive::walk(&path, &Limits::default(), &mut compare).unwrap();
    assert!(matches!(summary.end, archive::End::Complete), "{summary:?}");
    assert!(compare.files > 1000 && compare.items > 2000, "{} files, {} items", compare.files, compare.items);
}
