//! One reader over gzip, xz, zstd and plain bytes. A file may hold several compressed streams one after the other, as
//! parallel compressors write them; checksums are verified at the end of each.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::format::Compression;
use super::limits::{KIB, LimitHit};

/// Something other than a further stream follows the last one.
#[derive(Debug, thiserror::Error)]
#[error("bytes that belong to no archive follow")]
pub(super) struct Trailing;

enum Stream<R: BufRead> {
    Plain(R),
    Gzip(Box<GzDecoder<R>>),
    Xz(Box<XzReader<R>>),
    Zstd(Box<StreamingDecoder<R, FrameDecoder>>),
    Ended,
}

pub(super) struct Decoder<R: BufRead> {
    stream: Stream<R>,
    compression: Compression,
    memory: u64,
}

impl<R: BufRead> Decoder<R> {
    pub(super) fn new(source: R, compression: Compression, memory: u64) -> io::Result<Self> {
        Ok(Self { stream: open(source, compression, memory)?, compression, memory })
    }

    /// Opens the stream that follows, if any.
    fn advance(&mut self) -> io::Result<bool> {
        let mut source = match std::mem::replace(&mut self.stream, Stream::Ended) {
            Stream::Plain(_) | Stream::Ended => return Ok(false),
            Stream::Gzip(decoder) => decoder.into_inner(),
            Stream::Xz(decoder) => decoder.into_inner(),
            Stream::Zstd(decoder) => verified(*decoder)?,
        };
        match next_byte(&mut source)? {
            None => Ok(false),
            Some(byte) if starts(self.compression, byte) => {
                self.stream = open(source, self.compression, self.memory)?;
                Ok(true)
            }
            Some(_) => Err(io::Error::other(Trailing)),
        }
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            let read = match &mut self.stream {
                Stream::Plain(source) => source.read(buf)?,
                Stream::Gzip(decoder) => decoder.read(buf)?,
                Stream::Xz(decoder) => decoder.read(buf).map_err(|error| xz_error(error, self.memory))?,
                Stream::Zstd(decoder) => decoder.read(buf)?,
                Stream::Ended => return Ok(0),
            };
            if read > 0 || !self.advance()? {
                return Ok(read);
            }
        }
    }
}

fn open<R: BufRead>(source: R, compression: Compression, memory: u64) -> io::Result<Stream<R>> {
    match compression {
        Compression::None => Ok(Stream::Plain(source)),
        Compression::Gzip => Ok(Stream::Gzip(Box::new(GzDecoder::new(source)))),
        Compression::Xz => {
            let limit = u32::try_from(memory / KIB).unwrap_or(u32::MAX);
            Ok(Stream::Xz(Box::new(XzReader::new_mem_limit(source, false, limit))))
        }
        Compression::Zstd => open_zstd(source, memory),
    }
}

/// A zstd frame, past the skippable ones before it; the file may end with those.
fn open_zstd<R: BufRead>(mut source: R, memory: u64) -> io::Result<Stream<R>> {
    loop {
        match source.fill_buf()?.first() {
            None => return Ok(Stream::Ended),
            Some(0x50..=0x5f) => skip_frame(&mut source)?,
            Some(_) => break,
        }
    }
    match StreamingDecoder::new_with_max_window_size(source, memory) {
        Ok(decoder) => Ok(Stream::Zstd(Box::new(decoder))),
        Err(FrameDecoderError::WindowSizeTooBig { .. }) => Err(io::Error::other(LimitHit::DecoderMemory(memory))),
        Err(error) => Err(io::Error::other(error)),
    }
}

fn skip_frame(source: &mut impl BufRead) -> io::Result<()> {
    let mut head = [0; 8];
    source.read_exact(&mut head)?;
    let [_, magic @ .., a, b, c, d] = head;
    if magic != [0x2a, 0x4d, 0x18] {
        return Err(io::Error::other(Trailing));
    }
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    if io::copy(&mut source.take(length), &mut io::sink())? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// The source behind a finished frame, whose checksum must hold; the decoder itself does not compare it.
fn verified<R: Read>(decoder: StreamingDecoder<R, FrameDecoder>) -> io::Result<R> {
    let (source, frame) = decoder.into_parts();
    match (frame.get_checksum_from_data(), frame.get_calculated_checksum()) {
        (Some(stated), Some(found)) if stated != found => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "content checksum does not match"))
        }
        _ => Ok(source),
    }
}

/// The first byte of what follows, past the zeros that tapes and xz pad with.
fn next_byte(source: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let buffered = source.fill_buf()?;
        let zeros = buffered.iter().take_while(|byte| **byte == 0).count();
        let next = buffered.get(zeros).copied();
        let at_end = buffered.is_empty();
        source.consume(zeros);
        if next.is_some() || at_end {
            return Ok(next);
        }
    }
}

/// Whether a stream may start so. One byte is all a buffer is sure to show; the decoder checks the rest.
fn starts(compression: Compression, byte: u8) -> bool {
    match compression {
        Compression::None => false,
        Compression::Gzip => byte == 0x1f,
        Compression::Xz => byte == 0xfd,
        Compression::Zstd => matches!(byte, 0x28 | 0x50..=0x5f),
    }
}

fn xz_error(error: io::Error, memory: u64) -> io::Error {
    match error.kind() {
        io::ErrorKind::OutOfMemory => io::Error::other(LimitHit::DecoderMemory(memory)),
        _ => error,
    }
}
