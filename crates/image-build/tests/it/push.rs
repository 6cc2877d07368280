//! Pushing: complete before it is tagged, and only what is not there yet.

use std::fs;

use image_build::oci::layout::Layout;

use crate::driver::{Outcome, Workshop};
use crate::registry::{Registry, State};

fn push(workshop: &Workshop, registry: &Registry, arguments: &[&str]) -> Outcome {
    let to = format!("--to={}", registry.repository);
    workshop.run(&[&["push", "--layout=out/oci", &to], arguments].concat())
}

#[test]
fn tags_move_when_everything_is_there() {
    let (workshop, registry) = (Workshop::new().built(), Registry::start(State::default()));
    let said = push(&workshop, &registry, &["--tag=main", "--tag=latest"]).ok();
    let top = Layout::open(&workshop.path("out/oci")).unwrap().top().unwrap();
    assert!(said.contains(&format!("{}:latest is {}", registry.repository, top.digest)), "{said}");
    let log = registry.log();
    assert_eq!(log[log.len() - 3..], ["manifest", "tag main", "tag latest"], "{log:?}");
    let state = registry.state.lock().unwrap();
    assert_eq!(state.manifests["latest"], state.manifests[&top.digest]);
    // Two images: base and server differ, and so do their configurations
    assert_eq!(state.blobs.len(), 6);
}

#[test]
fn what_is_there_is_not_sent_again() {
    let (workshop, registry) = (Workshop::new().built(), Registry::start(State::default()));
    push(&workshop, &registry, &[]).ok();
    registry.log();
    push(&workshop, &registry, &[]).ok();
    assert_eq!(registry.log(), ["manifest", "manifest", "manifest", "tag 1.2.3"]);
}

#[test]
fn a_transfer_that_broke_off_goes_on_where_it_stopped() {
    let state = State { break_off_after: Some(50), ..State::default() };
    let (workshop, registry) = (Workshop::new().built(), Registry::start(state));
    push(&workshop, &registry, &[]).ok();
    assert_eq!(registry.log()[..4], ["start", "broke off", "piece from 50", "blob"]);
}

#[test]
fn a_registry_that_is_busy_is_asked_again() {
    let (workshop, registry) = (Workshop::new().built(), Registry::start(State { busy: 2, ..State::default() }));
    push(&workshop, &registry, &[]).ok();
}

#[test]
fn a_registry_that_guards_its_images_wants_the_password_of_a_login() {
    let (workshop, registry) = (Workshop::new().built(), Registry::start(State { guarded: true, ..State::default() }));
    let refused = push(&workshop, &registry, &[]).refused();
    assert!(refused.contains("log in with `podman login 127.0.0.1:"), "{refused}");
    let host = registry.repository.split('/').next().unwrap();
    let login = format!(r#"{{"auths":{{"{host}":{{"auth":"dXNlcjpwYXNzd29yZA=="}}}}}}"#);
    fs::create_dir(workshop.path(".docker")).unwrap();
    fs::write(workshop.path(".docker/config.json"), login).unwrap();
    push(&workshop, &registry, &[]).ok();
    fs::write(workshop.path(".docker/config.json"), "not JSON").unwrap();
    assert!(push(&workshop, &registry, &[]).refused().contains("config.json cannot be read"));
}

#[test]
fn documents_are_attached_to_the_image_they_are_about() {
    for knows_referrers in [true, false] {
        let registry = Registry::start(State { knows_referrers, ..State::default() });
        let workshop = Workshop::new().built();
        fs::create_dir(workshop.path("documents")).unwrap();
        assert!(push(&workshop, &registry, &["--attachments=documents"]).refused().contains("no documents to attach"));
        assert!(!registry.log().contains(&"tag 1.2.3".to_owned()), "no tag before what belongs to it");
        let image = Layout::open(&workshop.path("out/oci")).unwrap().image("amd64").unwrap();
        let about = format!("{{\"about\":\"{}\"}}", image.descriptor.digest);
        fs::write(workshop.path("documents/amd64.spdx.json"), "{}").unwrap();
        let refused = push(&workshop, &registry, &["--attachments=documents"]).refused();
        assert!(refused.contains("amd64.spdx.json is about another image than"), "{refused}");
        assert!(!registry.log().contains(&"tag 1.2.3".to_owned()));
        fs::write(workshop.path("documents/amd64.spdx.json"), &about).unwrap();
        fs::write(workshop.path("documents/amd64.cdx.json"), format!("[{about}]")).unwrap();
        push(&workshop, &registry, &["--attachments=documents"]).ok();
        push(&workshop, &registry, &["--attachments=documents"]).ok();

        let state = registry.state.lock().unwrap();
        let subjects = state.manifests.iter().filter(|(name, _)| name.starts_with("sha256:")).filter(|(_, content)| {
            let value: serde_json::Value = serde_json::from_slice(content).unwrap();
            value["subject"]["digest"] == image.descriptor.digest.as_str()
        });
        assert_eq!(subjects.count(), 2);
        let list = state.manifests.get(&image.descriptor.digest.replace(':', "-"));
        assert_eq!(list.is_none(), knows_referrers, "the list is only for registries that keep none");
        if let Some(list) = list {
            let value: serde_json::Value = serde_json::from_slice(list).unwrap();
            assert_eq!(value["manifests"].as_array().unwrap().len(), 2, "each once");
        }
    }
}

#[test]
fn a_registry_that_is_not_there_is_named() {
    let workshop = Workshop::new().built();
    let refused = workshop.run(&["push", "--layout=out/oci", "--to=127.0.0.1:1/x"]).refused();
    assert!(refused.contains("the registry 127.0.0.1:1 cannot be reached"), "{refused}");
    let refused = workshop.run(&["push", "--layout=out/oci", "--to=tiny:1"]).refused();
    assert!(refused.contains("names no repository"), "{refused}");
    let refused = workshop.run(&["push", "--layout=out/none", "--to=127.0.0.1:1/x"]).refused();
    assert!(refused.contains("is not an OCI layout"), "{refused}");
}
