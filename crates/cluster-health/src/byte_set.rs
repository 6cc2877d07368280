//! Sets of bytes, to look along text quickly.

/// A set of bytes, asked in one step.
pub(crate) struct ByteSet([bool; 256]);

impl ByteSet {
    pub(crate) const NONE: Self = Self([false; 256]);

    pub(crate) const LETTERS_AND_DIGITS: Self = {
        let (mut bytes, mut byte) = ([false; 256], 0_u8);
        while byte < 128 {
            bytes[byte as usize] = byte.is_ascii_alphanumeric();
            byte += 1;
        }
        Self(bytes)
    };

    pub(crate) const fn and(mut self, bytes: &[u8]) -> Self {
        let mut at = 0;
        while at < bytes.len() {
            self.0[bytes[at] as usize] = true;
            at += 1;
        }
        self
    }

    pub(crate) const fn has(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }
}
