//! Files named by what they hold. A file gets its name only after its size and digest were checked.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::digest::Digest;

#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    #[error("the cache {path} cannot be written")]
    Write { path: PathBuf, source: io::Error },
    #[error("the transfer broke off after {got} of {size} bytes")]
    CutShort { got: u64, size: u64 },
    #[error("it is longer than the {size} bytes that were promised")]
    TooLong { size: u64 },
    #[error("its SHA-256 is {got}, not {wanted}: it was changed or damaged on its way")]
    Digest { got: String, wanted: Digest },
    #[error("the transfer failed after {got} of {size} bytes")]
    Transfer { got: u64, size: u64, source: io::Error },
}

impl Cache {
    pub fn at(folder: &Path) -> Result<Self, CacheError> {
        let folder = folder.join("sha256");
        fs::create_dir_all(&folder).map_err(|source| CacheError::Write { path: folder.clone(), source })?;
        Ok(Self { folder })
    }

    /// The file, if it is here and still what its name says; one that is not is removed.
    pub fn get(&self, sha256: Digest) -> Option<Vec<u8>> {
        let path = self.path(sha256);
        let content = fs::read(&path).ok()?;
        if Digest::of(&content) == sha256 {
            return Some(content);
        }
        let _ = fs::remove_file(path);
        None
    }

    /// Takes in what a transfer delivers, if it is what was promised.
    pub fn put(&self, from: impl Read, size: u64, sha256: Digest) -> Result<(), CacheError> {
        let failed = |source| CacheError::Write { path: self.folder.clone(), source };
        let mut file = NamedTempFile::new_in(&self.folder).map_err(failed)?;
        self.receive(from, file.as_file_mut(), size, sha256)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(self.path(sha256)).map_err(|error| failed(error.error))?;
        Ok(())
    }

    fn receive(&self, mut from: impl Read, to: &mut File, size: u64, sha256: Digest) -> Result<(), CacheError> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        let mut got = 0;
        loop {
            let read = from.read(&mut buffer).map_err(|source| CacheError::Transfer { got, size, source })?;
            if read == 0 {
                break;
            }
            got += read as u64;
            if got > size {
                return Err(CacheError::TooLong { size });
            }
            hash.update(&buffer[..read]);
            to.write_all(&buffer[..read]).map_err(|source| CacheError::Write { path: self.folder.clone(), source })?;
        }
        if got < size {
            return Err(CacheError::CutShort { got, size });
        }
        let digest = hex(&hash.finalize());
        if digest == sha256.to_string() { Ok(()) } else { Err(CacheError::Digest { got: digest, wanted: sha256 }) }
    }

    fn path(&self, sha256: Digest) -> PathBuf {
        self.folder.join(sha256.to_string())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_in(cache: &Cache) -> usize {
        fs::read_dir(&cache.folder).unwrap().count()
    }

    #[test]
    fn only_what_was_promised_gets_in() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let (content, sha256) = (b"a package".as_slice(), Digest::of(b"a package"));
        let refused = |delivered: &[u8]| cache.put(delivered, content.len() as u64, sha256).unwrap_err();
        assert!(matches!(refused(b"a pack"), CacheError::CutShort { got: 6, size: 9 }));
        assert!(matches!(refused(b"a package!"), CacheError::TooLong { size: 9 }));
        assert!(matches!(refused(b"a pacKage"), CacheError::Digest { .. }));
        assert_eq!(left_in(&cache), 0, "nothing half-written stays");

        cache.put(content, content.len() as u64, sha256).unwrap();
        assert_eq!(cache.get(sha256).as_deref(), Some(content));
        assert_eq!(left_in(&cache), 1);
    }

    #[test]
    fn a_file_that_was_changed_in_the_cache_is_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let sha256 = Digest::of(b"a package");
        cache.put(b"a package".as_slice(), 9, sha256).unwrap();
        fs::write(cache.path(sha256), b"A package").unwrap();
        assert_eq!(cache.get(sha256), None);
        assert_eq!(left_in(&cache), 0);
    }
}
