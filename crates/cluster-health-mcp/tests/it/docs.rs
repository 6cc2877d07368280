//! Documents that are generated are up to date. `UPDATE_DOCS=1 cargo test` writes them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use cluster_health::checks;
use cluster_health::model::Kind;
use cluster_health_mcp::args;
use cluster_health_mcp::integrations::queries;
use cluster_health_mcp::mcp::{Surface, tools};
use cluster_health_mcp::metrics::{Metrics, NoFigures};
use cluster_health_mcp::state::State;

use crate::migrating::remediating;

#[test]
fn configuration_is_what_the_program_defines() {
    assert_generated(args::DOCUMENT, None, &args::markdown());
}

/// The text between two marks of a document, or the document itself, is what the code gives.
#[track_caller]
pub(crate) fn assert_generated(file: &str, mark: Option<&str>, rendered: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let written = fs::read_to_string(&path).unwrap_or_default();
    let expected = match mark {
        None => rendered.to_owned(),
        Some(mark) => {
            let (before, rest) = written.split_once(&format!("<!-- {mark}: written by `make docs` -->\n")).unwrap();
            let (_, after) = rest.split_once(&format!("<!-- /{mark} -->")).unwrap();
            format!("{before}<!-- {mark}: written by `make docs` -->\n{rendered}<!-- /{mark} -->{after}")
        }
    };
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert!(written == expected, "{file} is out of date: run make docs");
    }
}

#[test]
fn the_readmes_tools_are_the_servers() {
    let metrics = Metrics::new(Arc::new(NoFigures));
    let surface = Surface::<State>::new("docs", "", Duration::from_secs(1), metrics);
    let surface = tools::register_measured(tools::register_models(tools::register(surface)));
    let surface = tools::register_engine(surface, &remediating());
    let mut table = String::from("| tool | what it answers | arguments |\n|---|---|---|\n");
    for tool in surface.tools() {
        let description = tool.description.as_deref().unwrap();
        let first = description.split_inclusive(['?', '.']).next().unwrap();
        let arguments: Vec<_> = tool.input_schema["properties"].as_object().unwrap().keys().cloned().collect();
        table.push_str(&format!("| `{}` | {first} | {} |\n", tool.name, arguments.join(", ")));
    }
    assert_generated("README.md", Some("tools"), &table);
}

#[test]
fn the_checks_are_documented_from_themselves() {
    let mut text = String::from(
        "# Checks\n\nWritten by `make docs` from the checks themselves; the same texts are at `cluster://checks/{id}`.\n",
    );
    let mut checks = checks::ALL.to_vec();
    checks.sort_by_key(|check| check.id);
    text.push_str(&format!("There are {}.\n", checks.len()));
    for check in checks {
        let kinds = |kinds: &[Kind]| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
        text.push_str(&format!("\n## {}\n\n**{}.** {}\n\n", check.id, check.title, check.explain));
        let uses = if check.uses.is_empty() { String::new() } else { format!("; uses {}", kinds(check.uses)) };
        text.push_str(&format!("Needs {}{uses}. [Reference]({})\n", kinds(check.needs), check.reference));
    }
    assert_generated("docs/checks.md", None, &text);
}

#[test]
fn the_readme_stays_short() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    assert!(readme.lines().count() <= 130);
}

#[test]
fn every_query_is_documented() {
    let mut text = String::from("| question | query |\n|---|---|\n");
    for (what, query) in queries::examples() {
        text.push_str(&format!("| {what} | `{}` |\n", query.as_str().replace('|', "\\|")));
    }
    assert_generated("docs/metrics.md", Some("queries"), &text);
}
