//! Sends an image to a registry: blobs by digest, then the manifests, what refers to them, signatures, then the tags.
//!
//! Tags move last, so that nobody pulls an image that is not complete or not signed yet. What the registry has is not
//! sent again: a push that broke off goes on where it stopped.

mod attach;
mod sign;

use std::path::PathBuf;

use crate::fetch::RecipeOption;
use crate::oci::layout::{Layout, LayoutError};
use crate::oci::{Descriptor, INDEX, Index, Manifest};
use crate::output;
use crate::recipe::Recipe;
use crate::registry::{Registry, RegistryError, Repository};
use crate::toml_file::TomlFileError;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The OCI layout
    #[arg(long, value_name = "DIR", default_value = "target/image/oci")]
    pub layout: PathBuf,

    #[command(flatten)]
    pub recipe: RecipeOption,

    /// Where to: HOST[:PORT]/NAME; by default the recipe's repository. Loopback hosts are spoken to without TLS
    #[arg(long, env = "IMAGE_REPOSITORY", value_name = "REPOSITORY")]
    pub to: Option<String>,

    /// Tags to set; by default the layout's own
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,

    /// Documents of `sbom` to attach: ARCH.spdx.json, ARCH.cdx.json, ARCH.provenance.json
    #[arg(long, value_name = "DIR")]
    pub attachments: Option<PathBuf>,

    #[command(flatten)]
    pub sign: sign::SignOptions,
}

#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error(transparent)]
    Recipe(#[from] TomlFileError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("the layout gives its image no tag; name one with --tag")]
    NoTag,
    #[error("{path} cannot be read")]
    Attachment { path: PathBuf, source: std::io::Error },
    #[error("{0} holds no documents to attach; `image-build sbom` writes them")]
    NoAttachments(PathBuf),
    #[error("{path} is about another image than {digest}; `image-build sbom` writes it again")]
    OtherImage { path: PathBuf, digest: String },
    #[error("the list of what refers to {0} in the registry is not understood")]
    Referrers(String),
    #[error("the image cannot be signed: {0}")]
    Sign(String),
}

pub fn run(options: &Options) -> Result<(), PushError> {
    let to = match &options.to {
        Some(to) => to.clone(),
        None => Recipe::load(&options.recipe.path)?.repository,
    };
    let registry = Registry::new(to.parse::<Repository>()?)?;
    let layout = Layout::open(&options.layout)?;
    let top = layout.top()?;
    let tags = tags(options, &top)?;
    push_tree(&layout, &registry, &top)?;
    if let Some(folder) = &options.attachments {
        attach::all(&layout, &registry, folder)?;
    }
    sign::sign(&options.sign, registry.repository(), &top.digest)?;
    let content = layout.blob(&top.digest)?;
    for tag in tags {
        registry.put_manifest(tag, &top.media_type, &content)?;
        output::say(&format!("{to}:{tag} is {}", top.digest));
    }
    Ok(())
}

fn tags<'a>(options: &'a Options, top: &'a Descriptor) -> Result<Vec<&'a str>, PushError> {
    if !options.tags.is_empty() {
        return Ok(options.tags.iter().map(String::as_str).collect());
    }
    Ok(vec![top.tag().ok_or(PushError::NoTag)?])
}

/// What a manifest or an index speaks of, then itself.
fn push_tree(layout: &Layout, registry: &Registry, top: &Descriptor) -> Result<(), PushError> {
    if top.media_type == INDEX {
        for image in layout.json::<Index>(&top.digest)?.manifests {
            push_tree(layout, registry, &image)?;
        }
    } else {
        let manifest: Manifest = layout.json(&top.digest)?;
        for blob in manifest.layers.iter().chain([&manifest.config]) {
            let sent = registry.put_blob(blob, &layout.blob(&blob.digest)?)?;
            let what = if sent { "sent" } else { "is there" };
            output::complain(&format!("{} {what} ({} bytes)", blob.digest, blob.size));
        }
    }
    registry.put_manifest(&top.digest, &top.media_type, &layout.blob(&top.digest)?)?;
    Ok(())
}
