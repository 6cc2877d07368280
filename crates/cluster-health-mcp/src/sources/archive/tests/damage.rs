//! Archives that lost something on their way: what came before the loss is kept, and the loss is named.

use super::*;

/// Text that does not compress away, so that cuts fall inside files.
fn noise(seed: u32, length: usize) -> String {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + (state >> 25) as u8 % 90)
    };
    (0..length).map(|_| next()).collect()
}

fn sample() -> (Vec<u8>, BTreeMap<String, String>) {
    let files: BTreeMap<_, _> = (0..20).map(|i| (format!("{i:02}.yaml"), noise(i, 20_000))).collect();
    let tar = files.iter().fold(Tar::default(), |tar, (path, content)| tar.file(path, content));
    (tar.end(), files)
}

#[test]
fn a_cut_keeps_what_came_before_it() {
    let (tar, files) = sample();
    for (compression, bytes) in containers(&tar) {
        for percent in [5, 20, 50, 90, 97] {
            let mut collect = Collect::new("yaml");
            let summary = match walk_bytes(&bytes[..bytes.len() * percent / 100], &mut collect) {
                Ok(summary) => summary,
                // Nothing had come out of the first block.
                Err(ArchiveError::Damaged { .. }) if percent < 20 || compression == Compression::Zstd => continue,
                Err(error) => panic!("{compression:?} at {percent}: {error:?}"),
            };
            assert!(matches!(summary.end, End::Cut { .. }), "{compression:?} at {percent}: {:?}", summary.end);
            for (path, file) in &collect.files {
                let whole = files[path].as_bytes();
                assert!(whole.starts_with(&file.content));
                assert_eq!(file.cut, file.content.len() < whole.len());
            }
            // A cut costs what the decoder works on at a time: gzip a piece, xz a chunk of 64 KiB, zstd its window.
            let lost = match compression {
                Compression::None => 0,
                Compression::Gzip => 1,
                Compression::Xz => 5,
                Compression::Zstd => 20,
            };
            assert!(collect.files.len() + lost >= 20 * percent / 100, "{compression:?} at {percent}");
        }
    }
}

#[test]
fn a_cut_names_the_file_it_falls_in() {
    let (tar, _) = sample();
    let summary = walk_bytes(&tar[..tar.len() / 2], &mut Collect::new("yaml")).unwrap();
    assert!(matches!(&summary.end, End::Cut { within: Some(path) } if path == "10.yaml"), "{summary:?}");
}

#[test]
fn a_tar_without_its_end_mark_may_be_cut() {
    let tar = Tar::default().file("a.yaml", "a").0;
    let summary = walk_bytes(&tar, &mut Collect::new("yaml")).unwrap();
    assert!(matches!(summary.end, End::Cut { within: None }), "{summary:?}");
}

#[test]
fn a_wrong_checksum_is_damage() {
    let (tar, _) = sample();
    for (mut bytes, from_end) in [(gzip(&tar), 6), (xz(&tar), 30), (zstd(&tar), 2)] {
        let at = bytes.len() - from_end;
        bytes[at] ^= 0x10;
        let summary = walk_bytes(&bytes, &mut Collect::new("yaml")).unwrap();
        assert!(matches!(summary.end, End::Damaged { .. }), "{summary:?}");
    }
}

#[test]
fn a_damaged_header_ends_the_reading() {
    let (mut tar, _) = sample();
    let third = tar.windows(7).position(|window| window == b"02.yaml").unwrap();
    tar[third] = b'X';
    let mut collect = Collect::new("yaml");
    let summary = walk_bytes(&tar, &mut collect).unwrap();
    assert!(matches!(summary.end, End::Damaged { .. }), "{summary:?}");
    assert_eq!(collect.order, ["00.yaml", "01.yaml"]);
}

#[test]
fn bytes_after_the_end_are_noticed() {
    let (tar, files) = sample();
    for (compression, mut bytes) in containers(&tar) {
        bytes.extend_from_slice(b"trailing garbage");
        let mut collect = Collect::new("yaml");
        let summary = walk_bytes(&bytes, &mut collect).unwrap();
        assert!(matches!(summary.end, End::Complete) && summary.trailing, "{compression:?}: {summary:?}");
        assert_eq!(collect.files.len(), files.len());
    }
}
