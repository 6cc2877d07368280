//! Building: the same bytes every time, or nothing at all.

use std::collections::BTreeMap;
use std::fs;

use image_build::oci::layout::{Image, Layout};
use image_build::oci::{INDEX, LAYER_ZSTD};

use crate::driver::{BUILD, RECIPE_FLAG, Workshop};
use crate::server::Answer;

fn layout(workshop: &Workshop, folder: &str) -> Layout {
    Layout::open(&workshop.path(folder)).unwrap()
}

/// Mode, owner and what it is, by path, of all layers together.
fn files(layout: &Layout, image: &Image) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for layer in &image.manifest.layers {
        let tar = image_build::oci::archive::unpacked(layout, layer).unwrap();
        for entry in tar::Archive::new(tar.as_slice()).entries().unwrap() {
            let entry = entry.unwrap();
            let header = entry.header();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            let link = entry.link_name().unwrap().map(|link| format!(" -> {}", link.display())).unwrap_or_default();
            files.insert(path, format!("{:o} {}{link}", header.mode().unwrap(), header.uid().unwrap()));
        }
    }
    files
}

#[test]
fn the_same_inputs_give_the_same_digest_in_any_folder() {
    let (one, other) = (Workshop::new().built(), Workshop::new().built());
    let top = |workshop: &Workshop| layout(workshop, "out/oci").top().unwrap();
    assert_eq!(top(&one).digest, top(&other).digest);
    // Again in the same place, with everything in the cache and the archive gone
    let before = top(&one);
    one.run_with(&[BUILD, &["--out=out/oci"]].concat(), &[("DEBIAN_MIRROR", "http://127.0.0.1:1")]).ok();
    assert_eq!(top(&one), before);
    one.run(&["diff", "--identical", "out/oci", other.path("out/oci").to_str().unwrap()]).ok();
}

#[test]
fn an_index_names_every_architecture_and_each_image_says_what_it_is() {
    let workshop = Workshop::new().built();
    let layout = layout(&workshop, "out/oci");
    let top = layout.top().unwrap();
    assert_eq!((top.media_type.as_str(), top.tag()), (INDEX, Some("1.2.3")));
    let tags: Vec<_> = layout.index().unwrap().manifests.iter().map(|m| m.tag().unwrap().to_owned()).collect();
    assert_eq!(tags, ["1.2.3", "1.2.3-amd64", "1.2.3-arm64"]);
    let images = layout.images().unwrap();
    assert_eq!(images.iter().map(Image::architecture).collect::<Vec<_>>(), ["amd64", "arm64"]);
    assert_eq!(images[1].config.variant.as_deref(), Some("v8"));
    for image in &images {
        let config = &image.config.config;
        assert_eq!((config.user.as_str(), config.working_dir.as_str()), ("65532", "/"));
        assert_eq!(image.config.created.as_deref(), Some("2026-09-21T14:13:20Z"));
        assert_eq!(config.labels["org.opencontainers.image.revision"], "0123abc");
        assert_eq!(config.labels, image.manifest.annotations);
        assert_eq!(image.config.rootfs.diff_ids.len(), image.manifest.layers.len());
    }
}

#[test]
fn the_files_are_those_of_packages_recipe_and_binary() {
    let workshop = Workshop::new().built();
    let layout = layout(&workshop, "out/oci");
    let files = files(&layout, &layout.image("amd64").unwrap());
    for (path, expected) in [
        ("usr/local/bin/server", "755 0"),
        ("licenses/LICENSE", "644 0"),
        ("tmp/", "1777 0"),
        ("etc/passwd", "644 0"),
        ("etc/ssl/certs/ca-certificates.crt", "644 0"),
        ("var/lib/dpkg/status.d/base-files", "644 0"),
        ("var/lib/dpkg/status.d/ca-certificates.md5sums", "644 0"),
    ] {
        assert_eq!(files.get(path).map(String::as_str), Some(expected), "{path}");
    }
    for absent in ["etc/update-motd.d/10-uname", "usr/sbin/update-ca-certificates", "busybox/sh"] {
        assert!(!files.contains_key(absent), "{absent}");
    }
}

