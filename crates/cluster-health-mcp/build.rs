//! Packs `clusters/demo` for embedding: the same bytes for the same files.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use lzma_rust2::{XzOptions, XzWriter};

fn main() -> Result<(), Box<dyn Error>> {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clusters/demo");
    println!("cargo::rerun-if-changed={}", demo.display());
    let mut files = Vec::new();
    collect(&demo, &mut files)?;
    // What the demo is expected to give is no part of it
    files.retain(|file| *file != demo.join("report.txt"));
    files.sort();
    let packed = pack(&demo, &files)?;
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join("demo.tar.xz"), packed)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn pack(demo: &Path, files: &[PathBuf]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut options = XzOptions::with_preset(9);
    // All of it; whoever unpacks keeps as much in memory
    options.lzma_options.dict_size = 2 << 20;
    let mut tar = tar::Builder::new(XzWriter::new(Vec::new(), options)?);
    for file in files {
        let content = fs::read(file)?;
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // Slashes whatever the platform, and no trace of the machine
        let name: Vec<_> = file.strip_prefix(demo)?.iter().map(|part| part.to_string_lossy()).collect();
        tar.append_data(&mut header, name.join("/"), content.as_slice())?;
    }
    let mut xz = tar.into_inner()?;
    xz.flush()?;
    Ok(xz.finish()?)
}
