//! Why a path gave nothing at all, and what its user can do about it.

use std::io;
use std::path::PathBuf;

use super::limits::LimitHit;

/// Nothing could be read. An archive that could be read in part is not an error: see [`super::End`].
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(
        "{path:?} does not exist; give the folder that `oc adm must-gather` or `oc adm inspect` made, or a .tar, \
         .tar.gz, .tar.xz or .tar.zst of it"
    )]
    NotFound { path: PathBuf },

    #[error("{path:?} cannot be read")]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },

    #[error("{path:?} is neither a folder nor a regular file; give a folder, or a .tar, .tar.gz, .tar.xz or .tar.zst")]
    NotRegular { path: PathBuf },

    #[error("{path:?} is {format}, which is not read; unpack it and give the folder, or pack that again: {repack}")]
    OtherFormat { path: PathBuf, format: &'static str, repack: &'static str },

    #[error("{path:?} is not an archive; a folder, .tar, .tar.gz, .tar.xz or .tar.zst is read, whatever its name")]
    NotAnArchive { path: PathBuf },

    #[error("{path:?} is compressed with {compression} but holds no tar archive; give the folder, or a tar of it")]
    NoTarInside { path: PathBuf, compression: &'static str },

    #[error("{path:?} holds no files")]
    Empty { path: PathBuf },

    #[error("{path:?} is damaged from its start; fetch or pack it again")]
    Damaged {
        path: PathBuf,
        #[source]
        source: io::Error,
    },

    #[error("{path:?} was not read")]
    Limit {
        path: PathBuf,
        #[source]
        source: LimitHit,
    },
}
