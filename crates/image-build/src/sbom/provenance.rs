//! How an image came to be, as an in-toto statement with SLSA's provenance predicate.
//!
//! An image is a function of recipe, lock and binary, so naming them names everything. There is no time in it: the
//! same image has the same statement.

use serde_json::{Value, json};

use super::material::Material;
use crate::purl;

/// What `externalParameters` mean; described where the address leads.
const BUILD_TYPE: &str = "urn:image-build:v1";

pub(super) fn statement(material: &Material, builder: &str) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{
            "name": material.repository,
            "digest": {"sha256": material.digest.trim_start_matches("sha256:")},
        }],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "image": material.name(),
                    "architecture": material.architecture.name(),
                    "source": material.source,
                    "revision": material.revision,
                },
                "resolvedDependencies": dependencies(material),
            },
            "runDetails": {"builder": {"id": builder}},
        },
    })
}

fn dependencies(material: &Material) -> Vec<Value> {
    let mut dependencies = Vec::new();
    if let (Some(source), Some(revision)) = (&material.source, &material.revision) {
        dependencies.push(json!({"uri": format!("git+{source}@{revision}"), "digest": {"gitCommit": revision}}));
    }
    dependencies.push(json!({"name": material.binary_path, "digest": {"sha256": material.binary}}));
    dependencies.extend(material.packages.iter().map(|package| {
        json!({
            "uri": purl::debian(&package.name, &package.version, &package.package_architecture, &package.suite),
            "downloadLocation": format!("{}/{}/{}", material.mirror, package.archive, package.path),
            "digest": {"sha256": package.sha256},
        })
    }));
    dependencies
}
