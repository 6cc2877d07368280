//! A tar in a file: knows what it is by its content, undoes the compression and hands on the entries.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::decoder::Decoder;
use super::ending::{self, ended_by};
use super::format::{self, Compression, Sniffed};
use super::limits::{KIB, LimitHit, Limits};
use super::meter::{Count, Counted, Metered};
use super::tar_stream::{Entry, Kind, TarStream};
use super::{ArchiveError, Container, End, File, Reason, Summary, Visitor, path, problems};

/// Compressed bytes are fetched, and entries read, in pieces of this size.
const BUFFER: usize = 128 * KIB as usize;

pub(super) fn walk(
    path: &Path,
    mut file: impl Read + Seek,
    size: u64,
    limits: &Limits,
    visitor: &mut impl Visitor,
) -> Result<Summary, ArchiveError> {
    let path = || path.to_path_buf();
    let head = head(&mut file).map_err(|source| ArchiveError::Unreadable { path: path(), source })?;
    let compression = match format::sniff(&head) {
        Sniffed::Tar(compression) => compression,
        Sniffed::Other { format, repack } => {
            return Err(ArchiveError::OtherFormat { path: path(), format, repack });
        }
        Sniffed::Unknown if head.is_empty() => return Err(ArchiveError::Empty { path: path() }),
        Sniffed::Unknown => return Err(ArchiveError::NotAnArchive { path: path() }),
    };
    let input = Count::default();
    let source = Counted::new(BufReader::with_capacity(BUFFER, file), input.clone());
    let decoder = match Decoder::new(source, compression, limits.decoder_bytes) {
        Ok(decoder) => decoder,
        Err(error) => return Err(at_start(path(), error)),
    };
    let metered = Metered::new(decoder, input.clone(), limits);
    let mut content = BufReader::with_capacity(BUFFER, metered);
    check_tar_inside(&mut content, compression, path)?;
    let progress = Progress { input, size };
    Ok(Reading::new(compression, limits, progress).run(content, visitor))
}

fn head(file: &mut (impl Read + Seek)) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(format::SNIFFED);
    file.by_ref().take(format::SNIFFED as u64).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(head)
}

/// Tells a compressed tar from any other compressed file before it is called damaged.
fn check_tar_inside(
    content: &mut impl BufRead,
    compression: Compression,
    path: impl Fn() -> PathBuf,
) -> Result<(), ArchiveError> {
    match content.fill_buf() {
        Ok([]) => Err(ArchiveError::Empty { path: path() }),
        // A first piece shorter than a header cannot be judged; reading on will tell.
        Ok(head) if head.len() >= format::SNIFFED && !format::is_tar_header(head) => {
            Err(ArchiveError::NoTarInside { path: path(), compression: compression.name() })
        }
        Ok(_) => Ok(()),
        Err(error) => Err(at_start(path(), error)),
    }
}

fn at_start(path: PathBuf, error: io::Error) -> ArchiveError {
    match error.downcast::<LimitHit>() {
        Ok(source) => ArchiveError::Limit { path, source },
        Err(source) => ArchiveError::Damaged { path, source },
    }
}

struct Progress {
    input: Count,
    size: u64,
}

struct Reading<'a> {
    limits: &'a Limits,
    summary: Summary,
    progress: Progress,
    /// Hashes of wanted paths: eight bytes each, whatever an archive calls its files.
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl<'a> Reading<'a> {
    fn new(compression: Compression, limits: &'a Limits, progress: Progress) -> Self {
        let summary = Summary::new(Container::Tar(compression), limits);
        Self { limits, summary, progress, seen: HashSet::new(), hasher: RandomState::new() }
    }

    fn run(mut self, content: impl BufRead, visitor: &mut impl Visitor) -> Summary {
        let mut stream = TarStream::new(content, self.limits);
        let mut entries = 0;
        self.summary.end = loop {
            match stream.next_entry() {
                Ok(None) => break self.finish(stream),
                Ok(Some(_)) if entries == self.limits.entries => {
                    break End::Limit(LimitHit::Entries(self.limits.entries));
                }
                Ok(Some(entry)) => {
                    entries += 1;
                    match self.entry(&entry, &mut stream, visitor) {
                        Ok(ControlFlow::Continue(())) => {}
                        Ok(ControlFlow::Break(())) => break End::Stopped,
                        Err(error) => break ended_by(error, Some(problems::shown(&entry.path))),
                    }
                }
                Err(error) => break ended_by(error, None),
            }
        };
        if matches!(self.summary.end, End::Complete) {
            visitor.progress(self.progress.size, self.progress.size);
        }
        self.summary
    }

    fn entry(
        &mut self,
        entry: &Entry,
        stream: &mut TarStream<impl BufRead>,
        visitor: &mut impl Visitor,
    ) -> io::Result<ControlFlow<()>> {
        visitor.progress(self.progress.input.get().min(self.progress.size), self.progress.size);
        if entry.kind == Kind::Folder {
            return Ok(ControlFlow::Continue(()));
        }
        if entry.kind == Kind::Regular {
            self.summary.files += 1;
        }
        let path = match path::clean(&entry.path, self.limits) {
            Ok(path) => path,
            Err(reason) => {
                self.summary.problems.add(&entry.path, reason);
                return Ok(ControlFlow::Continue(()));
            }
        };
        if !visitor.wants(&path, entry.size) {
            return self.skip(stream, visitor);
        }
        match entry.kind {
            Kind::Regular => return self.read(path, entry.size, stream, visitor),
            Kind::Link => self.summary.problems.add(&entry.path, Reason::Link),
            Kind::Sparse => self.summary.problems.add(&entry.path, Reason::Sparse),
            Kind::Special | Kind::Folder => self.summary.problems.add(&entry.path, Reason::Special),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Large unwanted files are passed over piece by piece, so that progress goes on.
    fn skip(
        &mut self,
        stream: &mut TarStream<impl BufRead>,
        visitor: &mut impl Visitor,
    ) -> io::Result<ControlFlow<()>> {
        while stream.skip_some()? {
            visitor.progress(self.progress.input.get().min(self.progress.size), self.progress.size);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn read(
        &mut self,
        path: String,
        size: u64,
        stream: &mut TarStream<impl BufRead>,
        visitor: &mut impl Visitor,
    ) -> io::Result<ControlFlow<()>> {
        if !self.seen.insert(self.hasher.hash_one(&path)) {
            self.summary.problems.add(path.as_bytes(), Reason::Duplicate);
        }
        if size > self.limits.file_bytes {
            self.summary.problems.add(path.as_bytes(), Reason::TooLarge);
        }
        let mut content = Vec::new();
        let read = stream.read_content(&mut content, self.limits.file_bytes);
        let cut = (content.len() as u64) < size;
        let flow = self.summary.hand(File { path, content, cut }, visitor);
        // The part before an error is handed on all the same: most of a cut list is still good.
        read.map(|()| flow)
    }

    /// Past the end of the tar: the compressed stream must end too, with its checksum right.
    fn finish(&mut self, stream: TarStream<impl BufRead>) -> End {
        match ending::trailing(stream.into_inner()) {
            Ok(trailing) => {
                self.summary.trailing = trailing;
                End::Complete
            }
            Err(error) => ended_by(error, None),
        }
    }
}
