//! A folder on disk. Looks at every entry's type before opening it, so that a FIFO cannot block and a link leads
//! nowhere; reads wanted files in the order of their paths.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use cluster_health::ordered::Ordered;

use super::limits::{KIB, LimitHit, Limits};
use super::{ArchiveError, Container, End, File, Reason, Summary, Visitor, path};

pub(super) fn walk(root: &Path, limits: &Limits, visitor: &mut impl Visitor) -> Result<Summary, ArchiveError> {
    let mut listing = Listing::new(root, limits);
    listing.list("", visitor).map_err(|source| ArchiveError::Unreadable { path: root.to_path_buf(), source })?;
    while let Some(folder) = listing.folders.pop() {
        if let Err(error) = listing.list(&folder, visitor) {
            listing.summary.problems.add(folder.as_bytes(), Reason::Refused(error.kind()));
        }
    }
    let Listing { mut wanted, mut summary, .. } = listing;
    wanted.put_in_order();
    let end = read(root, wanted, limits, &mut summary, visitor);
    if matches!(summary.end, End::Complete) {
        summary.end = end;
    }
    Ok(summary)
}

/// Finds the wanted files before the first is read, so that progress knows its total.
struct Listing<'a> {
    root: &'a Path,
    limits: &'a Limits,
    summary: Summary,
    folders: Vec<String>,
    wanted: Vec<(String, u64)>,
    entries: u64,
}

impl<'a> Listing<'a> {
    fn new(root: &'a Path, limits: &'a Limits) -> Self {
        let summary = Summary::new(Container::Folder, limits);
        Self { root, limits, summary, folders: Vec::new(), wanted: Vec::new(), entries: 0 }
    }

    fn list(&mut self, folder: &str, visitor: &impl Visitor) -> io::Result<()> {
        let mut entries = fs::read_dir(self.root.join(folder))?.collect::<io::Result<Vec<_>>>()?;
        // The order of a folder's entries is the file system's; problems are listed in ours.
        entries.put_in_order_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if self.entries == self.limits.entries {
                self.summary.end = End::Limit(LimitHit::Entries(self.limits.entries));
                self.folders.clear();
                return Ok(());
            }
            self.entries += 1;
            self.entry(folder, &entry, visitor);
        }
        Ok(())
    }

    fn entry(&mut self, folder: &str, entry: &fs::DirEntry, visitor: &impl Visitor) {
        let name = entry.file_name();
        let raw = if folder.is_empty() {
            name.as_encoded_bytes().to_vec()
        } else {
            [folder.as_bytes(), b"/", name.as_encoded_bytes()].concat()
        };
        let path = match path::clean(&raw, self.limits) {
            Ok(path) => path,
            Err(reason) => return self.summary.problems.add(&raw, reason),
        };
        // Neither call follows a link.
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(error) => return self.summary.problems.add(&raw, Reason::Refused(error.kind())),
        };
        if metadata.is_dir() {
            return self.folders.push(path);
        }
        if metadata.is_file() {
            self.summary.files += 1;
        }
        if !visitor.wants(&path, metadata.len()) {
            return;
        }
        if metadata.is_file() {
            self.wanted.push((path, metadata.len()));
        } else if metadata.is_symlink() {
            self.summary.problems.add(&raw, Reason::Link);
        } else {
            self.summary.problems.add(&raw, Reason::Special);
        }
    }
}

fn read(
    root: &Path,
    wanted: Vec<(String, u64)>,
    limits: &Limits,
    summary: &mut Summary,
    visitor: &mut impl Visitor,
) -> End {
    let total = wanted.iter().fold(0, |sum: u64, (_, size)| sum.saturating_add(*size));
    let mut done: u64 = 0;
    let mut kept: u64 = 0;
    for (path, size) in wanted {
        visitor.progress(done, total);
        kept = kept.saturating_add(size.min(limits.file_bytes));
        if kept > limits.total_bytes {
            return End::Limit(LimitHit::TotalBytes(limits.total_bytes));
        }
        done = done.saturating_add(size);
        let mut content = Vec::new();
        let refused = content_of(&root.join(&path), size, limits.file_bytes, &mut content).err();
        if let Some(error) = &refused {
            summary.problems.add(path.as_bytes(), Reason::Refused(error.kind()));
            if content.is_empty() {
                continue;
            }
        }
        let too_large = size > limits.file_bytes;
        if too_large {
            summary.problems.add(path.as_bytes(), Reason::TooLarge);
        }
        let cut = too_large || refused.is_some();
        if summary.hand(File { path, content, cut }, visitor).is_break() {
            return End::Stopped;
        }
    }
    visitor.progress(total, total);
    End::Complete
}

fn content_of(path: &Path, size: u64, limit: u64, into: &mut Vec<u8>) -> io::Result<()> {
    let file = fs::File::open(path)?;
    into.reserve_exact(usize::try_from(size.min(8 * KIB * KIB)).unwrap_or_default());
    file.take(limit).read_to_end(into)?;
    Ok(())
}
