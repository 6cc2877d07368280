//! A `.deb`: an `ar` archive of `debian-binary`, a control tar and a data tar.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use lzma_rust2::XzReader;

/// Far above any index or data package; a bomb ends here.
const LONGEST_MEMBER: u64 = 512 * 1024 * 1024;
/// What `xz -9` needs to be undone, in KiB.
const XZ_MEMORY: u32 = 96 * 1024;

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;

#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    #[error("it is not a Debian package")]
    NoPackage,
    #[error("it has no {0}")]
    Missing(&'static str),
    #[error("{0} is packed in a way that is not read here: xz, gzip or plain are")]
    Compression(String),
    #[error("{0} cannot be unpacked")]
    Unpack(String, #[source] io::Error),
    #[error("{0} unpacks to more than {LONGEST_MEMBER} bytes")]
    TooLong(String),
}

/// Both tars, unpacked.
#[derive(Debug)]
pub struct Package {
    pub control: Vec<u8>,
    pub data: Vec<u8>,
}

impl Package {
    pub fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        let members = members(bytes)?;
        if !members.first().is_some_and(|(name, content)| *name == "debian-binary" && content.starts_with(b"2.")) {
            return Err(PackageError::NoPackage);
        }
        let member = |start: &str, what| {
            let (name, content) =
                members.iter().find(|(name, _)| name.starts_with(start)).ok_or(PackageError::Missing(what))?;
            unpack(name, content)
        };
        Ok(Self { control: member("control.tar", "control data")?, data: member("data.tar", "files")? })
    }
}

fn members(bytes: &[u8]) -> Result<Vec<(&str, &[u8])>, PackageError> {
    let mut left = bytes.strip_prefix(MAGIC).ok_or(PackageError::NoPackage)?;
    let mut members = Vec::new();
    while !left.is_empty() {
        let (header, rest) = left.split_at_checked(HEADER).ok_or(PackageError::NoPackage)?;
        let field = |range: std::ops::Range<usize>| {
            std::str::from_utf8(&header[range]).map(str::trim_end).map_err(|_| PackageError::NoPackage)
        };
        let name = field(0..16)?.trim_end_matches('/');
        let size: usize = field(48..58)?.parse().map_err(|_| PackageError::NoPackage)?;
        let (content, rest) = rest.split_at_checked(size).ok_or(PackageError::NoPackage)?;
        members.push((name, content));
        // Members start at even offsets
        left = rest.get(size % 2..).unwrap_or_default();
    }
    Ok(members)
}

fn unpack(name: &str, content: &[u8]) -> Result<Vec<u8>, PackageError> {
    let mut reader = decoder(name, content).ok_or_else(|| PackageError::Compression(name.to_owned()))?;
    let mut unpacked = Vec::new();
    let failed = |error| PackageError::Unpack(name.to_owned(), error);
    reader.by_ref().take(LONGEST_MEMBER + 1).read_to_end(&mut unpacked).map_err(failed)?;
    if unpacked.len() as u64 > LONGEST_MEMBER {
        return Err(PackageError::TooLong(name.to_owned()));
    }
    Ok(unpacked)
}

/// By the name's ending, as in the archive: indices are packed in the same ways.
pub fn decoder<'a>(name: &str, packed: impl Read + 'a) -> Option<Box<dyn Read + 'a>> {
    match name.rsplit_once('.')?.1 {
        "xz" => Some(Box::new(XzReader::new_mem_limit(packed, true, XZ_MEMORY))),
        "gz" => Some(Box::new(GzDecoder::new(packed))),
        "tar" => Some(Box::new(packed)),
        _ => None,
    }
}
