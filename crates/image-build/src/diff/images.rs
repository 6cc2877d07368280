//! Files and settings that differ, one architecture after the other.

use std::collections::BTreeSet;

use super::DiffError;
use crate::flat::Flat;
use crate::oci::layout::{Image, Layout};
use crate::rootfs::{Kind, Node};

pub(super) fn between(old: &Layout, new: &Layout) -> Result<Vec<String>, DiffError> {
    let (before, after) = (old.images()?, new.images()?);
    let architectures: BTreeSet<_> = before.iter().chain(&after).map(Image::architecture).collect();
    let mut lines = Vec::new();
    for architecture in architectures {
        let of = |images: &[Image]| images.iter().find(|image| image.architecture() == architecture).cloned();
        let found = match (of(&before), of(&after)) {
            (Some(before), Some(after)) if before.descriptor.digest == after.descriptor.digest => Vec::new(),
            (Some(before), Some(after)) => images((old, &before), (new, &after))?,
            (None, _) => vec!["the image is new".to_owned()],
            (_, None) => vec!["the image is gone".to_owned()],
        };
        lines.extend(found.into_iter().map(|line| format!("- linux/{architecture}: {line}")));
    }
    if lines.is_empty() && old.top()?.digest != new.top()?.digest {
        lines.push("- the same images under another index".to_owned());
    }
    Ok(lines)
}

fn images(old: (&Layout, &Image), new: (&Layout, &Image)) -> Result<Vec<String>, DiffError> {
    let mut lines = settings(old.1, new.1);
    let size = |image: &Image| image.manifest.layers.iter().map(|layer| layer.size).sum::<u64>();
    if size(old.1) != size(new.1) {
        lines.push(format!("{} → {} bytes compressed", size(old.1), size(new.1)));
    }
    lines.extend(files(&Flat::read(old.0, old.1)?, &Flat::read(new.0, new.1)?));
    if lines.is_empty() {
        lines.push("the same files and settings, packed differently".to_owned());
    }
    Ok(lines)
}

fn settings(old: &Image, new: &Image) -> Vec<String> {
    let written = |image: &Image| serde_json::to_value(&image.config).unwrap_or_default();
    let (before, after) = (written(old), written(new));
    let pairs = [("", &before, &after), ("config.", &before["config"], &after["config"])];
    let fields = ["created", "architecture", "os", "variant", "User", "Env", "Entrypoint", "Cmd", "WorkingDir"];
    let more = ["ExposedPorts", "Labels", "StopSignal"];
    let all = fields.iter().chain(&more);
    all.flat_map(|field| {
        let changed = move |(prefix, before, after): &(&str, &serde_json::Value, &serde_json::Value)| {
            let (before, after) = (&before[*field], &after[*field]);
            (before != after).then(|| format!("{prefix}{field}: {before} → {after}"))
        };
        pairs.iter().filter_map(changed).collect::<Vec<_>>()
    })
    .collect()
}

fn files(old: &Flat, new: &Flat) -> Vec<String> {
    let paths: BTreeSet<_> = old.iter().chain(new.iter()).map(|(path, _)| path).collect();
    paths
        .into_iter()
        .filter_map(|path| match (old.get(path), new.get(path)) {
            (Some(before), Some(after)) if before == after => None,
            (Some(before), Some(after)) => Some(format!("`/{path}`: {} → {}", written(before), written(after))),
            (None, Some(after)) => Some(format!("`/{path}` is new: {}", written(after))),
            (Some(_), None) => Some(format!("`/{path}` is gone")),
            (None, None) => None,
        })
        .collect()
}

fn written(node: &Node) -> String {
    let what = match &node.kind {
        Kind::File(content) => {
            format!("{} bytes {}", content.len(), &crate::digest::Digest::of(content).to_string()[..12])
        }
        Kind::Folder => "folder".to_owned(),
        Kind::Link(target) => format!("link to {target}"),
    };
    format!("{what} {:04o} {}:{}", node.mode, node.uid, node.gid)
}
