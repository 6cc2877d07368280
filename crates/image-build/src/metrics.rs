//! Writes what was measured about images as Prometheus text: sizes from the layout, vulnerabilities from the last scan,
//! durations of pulls from whoever took the time. What was not measured has no series.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::PathBuf;

use crate::fetch::RecipeOption;
use crate::oci::layout::{Layout, LayoutError};
use crate::output;
use crate::recipe::Recipe;
use crate::scan::report::{self, Numbers, ReportError};
use crate::toml_file::TomlFileError;

#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    pub recipe: RecipeOption,

    /// The OCI layout to measure
    #[arg(long, value_name = "DIR", default_value = "target/image/oci")]
    pub layout: PathBuf,

    /// The numbers of the last `scan`
    #[arg(long, value_name = "FILE", default_value = "target/image/scan.json")]
    pub scan: PathBuf,

    /// How long a pull took where somebody measured it, such as amd64=2.07
    #[arg(long = "pull-seconds", value_name = "ARCHITECTURE=SECONDS", value_parser = pull)]
    pub pulls: Vec<(String, f64)>,

    /// Where to write the text instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    #[error(transparent)]
    Recipe(#[from] TomlFileError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Scan(#[from] ReportError),
    #[error("{path} cannot be written")]
    Write { path: PathBuf, source: io::Error },
}

pub fn run(options: &Options) -> Result<(), MetricsError> {
    let recipe = Recipe::load(&options.recipe.path)?;
    let mut measured = Measured { image: recipe.repository, ..Measured::default() };
    for image in Layout::open(&options.layout)?.images()? {
        let size = image.manifest.layers.iter().map(|layer| layer.size).sum();
        measured.sizes.insert(image.architecture().to_owned(), size);
    }
    measured.pulls = options.pulls.iter().cloned().collect();
    if options.scan.exists() {
        measured.scans = report::read(&options.scan)?;
    } else {
        output::complain(&format!("no scan in {}: vulnerabilities have no series", options.scan.display()));
    }
    let text = measured.text();
    match &options.output {
        None => output::say(text.trim_end()),
        Some(path) => {
            fs::write(path, text).map_err(|source| MetricsError::Write { path: path.clone(), source })?;
        }
    }
    Ok(())
}

fn pull(text: &str) -> Result<(String, f64), String> {
    let wrong = || format!("{text} is not accepted: ARCHITECTURE=SECONDS is, such as amd64=2.07");
    let (architecture, seconds) = text.split_once('=').ok_or_else(wrong)?;
    let seconds: f64 = seconds.parse().map_err(|_| wrong())?;
    if seconds.is_finite() && seconds >= 0.0 { Ok((architecture.to_owned(), seconds)) } else { Err(wrong()) }
}

/// By architecture.
#[derive(Debug, Default)]
struct Measured {
    image: String,
    /// Compressed bytes of all layers: what a node downloads.
    sizes: BTreeMap<String, u64>,
    pulls: BTreeMap<String, f64>,
    scans: Vec<Numbers>,
}

impl Measured {
    fn text(&self) -> String {
        let mut text = String::new();
        let labels = |architecture: &str| format!("image=\"{}\",architecture=\"{architecture}\"", self.image);
        let sizes = self.sizes.iter().map(|(architecture, size)| (labels(architecture), size.to_string()));
        family(&mut text, "container_image_size_bytes", "Compressed size of the image's layers.", sizes);
        let pulls = self.pulls.iter().map(|(architecture, seconds)| (labels(architecture), seconds.to_string()));
        family(&mut text, "container_image_pull_duration_seconds", "Time a pull of the image took.", pulls);
        let scans = self.scans.iter().flat_map(|scan| {
            let labels = labels(&scan.architecture);
            let severity = move |severity: &str| format!("{labels},severity=\"{severity}\"");
            scan.vulnerabilities.iter().map(move |(name, count)| (severity(name), count.to_string()))
        });
        family(&mut text, "container_vulnerabilities_total", "Known vulnerabilities in the image.", scans);
        text
    }
}

/// One metric with its samples; without samples there is no metric.
fn family(text: &mut String, name: &str, help: &str, samples: impl Iterator<Item = (String, String)>) {
    let mut samples = samples.peekable();
    if samples.peek().is_none() {
        return;
    }
    // Writing to a String cannot fail
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in samples {
        let _ = writeln!(text, "{name}{{{labels}}} {value}");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn measured() -> Measured {
        let vulnerabilities = [("critical".to_owned(), 0), ("high".to_owned(), 2)].into();
        let scan = Numbers { image: "o/n".to_owned(), architecture: "amd64".to_owned(), vulnerabilities };
        Measured {
            image: "o/n".to_owned(),
            sizes: [("amd64".to_owned(), 3_444_360)].into(),
            pulls: [("amd64".to_owned(), 2.07)].into(),
            scans: vec![scan],
        }
    }

    #[test]
    fn what_was_measured_is_told() {
        assert_eq!(
            measured().text(),
            "# HELP container_image_size_bytes Compressed size of the image's layers.\n\
             # TYPE container_image_size_bytes gauge\n\
             container_image_size_bytes{image=\"o/n\",architecture=\"amd64\"} 3444360\n\
             # HELP container_image_pull_duration_seconds Time a pull of the image took.\n\
             # TYPE container_image_pull_duration_seconds gauge\n\
             container_image_pull_duration_seconds{image=\"o/n\",architecture=\"amd64\"} 2.07\n\
             # HELP container_vulnerabilities_total Known vulnerabilities in the image.\n\
             # TYPE container_vulnerabilities_total gauge\n\
             container_vulnerabilities_total{image=\"o/n\",architecture=\"amd64\",severity=\"critical\"} 0\n\
             container_vulnerabilities_total{image=\"o/n\",architecture=\"amd64\",severity=\"high\"} 2\n"
        );
    }

    #[test]
    fn what_was_not_measured_has_no_series() {
        let text = Measured { pulls: BTreeMap::new(), scans: Vec::new(), ..measured() }.text();
        assert!(text.contains("size_bytes") && !text.contains("pull") && !text.contains("vulnerabilities"), "{text}");
    }

    #[test]
    fn a_pull_takes_some_time() {
        assert_eq!(pull("arm64=2.5"), Ok(("arm64".to_owned(), 2.5)));
        for wrong in ["amd64", "amd64=", "amd64=fast", "amd64=-1", "amd64=NaN", "amd64=inf"] {
            assert!(pull(wrong).is_err(), "{wrong}");
        }
    }

    /// The server's tests look at all other series that alerts and dashboard name.
    #[test]
    fn alerts_and_dashboard_name_only_series_that_are_written() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/monitoring");
        let text = measured().text();
        let mut named = 0;
        for file in ["prometheusrule.yaml", "dashboard.json"] {
            let content = fs::read_to_string(folder.join(file)).unwrap();
            let words = content.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for word in words.filter(|word| word.starts_with("container_")) {
                assert!(text.contains(&format!("# TYPE {word} gauge")), "{word} in {file}");
                named += 1;
            }
        }
        assert!(named >= 5, "{named}");
    }
}
