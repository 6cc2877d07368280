//! SPDX 2.3 as JSON.

use serde_json::{Value, json};

use super::material::Material;
use crate::linked::{Crate, Origin};
use crate::lock_file::LockedPackage;
use crate::purl;

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const IMAGE: &str = "SPDXRef-image";
const C_LIBRARY: &str = "SPDXRef-glibc";

pub(super) fn document(material: &Material) -> Value {
    let digest = material.digest.replace(':', "-");
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": format!("{}-{}", material.name(), material.architecture),
        // Unique for each image, as the standard asks, and the same for the same one
        "documentNamespace": format!("https://{}/spdx/{}-{digest}", material.repository, material.architecture),
        "creationInfo": {
            "created": material.created,
            "creators": [format!("Tool: image-build-{}", env!("CARGO_PKG_VERSION"))],
        },
        "packages": packages(material),
        "relationships": relationships(material),
    })
}

fn packages(material: &Material) -> Vec<Value> {
    let mut packages = vec![image(material), c_library(material)];
    packages.extend(material.packages.iter().map(|package| debian(material, package)));
    packages.extend(material.crates().map(|(_, one)| cargo(material, one)));
    packages
}

/// `purpose` is one of the standard's words.
fn package(id: &str, name: &str, version: &str, purl: &str, purpose: &str) -> Value {
    json!({
        "SPDXID": id,
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": purpose,
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl},
        ],
    })
}

fn image(material: &Material) -> Value {
    let purl = purl::oci(&material.repository, &material.digest, material.architecture.name());
    let mut image = package(IMAGE, material.name(), material.version(), &purl, "CONTAINER");
    image["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": hexadecimal(&material.digest)}]);
    image
}

fn hexadecimal(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

fn c_library(material: &Material) -> Value {
    let version = &material.c_library.version;
    let mut library = package(C_LIBRARY, "glibc", version, &purl::debian_source("glibc", version), "LIBRARY");
    library["supplier"] = json!("Organization: Debian");
    library["comment"] = json!("linked into the server's binary; the version is the one that the binary names");
    library
}

fn debian(material: &Material, locked: &LockedPackage) -> Value {
    let LockedPackage { name, version, package_architecture, suite, archive, path, sha256, .. } = locked;
    let purl = purl::debian(name, version, package_architecture, suite);
    let mut debian = package(&debian_id(locked), name, version, &purl, "LIBRARY");
    debian["supplier"] = json!("Organization: Debian");
    debian["downloadLocation"] = json!(format!("{}/{archive}/{path}", material.mirror));
    debian["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": sha256}]);
    debian["sourceInfo"] = json!(format!("source package {} {}", locked.source, locked.source_version));
    debian
}

fn cargo(material: &Material, one: &Crate) -> Value {
    let version = one.version.to_string();
    let purpose = if one.root { "APPLICATION" } else { "LIBRARY" };
    let mut cargo = package(&crate_id(one), &one.name, &version, &purl::cargo(&one.name, &version), purpose);
    if one.origin == Origin::CratesIo {
        cargo["downloadLocation"] = json!(format!("https://crates.io/api/v1/crates/{}/{version}/download", one.name));
    }
    if one.root {
        cargo["packageFileName"] = json!(material.binary_path);
        cargo["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": material.binary}]);
    }
    cargo
}

fn debian_id(package: &LockedPackage) -> String {
    id("deb", &package.name, &package.version)
}

fn crate_id(one: &Crate) -> String {
    id("crate", &one.name, &one.version.to_string())
}

/// Identifiers may hold letters, digits, dots and dashes. Names of crates hold no dots, so `a_b` and `a-b` stay apart.
fn id(kind: &str, name: &str, version: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '.' };
    format!("SPDXRef-{kind}-{name}-{version}").chars().map(plain).collect()
}

fn relationships(material: &Material) -> Vec<Value> {
    let relation = |from: &str, kind: &str, to: &str| json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to});
    let mut relations = vec![relation(DOCUMENT, "DESCRIBES", IMAGE)];
    relations.extend(material.packages.iter().map(|package| relation(IMAGE, "CONTAINS", &debian_id(package))));
    let list = &material.linked.crates;
    for (_, one) in material.crates() {
        let own = crate_id(one);
        if one.root {
            relations.push(relation(IMAGE, "CONTAINS", &own));
            relations.push(relation(&own, "STATIC_LINK", C_LIBRARY));
        }
        for needed in one.dependencies.iter().filter_map(|index| list.get(*index)) {
            relations.push(match needed.build_only {
                true => relation(&crate_id(needed), "BUILD_DEPENDENCY_OF", &own),
                false => relation(&own, "DEPENDS_ON", &crate_id(needed)),
            });
        }
    }
    relations
}
