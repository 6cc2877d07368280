//! Archives built here, well-formed and hostile, and what the reader makes of them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;

use tar::{EntryType, Header};

use super::*;

mod damage;
#[cfg(unix)]
mod folder;
mod hostile;
mod kinds;
mod random;

/// Keeps every file whose path holds `wanted`.
struct Collect {
    wanted: &'static str,
    files: BTreeMap<String, File>,
    order: Vec<String>,
    progress: Cell<(u64, u64)>,
}

impl Collect {
    fn new(wanted: &'static str) -> Self {
        Self { wanted, files: BTreeMap::new(), order: Vec::new(), progress: Cell::new((0, 0)) }
    }

    fn content(&self, path: &str) -> &str {
        std::str::from_utf8(&self.files[path].content).unwrap()
    }
}

impl Visitor for Collect {
    fn wants(&self, path: &str, _size: u64) -> bool {
        path.contains(self.wanted)
    }

    fn file(&mut self, file: File) -> ControlFlow<()> {
        self.order.push(file.path.clone());
        self.files.insert(file.path.clone(), file);
        ControlFlow::Continue(())
    }

    fn progress(&mut self, read: u64, total: u64) {
        assert!(read <= total && read >= self.progress.get().0);
        self.progress.set((read, total));
    }
}

/// A tar put together entry by entry, with whatever names and types.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    fn entry(mut self, entry_type: EntryType, path: &[u8], content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path);
        header.set_entry_type(entry_type);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, path: &str, content: &str) -> Self {
        self.entry(EntryType::Regular, path.as_bytes(), content.as_bytes())
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in records {
        // The length counts its own digits.
        let rest = format!(" {key}={value}\n");
        let mut length = rest.len() + 1;
        while length.to_string().len() + rest.len() != length {
            length += 1;
        }
        write!(bytes, "{length}{rest}").unwrap();
    }
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Every container the reader knows, made of the same tar.
fn containers(tar: &[u8]) -> [(Compression, Vec<u8>); 4] {
    [
        (Compression::None, tar.to_vec()),
        (Compression::Gzip, gzip(tar)),
        (Compression::Xz, xz(tar)),
        (Compression::Zstd, zstd(tar)),
    ]
}

fn walk_with(bytes: &[u8], limits: &Limits, visitor: &mut impl Visitor) -> Result<Summary, ArchiveError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    walk(file.path(), limits, visitor)
}

fn walk_bytes(bytes: &[u8], visitor: &mut impl Visitor) -> Result<Summary, ArchiveError> {
    walk_with(bytes, &Limits::default(), visitor)
}

fn reasons(summary: &Summary) -> Vec<(&str, Reason)> {
    summary.problems.listed().map(|skipped| (skipped.path.as_str(), skipped.reason)).collect()
}
