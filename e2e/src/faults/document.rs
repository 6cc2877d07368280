//! The table of faults in docs/reliability.md, written by a run over all of them.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::Fault;
use super::course::{Observed, mebibytes};

const BEGIN: &str = "<!-- faults: written by `UPDATE_DOCS=1 make e2e` -->\n";
const END: &str = "<!-- end of faults -->\n";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/reliability.md")
}

/// Replaces the rows of the faults that were run and passed.
pub fn update(observed: &[Observed]) -> Result<()> {
    let text = std::fs::read_to_string(path()).context("read docs/reliability.md")?;
    let (before, rows, after) = parts(&text)?;
    std::fs::write(path(), format!("{before}{BEGIN}{}{END}{after}", table(observed, rows))).context("write it")
}

fn parts(text: &str) -> Result<(&str, &str, &str)> {
    let (before, rest) = text.split_once(BEGIN).context("the beginning of the table is missing")?;
    let (table, after) = rest.split_once(END).context("the end of the table is missing")?;
    Ok((before, table, after))
}

fn table(observed: &[Observed], old: &str) -> String {
    let mut table =
        "| fault | what is done | what the server said meanwhile | equal after | connections | memory, MiB |\n\
                     |---|---|---|---|---|---|\n"
            .to_owned();
    for fault in super::all() {
        let start = start(fault);
        let kept = old.lines().find(|row| row.starts_with(&start)).map(|row| format!("{row}\n"));
        let new = observed.iter().find(|one| one.id == fault.id).map(|one| row(&start, one));
        table.push_str(&new.or(kept).unwrap_or_default());
    }
    table
}

fn start(fault: &Fault) -> String {
    format!("| `{}` | {} |", fault.id, fault.what)
}

fn row(start: &str, one: &Observed) -> String {
    let (from, to) = one.resident_kib;
    format!(
        "{start} {} | {:.1} s | {} → {} | {:.1} → {:.1} |\n",
        one.meanwhile,
        one.even.as_secs_f64(),
        one.connections.0,
        one.connections.1,
        mebibytes(from),
        mebibytes(to)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<&str> = super::super::all().map(|fault| fault.id).collect();
        assert_eq!(names.len(), super::super::all().count());
        assert!(names.len() >= 25, "{} faults", names.len());
    }

    #[test]
    fn the_document_names_every_scenario_and_no_other() {
        let text = std::fs::read_to_string(path()).unwrap();
        let (_, after) = text.split_once("## What clusters do").unwrap();
        let (section, _) = after.split_once("\n## ").unwrap();
        for scenario in crate::scenarios::ALL {
            assert!(section.contains(&format!("`{}`", scenario.id)), "{} is missing", scenario.id);
        }
        for row in section.lines().filter_map(|line| line.strip_prefix("| `")) {
            let id = row.split('`').next().unwrap();
            assert!(crate::scenarios::ALL.iter().any(|scenario| scenario.id == id), "{id} is no scenario");
        }
    }

    #[test]
    fn the_document_lists_every_fault_as_it_is_run() {
        let text = std::fs::read_to_string(path()).unwrap();
        let (_, table, _) = parts(&text).unwrap();
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(rows.len(), super::super::all().count(), "run UPDATE_DOCS=1 make e2e");
        for (row, fault) in rows.iter().zip(super::super::all()) {
            assert!(row.starts_with(&start(fault)), "{row}");
        }
    }
}
