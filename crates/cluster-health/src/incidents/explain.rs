//! Why the root is taken for the root: what else it could be and why that ranks lower, what was ruled out by which
//! evidence, and what was not seen that would make it sure. Worked out when somebody asks.

mod logs;
mod missing;
mod ruled_out;

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::cluster::Cluster;
use crate::finding::{Finding, Text};
use crate::log_signs::{Logs, Sign};
use crate::model::ObjectRef;
use crate::ordered::Ordered;
use crate::report::Report;
use crate::time;
use crate::view::View;

use super::Incident;
use super::search::{Rejection, Search};

pub use ruled_out::RuledOut;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Best first.
    pub alternatives: Vec<Alternative>,
    pub ruled_out: Vec<RuledOut>,
    /// What logs say of it, where the state came with logs; no verdict rests on it.
    pub logs: Vec<LogEvidence>,
    /// What would have to be seen to be sure, and how.
    pub missing: Vec<String>,
}

/// A sign in the log of a pod of the incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEvidence {
    /// The object of the finding it belongs to.
    pub of: ObjectRef,
    pub pod: ObjectRef,
    pub container: String,
    pub sign: Sign,
    /// In how many of the last lines.
    pub lines: u32,
    /// The Service that the lines name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ObjectRef>,
    /// The host that the lines name, if it is none of the cluster's Services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untrusted_host: Option<String>,
}

/// Another finding that might be the cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alternative {
    /// Identifier of the finding.
    pub finding: String,
    pub object: ObjectRef,
    pub title: Text,
    /// Why it ranks lower.
    pub because: String,
}

/// More would be a list of everything nearby.
const ALTERNATIVES: usize = 3;
/// Members of an incident whose other causes are looked for.
const MEMBERS: usize = 64;

pub fn explain(cluster: &Cluster, report: &Report, incident: &Incident, logs: &Logs) -> Explanation {
    let view = View::new(cluster, report.as_of);
    let mut search = Search::new(&view, &report.findings);
    let logs = logs::evidence(&view, report, incident, logs);
    Explanation {
        alternatives: alternatives(report, incident, &mut search),
        ruled_out: ruled_out::ruled_out(&view, report, incident),
        missing: missing::missing(&view, report, incident, &logs),
        logs,
    }
}

fn alternatives(report: &Report, incident: &Incident, search: &mut Search) -> Vec<Alternative> {
    let own: HashSet<usize> = incident.members.iter().map(|member| member.finding).collect();
    let looked_at = incident.members.len().min(MEMBERS);
    let mut explained: BTreeMap<usize, usize> = BTreeMap::new();
    let mut rejected: BTreeMap<usize, Rejection> = BTreeMap::new();
    for member in &incident.members[..looked_at] {
        let found = search.causes(member.finding);
        let causes: HashSet<usize> = found.candidates.iter().map(|candidate| candidate.cause).collect();
        causes.into_iter().filter(|cause| !own.contains(cause)).for_each(|cause| {
            *explained.entry(cause).or_default() += 1;
        });
        rejected.extend(found.rejected.into_iter().filter(|(cause, _)| !own.contains(cause)));
    }
    rejected.retain(|cause, _| !explained.contains_key(cause));
    let mut ranked: Vec<(usize, String)> = Vec::new();
    let mut accepted: Vec<(usize, usize)> = explained.into_iter().collect();
    accepted.put_in_order_by_key(|&(cause, count)| (std::cmp::Reverse(count), cause));
    for (cause, count) in accepted {
        ranked.push((cause, format!("would explain {count} of the {looked_at} findings here, the root more of them")));
    }
    for (cause, rejection) in rejected {
        ranked.push((cause, why(report, incident, &report.findings[cause], rejection)));
    }
    ranked.truncate(ALTERNATIVES);
    let alternative = |(cause, because): (usize, String)| {
        let Finding { id, object, title, .. } = &report.findings[cause];
        Alternative { finding: id.clone(), object: object.clone(), title: title.clone(), because }
    };
    ranked.into_iter().map(alternative).collect()
}

fn why(report: &Report, incident: &Incident, cause: &Finding, rejection: Rejection) -> String {
    match rejection {
        Rejection::OnlyInformation => "is information only and harms nothing by itself".to_owned(),
        Rejection::DoesNoHarm => "does not harm what depends on it in this way".to_owned(),
        Rejection::OthersFailToo => "does not carry all that fails in this way".to_owned(),
        Rejection::BeganLater => {
            let onset = |member: &super::Member| report.findings[member.finding].since.as_ref().map(|since| since.at);
            let first = incident.members.iter().filter_map(onset).min().or(incident.since);
            let later = match (first, &cause.since) {
                (Some(first), Some(since)) if since.at > first => time::short(since.at.since(first)),
                _ => return "began later than what it would have to explain".to_owned(),
            };
            format!("began {later} after the first of these findings")
        }
    }
}
