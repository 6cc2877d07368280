//! Images of several workloads that one registry does not hand out, for a reason that is not each image's own.

use crate::finding::{Confidence, Value};
use crate::graph::{Via, outside};
use crate::model::ObjectRef;

use super::super::rules::{Effect, effect};
use super::{Common, Roots, fact, look};
use crate::finding::Finding;

/// What the registry says of one image says nothing of the others.
const OF_THE_IMAGE: [&str; 2] = ["the image or tag does not exist", "the image's name is malformed"];

pub(super) fn find(roots: &Roots) -> Vec<Common> {
    let groups = roots.groups(|finding| of(roots, finding));
    groups.into_iter().map(|(object, of)| common(roots, object, of)).collect()
}

fn of(roots: &Roots, finding: &Finding) -> Option<ObjectRef> {
    if effect(finding) != Effect::Image || says(finding).is_some_and(|class| OF_THE_IMAGE.contains(&class)) {
        return None;
    }
    let mut waiting =
        roots.view.unsettled_of(&finding.object).iter().filter_map(|pod| crate::pod_trouble::waiting_for_image(pod));
    let image = waiting.next().map(|(container, _)| &container.image)?;
    Some(outside::named(outside::REGISTRY, crate::graph::registry(image)))
}

/// What kind of answer the registry gave, as the check classified it.
fn says(finding: &Finding) -> Option<&str> {
    let fact = finding.facts.iter().find(|fact| fact.path.starts_with("likely cause"))?;
    match &fact.value {
        Value::Typed(class) => Some(class),
        Value::Untrusted(_) => None,
    }
}

fn common(roots: &Roots, object: ObjectRef, of: Vec<usize>) -> Common {
    let mut classes: Vec<&str> = of.iter().filter_map(|&at| says(&roots.findings[at])).collect();
    classes.sort_unstable();
    classes.dedup();
    let mut facts = vec![fact("workloads that cannot pull from it", of.len())];
    let title = match classes.as_slice() {
        [one] => format!("images of {} workloads cannot be pulled from it: {one}", of.len()),
        _ => format!("images of {} workloads cannot be pulled from it", of.len()),
    };
    if !classes.is_empty() {
        facts.push(fact("likely causes, by the runtime's messages", classes.join("; ")));
    }
    let cli = roots.view.cli();
    Common {
        title,
        via: Via::PullsFrom,
        confidence: if classes.len() == 1 { Confidence::Confirmed } else { Confidence::Likely },
        facts,
        next: vec![look(
            format!("{cli} get events -A --field-selector reason=Failed"),
            "shows what the registry answers, to whom, and since when",
        )],
        object,
        of,
    }
}
