//! How containers are started from the image.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use crate::expect::Config;
use crate::oci::layout::Image;

const CREATED: &str = "org.opencontainers.image.created";

pub(super) fn check(image: &Image, expected: &Config) -> Vec<String> {
    let found = &image.config.config;
    let env: BTreeMap<_, _> = found.env.iter().filter_map(|line| line.split_once('=')).collect();
    let wanted_env: BTreeMap<_, _> = expected.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let ports: BTreeSet<_> = found.exposed_ports.keys().collect();
    let mut broken: Vec<_> = [
        differs("the user", &found.user, &expected.user),
        differs("the working folder", &found.working_dir, &expected.working_dir),
        differs("the entrypoint", &found.entrypoint, &expected.entrypoint),
        differs("the command", &found.cmd, &expected.cmd),
        differs("the environment", &env, &wanted_env),
        differs("the list of ports", &ports, &expected.exposed_ports.iter().collect()),
        differs("the stop signal", &found.stop_signal, &expected.stop_signal),
    ]
    .into_iter()
    .flatten()
    .collect();
    for name in expected.labels.iter().filter(|name| found.labels.get(*name).is_none_or(String::is_empty)) {
        broken.push(format!("the label {name} says nothing"));
    }
    broken.extend(created(image));
    broken.extend(layers(image));
    broken
}

fn differs<T: Debug + PartialEq + ?Sized>(what: &str, found: &T, expected: &T) -> Option<String> {
    (found != expected).then(|| format!("{what} is {found:?}, not {expected:?}"))
}

/// An image that calls itself half a century old has lost its date on the way.
fn created(image: &Image) -> Option<String> {
    let created = image.config.created.as_deref().unwrap_or_default();
    if created.is_empty() || created.starts_with("1970") {
        return Some(format!("the creation time is {created:?}, which is none"));
    }
    let label = image.config.config.labels.get(CREATED)?;
    (label != created).then(|| format!("the label {CREATED} is {label:?}, the creation time {created:?}"))
}

fn layers(image: &Image) -> Option<String> {
    let (listed, there) = (image.config.rootfs.diff_ids.len(), image.manifest.layers.len());
    (listed != there).then(|| format!("the configuration lists {listed} layers, the manifest {there}"))
}
