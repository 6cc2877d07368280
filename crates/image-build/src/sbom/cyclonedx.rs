//! CycloneDX 1.6 as JSON.

use serde_json::{Value, json};

use super::material::Material;
use crate::digest::Digest;
use crate::linked::Crate;
use crate::lock_file::LockedPackage;
use crate::purl;

pub(super) fn document(material: &Material) -> Value {
    let mut components = vec![c_library(material)];
    components.extend(material.packages.iter().map(debian));
    components.extend(material.crates().map(|(_, one)| cargo(material, one)));
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number(material),
        "version": 1,
        "metadata": {
            "timestamp": material.created,
            "tools": {"components": [
                {"type": "application", "name": "image-build", "version": env!("CARGO_PKG_VERSION")},
            ]},
            "component": image(material),
        },
        "components": components,
        "dependencies": dependencies(material),
    })
}

/// The same for the same image: a UUID of version 8, whose bits are free, made of the image's digest.
fn serial_number(material: &Material) -> String {
    let hash = Digest::of(format!("cyclonedx {}", material.digest).as_bytes()).to_string();
    let (a, b, c, d, e) = (&hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32]);
    format!("urn:uuid:{a}-{b}-8{c}-a{d}-{e}")
}

fn component(kind: &str, purl: &str, name: &str, version: &str) -> Value {
    json!({"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl})
}

fn image_purl(material: &Material) -> String {
    purl::oci(&material.repository, &material.digest, material.architecture.name())
}

fn image(material: &Material) -> Value {
    component("container", &image_purl(material), material.name(), material.version())
}

fn c_library_purl(material: &Material) -> String {
    purl::debian_source("glibc", &material.c_library.version)
}

fn c_library(material: &Material) -> Value {
    component("library", &c_library_purl(material), "glibc", &material.c_library.version)
}

fn debian_purl(package: &LockedPackage) -> String {
    purl::debian(&package.name, &package.version, &package.package_architecture, &package.suite)
}

fn debian(package: &LockedPackage) -> Value {
    let mut debian = component("library", &debian_purl(package), &package.name, &package.version);
    debian["hashes"] = json!([{"alg": "SHA-256", "content": package.sha256}]);
    debian
}

fn crate_purl(one: &Crate) -> String {
    purl::cargo(&one.name, &one.version.to_string())
}

fn cargo(material: &Material, one: &Crate) -> Value {
    let kind = if one.root { "application" } else { "library" };
    let mut cargo = component(kind, &crate_purl(one), &one.name, &one.version.to_string());
    if one.root {
        cargo["hashes"] = json!([{"alg": "SHA-256", "content": material.binary}]);
    }
    if one.build_only {
        // Runs while building, and is no part of what runs
        cargo["scope"] = json!("excluded");
    }
    cargo
}

fn dependencies(material: &Material) -> Vec<Value> {
    let list = &material.linked.crates;
    let root = list.iter().filter(|one| one.root).map(crate_purl);
    let parts: Vec<_> = material.packages.iter().map(debian_purl).chain(root).collect();
    let mut dependencies = vec![json!({"ref": image_purl(material), "dependsOn": parts})];
    for (_, one) in material.crates() {
        let mut needed: Vec<_> = one.dependencies.iter().filter_map(|index| list.get(*index)).map(crate_purl).collect();
        if one.root {
            needed.push(c_library_purl(material));
        }
        dependencies.push(json!({"ref": crate_purl(one), "dependsOn": needed}));
    }
    dependencies
}
