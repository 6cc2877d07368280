//! What an image holds, read from its layers: packages by the records that distroless images keep in
//! `/var/lib/dpkg/status.d`, and the server's binary.

use std::collections::BTreeMap;
use std::io::{self, Read};

use crate::debian::control::Paragraph;
use crate::oci::archive::{self, ArchiveError};
use crate::oci::layout::{Image, Layout};
use crate::platform::Architecture;

const RECORDS: &str = "var/lib/dpkg/status.d/";

#[derive(Debug)]
pub struct Contents {
    pub architecture: Architecture,
    /// Sorted by name.
    pub packages: Vec<Package>,
    pub binary: Vec<u8>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// Its source package, where that has another name.
    pub source: Option<String>,
    /// `all` or a name of an architecture, as the record has it.
    pub architecture: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("the image is for an architecture that is not known here: {0}")]
    Architecture(String),
    #[error("the layer {digest} cannot be read")]
    Layer { digest: String, source: io::Error },
    #[error("the record {0} in the image has no Package or no Version")]
    Record(String),
    #[error("the image has no package records in /{RECORDS}, so nothing can be said about its packages")]
    NoRecords,
    #[error("the image has no {0}")]
    NoBinary(String),
}

/// `binary` is the server's path in the image.
pub fn read(layout: &Layout, image: &Image, binary: &str) -> Result<Contents, ContentsError> {
    let architecture = image.architecture().parse().map_err(ContentsError::Architecture)?;
    let binary_path = binary.trim_start_matches('/');
    // By path, so that what an upper layer replaces counts once
    let mut files = BTreeMap::new();
    for layer in &image.manifest.layers {
        let wanted = |path: &str| path == binary_path || (path.starts_with(RECORDS) && !path.ends_with(".md5sums"));
        read_layer(&archive::unpacked(layout, layer)?, wanted, &mut files)
            .map_err(|source| ContentsError::Layer { digest: layer.digest.clone(), source })?;
    }
    let binary = files.remove(binary_path).ok_or_else(|| ContentsError::NoBinary(binary.to_owned()))?;
    let packages: Vec<_> = files.iter().map(|(path, record)| package(path, record)).collect::<Result<_, _>>()?;
    if packages.is_empty() {
        return Err(ContentsError::NoRecords);
    }
    Ok(Contents { architecture, packages, binary })
}

type Files = BTreeMap<String, Vec<u8>>;

fn read_layer(tar: &[u8], wanted: impl Fn(&str) -> bool, into: &mut Files) -> io::Result<()> {
    for entry in tar::Archive::new(tar).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
        if wanted(&path) && entry.header().entry_type().is_file() {
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            into.insert(path, content);
        }
    }
    Ok(())
}

fn package(path: &str, record: &[u8]) -> Result<Package, ContentsError> {
    let record = Paragraph::new(&String::from_utf8_lossy(record));
    let wrong = || ContentsError::Record(path.to_owned());
    Ok(Package {
        name: record.get("Package").ok_or_else(wrong)?.to_owned(),
        version: record.get("Version").ok_or_else(wrong)?.to_owned(),
        // `glibc (2.41-12)` where the versions differ
        source: record.get("Source").and_then(|source| source.split_whitespace().next()).map(str::to_owned),
        architecture: record.get("Architecture").unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{IMAGE_BINARY, TestImage, elf_without_list};

    #[test]
    fn packages_and_binary_are_found_in_the_layers() {
        let image = TestImage::new(&[("tzdata", "2026b-0+deb13u1"), ("netbase", "6.5")], &elf_without_list());
        let contents = read(&image.layout, &image.image(), IMAGE_BINARY).unwrap();
        let names: Vec<_> =
            contents.packages.iter().map(|package| (package.name.as_str(), package.version.as_str())).collect();
        assert_eq!(names, [("netbase", "6.5"), ("tzdata", "2026b-0+deb13u1")]);
        assert_eq!(contents.architecture, Architecture::Amd64);
        assert_eq!(contents.binary, elf_without_list());
    }

    #[test]
    fn an_image_without_records_or_binary_is_refused() {
        let image = TestImage::new(&[], b"binary");
        assert!(matches!(read(&image.layout, &image.image(), IMAGE_BINARY), Err(ContentsError::NoRecords)));
        let image = TestImage::new(&[("tzdata", "1")], b"binary");
        assert!(matches!(read(&image.layout, &image.image(), "/absent"), Err(ContentsError::NoBinary(_))));
    }
}
