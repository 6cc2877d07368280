//! Why a root is taken for the root, in lines.

use crate::incidents::Explanation;

/// Alternatives, what was ruled out, and what is missing; one a line.
pub fn explanation(explanation: &Explanation) -> String {
    let Explanation { alternatives, ruled_out, missing } = explanation;
    let alternatives =
        alternatives.iter().map(|other| format!("could also be: {}: {}; {}", other.object, other.title, other.because));
    let ruled_out = ruled_out.iter().map(|one| format!("ruled out: {} ({})", one.what, one.evidence));
    let missing = missing.iter().map(|what| format!("not seen: {what}"));
    alternatives.chain(ruled_out).chain(missing).collect::<Vec<_>>().join("\n")
}
