//! Packets, and the numbers in them (RFC 9580, sections 3 and 4).

use super::SignatureError;

pub(super) const SIGNATURE: u8 = 2;
pub(super) const PUBLIC_KEY: u8 = 6;
pub(super) const PUBLIC_SUBKEY: u8 = 14;

pub(super) struct Packet<'a> {
    pub(super) tag: u8,
    pub(super) body: &'a [u8],
}

/// Splits a run of packets. Lengths that are not known from the start are refused: keys and signatures have none.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Packet<'_>>, SignatureError> {
    let mut from = Reader(bytes);
    let mut packets = Vec::new();
    while !from.0.is_empty() {
        let header = from.byte()?;
        let (tag, length) = match header {
            0xC0.. => (header & 0x3F, new_length(&mut from)?),
            0x80.. => ((header >> 2) & 0x0F, old_length(&mut from, header & 3)?),
            _ => return Err(SignatureError::Damaged("no packet where one is expected")),
        };
        packets.push(Packet { tag, body: from.take(length)? });
    }
    Ok(packets)
}

fn new_length(from: &mut Reader<'_>) -> Result<usize, SignatureError> {
    match from.byte()? {
        short @ ..192 => Ok(usize::from(short)),
        two @ 192..224 => Ok(((usize::from(two) - 192) << 8) + usize::from(from.byte()?) + 192),
        224..255 => Err(SignatureError::Damaged("a packet in parts")),
        255 => from.number(4),
    }
}

fn old_length(from: &mut Reader<'_>, kind: u8) -> Result<usize, SignatureError> {
    match kind {
        0 => from.number(1),
        1 => from.number(2),
        2 => from.number(4),
        _ => Err(SignatureError::Damaged("a packet without a length")),
    }
}

/// Takes bytes off the front, and errs where there are too few.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], SignatureError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(SignatureError::Damaged("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, SignatureError> {
        Ok(self.take(1)?[0])
    }

    /// Big-endian, of at most four bytes.
    pub(super) fn number(&mut self, bytes: usize) -> Result<usize, SignatureError> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// A multiprecision integer: its length in bits, then its bytes without leading zeros.
    pub(super) fn integer(&mut self) -> Result<&'a [u8], SignatureError> {
        let bits = self.number(2)?;
        self.take(bits.div_ceil(8))
    }
}
