//! Texts that people review when they change. `UPDATE_SNAPSHOTS=1 cargo test` writes them.

use std::path::{Path, PathBuf};
use std::{env, fs};

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The text is what the file holds.
#[track_caller]
pub(crate) fn assert_same(path: &Path, text: &str) {
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if let Some((number, (expected, found))) =
        expected.lines().zip(text.lines()).enumerate().find(|(_, (expected, found))| expected != found)
    {
        panic!("{} differs in line {}:\n  expected {expected}\n  found    {found}", path.display(), number + 1);
    }
    assert_eq!(expected.lines().count(), text.lines().count(), "{} has more or fewer lines", path.display());
}
