use super::*;

fn tree(nodes: &[(&str, Node)]) -> Result<Tree, RootfsError> {
    let mut tree = Tree::default();
    for (path, node) in nodes {
        tree.add(path, node.clone())?;
    }
    Ok(tree)
}

fn refused(nodes: &[(&str, Node)]) -> String {
    tree(nodes).unwrap_err().to_string()
}

#[test]
fn folders_that_nobody_ships_are_made() {
    let tree = tree(&[("./usr/local/bin/mcp-server", Node::file("x", 0o755))]).unwrap();
    let paths: Vec<_> = tree.iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["usr", "usr/local", "usr/local/bin", "usr/local/bin/mcp-server"]);
    assert_eq!(tree.get("/usr/local"), Some(&Node::folder(0o755)));
}

#[test]
fn what_does_not_belong_into_an_image_is_refused() {
    let file = || Node::file("x", 0o644);
    assert_eq!(refused(&[("etc/../../x", file())]), "etc/../../x leads out of the image");
    assert!(refused(&[("usr/bin/su", Node::file("x", 0o4755))]).contains("setuid"));
    assert!(refused(&[("etc/a", file()), ("etc/a", Node::file("y", 0o644))]).contains("two places"));
    assert!(refused(&[("etc/a", file()), ("etc/a/b", file())]).contains("two places"));
    assert!(refused(&[("bin", Node::link("usr/bin")), ("bin/sh", file())]).contains("below bin, which is a link"));
    assert!(tree(&[("etc/a", file()), ("etc/a", file())]).is_ok(), "the same file twice is one file");
}

fn package(name: &str, nodes: &[(&str, Node)]) -> Files {
    let md5sums: String = nodes.iter().map(|(path, _)| format!("0123  {path}\n")).collect();
    let control = format!("Package: {name}\n");
    Files { name: name.to_owned(), control, md5sums, tree: tree(nodes).unwrap() }
}

fn recipe() -> Rootfs {
    toml::from_str(
        r#"
        leave-out = ["usr/share/doc/", "usr/sbin/", "usr/share/ca-certificates/"]
        keep = ["usr/share/doc/*/copyright"]
        certificates = "/etc/ssl/certs/ca-certificates.crt"
        users = [{ name = "nonroot", uid = 65532, gid = 65532, home = "/home/nonroot" }]
        groups = [{ name = "nonroot", gid = 65532 }]
        folders = [{ path = "/tmp", mode = "1777" }, { path = "/home/nonroot", mode = "0700", uid = 65532, gid = 65532 }]
        files = [{ path = "/etc/issue", content = "ours\n" }]
        "#,
    )
    .unwrap()
}

#[test]
fn the_base_holds_what_is_wanted_of_packages_and_what_the_recipe_adds() {
    let file = |content: &str| Node::file(content, 0o644);
    let certificates = package(
        "ca-certificates",
        &[
            ("usr/share/ca-certificates/b.crt", file("B")),
            ("usr/share/ca-certificates/a.crt", file("A\n")),
            ("usr/sbin/update-ca-certificates", Node::file("#!/bin/sh", 0o755)),
            ("usr/share/doc/ca-certificates/copyright", file("free")),
            ("usr/share/doc/ca-certificates/changelog.gz", file("news")),
        ],
    );
    let base_files = package("base-files", &[("etc/issue", file("theirs\n"))]);
    let tree = base(&[base_files, certificates], &recipe()).unwrap();

    let text = |path: &str| match &tree.get(path).unwrap().kind {
        Kind::File(content) => String::from_utf8(content.clone()).unwrap(),
        other => panic!("{path} is {other:?}"),
    };
    assert_eq!(text("etc/ssl/certs/ca-certificates.crt"), "A\nB\n");
    assert_eq!(text("etc/issue"), "ours\n");
    assert_eq!(text("etc/passwd"), "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n");
    assert_eq!(text("etc/group"), "nonroot:x:65532:\n");
    assert_eq!(tree.get("tmp").unwrap().mode, 0o1777);
    assert_eq!(tree.get("home/nonroot").unwrap().uid, 65532);
    assert!(tree.get("usr/sbin/update-ca-certificates").is_none());
    assert!(tree.get("usr/share/doc/ca-certificates/changelog.gz").is_none());
    assert_eq!(text("var/lib/dpkg/status.d/ca-certificates"), "Package: ca-certificates\n");
    assert_eq!(
        text("var/lib/dpkg/status.d/ca-certificates.md5sums"),
        "0123  usr/share/doc/ca-certificates/copyright\n",
        "only of files that are here"
    );
}
