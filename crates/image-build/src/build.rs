//! Puts rootfs and binary together as an OCI layout, and as a docker-archive when asked.
//!
//! Reads the recipe, the lock, the cache and the binaries, and nothing else: no clock, and no network beyond packages
//! that the lock names.

mod assemble;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::Timestamp;

use crate::elf::{ElfError, Facts};
use crate::fetch::{self, FetchError, Fetcher, RecipeOption, Source};
use crate::layer::Compression;
use crate::lock_file::Lock;
use crate::oci::archive::{self, ArchiveError};
use crate::oci::layout::{Layout, LayoutError};
use crate::output;
use crate::platform::Architecture;
use crate::recipe::Recipe;
use crate::rootfs::{Files, RootfsError};

#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    pub recipe: RecipeOption,

    #[command(flatten)]
    pub source: Source,

    /// The server for one architecture; given more than once, the image is for several
    #[arg(long = "binary", value_name = "ARCH=FILE", required = true)]
    pub binaries: Vec<BinaryFile>,

    /// Add a shell: the debug variant
    #[arg(long)]
    pub debug: bool,

    /// How layers are compressed
    #[arg(long, value_enum, default_value = "gzip")]
    pub compression: Compression,

    /// When the source was committed, in seconds since 1970: the image's creation time, since no clock is read
    #[arg(long, env = "SOURCE_DATE_EPOCH", value_name = "SECONDS", value_parser = epoch)]
    pub created: Timestamp,

    /// The commit the binary was built from
    #[arg(long, value_name = "COMMIT")]
    pub revision: Option<String>,

    /// Version of the server
    #[arg(long, value_name = "VERSION", default_value = env!("CARGO_PKG_VERSION"))]
    pub image_version: String,

    /// Tag in the layout; by default the version. The debug variant's ends in -debug
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,

    /// Where the OCI layout goes; one that is there is replaced
    #[arg(long, value_name = "DIR", default_value = "target/image/oci")]
    pub out: PathBuf,

    /// Also write a docker-archive, which `docker load` and `podman load` read; for one architecture
    #[arg(long, value_name = "FILE")]
    pub docker_archive: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct BinaryFile {
    pub architecture: Architecture,
    pub path: PathBuf,
}

impl FromStr for BinaryFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (architecture, path) = text.split_once('=').ok_or("ARCH=FILE is expected, such as amd64=./mcp-server")?;
        Ok(Self { architecture: architecture.parse()?, path: path.into() })
    }
}

fn epoch(text: &str) -> Result<Timestamp, String> {
    let seconds: i64 = text.parse().map_err(|_| "seconds since 1970 are expected".to_owned())?;
    Timestamp::from_second(seconds).map_err(|error| error.to_string())
}

#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Rootfs(#[from] RootfsError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("{path} cannot be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} cannot be used as the server")]
    Binary { path: PathBuf, source: ElfError },
    #[error("{path} is not made for {architecture}")]
    OtherArchitecture { path: PathBuf, architecture: Architecture },
    #[error("a layer cannot be packed")]
    Pack(#[source] io::Error),
    #[error("the recipe lists no {0}")]
    NotInRecipe(Architecture),
    #[error("two binaries are given for {0}")]
    Twice(Architecture),
    #[error("a docker-archive holds one image: give one --binary")]
    OneImage,
}

pub fn run(options: &Options) -> Result<(), BuildError> {
    let (recipe, lock) = fetch::recipe_and_lock(&options.recipe.path)?;
    check_architectures(options, &recipe)?;
    let fetcher = Fetcher::new(&options.source, &recipe.debian)?;
    let root = repository_of(&options.recipe.path);
    let writer = assemble::Assembly::start(options, &recipe, &lock)?;
    let writer = options.binaries.iter().try_fold(writer, |mut assembly, binary| {
        let files = packages(&fetcher, &lock, binary.architecture, options.debug)?;
        assembly.add(binary.architecture, &files, server(binary)?, beside(&recipe, &root)?)?;
        Ok::<_, BuildError>(assembly)
    })?;
    let (layout, tag) = writer.finish()?;
    if let Some(path) = &options.docker_archive {
        archive::write(&layout, &format!("{}:{tag}", recipe.repository), path)?;
    }
    report(&layout, &options.out, &tag)
}

fn report(layout: &Layout, out: &Path, tag: &str) -> Result<(), BuildError> {
    for image in layout.images()? {
        let size: u64 = image.manifest.layers.iter().map(|layer| layer.size).sum();
        output::say(&format!("linux/{}: {} ({size} bytes compressed)", image.architecture(), image.descriptor.digest));
    }
    output::say(&format!("{}:{tag} is {}", out.display(), layout.top()?.digest));
    Ok(())
}

fn check_architectures(options: &Options, recipe: &Recipe) -> Result<(), BuildError> {
    for (at, BinaryFile { architecture, .. }) in options.binaries.iter().enumerate() {
        if !recipe.architectures.contains(architecture) {
            return Err(BuildError::NotInRecipe(*architecture));
        }
        if options.binaries[..at].iter().any(|other| other.architecture == *architecture) {
            return Err(BuildError::Twice(*architecture));
        }
    }
    if options.docker_archive.is_some() && options.binaries.len() > 1 {
        return Err(BuildError::OneImage);
    }
    Ok(())
}

struct Packages {
    base: Vec<Files>,
    debug: Vec<Files>,
}

fn packages(fetcher: &Fetcher, lock: &Lock, architecture: Architecture, debug: bool) -> Result<Packages, BuildError> {
    let mut packages = Packages { base: Vec::new(), debug: Vec::new() };
    for package in lock.packages_for(architecture, debug) {
        let files = Files::read(&package.name, &fetcher.package(lock, package)?)?;
        if package.debug { packages.debug.push(files) } else { packages.base.push(files) }
    }
    Ok(packages)
}

fn server(BinaryFile { architecture, path }: &BinaryFile) -> Result<Vec<u8>, BuildError> {
    let content = fs::read(path).map_err(|source| BuildError::Read { path: path.clone(), source })?;
    let facts = Facts::read(&content).map_err(|source| BuildError::Binary { path: path.clone(), source })?;
    if facts.architecture != Some(*architecture) {
        return Err(BuildError::OtherArchitecture { path: path.clone(), architecture: *architecture });
    }
    Ok(content)
}

/// What goes beside the server: from the repository's files, by where it goes.
fn beside(recipe: &Recipe, root: &Path) -> Result<Vec<(String, Vec<u8>)>, BuildError> {
    let read = |(from, to): (&String, &String)| {
        let path = root.join(from);
        let content = fs::read(&path).map_err(|source| BuildError::Read { path, source })?;
        Ok((to.clone(), content))
    };
    recipe.binary.beside.iter().map(read).collect()
}

/// Recipes lie in a folder of the repository.
fn repository_of(recipe: &Path) -> PathBuf {
    recipe.parent().map_or_else(|| PathBuf::from(".."), |folder| folder.join(".."))
}
