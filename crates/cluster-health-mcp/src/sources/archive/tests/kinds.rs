//! What is accepted, and what is refused with a word on what to do.

use super::*;

fn sample() -> Vec<u8> {
    let folder = |tar: Tar| tar.entry(EntryType::Directory, b"./mg/", b"");
    folder(Tar::default()).file("./mg/b.yaml", "b").file("mg/a.log", "log").file("mg/a.yaml", "a").end()
}

#[test]
fn the_same_files_come_out_of_every_container() {
    for (compression, bytes) in containers(&sample()) {
        let mut collect = Collect::new("yaml");
        let summary = walk_bytes(&bytes, &mut collect).unwrap();
        assert_eq!(summary.container, Container::Tar(compression));
        assert!(matches!(summary.end, End::Complete), "{summary:?}");
        assert_eq!((summary.files, summary.handed, summary.handed_bytes), (3, 2, 2));
        assert!(summary.problems.is_empty() && !summary.trailing, "{summary:?}");
        assert_eq!(collect.order, ["mg/b.yaml", "mg/a.yaml"]);
        assert_eq!((collect.content("mg/a.yaml"), collect.content("mg/b.yaml")), ("a", "b"));
    }
}

#[test]
fn streams_one_after_the_other_are_one_archive() {
    let tar = sample();
    let (first, second) = tar.split_at(700);
    let skippable = [&[0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let archives = [
        [gzip(first), gzip(second)].concat(),
        [xz(first), vec![0; 8], xz(second)].concat(),
        [skippable.clone(), zstd(first), skippable.clone(), zstd(second), skippable].concat(),
    ];
    for bytes in archives {
        let mut collect = Collect::new("yaml");
        let summary = walk_bytes(&bytes, &mut collect).unwrap();
        assert!(matches!(summary.end, End::Complete) && !summary.trailing, "{summary:?}");
        assert_eq!(collect.order, ["mg/b.yaml", "mg/a.yaml"]);
    }
}

#[test]
fn names_longer_than_a_header_holds() {
    let long = format!("mg/{}/{}.yaml", "a".repeat(120), "b".repeat(90));
    let tar = Tar::default()
        .entry(EntryType::GNULongName, b"././@LongLink", format!("{long}\0").as_bytes())
        .file("mg/short", "gnu")
        .entry(EntryType::XHeader, b"PaxHeaders/x", &pax(&[("mtime", "1.5"), ("path", "mg/pax.yaml")]))
        .file("mg/other", "pax")
        .entry(EntryType::XGlobalHeader, b"pax_global_header", &pax(&[("comment", "x"), ("path", "evil")]))
        .file("mg/plain.yaml", "plain")
        .end();
    let mut collect = Collect::new("yaml");
    walk_bytes(&tar, &mut collect).unwrap();
    assert_eq!(collect.order, [long.as_str(), "mg/pax.yaml", "mg/plain.yaml"]);
    assert_eq!((collect.content(&long), collect.content("mg/pax.yaml")), ("gnu", "pax"));
}

#[test]
fn a_size_in_a_pax_header_counts() {
    let mut tar = Tar::default()
        .entry(EntryType::XHeader, b"x", &pax(&[("size", "3")]))
        .file("a.yaml", "abc")
        .file("b.yaml", "b")
        .0;
    // The header proper says 0 bytes, as it does for files too large for it.
    let mut header = Header::new_gnu();
    header.as_mut_bytes().copy_from_slice(&tar[1024..1536]);
    header.set_size(0);
    header.set_cksum();
    tar[1024..1536].copy_from_slice(header.as_bytes());
    let mut collect = Collect::new("yaml");
    walk_bytes(&Tar(tar).end(), &mut collect).unwrap();
    assert_eq!((collect.content("a.yaml"), collect.content("b.yaml")), ("abc", "b"));
}

#[test]
fn progress_reaches_the_end_of_the_file() {
    let noise: String =
        (0..400_000_u32).map(|i| char::from(b'a' + (i.wrapping_mul(2_654_435_761) >> 28) as u8)).collect();
    let bytes = gzip(&Tar::default().file("a.log", &noise).file("b.yaml", &noise).end());
    let mut collect = Collect::new("yaml");
    walk_bytes(&bytes, &mut collect).unwrap();
    let (read, total) = collect.progress.get();
    assert_eq!((read, total), (bytes.len() as u64, bytes.len() as u64));
}

#[test]
fn a_visitor_may_stop() {
    struct Stop;
    impl Visitor for Stop {
        fn wants(&self, _path: &str, _size: u64) -> bool {
            true
        }
        fn file(&mut self, _file: File) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }
    let summary = walk_bytes(&sample(), &mut Stop).unwrap();
    assert!(matches!(summary.end, End::Stopped));
    assert_eq!(summary.handed, 1);
}

fn error(bytes: &[u8]) -> ArchiveError {
    walk_bytes(bytes, &mut Collect::new("")).unwrap_err()
}

#[test]
fn what_is_no_archive_is_refused_with_what_to_do() {
    let zip = error(b"PK\x03\x04rest");
    assert!(matches!(zip, ArchiveError::OtherFormat { .. }) && zip.to_string().contains("unzip"), "{zip}");
    let unknown = error(b"kind: Pod\n");
    assert!(
        matches!(unknown, ArchiveError::NotAnArchive { .. }) && unknown.to_string().contains(".tar.xz"),
        "{unknown}"
    );
    assert!(matches!(error(b""), ArchiveError::Empty { .. }));
    for (_, bytes) in containers(&Tar::default().end()) {
        assert!(matches!(error(&bytes), ArchiveError::Empty { .. }));
    }
    let text = "kind: Pod\n".repeat(100);
    for bytes in [gzip(text.as_bytes()), xz(text.as_bytes()), zstd(text.as_bytes())] {
        assert!(matches!(error(&bytes), ArchiveError::NoTarInside { .. }));
    }
    for bytes in [&b"\x1f\x8b\x08nonsense"[..], b"\xfd7zXZ\0nonsense", b"\x28\xb5\x2f\xfdnonsense"] {
        let damaged = error(bytes);
        assert!(matches!(damaged, ArchiveError::Damaged { .. }), "{damaged:?}");
    }
}

#[test]
fn a_path_that_is_not_there_or_no_file() {
    let missing = walk(Path::new("/no/such/thing.tar"), &Limits::default(), &mut Collect::new("")).unwrap_err();
    assert!(
        matches!(missing, ArchiveError::NotFound { .. }) && missing.to_string().contains("must-gather"),
        "{missing}"
    );
    let device = walk(Path::new("/dev/null"), &Limits::default(), &mut Collect::new("")).unwrap_err();
    assert!(matches!(device, ArchiveError::NotRegular { .. }), "{device:?}");
}
