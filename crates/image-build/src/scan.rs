//! The gate: known vulnerabilities of HIGH or CRITICAL severity, or of none that is known, end the step with an error.
//!
//! Compared are the crates in the binary with RustSec's advisories, and the packages in the image and the C library in
//! the binary with Debian's security suites. Where there is nothing to compare (a binary without its list, no
//! records, no data, data that is too old) the gate stays closed: a scan that saw nothing says nothing.
//! The only steps that ask what day it is are this one and `lock`.

mod advisories;
mod advisory;
mod allowed;
mod crates;
mod finding;
mod packages;
pub mod report;
mod severity;
mod versions;

use std::path::PathBuf;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use crate::contents::{self, ContentsError};
use crate::fetch::{RecipeOption, Source};
use crate::linked::{self, CLibrary, Linked, LinkedError};
use crate::lock::{LockError, resolve};
use crate::oci::layout::{Layout, LayoutError};
use crate::output;
use crate::platform::Architecture;
use crate::recipe::Recipe;
use crate::toml_file::TomlFileError;
use advisories::{Advisories, DatabaseError};
use allowed::{Allowed, AllowedError, Entry};
pub use finding::{Finding, count};
use packages::Security;
use report::{Report, ReportError};
pub use severity::Severity;

#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    pub recipe: RecipeOption,

    #[command(flatten)]
    pub source: Source,

    /// The OCI layout to look into
    #[arg(long, value_name = "DIR", default_value = "target/image/oci")]
    pub layout: PathBuf,

    /// A clone of https://github.com/rustsec/advisory-db
    #[arg(long, env = "ADVISORIES", value_name = "DIR")]
    pub advisories: PathBuf,

    /// How old the newest advisory may be, in days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub max_age: u16,

    /// Findings that may pass for a while, each with a reason and a last day
    #[arg(long, value_name = "FILE", default_value = "images/allowed-vulnerabilities.toml")]
    pub allowed: PathBuf,

    /// Where to write the numbers, for `metrics`
    #[arg(long, value_name = "FILE", default_value = "target/image/scan.json")]
    pub report: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error(transparent)]
    Recipe(#[from] TomlFileError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Contents(#[from] ContentsError),
    #[error(transparent)]
    Linked(#[from] LinkedError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Allowed(#[from] AllowedError),
    #[error("Debian's security suites cannot be asked, so the packages cannot be judged")]
    Security(#[source] Box<LockError>),
    #[error(
        "the newest advisory is of {newest}, {days} days ago, and at most {limit} days are allowed (--max-age): fetch \
         the database again"
    )]
    Old { newest: Date, days: i64, limit: u16 },
    #[error("the layout {0} holds no image")]
    NoImage(PathBuf),
    #[error("the C library in the binary is {distribution}'s {version}: no data is known to judge it by")]
    CLibrary { distribution: String, version: String },
    #[error("the binary names no C library, so it cannot be judged; link glibc in statically")]
    NoCLibrary,
    #[error("{} closed the gate, the worst: {worst}", plural(*.count, "finding"))]
    Findings { count: usize, worst: String },
    #[error(transparent)]
    Report(#[from] ReportError),
}

pub fn run(options: &Options) -> Result<(), ScanError> {
    let today = Timestamp::now();
    let recipe = Recipe::load(&options.recipe.path)?;
    let advisories = Advisories::open(&options.advisories)?;
    let allowed = Allowed::load(&options.allowed)?;
    refuse_old(&advisories, date(today), options.max_age)?;
    let subjects = subjects(&Layout::open(&options.layout)?, &recipe, &options.layout)?;
    let asked = Asked { recipe: &recipe, options, now: today };
    let security = asked.about_packages(&subjects)?;
    let mut reports = Vec::new();
    for subject in &subjects {
        let mut findings = packages::compare(&subject.packages, subject.architecture, &security);
        findings.extend(asked.about_c_library(subject, &security)?);
        let crates = crates::compare(&subject.linked, subject.architecture, &advisories);
        crates.notices.iter().for_each(|notice| output::say(&format!("note: {notice}")));
        findings.extend(crates.vulnerabilities);
        findings.sort_by(|one, other| {
            (one.severity, &one.package, &one.id).cmp(&(other.severity, &other.package, &other.id))
        });
        reports.push(Report::of(subject, &recipe, findings, &advisories));
    }
    report::write(&options.report, &reports)?;
    judge(&reports, &allowed, date(today))
}

/// One image, read.
#[derive(Debug)]
struct Subject {
    architecture: Architecture,
    packages: Vec<contents::Package>,
    linked: Linked,
}

fn subjects(layout: &Layout, recipe: &Recipe, folder: &std::path::Path) -> Result<Vec<Subject>, ScanError> {
    let mut subjects = Vec::new();
    for image in layout.images()? {
        let contents = contents::read(layout, &image, &recipe.binary.path)?;
        let linked = linked::read(&contents.binary)?;
        subjects.push(Subject { architecture: contents.architecture, packages: contents.packages, linked });
    }
    if subjects.is_empty() {
        return Err(ScanError::NoImage(folder.to_owned()));
    }
    Ok(subjects)
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn refuse_old(advisories: &Advisories, today: Date, limit: u16) -> Result<(), ScanError> {
    let newest = advisories.newest;
    let days = i64::from(newest.until(today).map_or(i32::MAX, |span| span.get_days()));
    if days > i64::from(limit) { Err(ScanError::Old { newest, days, limit }) } else { Ok(()) }
}

/// Debian, asked through the signed index of its suites.
struct Asked<'a> {
    recipe: &'a Recipe,
    options: &'a Options,
    now: Timestamp,
}

impl Asked<'_> {
    /// Of the release that the image's packages come from, and of its C library.
    fn about_packages(&self, subjects: &[Subject]) -> Result<Security, ScanError> {
        let mut recipe = self.recipe.clone();
        let names = subjects.iter().flat_map(|subject| &subject.packages).map(|package| package.name.clone());
        recipe.debian.packages = names.chain([packages::C_LIBRARY.to_owned()]).collect();
        recipe.debian.packages.sort();
        recipe.debian.packages.dedup();
        recipe.debian.debug_packages.clear();
        self.ask(&recipe)
    }

    /// The C library is that of the machine the binary was built on, which may be of another release than the image.
    fn about_c_library(&self, subject: &Subject, security: &Security) -> Result<Option<Finding>, ScanError> {
        let library = subject.linked.c_library.as_ref().ok_or(ScanError::NoCLibrary)?;
        let unknown = || {
            let CLibrary { distribution, version } = library.clone();
            ScanError::CLibrary { distribution, version }
        };
        let release = packages::release_of(&library.version).filter(|_| library.distribution == "debian");
        let release = release.ok_or_else(unknown)?;
        let ours =
            |suite: &str| suite == release || suite.strip_prefix(release).is_some_and(|rest| rest.starts_with('-'));
        if self.recipe.debian.archives.iter().any(|archive| ours(&archive.suite)) {
            return Ok(packages::compare_c_library(library, subject.architecture, security));
        }
        let other = self.ask(&other_release(self.recipe, release))?;
        Ok(packages::compare_c_library(library, subject.architecture, &other))
    }

    fn ask(&self, recipe: &Recipe) -> Result<Security, ScanError> {
        let Options { recipe: path, source, .. } = self.options;
        let asked = resolve::resolve(recipe, &path.path, source, self.now);
        Ok(asked.map_err(|error| ScanError::Security(Box::new(error)))?.security)
    }
}

