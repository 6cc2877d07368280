//! Checks an image against `images/*.expect.toml`, and measures it.
//!
//! Each promise that is broken is one line. Nothing here changes the image; only `--run` starts what is in it.

mod binary;
mod config;
mod files;
mod measure;
mod size;
mod table;

use std::path::PathBuf;

use crate::elf::ElfError;
use crate::expect::Expectations;
use crate::fetch::RecipeOption;
use crate::flat::{Flat, FlatError};
use crate::oci::INDEX;
use crate::oci::layout::{Image, Layout, LayoutError};
use crate::output;
use crate::platform::Architecture;
use crate::recipe::Recipe;
use crate::toml_file::TomlFileError;
use table::Table;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The OCI layout
    #[arg(long, value_name = "DIR", default_value = "target/image/oci")]
    pub layout: PathBuf,

    #[command(flatten)]
    pub recipe: RecipeOption,

    /// What must be true of it; by default the file beside the recipe
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,

    /// It is the debug variant
    #[arg(long)]
    pub debug: bool,

    /// Start the server that is in it (for this machine's architecture), and measure start and memory
    #[arg(long)]
    pub run: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Expect(#[from] TomlFileError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Files(#[from] FlatError),
    #[error("the server in the image cannot be read")]
    Binary(#[source] ElfError),
    #[error("the server cannot be started to measure it")]
    Start(#[source] std::io::Error),
    #[error("the server, started to be measured, {0}")]
    Run(String),
    #[error("{0} promises are broken")]
    Broken(usize),
}

pub fn run(options: &Options) -> Result<(), VerifyError> {
    let expected = options.expect.clone().unwrap_or_else(|| Recipe::expectations_path(&options.recipe.path));
    let mut expected = Expectations::load(&expected)?;
    if options.debug {
        expected = expected.for_debug();
    }
    let layout = Layout::open(&options.layout)?;
    let (mut broken, mut table) = (index(&layout, &expected)?, Table::default());
    for image in layout.images()? {
        let found = check(&layout, &image, &expected, options.run, &mut table)?;
        broken.extend(found.into_iter().map(|line| format!("linux/{}: {line}", image.architecture())));
    }
    output::say(&table.to_string());
    broken.iter().for_each(|line| output::complain(&format!("broken: {line}")));
    if broken.is_empty() { Ok(()) } else { Err(VerifyError::Broken(broken.len())) }
}

/// Every line that does not hold for one image; what was measured goes into the table.
fn check(
    layout: &Layout,
    image: &Image,
    expected: &Expectations,
    run: bool,
    table: &mut Table,
) -> Result<Vec<String>, VerifyError> {
    let flat = Flat::read(layout, image)?;
    let mut broken = config::check(image, &expected.config);
    broken.extend(files::check(&flat, &expected.files));
    broken.extend(size::check(image, &flat, expected, table));
    match flat.content(&expected.binary.path) {
        None => broken.push(format!("{} is not in the image", expected.binary.path)),
        Some(content) => {
            broken.extend(binary::check(content, image.architecture(), &expected.binary)?);
            if run && is_native(image) {
                broken.extend(measure::check(content, image, &expected.run, table)?);
            }
        }
    }
    Ok(broken)
}

fn is_native(image: &Image) -> bool {
    let native = match std::env::consts::ARCH {
        "x86_64" => Some(Architecture::Amd64),
        "aarch64" => Some(Architecture::Arm64),
        _ => None,
    };
    native.is_some_and(|native| native.name() == image.architecture())
}

/// An image for several architectures is for all of them, and says so rightly.
fn index(layout: &Layout, expected: &Expectations) -> Result<Vec<String>, VerifyError> {
    let mut broken = Vec::new();
    let images = layout.images()?;
    if images.is_empty() {
        broken.push("the layout holds no image".to_owned());
    }
    if layout.top()?.media_type == INDEX {
        let found: Vec<_> = images.iter().map(Image::architecture).collect();
        let wanted: Vec<_> = expected.index.architectures.iter().map(|architecture| architecture.name()).collect();
        if found != wanted {
            broken.push(format!("the index is for {}, not for {}", found.join(", "), wanted.join(", ")));
        }
    }
    for image in &images {
        let Some(platform) = &image.descriptor.platform else { continue };
        let said = (&platform.os, &platform.architecture, &platform.variant);
        let is = (&image.config.os, &image.config.architecture, &image.config.variant);
        if said != is {
            broken.push(format!("the index calls an image {said:?} that calls itself {is:?}"));
        }
    }
    Ok(broken)
}
