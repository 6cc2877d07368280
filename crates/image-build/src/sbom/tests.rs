//! The documents of a small image, looked at whole.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::digest::Digest;
use crate::lock_file::{Lock, LockedPackage};
use crate::platform::Architecture;
use crate::recipe::Recipe;
use crate::testing::{TestImage, elf, elf_without_list};

const CRATES: &str = r#"{"packages":[
    {"name":"mcp-server","version":"0.1.0","source":"local","root":true,"dependencies":[1,2,3]},
    {"name":"with_line","version":"1.0.0+x","source":"crates.io"},
    {"name":"with-line","version":"1.0.0+x","source":"crates.io","dependencies":[1]},
    {"name":"cc","version":"1.2.0","source":"crates.io","kind":"build"}]}"#;

fn recipe() -> Recipe {
    Recipe::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../images/cluster-health-mcp.toml")).unwrap()
}

fn lock() -> Lock {
    let package = LockedPackage {
        name: "tzdata".to_owned(),
        version: "2026b-0+deb13u1".to_owned(),
        source: "tzdata".to_owned(),
        source_version: "2026b-0+deb13u1".to_owned(),
        architecture: Architecture::Amd64,
        package_architecture: "all".to_owned(),
        debug: false,
        suite: "trixie".to_owned(),
        archive: "debian".to_owned(),
        path: "pool/main/t/tzdata/tzdata_2026b-0+deb13u1_all.deb".to_owned(),
        size: 1,
        sha256: Digest::of(b"tzdata"),
    };
    Lock { recipe: recipe().checksum(), releases: Vec::new(), packages: vec![package] }
}

fn material(binary: &[u8], version: &str) -> Result<Material, SbomError> {
    let image = TestImage::new(&[("tzdata", version)], binary);
    Material::gather(&image.layout, &image.image(), &recipe(), &lock())
}

fn ours() -> Material {
    material(&elf(CRATES), "2026b-0+deb13u1").unwrap()
}

fn purls(document: &Value, list: &str) -> BTreeSet<String> {
    let one = |part: &Value| {
        let purl = part["purl"].as_str().or_else(|| part["externalRefs"][0]["referenceLocator"].as_str());
        purl.unwrap().to_owned()
    };
    document[list].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn both_documents_hold_packages_crates_and_the_c_library() {
    let material = ours();
    let (spdx, cyclonedx) = (spdx::document(&material), cyclonedx::document(&material));
    let mut expected = BTreeSet::from([
        "pkg:cargo/cc@1.2.0".to_owned(),
        "pkg:cargo/mcp-server@0.1.0".to_owned(),
        "pkg:cargo/with-line@1.0.0%2Bx".to_owned(),
        "pkg:cargo/with_line@1.0.0%2Bx".to_owned(),
        "pkg:deb/debian/glibc@2.41-12%2Bdeb13u1?arch=source".to_owned(),
        "pkg:deb/debian/tzdata@2026b-0%2Bdeb13u1?arch=all&distro=trixie".to_owned(),
    ]);
    assert_eq!(purls(&cyclonedx, "components"), expected);
    let image = cyclonedx["metadata"]["component"]["purl"].as_str().unwrap().to_owned();
    assert!(image.starts_with("pkg:oci/cluster-health-mcp@sha256%3A"), "{image}");
    expected.insert(image);
    assert_eq!(purls(&spdx, "packages"), expected);
}

#[test]
fn every_reference_leads_somewhere() {
    let material = ours();
    let spdx = spdx::document(&material);
    let mut known = BTreeSet::from(["SPDXRef-DOCUMENT"]);
    for package in spdx["packages"].as_array().unwrap() {
        let id = package["SPDXID"].as_str().unwrap();
        assert!(known.insert(id), "{id} twice");
        assert!(
            id.strip_prefix("SPDXRef-").unwrap().chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
        );
    }
    let relations = spdx["relationships"].as_array().unwrap();
    for relation in relations {
        for end in ["spdxElementId", "relatedSpdxElement"] {
            assert!(known.contains(relation[end].as_str().unwrap()), "{relation}");
        }
    }
    let kinds: BTreeSet<_> = relations.iter().map(|relation| relation["relationshipType"].as_str().unwrap()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["BUILD_DEPENDENCY_OF", "CONTAINS", "DEPENDS_ON", "DESCRIBES", "STATIC_LINK"]
    );

    let cyclonedx = cyclonedx::document(&material);
    let mut known = purls(&cyclonedx, "components");
    known.insert(cyclonedx["metadata"]["component"]["bom-ref"].as_str().unwrap().to_owned());
    for dependency in cyclonedx["dependencies"].as_array().unwrap() {
        let needed = dependency["dependsOn"].as_array().unwrap();
        for end in needed.iter().chain([&dependency["ref"]]) {
            assert!(known.contains(end.as_str().unwrap()), "{end}");
        }
    }
}

#[test]
fn the_same_image_has_the_same_documents() {
    let (one, other) = (ours(), ours());
    assert_eq!(spdx::document(&one).to_string(), spdx::document(&other).to_string());
    assert_eq!(cyclonedx::document(&one).to_string(), cyclonedx::document(&other).to_string());
    assert_eq!(provenance::statement(&one, "x").to_string(), provenance::statement(&other, "x").to_string());
    assert_eq!(spdx::document(&one)["creationInfo"]["created"], "2026-11-01T00:00:00Z");
    let serial = cyclonedx::document(&one)["serialNumber"].as_str().unwrap().to_owned();
    assert!(serial.starts_with("urn:uuid:") && serial.len() == 45 && serial.as_bytes()[23] == b'8', "{serial}");
}

#[test]
fn provenance_names_the_image_and_all_it_was_made_from() {
    let material = ours();
    let statement = provenance::statement(&material, "https://ci.example/workflow");
    assert_eq!(statement["subject"][0]["digest"]["sha256"], material.digest.trim_start_matches("sha256:"));
    let predicate = &statement["predicate"];
    assert_eq!(predicate["runDetails"]["builder"]["id"], "https://ci.example/workflow");
    let dependencies = predicate["buildDefinition"]["resolvedDependencies"].as_array().unwrap();
    let digests: Vec<_> =
        dependencies.iter().map(|dependency| dependency["digest"]["sha256"].as_str().unwrap()).collect();
    assert_eq!(digests, [Digest::of(&elf(CRATES)).to_string(), Digest::of(b"tzdata").to_string()]);
}

#[test]
fn what_the_lock_does_not_know_or_nobody_names_is_refused() {
    assert!(matches!(material(&elf(CRATES), "2026c"), Err(SbomError::NotLocked { .. })));
    assert!(matches!(material(&elf_without_list(), "2026b-0+deb13u1"), Err(SbomError::Linked(_))));
}
