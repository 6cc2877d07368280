//! What tests share: binaries with and without a list of crates, images of a few files, fixtures.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use tempfile::TempDir;

use crate::oci::layout::{Image, Layout, Writer};
use crate::oci::{CONFIG, Descriptor, ImageConfig, LAYER_GZIP, MANIFEST, Manifest, RootfsIds, RunConfig};

/// Where test images have the server.
pub(crate) const IMAGE_BINARY: &str = "/usr/local/bin/mcp-server";

const C_LIBRARY: &[u8] = b"GNU C Library (Debian GLIBC 2.41-12+deb13u1) stable release version 2.41.\n\0";
const COMMENT: &[u8] = b"rustc version 1.95.0 (59807616e 2026-04-14)\0";

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// An ELF file whose list of crates is this JSON.
pub(crate) fn elf(list: &str) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(list.as_bytes()).unwrap();
    elf_of(&[(".rodata", C_LIBRARY), (".dep-v0", &packed.finish().unwrap()), (".comment", COMMENT)])
}

pub(crate) fn elf_without_list() -> Vec<u8> {
    elf_of(&[(".rodata", C_LIBRARY), (".comment", COMMENT)])
}

/// A 64-bit ELF file with nothing but these sections: header, contents, names, table.
fn elf_of(sections: &[(&str, &[u8])]) -> Vec<u8> {
    const HEADER: usize = 64;
    let (mut content, mut names, mut table) = (Vec::new(), vec![0], vec![[0_u8; 64]]);
    let mut add = |name: &str, kind: u32, bytes: &[u8], content: &mut Vec<u8>| {
        let mut entry = [0_u8; 64];
        entry[0..4].copy_from_slice(&u32::try_from(names.len()).unwrap().to_le_bytes());
        names.extend_from_slice(name.as_bytes());
        names.push(0);
        // The names are their own last section
        let bytes = if kind == 3 { names.as_slice() } else { bytes };
        entry[4..8].copy_from_slice(&kind.to_le_bytes());
        entry[24..32].copy_from_slice(&((HEADER + content.len()) as u64).to_le_bytes());
        entry[32..40].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        content.extend_from_slice(bytes);
        table.push(entry);
    };
    for (name, bytes) in sections {
        add(name, 1, bytes, &mut content);
    }
    add(".shstrtab", 3, &[], &mut content);
    let mut file = vec![0_u8; HEADER];
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    file[16..18].copy_from_slice(&2_u16.to_le_bytes());
    file[18..20].copy_from_slice(&62_u16.to_le_bytes());
    file[20..24].copy_from_slice(&1_u32.to_le_bytes());
    file[40..48].copy_from_slice(&((HEADER + content.len()) as u64).to_le_bytes());
    file[52..54].copy_from_slice(&64_u16.to_le_bytes());
    file[58..60].copy_from_slice(&64_u16.to_le_bytes());
    let count = u16::try_from(table.len()).unwrap();
    file[60..62].copy_from_slice(&count.to_le_bytes());
    file[62..64].copy_from_slice(&(count - 1).to_le_bytes());
    file.extend(content);
    file.extend(table.concat());
    file
}

/// A layout with one image for amd64, of package records and a binary.
pub(crate) struct TestImage {
    pub(crate) layout: Layout,
    pub(crate) folder: TempDir,
}

impl TestImage {
    pub(crate) fn new(packages: &[(&str, &str)], binary: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::start(&folder.path().join("oci")).unwrap();
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, version) in packages {
            let record = format!("Package: {name}\nSource: {name}-source (1)\nVersion: {version}\nArchitecture: all\n");
            append(&mut tar, &format!("./var/lib/dpkg/status.d/{name}"), record.as_bytes());
            append(&mut tar, &format!("./var/lib/dpkg/status.d/{name}.md5sums"), b"");
        }
        append(&mut tar, IMAGE_BINARY.trim_start_matches('/'), binary);
        let layer = writer.blob(LAYER_GZIP, &tar.into_inner().unwrap().finish().unwrap()).unwrap();
        let config = writer.json(CONFIG, &config(&layer)).unwrap();
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(MANIFEST.to_owned()),
            artifact_type: None,
            config,
            layers: vec![layer],
            subject: None,
            annotations: [].into(),
        };
        let manifest = writer.json(MANIFEST, &manifest).unwrap();
        Self { layout: writer.finish(vec![manifest.tagged("1.0")]).unwrap(), folder }
    }

    pub(crate) fn image(&self) -> Image {
        self.layout.image("amd64").unwrap()
    }
}

fn append(tar: &mut tar::Builder<GzEncoder<Vec<u8>>>, path: &str, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, path, content).unwrap();
}

fn config(layer: &Descriptor) -> ImageConfig {
    ImageConfig {
        created: Some("2026-11-01T00:00:00Z".to_owned()),
        architecture: "amd64".to_owned(),
        os: "linux".to_owned(),
        variant: None,
        config: RunConfig::default(),
        rootfs: RootfsIds { kind: "layers".to_owned(), diff_ids: vec![layer.digest.clone()] },
        history: Vec::new(),
    }
}
