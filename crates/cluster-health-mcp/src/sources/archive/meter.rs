//! Counts bytes on both sides of a decompressor and stops it at the limits.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use super::limits::{KIB, LimitHit, Limits};

/// Asked of a decompressor at once. One that fails keeps back what it had made in that call, so the less it is asked,
/// the less of a cut archive is lost. (An xz chunk and a zstd window it keeps back either way.)
const PIECE: usize = 16 * KIB as usize;

/// A number one reader counts up and its owner reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Count(Rc<Cell<u64>>);

impl Count {
    pub(super) fn get(&self) -> u64 {
        self.0.get()
    }

    fn add(&self, bytes: usize) {
        self.0.set(self.0.get().saturating_add(bytes as u64));
    }
}

/// The compressed side: how far into the file we are.
pub(super) struct Counted<R> {
    inner: R,
    count: Count,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R, count: Count) -> Self {
        Self { inner, count }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.count.add(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count.add(amount);
        self.inner.consume(amount);
    }
}

/// The decompressed side. After its first error it gives no more bytes: decompressors need not stand being asked
/// again.
pub(super) struct Metered<R> {
    inner: R,
    input: Count,
    output: u64,
    limits: Limits,
    failed: bool,
}

impl<R> Metered<R> {
    pub(super) fn new(inner: R, input: Count, limits: &Limits) -> Self {
        Self { inner, input, output: 0, limits: limits.clone(), failed: false }
    }

    fn check(&self) -> Result<(), LimitHit> {
        let Limits { total_bytes, ratio, ratio_free_bytes, .. } = self.limits;
        if self.output > total_bytes {
            return Err(LimitHit::TotalBytes(total_bytes));
        }
        if self.output > ratio_free_bytes && self.output / ratio.max(1) > self.input.get() {
            return Err(LimitHit::Ratio(ratio));
        }
        Ok(())
    }

    fn step(&mut self, buf: &mut [u8]) -> io::Result<usize>
    where
        R: Read,
    {
        let piece = buf.len().min(PIECE);
        let read = self.inner.read(&mut buf[..piece])?;
        self.output = self.output.saturating_add(read as u64);
        self.check().map_err(io::Error::other)?;
        Ok(read)
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Ok(0);
        }
        loop {
            match self.step(buf) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
                read => return read,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(limits: &Limits) -> io::Result<u64> {
        let mut metered = Metered::new(io::repeat(7).take(1000), Count::default(), limits);
        let read = io::copy(&mut metered, &mut io::sink());
        assert_eq!(metered.read(&mut [0; 8]).unwrap(), 0, "nothing follows an error or the end");
        read
    }

    #[test]
    fn stops_at_the_total() {
        assert_eq!(read(&Limits::default()).unwrap(), 1000);
        let error = read(&Limits { total_bytes: 999, ..Limits::default() }).unwrap_err();
        assert_eq!(error.downcast::<LimitHit>().unwrap(), LimitHit::TotalBytes(999));
    }

    #[test]
    fn stops_at_the_ratio_once_past_the_free_bytes() {
        let error = read(&Limits { ratio_free_bytes: 10, ratio: 5, ..Limits::default() }).unwrap_err();
        assert_eq!(error.downcast::<LimitHit>().unwrap(), LimitHit::Ratio(5));
    }
}
