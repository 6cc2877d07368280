//! Documents that are generated are up to date. `UPDATE_DOCS=1 cargo test` writes them.

use std::path::Path;
use std::{env, fs};

use cluster_health_mcp::args;

#[test]
fn configuration_is_what_the_program_defines() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(args::DOCUMENT);
    let rendered = args::markdown();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &rendered).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == rendered, "{} is out of date: run UPDATE_DOCS=1 cargo test", args::DOCUMENT);
}
