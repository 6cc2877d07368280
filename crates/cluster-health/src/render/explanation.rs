//! Why a root is taken for the root, in lines.

use crate::incidents::{Explanation, LogEvidence};

/// What logs say, alternatives, what was ruled out, and what is missing; one a line.
pub fn explanation(explanation: &Explanation) -> String {
    let Explanation { alternatives, ruled_out, logs, missing } = explanation;
    let alternatives =
        alternatives.iter().map(|other| format!("could also be: {}: {}; {}", other.object, other.title, other.because));
    let ruled_out = ruled_out.iter().map(|one| format!("ruled out: {} ({})", one.what, one.evidence));
    let missing = missing.iter().map(|what| format!("not seen: {what}"));
    let logs = logs.iter().map(log);
    logs.chain(alternatives).chain(ruled_out).chain(missing).collect::<Vec<_>>().join("\n")
}

fn log(log: &LogEvidence) -> String {
    let LogEvidence { pod, container, sign, lines, service, untrusted_host, .. } = log;
    let named = match (service, untrusted_host) {
        (Some(service), _) => format!(": {service}"),
        (None, Some(host)) => format!(" (untrusted text): \"{host}\""),
        (None, None) => String::new(),
    };
    format!("log of {pod} (container {container}): {}{named} ({lines} of its last lines)", sign.words())
}
