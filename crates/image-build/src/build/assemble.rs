//! Layers, configurations and manifests, one image after the other, then the index over them.

use super::{BuildError, Options, Packages};
use crate::digest::Digest;
use crate::layer::Layer;
use crate::lock_file::Lock;
use crate::oci::layout::{Layout, Writer};
use crate::oci::{
    Annotations, CONFIG, Descriptor, Empty, History, INDEX, ImageConfig, Index, MANIFEST, Manifest, Platform,
    RootfsIds, RunConfig,
};
use crate::platform::Architecture;
use crate::recipe::Recipe;
use crate::rootfs::{self, Tree};

/// What is in each layer, for `history`.
const BASE: &str = "image-build: Debian packages of the lock";
const DEBUG: &str = "image-build: busybox";
const SERVER: &str = "image-build: the server";

pub(super) struct Assembly<'a> {
    options: &'a Options,
    recipe: &'a Recipe,
    lock: Digest,
    writer: Writer,
    images: Vec<Descriptor>,
}

impl<'a> Assembly<'a> {
    pub(super) fn start(options: &'a Options, recipe: &'a Recipe, lock: &Lock) -> Result<Self, BuildError> {
        let writer = Writer::start(&options.out)?;
        Ok(Self { options, recipe, lock: lock.digest(), writer, images: Vec::new() })
    }

    /// The base first, the server last: what changes least is shared most.
    pub(super) fn add(
        &mut self,
        architecture: Architecture,
        packages: &Packages,
        server: Vec<u8>,
        beside: Vec<(String, Vec<u8>)>,
    ) -> Result<(), BuildError> {
        let mut trees = vec![(BASE, rootfs::base(&packages.base, &self.recipe.rootfs)?)];
        if self.options.debug {
            trees.push((DEBUG, rootfs::debug(&packages.debug, &self.recipe.debug)?));
        }
        trees.push((SERVER, rootfs::binary(server, &self.recipe.binary, beside)?));
        let layers = trees.iter().map(|(what, tree)| self.layer(what, tree)).collect::<Result<Vec<_>, _>>()?;
        let base = layers[0].descriptor.digest.clone();
        let annotations = self.annotations(&base);
        let config = self.config(architecture, &layers, &annotations);
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(MANIFEST.to_owned()),
            artifact_type: None,
            config: self.writer.json(CONFIG, &config)?,
            layers: layers.into_iter().map(|layer| layer.descriptor).collect(),
            subject: None,
            annotations,
        };
        let mut descriptor = self.writer.json(MANIFEST, &manifest)?;
        descriptor.platform = Some(platform(architecture));
        self.images.push(descriptor);
        Ok(())
    }

    /// One image is tagged itself. Several are tagged through their index, and each by its architecture.
    pub(super) fn finish(mut self) -> Result<(Layout, String), BuildError> {
        let tag = self.tag();
        self.images.sort_by_key(|image| image.platform.as_ref().map(|platform| platform.architecture.clone()));
        let tags = match self.images.as_slice() {
            [only] => vec![only.clone().tagged(&tag)],
            several => {
                let index = Index {
                    schema_version: 2,
                    media_type: Some(INDEX.to_owned()),
                    manifests: several.to_vec(),
                    annotations: self.index_annotations(),
                };
                let index = self.writer.json(INDEX, &index)?.tagged(&tag);
                let single = several.iter().filter_map(|image| {
                    let architecture = &image.platform.as_ref()?.architecture;
                    Some(image.clone().tagged(&format!("{tag}-{architecture}")))
                });
                [index].into_iter().chain(single).collect()
            }
        };
        Ok((self.writer.finish(tags)?, tag))
    }

    fn tag(&self) -> String {
        let tag = self.options.tag.as_ref().unwrap_or(&self.options.image_version);
        let suffix = if self.options.debug { &self.recipe.debug.tag_suffix } else { "" };
        format!("{tag}{suffix}")
    }

    fn layer(&self, what: &'static str, tree: &Tree) -> Result<Written, BuildError> {
        let layer = Layer::new(tree, self.options.compression).map_err(BuildError::Pack)?;
        let descriptor = self.writer.blob(layer.media_type, &layer.content)?;
        Ok(Written { what, descriptor, diff_id: layer.diff_id })
    }

    fn created(&self) -> String {
        self.options.created.to_string()
    }

    /// What is known about the source. They are the configuration's labels too, for tools that read only those.
    fn index_annotations(&self) -> Annotations {
        let mut annotations = self.recipe.config.labels.clone();
        let name = |name| format!("org.opencontainers.image.{name}");
        annotations.insert(name("created"), self.created());
        annotations.insert(name("version"), self.options.image_version.clone());
        annotations.insert(name("base.name"), "scratch".to_owned());
        if let Some(revision) = &self.options.revision {
            annotations.insert(name("revision"), revision.clone());
        }
        annotations.insert(LOCK_LABEL.to_owned(), self.lock.oci());
        annotations
    }

    /// No image lies below ours: what others share is the base layer.
    fn annotations(&self, base: &str) -> Annotations {
        let mut annotations = self.index_annotations();
        annotations.insert("org.opencontainers.image.base.digest".to_owned(), base.to_owned());
        annotations
    }

    fn config(&self, architecture: Architecture, layers: &[Written], labels: &Annotations) -> ImageConfig {
        let created = Some(self.created());
        let platform = platform(architecture);
        ImageConfig {
            created: created.clone(),
            architecture: platform.architecture,
            os: platform.os,
            variant: platform.variant,
            config: self.run_config(labels),
            rootfs: RootfsIds {
                kind: "layers".to_owned(),
                diff_ids: layers.iter().map(|layer| layer.diff_id.oci()).collect(),
            },
            history: layers
                .iter()
                .map(|layer| History { created: created.clone(), created_by: layer.what.to_owned(), comment: None })
                .collect(),
        }
    }

    fn run_config(&self, labels: &Annotations) -> RunConfig {
        let recipe = &self.recipe.config;
        let mut env = recipe.env.clone();
        if self.options.debug {
            let path = env.entry("PATH".to_owned()).or_default();
            *path = format!("{path}:{}", self.recipe.debug.folder);
        }
        RunConfig {
            user: recipe.user.clone(),
            exposed_ports: recipe.exposed_ports.iter().map(|port| (port.clone(), Empty {})).collect(),
            env: env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            entrypoint: if self.options.debug { &self.recipe.debug.entrypoint } else { &recipe.entrypoint }.clone(),
            cmd: recipe.cmd.clone(),
            working_dir: recipe.working_dir.clone(),
            labels: labels.clone(),
            stop_signal: recipe.stop_signal.clone(),
        }
    }
}

/// Digest of the lock an image was made from.
pub(super) const LOCK_LABEL: &str = "io.openshift-aiops.image.lock";

struct Written {
    what: &'static str,
    descriptor: Descriptor,
    diff_id: Digest,
}

fn platform(architecture: Architecture) -> Platform {
    Platform {
        architecture: architecture.name().to_owned(),
        os: "linux".to_owned(),
        variant: architecture.variant().map(str::to_owned),
    }
}
