//! The entries of a tar, one after the other, over any reader. Understands ustar, GNU and pax headers; long names and
//! pax records are bounded, which general tar readers do not offer.

use std::io::{self, BufRead, Read};

use tar::{EntryType, Header, PaxExtensions};

use super::format::checksum_holds;
use super::limits::{KIB, Limits};

const BLOCK: u64 = 512;

/// Unwanted content passed over at once.
const SKIPPED: u64 = 1024 * KIB;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Regular,
    Folder,
    Link,
    Special,
    Sparse,
}

#[derive(Debug)]
pub(super) struct Entry {
    /// As the archive has it, not to be trusted.
    pub(super) path: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) size: u64,
}

pub(super) struct TarStream<R> {
    source: R,
    /// Bytes of the current entry's content not read yet, and the padding after it.
    content: u64,
    padding: u64,
    header_bytes: u64,
}

/// What extended headers say of the entry after them.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl<R: BufRead> TarStream<R> {
    pub(super) fn new(source: R, limits: &Limits) -> Self {
        Self { source, content: 0, padding: 0, header_bytes: limits.header_bytes }
    }

    pub(super) fn into_inner(self) -> R {
        self.source
    }

    /// The next entry, past whatever was not read of the current one. None at the end the archive marks itself.
    pub(super) fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        let mut extended = Extended::default();
        loop {
            self.skip_rest()?;
            let Some(header) = self.header()? else { return Ok(None) };
            self.expect(header.entry_size()?);
            match header.entry_type() {
                EntryType::GNULongName => extended.path = Some(self.long_name()?),
                EntryType::XHeader => self.pax(&mut extended)?,
                EntryType::GNULongLink | EntryType::XGlobalHeader => {}
                entry_type => return self.described(&header, entry_type, extended).map(Some),
            }
        }
    }

    /// Reads at most `limit` bytes of the current entry; on an error, what was read before it is kept.
    pub(super) fn read_content(&mut self, into: &mut Vec<u8>, limit: u64) -> io::Result<()> {
        let wanted = self.content.min(limit);
        // The stated size may be a lie: what does not come is not allocated.
        into.reserve_exact(usize::try_from(wanted.min(8 * KIB * KIB)).unwrap_or_default());
        let before = into.len();
        let read = (&mut self.source).take(wanted).read_to_end(into);
        let got = (into.len() - before) as u64;
        self.content -= got;
        read?;
        if got < wanted { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Passes over a piece of the current entry; false once nothing is left.
    pub(super) fn skip_some(&mut self) -> io::Result<bool> {
        let piece = self.content.saturating_add(self.padding).min(SKIPPED);
        self.pass(piece)?;
        let content = piece.min(self.content);
        self.content -= content;
        self.padding -= piece - content;
        Ok(self.content > 0 || self.padding > 0)
    }

    fn skip_rest(&mut self) -> io::Result<()> {
        while self.skip_some()? {}
        Ok(())
    }

    fn pass(&mut self, mut amount: u64) -> io::Result<()> {
        while amount > 0 {
            let buffered = self.source.fill_buf()?.len();
            if buffered == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let step = amount.min(buffered as u64);
            // No larger than `buffered`, which is a usize.
            self.source.consume(usize::try_from(step).unwrap_or(buffered));
            amount -= step;
        }
        Ok(())
    }

    fn expect(&mut self, size: u64) {
        self.content = size;
        self.padding = (BLOCK - size % BLOCK) % BLOCK;
    }

    /// A header block, or none at the zero block that ends an archive.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut header = Header::new_old();
        self.source.read_exact(header.as_mut_bytes())?;
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if checksum_holds(&header) { Ok(Some(header)) } else { Err(damaged("header checksum does not match")) }
    }

    fn extension(&mut self) -> io::Result<Vec<u8>> {
        if self.content > self.header_bytes {
            return Err(damaged("extended header is too large"));
        }
        let mut bytes = Vec::new();
        self.read_content(&mut bytes, self.header_bytes)?;
        Ok(bytes)
    }

    fn long_name(&mut self) -> io::Result<Vec<u8>> {
        let mut name = self.extension()?;
        if name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }

    fn pax(&mut self, extended: &mut Extended) -> io::Result<()> {
        let records = self.extension()?;
        for record in PaxExtensions::new(&records).flatten() {
            let value = record.value_bytes();
            match record.key_bytes() {
                b"path" => extended.path = Some(value.to_vec()),
                b"size" => extended.size = Some(number(value)?),
                key if key.starts_with(b"GNU.sparse.") => {
                    extended.sparse = true;
                    if key == b"GNU.sparse.name" {
                        extended.path = Some(value.to_vec());
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn described(&mut self, header: &Header, entry_type: EntryType, extended: Extended) -> io::Result<Entry> {
        if let Some(size) = extended.size {
            self.expect(size);
        }
        if entry_type == EntryType::GNUSparse {
            self.pass_sparse_map(header)?;
        }
        let path = extended.path.unwrap_or_else(|| header.path_bytes().into_owned());
        let kind = match entry_type {
            _ if extended.sparse => Kind::Sparse,
            // Old tars mark folders by a slash alone.
            EntryType::Regular if path.ends_with(b"/") => Kind::Folder,
            EntryType::Regular | EntryType::Continuous => Kind::Regular,
            EntryType::Directory => Kind::Folder,
            EntryType::Link | EntryType::Symlink => Kind::Link,
            EntryType::GNUSparse => Kind::Sparse,
            _ => Kind::Special,
        };
        Ok(Entry { path, kind, size: self.content })
    }

    /// A sparse file's map goes on in blocks of its own, which its size does not count.
    fn pass_sparse_map(&mut self, header: &Header) -> io::Result<()> {
        /// Where such a block says whether another follows.
        const CONTINUES: usize = 504;
        let mut continues = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        while continues {
            let mut block = [0; BLOCK as usize];
            self.source.read_exact(&mut block)?;
            continues = block[CONTINUES] == 1;
        }
        Ok(())
    }
}

fn number(digits: &[u8]) -> io::Result<u64> {
    let digits = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok());
    digits.ok_or_else(|| damaged("size in a pax header is no number"))
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
