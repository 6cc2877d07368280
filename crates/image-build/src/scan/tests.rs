//! The gate as a whole, without asking Debian.

use std::fs;

use super::*;
use crate::testing::{TestImage, elf, elf_without_list, fixture};

const ROOT: &str = r#"{"name":"mcp-server","version":"0.1.0","source":"local","root":true}"#;
const TODAY: Date = Date::constant(2026, 6, 1);

fn recipe() -> Recipe {
    Recipe::load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../images/cluster-health-mcp.toml"))
        .unwrap()
}

fn image(crates: &str, packages: &[(&str, &str)]) -> TestImage {
    TestImage::new(packages, &elf(&format!(r#"{{"packages":[{ROOT}{crates}]}}"#)))
}

fn allowed(text: &str) -> Allowed {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    Allowed::load(file.path()).unwrap()
}

/// Scans an image with a security suite that has only these packages.
fn scan(image: &TestImage, suite: &[(&str, &str)], allowed: &Allowed) -> Result<(), ScanError> {
    let advisories = Advisories::open(&fixture("advisories"))?;
    let security: Security = suite
        .iter()
        .map(|(name, version)| (((*name).to_owned(), Architecture::Amd64), (*version).to_owned()))
        .collect();
    let reports: Vec<_> = subjects(&image.layout, &recipe(), image.folder.path())?
        .iter()
        .map(|subject| {
            let mut findings = packages::compare(&subject.packages, subject.architecture, &security);
            findings.extend(crates::compare(&subject.linked, subject.architecture, &advisories).vulnerabilities);
            Report::of(subject, &recipe(), findings, &advisories)
        })
        .collect();
    judge(&reports, allowed, TODAY)
}

const VULNERABLE: &str = r#",{"name":"smallvec","version":"1.6.0","source":"crates.io"}"#;
const MENDED: &str = r#",{"name":"smallvec","version":"1.15.1","source":"crates.io"}"#;

#[test]
fn an_image_without_findings_passes() {
    let image = image(MENDED, &[("tzdata", "2026b-0+deb13u1")]);
    scan(&image, &[("tzdata", "2026b-0+deb13u1")], &Allowed::default()).unwrap();
}

#[test]
fn a_vulnerable_crate_closes_the_gate() {
    let error = scan(&image(VULNERABLE, &[("tzdata", "1")]), &[], &Allowed::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 finding closed the gate, the worst: amd64: CRITICAL smallvec 1.6.0: RUSTSEC-2021-0003 (CVE-2021-25900) \
         Buffer overflow in SmallVec::insert_many; mended in >=0.6.14, <1.0.0 or >=1.6.1"
    );
}

#[test]
fn a_newer_security_version_closes_the_gate() {
    let image = image(MENDED, &[("tzdata", "2026b-0+deb13u1")]);
    let error = scan(&image, &[("tzdata", "2026f-0+deb13u1")], &Allowed::default()).unwrap_err();
    assert!(error.to_string().contains("tzdata 2026b-0+deb13u1"), "{error}");
}

#[test]
fn a_binary_without_its_list_is_not_judged() {
    let image = TestImage::new(&[("tzdata", "1")], &elf_without_list());
    let error = scan(&image, &[], &Allowed::default()).unwrap_err();
    assert!(matches!(error, ScanError::Linked(LinkedError::NoList)), "{error:?}");
}

#[test]
fn an_image_without_package_records_is_not_judged() {
    let error = scan(&image(MENDED, &[]), &[], &Allowed::default()).unwrap_err();
    assert!(matches!(error, ScanError::Contents(ContentsError::NoRecords)), "{error:?}");
}

#[test]
fn an_entry_lets_a_finding_pass_until_its_last_day() {
    let entry = |until| {
        allowed(&format!(
            "[[allow]]\nid = \"RUSTSEC-2021-0003\"\npackage = \"smallvec\"\nreason = \"not called\"\nuntil = \"{until}\"\n"
        ))
    };
    let image = image(VULNERABLE, &[("tzdata", "1")]);
    scan(&image, &[], &entry("2026-06-01")).unwrap();
    let error = scan(&image, &[], &entry("2026-05-31")).unwrap_err();
    assert!(error.to_string().ends_with("(was allowed until 2026-05-31: judge it again)"), "{error}");
}

#[test]
fn an_entry_for_another_package_helps_nobody() {
    let other = allowed(
        "[[allow]]\nid = \"RUSTSEC-2021-0003\"\npackage = \"other\"\nreason = \"not called\"\nuntil = \"2026-12-31\"\n",
    );
    assert!(scan(&image(VULNERABLE, &[("tzdata", "1")]), &[], &other).is_err());
}

#[test]
fn data_that_is_too_old_is_refused() {
    let advisories = Advisories::open(&fixture("advisories")).unwrap();
    let newest = advisories.newest;
    assert_eq!(newest, Date::constant(2026, 1, 2));
    refuse_old(&advisories, Date::constant(2026, 2, 1), 30).unwrap();
    let error = refuse_old(&advisories, Date::constant(2026, 2, 2), 30).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the newest advisory is of 2026-01-02, 31 days ago, and at most 30 days are allowed (--max-age): fetch the \
         database again"
    );
}

#[test]
fn numbers_come_back_as_they_were_written() {
    let advisories = Advisories::open(&fixture("advisories")).unwrap();
    let image = image(VULNERABLE, &[("tzdata", "1")]);
    let subjects = subjects(&image.layout, &recipe(), image.folder.path()).unwrap();
    let crates = crates::compare(&subjects[0].linked, Architecture::Amd64, &advisories);
    let report = Report::of(&subjects[0], &recipe(), crates.vulnerabilities, &advisories);
    let path = image.folder.path().join("made/scan.json");
    report::write(&path, &[report]).unwrap();
    let numbers = report::read(&path).unwrap();
    assert_eq!((numbers[0].vulnerabilities["critical"], numbers[0].vulnerabilities["high"]), (1, 0));
    assert_eq!(numbers[0].vulnerabilities.len(), Severity::ALL.len());
}

#[test]
fn the_c_library_of_another_release_is_looked_up_there() {
    let other = other_release(&recipe(), "bookworm");
    let suites: Vec<_> = other.debian.archives.iter().map(|archive| archive.suite.as_str()).collect();
    assert_eq!(suites, ["bookworm", "bookworm-updates", "bookworm-security"]);
    assert_eq!(other.debian.packages, ["libc6"]);
    let keyring = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../images").join(other.debian.keyring);
    assert!(keyring.is_file(), "{}", keyring.display());
}
