//! Archives somebody made to do harm.

use super::*;

#[test]
fn paths_that_leave_the_archive_are_named_and_not_read() {
    let tar = Tar::default()
        .file("../up.yaml", "x")
        .file("/etc/passwd.yaml", "x")
        .file("a/../../b.yaml", "x")
        .file("C:\\windows.yaml", "x")
        .entry(EntryType::Regular, b"bad\xff.yaml", b"x")
        .entry(EntryType::XHeader, b"x", &pax(&[("path", "nul\0.yaml")]))
        .file("x.yaml", "x")
        .file("good.yaml", "good")
        .end();
    let mut collect = Collect::new("");
    let summary = walk_bytes(&tar, &mut collect).unwrap();
    assert_eq!(collect.order, ["good.yaml"]);
    let expected = [
        ("../up.yaml", Reason::UnsafePath),
        ("/etc/passwd.yaml", Reason::UnsafePath),
        ("C:\\windows.yaml", Reason::UnsafePath),
        ("a/../../b.yaml", Reason::UnsafePath),
        ("bad\u{fffd}.yaml", Reason::UnreadablePath),
        ("nul\u{fffd}.yaml", Reason::UnsafePath),
    ];
    assert_eq!(reasons(&summary), expected);
}

#[test]
fn links_and_devices_are_named_where_a_file_was_wanted() {
    let tar = Tar::default()
        .entry(EntryType::Symlink, b"link.yaml", b"")
        .entry(EntryType::Link, b"hard.yaml", b"")
        .entry(EntryType::Symlink, b"link.log", b"")
        .entry(EntryType::Char, b"char.yaml", b"")
        .entry(EntryType::Block, b"block.yaml", b"")
        .entry(EntryType::Fifo, b"fifo.yaml", b"")
        .entry(EntryType::new(b'Z'), b"odd.yaml", b"content")
        .file("good.yaml", "good")
        .end();
    let mut collect = Collect::new("yaml");
    let summary = walk_bytes(&tar, &mut collect).unwrap();
    assert_eq!(collect.order, ["good.yaml"]);
    assert_eq!(summary.problems.counts()[&Reason::Link], 2);
    assert_eq!(summary.problems.counts()[&Reason::Special], 4);
}

