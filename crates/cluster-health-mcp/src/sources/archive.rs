//! Hands on the files of an archive or a folder. Path and size alone decide whether a file's content is read, so logs
//! and secrets never reach memory. Writes nothing to disk, follows no link, and knows nothing of what files mean.

mod decoder;
mod ending;
mod error;
mod folder;
mod format;
mod limits;
mod meter;
mod path;
mod problems;
mod tar_stream;
mod tarball;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

pub use error::ArchiveError;
pub use format::Compression;
pub use limits::{LimitHit, Limits};
pub use problems::{Problems, Reason, Skipped};

/// One wanted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative to the archive or folder, `/` between components, never `..`.
    pub path: String,
    pub content: Vec<u8>,
    /// The end is missing: the archive stops inside of it, or it is larger than the limit.
    pub cut: bool,
}

/// Who wants the files.
pub trait Visitor {
    /// Whether this file's content is to be read.
    fn wants(&self, path: &str, size: u64) -> bool;

    /// Takes a wanted file. In a tar, files come in any order, and a path that comes twice counts as it came last.
    fn file(&mut self, file: File) -> ControlFlow<()>;

    /// Called often: bytes of the archive read, of how many. In a folder, bytes of the wanted files.
    fn progress(&mut self, _read: u64, _total: u64) {}
}

/// How the reading ended. Whatever was handed on before stays good, unless the archive was damaged: then the last
/// files before the damage may be wrong too.
#[derive(Debug)]
pub enum End {
    Complete,
    /// The archive stops too early, perhaps inside a file.
    Cut {
        within: Option<String>,
    },
    /// The archive cannot be decoded further, or its checksum does not match what was read.
    Damaged {
        within: Option<String>,
        source: io::Error,
    },
    /// A limit was reached.
    Limit(LimitHit),
    /// The visitor had enough.
    Stopped,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inside = |within: &Option<String>| within.as_ref().map(|path| format!(" in {path}")).unwrap_or_default();
        match self {
            Self::Complete => f.write_str("complete"),
            Self::Cut { within } => write!(f, "the archive stops too early{}", inside(within)),
            Self::Damaged { within, source } => write!(f, "the archive is damaged{}: {source}", inside(within)),
            Self::Limit(hit) => write!(f, "reading stopped because {hit}"),
            Self::Stopped => f.write_str("reading was stopped"),
        }
    }
}

/// What a reading met.
#[derive(Debug)]
pub struct Summary {
    pub container: Container,
    pub end: End,
    /// Regular files, wanted or not.
    pub files: u64,
    /// Files handed on, and their bytes.
    pub handed: u64,
    pub handed_bytes: u64,
    /// Whether bytes that belong to no archive follow its end.
    pub trailing: bool,
    pub problems: Problems,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    Folder,
    Tar(Compression),
}

impl Summary {
    fn new(container: Container, limits: &Limits) -> Self {
        Self {
            container,
            end: End::Complete,
            files: 0,
            handed: 0,
            handed_bytes: 0,
            trailing: false,
            problems: Problems::new(limits.listed),
        }
    }

    /// Counts a file and hands it on.
    fn hand(&mut self, file: File, visitor: &mut impl Visitor) -> ControlFlow<()> {
        self.handed += 1;
        self.handed_bytes += file.content.len() as u64;
        visitor.file(file)
    }

    /// An archive without a single file is a mistake of whoever gave it, not an empty cluster.
    fn unless_empty(self, path: &Path) -> Result<Self, ArchiveError> {
        if self.files > 0 || !self.problems.is_empty() {
            return Ok(self);
        }
        let path = path.to_path_buf();
        match self.end {
            End::Complete | End::Cut { .. } | End::Stopped => Err(ArchiveError::Empty { path }),
            End::Damaged { source, .. } => Err(ArchiveError::Damaged { path, source }),
            End::Limit(source) => Err(ArchiveError::Limit { path, source }),
        }
    }
}

/// Reads an archive that is in memory; `name` stands for its path in errors.
pub fn walk_bytes(
    name: &str,
    bytes: &[u8],
    limits: &Limits,
    visitor: &mut impl Visitor,
) -> Result<Summary, ArchiveError> {
    let (path, size) = (Path::new(name), bytes.len() as u64);
    tarball::walk(path, io::Cursor::new(bytes), size, limits, visitor)?.unless_empty(path)
}

/// Reads a folder, or a tar in any of the known compressions, from its start to its end.
pub fn walk(path: &Path, limits: &Limits, visitor: &mut impl Visitor) -> Result<Summary, ArchiveError> {
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ArchiveError::NotFound { path: path.to_path_buf() },
        _ => ArchiveError::Unreadable { path: path.to_path_buf(), source },
    };
    let metadata = std::fs::metadata(path).map_err(refused)?;
    let summary = if metadata.is_dir() {
        folder::walk(path, limits, visitor)
    } else if metadata.is_file() {
        // Opening anything else, a FIFO for one, could block for ever.
        let file = std::fs::File::open(path).map_err(refused)?;
        tarball::walk(path, file, metadata.len(), limits, visitor)
    } else {
        Err(ArchiveError::NotRegular { path: path.to_path_buf() })
    }?;
    summary.unless_empty(path)
}
