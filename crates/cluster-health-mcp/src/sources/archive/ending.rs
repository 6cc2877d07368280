//! How an archive ends: as it should, too early, damaged, or at a limit.

use std::error::Error;
use std::io::{self, Read};

use super::End;
use super::decoder::Trailing;
use super::limits::{KIB, LimitHit};

/// Tar writers pad up to a megabyte of zeros; what comes beyond is not looked at.
const PADDING: u64 = 4 * KIB * KIB;

/// Whether anything but padding follows the end of the tar. Reads to the end of the compressed stream, so that its
/// checksum gets compared.
pub(super) fn trailing(content: impl Read) -> io::Result<bool> {
    let mut rest = content.take(PADDING);
    let mut piece = [0; 4096];
    let mut trailing = false;
    loop {
        match rest.read(&mut piece) {
            Ok(0) => return Ok(trailing || rest.limit() == 0),
            Ok(read) => trailing |= piece[..read].iter().any(|byte| *byte != 0),
            Err(error) if is::<Trailing>(&error) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
}

/// What an error while reading entries says about the archive.
pub(super) fn ended_by(error: io::Error, within: Option<String>) -> End {
    let error = match error.downcast::<LimitHit>() {
        Ok(hit) => return End::Limit(hit),
        Err(error) => error,
    };
    if is_cut(&error) { End::Cut { within } } else { End::Damaged { within, source: error } }
}

fn is<E: Error + 'static>(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<E>())
}

/// Decoders wrap the end of their input in errors of their own.
fn is_cut(error: &io::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io_error) = error.downcast_ref::<io::Error>() {
            if io_error.kind() == io::ErrorKind::UnexpectedEof {
                return true;
            }
            // `source` of an io::Error skips the error it wraps.
            cause = io_error.get_ref().map(|inner| inner as &(dyn Error + 'static));
        } else {
            cause = error.source();
        }
    }
    false
}
