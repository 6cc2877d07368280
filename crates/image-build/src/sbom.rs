//! Says what is inside an image: Debian packages, crates, the statically linked C library; as SPDX 2.3 and CycloneDX
//! 1.6, with a provenance statement beside them.
//!
//! Everything is read from the image itself and compared with the lock, so the documents cannot promise what the
//! image does not hold. The same image gives the same bytes: times and identifiers come from it, not from the machine.

mod cyclonedx;
mod material;
mod provenance;
mod spdx;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::contents::ContentsError;
use crate::fetch::{FetchError, RecipeOption, recipe_and_lock};
use crate::linked::LinkedError;
use crate::oci::layout::{Layout, LayoutError};
use crate::output;
use material::Material;

#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    pub recipe: RecipeOption,

    /// The OCI layout to look into
    #[arg(long, value_name = "DIR", default_value = "target/image/oci")]
    pub layout: PathBuf,

    /// Where to write the documents, for `push` to attach
    #[arg(long, value_name = "DIR", default_value = "target/image/attachments")]
    pub output: PathBuf,

    /// Who builds, as an address: a workflow's, for example
    #[arg(long, env = "BUILDER_ID", value_name = "URI", default_value = "urn:image-build:by-hand")]
    pub builder: String,
}

#[derive(Debug, thiserror::Error)]
pub enum SbomError {
    #[error(transparent)]
    Inputs(#[from] FetchError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Contents(#[from] ContentsError),
    #[error(transparent)]
    Linked(#[from] LinkedError),
    #[error(
        "the image holds {name} {version} for {architecture}, which is not in the lock; build it again from this lock"
    )]
    NotLocked { name: String, version: String, architecture: String },
    #[error("the binary names no C library, so the documents would leave one out; link glibc in statically")]
    NoCLibrary,
    #[error("the layout {0} holds no image")]
    NoImage(PathBuf),
    #[error("{path} cannot be written")]
    Write { path: PathBuf, source: io::Error },
}

pub fn run(options: &Options) -> Result<(), SbomError> {
    let (recipe, lock) = recipe_and_lock(&options.recipe.path)?;
    let layout = Layout::open(&options.layout)?;
    let images = layout.images()?;
    if images.is_empty() {
        return Err(SbomError::NoImage(options.layout.clone()));
    }
    for image in images {
        let material = Material::gather(&layout, &image, &recipe, &lock)?;
        let written = [
            ("spdx.json", spdx::document(&material)),
            ("cdx.json", cyclonedx::document(&material)),
            ("provenance.json", provenance::statement(&material, &options.builder)),
        ];
        for (ending, document) in written {
            write(&options.output.join(format!("{}.{ending}", material.architecture)), &document)?;
        }
        output::say(&format!(
            "{}: {} Debian packages, {} crates and glibc {} are written down in {}",
            material.architecture,
            material.packages.len(),
            material.linked.crates.len(),
            material.c_library.version,
            options.output.display()
        ));
    }
    Ok(())
}

fn write(path: &Path, document: &serde_json::Value) -> Result<(), SbomError> {
    let failed = |source| SbomError::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, format!("{document:#}\n")).map_err(failed)
}

#[cfg(test)]
mod tests;
