//! Makes the distroless image from Debian packages and the server's binary, and checks every promise about it.
//!
//! One file a step: `lock` says exactly which packages, `fetch` brings them, `build` puts image and binary together
//! through `rootfs`, `layer` and `oci`, and `verify`, `sbom`, `scan`, `diff`, `push` and `metrics` work on the result.
//! No engine, no root, no shell, and no clock: an image is a function of recipe, lock and binary.

pub mod args;
pub mod build;
pub mod contents;
pub mod debian;
pub mod diff;
pub mod digest;
pub mod elf;
pub mod expect;
pub mod fetch;
pub mod flat;
pub mod http;
pub mod layer;
pub mod linked;
pub mod lock;
pub mod lock_file;
pub mod metrics;
pub mod oci;
pub mod output;
pub mod platform;
mod purl;
pub mod push;
pub mod recipe;
pub mod registry;
pub mod rootfs;
pub mod sbom;
pub mod scan;
#[cfg(test)]
mod testing;
pub mod toml_file;
pub mod verify;
mod whole_file;
