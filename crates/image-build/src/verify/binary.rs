//! How the server is linked, and what protects it.

use super::VerifyError;
use crate::elf::Facts;
use crate::expect::Binary;

pub(super) fn check(content: &[u8], architecture: &str, expected: &Binary) -> Result<Vec<String>, VerifyError> {
    let facts = Facts::read(content).map_err(VerifyError::Binary)?;
    let name = facts.architecture.map_or("an unknown architecture", |found| found.name());
    let random = facts.architecture.is_none_or(|found| expected.pie.contains(&found));
    let promises = [
        (name == architecture, format!("is made for {name}")),
        (facts.is_static, "is linked dynamically: there are no libraries in the image".to_owned()),
        (facts.is_pie || !random, "is not loaded at a random address (PIE)".to_owned()),
        (facts.full_relro, "does not protect what the loader writes (full RELRO)".to_owned()),
        (facts.stack_not_executable, "has an executable stack (NX)".to_owned()),
        (facts.no_writable_code, "has memory that is both written and run".to_owned()),
        (facts.is_stripped, "is not stripped".to_owned()),
        (facts.has_crate_list, "has no list of crates: scanners see nothing in it (cargo auditable)".to_owned()),
    ];
    let path = &expected.path;
    Ok(promises.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| format!("{path} {what}")).collect())
}
