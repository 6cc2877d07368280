//! Folders, which may hold anything a file system can.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

fn walk_dir(dir: &TempDir, limits: &Limits, collect: &mut Collect) -> Summary {
    walk(dir.path(), limits, collect).unwrap()
}

#[test]
fn files_come_in_the_order_of_their_paths() {
    let dir =
        folder(&[("b/c.yaml", "c"), ("b.yaml", "b"), ("a/z/y.yaml", "y"), ("a/x.log", "log"), ("empty.yaml", "")]);
    let mut collect = Collect::new("yaml");
    let summary = walk_dir(&dir, &Limits::default(), &mut collect);
    assert_eq!(collect.order, ["a/z/y.yaml", "b.yaml", "b/c.yaml", "empty.yaml"]);
    assert_eq!((summary.container, summary.files, summary.handed), (Container::Folder, 5, 4));
    assert!(matches!(summary.end, End::Complete) && summary.problems.is_empty());
    assert_eq!(collect.progress.get(), (3, 3));
}

#[test]
fn links_are_not_followed() {
    let outside = folder(&[("secret.yaml", "secret")]);
    let dir = folder(&[("a.yaml", "a")]);
    symlink(outside.path().join("secret.yaml"), dir.path().join("file.yaml")).unwrap();
    symlink(outside.path(), dir.path().join("folder.yaml")).unwrap();
    symlink(outside.path(), dir.path().join("folder")).unwrap();
    symlink(dir.path(), dir.path().join("loop")).unwrap();
    let mut collect = Collect::new("yaml");
    let summary = walk_dir(&dir, &Limits::default(), &mut collect);
    assert_eq!(collect.order, ["a.yaml"]);
    assert_eq!(reasons(&summary), [("file.yaml", Reason::Link), ("folder.yaml", Reason::Link)]);
}

#[test]
fn the_folder_itself_may_be_a_link() {
    let dir = folder(&[("a.yaml", "a")]);
    let links = tempfile::tempdir().unwrap();
    let link = links.path().join("mg");
    symlink(dir.path(), &link).unwrap();
    let mut collect = Collect::new("yaml");
    walk(&link, &Limits::default(), &mut collect).unwrap();
    assert_eq!(collect.order, ["a.yaml"]);
}

#[test]
fn what_is_no_file_is_never_opened() {
    let dir = folder(&[("a.yaml", "a")]);
    let _socket = UnixListener::bind(dir.path().join("socket.yaml")).unwrap();
    // Opening a FIFO nobody writes to would hang this test.
    let fifo = std::process::Command::new("mkfifo").arg(dir.path().join("fifo.yaml")).status();
    let mut collect = Collect::new("yaml");
    let summary = walk_dir(&dir, &Limits::default(), &mut collect);
    assert_eq!(collect.order, ["a.yaml"]);
    let expected = if fifo.is_ok_and(|status| status.success()) { 2 } else { 1 };
    assert_eq!(summary.problems.counts()[&Reason::Special], expected);
}

#[test]
fn what_may_not_be_read_is_named() {
    let dir = folder(&[("a.yaml", "a"), ("closed.yaml", "x"), ("shut/b.yaml", "b")]);
    for path in ["closed.yaml", "shut"] {
        fs::set_permissions(dir.path().join(path), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let superuser = fs::read(dir.path().join("closed.yaml")).is_ok();
    let mut collect = Collect::new("yaml");
    let summary = walk_dir(&dir, &Limits::default(), &mut collect);
    fs::set_permissions(dir.path().join("shut"), fs::Permissions::from_mode(0o755)).unwrap();
    if !superuser {
        let refused = Reason::Refused(io::ErrorKind::PermissionDenied);
        assert_eq!(reasons(&summary), [("closed.yaml", refused), ("shut", refused)]);
        assert_eq!(collect.order, ["a.yaml"]);
    }
}

#[test]
fn limits_hold_for_folders_too() {
    let dir = folder(&[("a.yaml", "123456"), ("b.yaml", "12"), ("c.yaml", "12")]);
    let mut collect = Collect::new("yaml");
    let limits = Limits { file_bytes: 4, total_bytes: 8, ..Limits::default() };
    let summary = walk_dir(&dir, &limits, &mut collect);
    assert_eq!((collect.content("a.yaml"), collect.files["a.yaml"].cut), ("1234", true));
    assert_eq!(reasons(&summary), [("a.yaml", Reason::TooLarge)]);
    assert_eq!(collect.files.len(), 3);
    let limits = Limits { total_bytes: 7, ..Limits::default() };
    let summary = walk_dir(&dir, &limits, &mut Collect::new("yaml"));
    assert!(matches!(summary.end, End::Limit(LimitHit::TotalBytes(7))), "{summary:?}");
    let limits = Limits { entries: 2, ..Limits::default() };
    let summary = walk_dir(&dir, &limits, &mut Collect::new("yaml"));
    assert!(matches!(summary.end, End::Limit(LimitHit::Entries(2))) && summary.handed == 2, "{summary:?}");
    let deep = folder(&[("1/2/3/4/a.yaml", "a")]);
    let limits = Limits { path_depth: 3, ..Limits::default() };
    let summary = walk_dir(&deep, &limits, &mut Collect::new("yaml"));
    assert_eq!(reasons(&summary), [("1/2/3/4", Reason::LongPath)]);
}

#[test]
fn a_folder_and_its_tar_hold_the_same_files() {
    let files = [("mg/b.yaml", "b"), ("mg/a/c.yaml", "c"), ("mg/a.log", "log")];
    let tar = files.iter().fold(Tar::default(), |tar, (path, content)| tar.file(path, content)).end();
    let (mut folder_files, mut tar_files) = (Collect::new("yaml"), Collect::new("yaml"));
    walk_dir(&folder(&files), &Limits::default(), &mut folder_files);
    walk_bytes(&tar, &mut tar_files).unwrap();
    assert_eq!(folder_files.files, tar_files.files);
}

#[test]
fn an_empty_folder_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("inner")).unwrap();
    let error = walk(dir.path(), &Limits::default(), &mut Collect::new("")).unwrap_err();
    assert!(matches!(error, ArchiveError::Empty { .. }));
}
