//! How large the image, its layers and the server are.

use super::table::{Table, megabytes};
use crate::expect::Expectations;
use crate::flat::Flat;
use crate::oci::layout::Image;

/// The project's ceilings, in bytes: what was promised before anything was built.
const IMAGE_CEILING: u64 = 50_000_000;
const BINARY_CEILING: u64 = 20_000_000;

pub(super) fn check(image: &Image, flat: &Flat, expected: &Expectations, table: &mut Table) -> Vec<String> {
    let limits = &expected.size;
    let platform = format!("linux/{}", image.architecture());
    let compressed: u64 = image.manifest.layers.iter().map(|layer| layer.size).sum();
    let uncompressed: u64 = flat.tars.iter().sum();
    let binary = flat.content(&expected.binary.path).map_or(0, <[u8]>::len) as u64;
    let mut broken = Vec::new();
    let rows = [
        ("image, compressed", compressed, limits.compressed, IMAGE_CEILING),
        ("image, uncompressed", uncompressed, limits.uncompressed, IMAGE_CEILING),
        ("binary", binary, limits.binary, BINARY_CEILING),
    ];
    for (what, found, limit, ceiling) in rows {
        table.row(&format!("{platform} {what}"), megabytes(found), megabytes(limit), megabytes(ceiling));
        if found > limit {
            broken.push(format!("{what}: {found} bytes, at most {limit} are expected"));
        }
    }
    for (at, layer) in image.manifest.layers.iter().enumerate() {
        let limit = limits.layers.get(at).copied();
        let written = limit.map_or_else(|| "none".to_owned(), megabytes);
        table.row(&format!("{platform} layer {}", at + 1), megabytes(layer.size), written, String::new());
        if limit.is_some_and(|limit| layer.size > limit) {
            broken.push(format!("layer {}: {} bytes, at most {} are expected", at + 1, layer.size, limit.unwrap_or(0)));
        }
    }
    if image.manifest.layers.len() != limits.layers.len() {
        let (found, wanted) = (image.manifest.layers.len(), limits.layers.len());
        broken.push(format!("the image has {found} layers, {wanted} are expected"));
    }
    broken
}