/// The same archives, of another release, for the C library alone. Each release is signed with keys of its own.
fn other_release(recipe: &Recipe, release: &str) -> Recipe {
    let mut recipe = recipe.clone();
    recipe.debian.keyring = format!("debian-archive-{release}.pgp").into();
    recipe.debian.packages = vec![packages::C_LIBRARY.to_owned()];
    recipe.debian.debug_packages.clear();
    for archive in &mut recipe.debian.archives {
        let part = archive.suite.split_once('-').map(|(_, part)| format!("-{part}")).unwrap_or_default();
        archive.suite = format!("{release}{part}");
    }
    recipe
}

/// Says what was found, and whether that may pass.
fn judge(reports: &[Report], allowed: &Allowed, today: Date) -> Result<(), ScanError> {
    let mut closing = Vec::new();
    for report in reports {
        for finding in &report.findings {
            let (passes, why) = verdict(finding, allowed.entry(finding), today);
            let line = format!("{}: {finding}{why}", report.architecture);
            output::say(&line);
            if !passes {
                closing.push(line);
            }
        }
        output::say(&report.to_string());
    }
    let all: Vec<_> = reports.iter().flat_map(|report| report.findings.clone()).collect();
    for entry in allowed.unused(&all) {
        output::say(&format!("note: {} for {} is allowed and not found any more: remove it", entry.id, entry.package));
    }
    match closing.first() {
        None => Ok(()),
        Some(worst) => Err(ScanError::Findings { count: closing.len(), worst: worst.clone() }),
    }
}

/// Whether a finding passes, and what the list of allowed findings says about it.
fn verdict(finding: &Finding, entry: Option<&Entry>, today: Date) -> (bool, String) {
    let harmless = !finding.severity.closes_the_gate();
    match entry {
        None => (harmless, String::new()),
        Some(entry) if entry.expired(today) => {
            (harmless, format!(" (was allowed until {}: judge it again)", entry.until))
        }
        Some(entry) => (true, format!(" (allowed until {}: {})", entry.until, entry.reason)),
    }
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