#[test]
fn sparse_files_are_passed_over_whole() {
    let mut sparse = Tar::default().entry(EntryType::GNUSparse, b"sparse.yaml", b"data").0;
    let mut header = Header::new_gnu();
    header.as_mut_bytes().copy_from_slice(&sparse[..512]);
    header.as_gnu_mut().unwrap().isextended = [1];
    header.set_cksum();
    sparse[..512].copy_from_slice(header.as_bytes());
    // Two blocks go on with the map, the first says so.
    let mut map = [0_u8; 1024];
    map[504] = 1;
    sparse.splice(512..512, map);
    let tar = Tar(sparse)
        .entry(EntryType::XHeader, b"x", &pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.name", "named.yaml")]))
        .file("GNUSparseFile.0/named.yaml", "map")
        .file("good.yaml", "good")
        .end();
    let mut collect = Collect::new("yaml");
    let summary = walk_bytes(&tar, &mut collect).unwrap();
    assert_eq!(collect.order, ["good.yaml"]);
    assert_eq!(reasons(&summary), [("named.yaml", Reason::Sparse), ("sparse.yaml", Reason::Sparse)]);
}

#[test]
fn the_last_of_two_entries_counts() {
    let tar = Tar::default().file("a.yaml", "first").file("./a.yaml", "last").end();
    let mut collect = Collect::new("yaml");
    let summary = walk_bytes(&tar, &mut collect).unwrap();
    assert_eq!(collect.content("a.yaml"), "last");
    assert_eq!(reasons(&summary), [("a.yaml", Reason::Duplicate)]);
}

#[test]
fn a_file_over_the_limit_is_read_up_to_it() {
    let limits = Limits { file_bytes: 4, ..Limits::default() };
    let tar = Tar::default().file("large.yaml", "123456").file("small.yaml", "1234").file("large.log", "123456").end();
    let mut collect = Collect::new("yaml");
    let summary = walk_with(&tar, &limits, &mut collect).unwrap();
    assert_eq!((collect.content("large.yaml"), collect.files["large.yaml"].cut), ("1234", true));
    assert_eq!((collect.content("small.yaml"), collect.files["small.yaml"].cut), ("1234", false));
    assert_eq!(reasons(&summary), [("large.yaml", Reason::TooLarge)]);
}

#[test]
fn entries_are_counted() {
    let limits = Limits { entries: 2, ..Limits::default() };
    let tar = Tar::default().file("a", "").file("b", "").file("c", "");
    let mut collect = Collect::new("");
    let summary = walk_with(&tar.end(), &limits, &mut collect).unwrap();
    assert!(matches!(summary.end, End::Limit(LimitHit::Entries(2))), "{summary:?}");
    assert_eq!(collect.order, ["a", "b"]);
}

#[test]
fn decompression_bombs_are_stopped() {
    let bomb = Tar::default().file("a.yaml", "a").entry(EntryType::Regular, b"zeros", &vec![0; 3_000_000]).end();
    let limits = Limits { ratio: 20, ratio_free_bytes: 1_000_000, ..Limits::default() };
    for bytes in [gzip(&bomb), xz(&bomb), zstd(&bomb)] {
        let mut collect = Collect::new("yaml");
        let summary = walk_with(&bytes, &limits, &mut collect).unwrap();
        assert!(matches!(summary.end, End::Limit(LimitHit::Ratio(20))), "{summary:?}");
        assert_eq!(collect.order, ["a.yaml"]);
    }
    let limits = Limits { total_bytes: 1_000_000, ..Limits::default() };
    let summary = walk_with(&bomb, &limits, &mut Collect::new("yaml")).unwrap();
    assert!(matches!(summary.end, End::Limit(LimitHit::TotalBytes(1_000_000))), "{summary:?}");
}

#[test]
fn large_dictionaries_are_refused_before_they_are_allocated() {
    let tar = Tar::default().file("a", &"a".repeat(100_000)).end();
    let limits = Limits { decoder_bytes: 2048, ..Limits::default() };
    for bytes in [xz(&tar), zstd(&tar)] {
        let error = walk_with(&bytes, &limits, &mut Collect::new("")).unwrap_err();
        assert!(matches!(error, ArchiveError::Limit { source: LimitHit::DecoderMemory(2048), .. }), "{error:?}");
    }
}

#[test]
fn extended_headers_are_bounded() {
    let limits = Limits { header_bytes: 600, ..Limits::default() };
    for entry_type in [EntryType::GNULongName, EntryType::XHeader] {
        let tar = Tar::default().file("a", "").entry(entry_type, b"x", &[b'a'; 601]).file("b", "").end();
        let mut collect = Collect::new("");
        let summary = walk_with(&tar, &limits, &mut collect).unwrap();
        assert!(matches!(summary.end, End::Damaged { .. }), "{summary:?}");
        assert_eq!(collect.order, ["a"]);
    }
}

#[test]
fn a_size_that_lies_allocates_nothing() {
    let mut tar = Tar::default().file("a.yaml", "a").0;
    let mut header = Header::new_gnu();
    header.as_mut_bytes().copy_from_slice(&tar[..512]);
    header.set_size(u64::MAX);
    header.set_cksum();
    tar[..512].copy_from_slice(header.as_bytes());
    for wanted in ["yaml", "none"] {
        let mut collect = Collect::new(wanted);
        let summary = walk_bytes(&tar, &mut collect).unwrap();
        assert!(matches!(&summary.end, End::Cut { within: Some(path) } if path == "a.yaml"), "{summary:?}");
        assert!(collect.files.values().all(|file| file.cut));
    }
}
