//! Whatever the bytes: no panic, no path that leaves the archive, no file longer than it is.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

static ARCHIVES: LazyLock<[(Compression, Vec<u8>); 4]> = LazyLock::new(|| {
    let tar = Tar::default()
        .entry(EntryType::Directory, b"mg/", b"")
        .file("mg/timestamp", "2021-08-03 10:12:00 +0000 UTC\n")
        .entry(EntryType::GNULongName, b"././@LongLink", "mg/long/".repeat(20).as_bytes())
        .file("mg/namespaces/a/core/pods.yaml", &"- kind: Pod\n".repeat(300))
        .entry(EntryType::XHeader, b"x", &pax(&[("path", "mg/pax.yaml"), ("size", "9")]))
        .file("mg/short", "kind: Pod")
        .entry(EntryType::Symlink, b"mg/link", b"")
        .end();
    containers(&tar)
});

fn read(bytes: &[u8]) {
    let limits = Limits { total_bytes: 1 << 22, file_bytes: 1 << 20, entries: 1000, ..Limits::default() };
    for wanted in ["", "yaml"] {
        let mut collect = Collect::new(wanted);
        let result = walk_with(bytes, &limits, &mut collect);
        for path in collect.files.keys() {
            assert!(path.split('/').all(|component| !matches!(component, "" | "." | "..")), "{path:?}");
        }
        if let Ok(summary) = result {
            assert_eq!(summary.handed, collect.order.len() as u64);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(magic in 0_usize..5, tail in prop::collection::vec(any::<u8>(), 0..2000)) {
        let magic: &[u8] = [&b""[..], b"\x1f\x8b\x08\0", b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"][magic];
        read(&[magic, &tail].concat());
    }

    #[test]
    fn cut_and_flipped(
        which in 0_usize..4,
        keep in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u32..8), 0..6),
    ) {
        let mut bytes = ARCHIVES[which].1.clone();
        bytes.truncate(keep.index(bytes.len() * 2).max(1));
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        read(&bytes);
    }

    #[test]
    fn flipped_tars_inside_sound_compression(
        which in 1_usize..4,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut tar = ARCHIVES[0].1.clone();
        for (at, byte) in flips {
            let at = at.index(tar.len());
            tar[at] = byte;
        }
        read(&[gzip, xz, zstd][which - 1](&tar));
    }
}
