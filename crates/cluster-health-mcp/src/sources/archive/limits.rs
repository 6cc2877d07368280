//! How much of an archive is read before the reader stops. An archive comes from anywhere: each limit is far above
//! what real collections need and keeps one file from taking the machine's memory or minutes of its time.

pub(super) const KIB: u64 = 1024;
pub(super) const MIB: u64 = 1024 * KIB;
pub(super) const GIB: u64 = 1024 * MIB;

/// Every bound the reader keeps to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that come out of the decompressor, wanted or not. Large clusters' collections with audit logs reach tens
    /// of gigabytes; beyond this, reading takes minutes.
    pub total_bytes: u64,
    /// Times the output may exceed the compressed input. Text reaches 30, repeated log lines a few hundred; bombs
    /// reach thousands.
    pub ratio: u64,
    /// Output up to which the ratio is not looked at: small archives of empty files compress without end.
    pub ratio_free_bytes: u64,
    /// Bytes kept of one wanted file; the rest is skipped and named. A list of 100,000 pods takes about 1 GB with
    /// managed fields, but never in one namespace.
    pub file_bytes: u64,
    /// Entries, folders included. A collection has about a dozen files a pod.
    pub entries: u64,
    /// Length of a path, as most file systems bound it.
    pub path_bytes: usize,
    /// Components of a path. A must-gather needs ten, and may itself lie in a few folders.
    pub path_depth: usize,
    /// Memory for the decompressor's dictionary or window: twice what `xz -9` needs, what `zstd --long` needs.
    pub decoder_bytes: u64,
    /// Bytes of one extended header (long names, pax records), of which a few hundred are usual.
    pub header_bytes: u64,
    /// Problems listed by path; beyond it they are counted.
    pub listed: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total_bytes: 64 * GIB,
            ratio: 1000,
            ratio_free_bytes: GIB,
            file_bytes: 256 * MIB,
            entries: 4_000_000,
            path_bytes: 4096,
            path_depth: 32,
            decoder_bytes: 128 * MIB,
            header_bytes: MIB,
            listed: 100,
        }
    }
}

/// The limit that ended a reading early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitHit {
    #[error("it holds more than {} GiB", .0 / GIB)]
    TotalBytes(u64),
    #[error("it unpacks to more than {0} times its size, as only a decompression bomb does")]
    Ratio(u64),
    #[error("it has more than {0} entries")]
    Entries(u64),
    #[error(
        "its decompressor needs more than {} MiB of memory; compress it again with `xz -6` or `zstd` without `--ultra`",
        .0 / MIB
    )]
    DecoderMemory(u64),
}
