//! What a file is, by its first bytes. Names lie and get lost in transfer; content does not.

/// Enough to see a tar header.
pub(super) const SNIFFED: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Xz,
    Zstd,
}

impl Compression {
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sniffed {
    /// Compressed, or a bare tar.
    Tar(Compression),
    /// An archive of a kind that is not read, and how to make one that is.
    Other {
        format: &'static str,
        repack: &'static str,
    },
    Unknown,
}

const OTHER: &[(&[u8], &str, &str)] = &[
    (b"PK", "a zip archive", "`unzip -d mg FILE && tar czf mg.tar.gz mg`"),
    (b"BZh", "a bzip2 file", "`bunzip2 -c FILE | gzip > mg.tar.gz`"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "`7z x -omg FILE && tar czf mg.tar.gz mg`"),
    (b"Rar!", "a rar archive", "`unrar x FILE mg/ && tar czf mg.tar.gz mg`"),
    (b"\x04\x22\x4d\x18", "an lz4 file", "`lz4 -dc FILE | gzip > mg.tar.gz`"),
    (b"LZIP", "an lzip file", "`lzip -dc FILE | gzip > mg.tar.gz`"),
    (b"\x1f\x9d", "a compress (.Z) file", "`uncompress -c FILE | gzip > mg.tar.gz`"),
];

pub(super) fn sniff(head: &[u8]) -> Sniffed {
    if let Some(compression) = compression(head) {
        return Sniffed::Tar(compression);
    }
    if is_tar_header(head) {
        return Sniffed::Tar(Compression::None);
    }
    match OTHER.iter().find(|(magic, ..)| head.starts_with(magic)) {
        Some((_, format, repack)) => Sniffed::Other { format, repack },
        None => Sniffed::Unknown,
    }
}

/// The decompressor that starts with these bytes.
pub(super) fn compression(head: &[u8]) -> Option<Compression> {
    match head {
        [0x1f, 0x8b, ..] => Some(Compression::Gzip),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
        _ => None,
    }
}

/// A tar has no magic bytes that all its dialects share, but its first block sums up to the number it states. An
/// empty tar is all zeros.
pub(super) fn is_tar_header(head: &[u8]) -> bool {
    let Some(block) = head.get(..SNIFFED) else { return false };
    block.iter().all(|byte| *byte == 0) || checksum_holds(tar::Header::from_byte_slice(block))
}

pub(super) fn checksum_holds(header: &tar::Header) -> bool {
    // The checksum field itself, bytes 148 to 155, counts as spaces.
    let bytes = header.as_bytes();
    let sum: u32 = bytes[..148].iter().chain(&bytes[156..]).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
    header.cksum().is_ok_and(|stated| stated == sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(sniff(b"\x1f\x8b\x08"), Sniffed::Tar(Compression::Gzip));
        assert_eq!(sniff(b"\xfd7zXZ\0"), Sniffed::Tar(Compression::Xz));
        assert_eq!(sniff(b"\x28\xb5\x2f\xfd"), Sniffed::Tar(Compression::Zstd));
        assert_eq!(sniff(&[0; 512]), Sniffed::Tar(Compression::None));
        assert!(matches!(sniff(b"PK\x03\x04"), Sniffed::Other { format: "a zip archive", .. }));
        for unknown in [&b""[..], b"\x1f", b"kind: Pod\n", &[b'x'; 600]] {
            assert_eq!(sniff(unknown), Sniffed::Unknown);
        }
    }

    #[test]
    fn a_tar_is_known_by_its_checksum() {
        let mut header = tar::Header::new_old();
        header.set_path("a").unwrap();
        header.set_size(0);
        header.set_cksum();
        assert_eq!(sniff(header.as_bytes()), Sniffed::Tar(Compression::None));
        header.as_mut_bytes()[0] = b'b';
        assert_eq!(sniff(header.as_bytes()), Sniffed::Unknown);
    }
}