#[test]
fn the_debug_variant_adds_a_shell_and_shares_the_other_layers() {
    let workshop = Workshop::new().built();
    workshop.build("out/debug", &["--debug"]).ok();
    let (plain, debug) = (layout(&workshop, "out/oci"), layout(&workshop, "out/debug"));
    assert_eq!(debug.top().unwrap().tag(), Some("1.2.3-debug"));
    let (plain, image) = (plain.image("amd64").unwrap(), debug.image("amd64").unwrap());
    let digests = |image: &Image| image.manifest.layers.iter().map(|l| l.digest.clone()).collect::<Vec<_>>();
    let (shared, all) = (digests(&plain), digests(&image));
    assert_eq!((&all[0], &all[2]), (&shared[0], &shared[1]), "base below, server on top");
    assert_eq!(image.config.config.entrypoint, ["/busybox/sh"]);
    assert_eq!(image.config.config.env, ["PATH=/usr/local/bin:/busybox"]);
    let files = files(&debug, &image);
    assert_eq!(files["busybox/busybox"], "755 0");
    assert_eq!(files["busybox/sh"], "777 0 -> busybox");
    assert!(files.contains_key("var/lib/dpkg/status.d/busybox-static"));
}

#[test]
fn layers_can_be_packed_with_zstd() {
    let workshop = Workshop::new().built();
    workshop.build("out/zstd", &["--compression=zstd"]).ok();
    let (gzip, zstd) = (layout(&workshop, "out/oci"), layout(&workshop, "out/zstd"));
    let (gzip, image) = (gzip.image("arm64").unwrap(), zstd.image("arm64").unwrap());
    assert_eq!(image.manifest.layers[0].media_type, LAYER_ZSTD);
    assert_eq!(image.config.rootfs, gzip.config.rootfs, "the same tars");
    assert!(files(&zstd, &image).contains_key("usr/local/bin/server"));
}

#[test]
fn a_docker_archive_holds_one_image() {
    let workshop = Workshop::new().built();
    let refused = workshop.build("out/oci", &["--docker-archive=out/x.tar"]).refused();
    assert!(refused.contains("a docker-archive holds one image"));
    let one: Vec<_> = BUILD.iter().copied().filter(|argument| !argument.contains("arm64")).collect();
    workshop.run(&[one.as_slice(), &["--out=out/one", "--docker-archive=out/x.tar"]].concat()).ok();
    let tar = fs::read(workshop.path("out/x.tar")).unwrap();
    let mut archive = tar::Archive::new(tar.as_slice());
    let mut entries = archive.entries().unwrap().map(Result::unwrap);
    let manifest = entries.find(|entry| entry.path().unwrap().to_str() == Some("manifest.json")).unwrap();
    let text = std::io::read_to_string(manifest).unwrap();
    assert!(text.contains(r#""RepoTags":["quay.io/example/tiny:1.2.3"]"#), "{text}");
}

#[test]
fn what_cannot_be_built_leaves_the_image_that_was_there() {
    let workshop = Workshop::new().built();
    let before = layout(&workshop, "out/oci").top().unwrap();
    let path = "debian/pool/main/busybox-static_1:1.37_amd64.deb";
    let mut flipped = workshop.archive.served(path);
    flipped.body[300] ^= 1;
    workshop.archive.serve(path, flipped);
    let refused = workshop.build("out/oci", &["--debug"]).refused();
    assert!(refused.contains("changed or damaged"), "{refused}");
    assert_eq!(layout(&workshop, "out/oci").top().unwrap(), before);
    assert_eq!(workshop.names_in("out"), ["oci"], "nothing half-written stays");

    workshop.archive.serve(path, Answer::status(500));
    fs::write(workshop.path("arm64"), crate::elf::amd64()).unwrap();
    assert!(workshop.build("out/oci", &[]).refused().contains("arm64 is not made for arm64"));
    fs::write(workshop.path("arm64"), "#!/bin/sh\n").unwrap();
    assert!(workshop.build("out/oci", &[]).refused().contains("it is no 64-bit executable"));
    fs::remove_file(workshop.path("arm64")).unwrap();
    assert!(workshop.build("out/oci", &[]).refused().contains("arm64 cannot be read"));
    assert_eq!(layout(&workshop, "out/oci").top().unwrap(), before);
}

#[test]
fn only_a_layout_is_ever_replaced() {
    let workshop = Workshop::new().built();
    fs::create_dir_all(workshop.path("out/precious")).unwrap();
    fs::write(workshop.path("out/precious/work"), "of years").unwrap();
    let refused = workshop.build("out/precious", &[]);
    assert!(refused.refused().contains("out/precious is not an OCI layout"));
    assert_eq!(workshop.names_in("out/precious"), ["work"]);
}

#[test]
fn a_creation_time_has_to_be_given_because_no_clock_is_read() {
    let workshop = Workshop::new();
    workshop.run(&["lock", RECIPE_FLAG]).ok();
    let without: Vec<_> = BUILD.iter().copied().filter(|argument| !argument.starts_with("--created")).collect();
    assert!(workshop.run(&without).refused().contains("--created"));
    workshop.run_with(&without, &[("SOURCE_DATE_EPOCH", "1790000000")]).ok();
}
