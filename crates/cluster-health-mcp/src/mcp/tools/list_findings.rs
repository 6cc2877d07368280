//! `list-findings`: every finding with all its evidence, filtered and in pages.

use cluster_health::finding::{Finding, Severity};
use cluster_health::{Report, checks, render};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::memory::{Change, Seen};
use super::shapes::FindingDetail;
use super::{cursor, scope};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::State;

pub struct ListFindings;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Only findings at least this severe
    severity: Option<AtLeast>,
    /// Only findings about objects in this namespace
    #[schemars(length(min = 1, max = 63))]
    namespace: Option<String>,
    /// Only findings about this kind of object, such as Pod, Deployment or co
    #[schemars(length(min = 1, max = 63))]
    kind: Option<String>,
    /// Only findings of this check, such as node-not-ready
    #[schemars(length(min = 1, max = 63))]
    check: Option<String>,
    /// seen of an earlier get-cluster-health or list-incidents: only findings of incidents that are new or worse since
    #[schemars(length(min = 1, max = 700))]
    since: Option<String>,
    /// How many findings at most (default 10)
    #[schemars(range(min = 1, max = 50))]
    limit: Option<u32>,
    /// next_cursor of the page before
    #[schemars(length(min = 1, max = 1200))]
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum AtLeast {
    Critical,
    Warning,
    Info,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Findings {
    /// The moment assessed, RFC 3339
    pub as_of: String,
    /// How many match, on all pages
    pub total: usize,
    /// Checks that could not look, or not at everything: what they would find is not here
    pub checks_blind: usize,
    /// Causes first, worst first
    pub findings: Vec<FindingDetail>,
    /// Give it as cursor to get the next page; absent on the last page
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

const DEFAULT_LIMIT: u32 = 10;

impl Tool<State> for ListFindings {
    const NAME: &'static str = "list-findings";
    const TITLE: &'static str = "Findings";
    const DESCRIPTION: &'static str = "List health findings of the cluster in full: object, severity, since when, \
        evidence (field paths and values), affected objects, and next steps with commands. Filter by severity, \
        namespace, kind or check, for example all problems of one namespace or all pod failures. Paged.";

    type Arguments = Arguments;
    type Output = Findings;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<Findings>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        if let Some(namespace) = &arguments.namespace {
            scope::namespace(&snapshot.cluster, namespace)?;
        }
        let filter = Filter::new(&arguments)?;
        let report = &snapshot.report;
        let is_new = filter.news(report);
        let findings =
            report.findings.iter().zip(&is_new).filter(|(finding, is_new)| **is_new && filter.takes(finding));
        let matching: Vec<&Finding> = findings.map(|(finding, _)| finding).collect();
        let start = match &arguments.cursor {
            None => 0,
            Some(cursor) => start_after(&matching, &cursor::key(&filter.question(), cursor)?)?,
        };
        let limit = arguments.limit.unwrap_or(DEFAULT_LIMIT) as usize;
        Ok(page(report, &matching, start, limit, &filter))
    }
}

struct Filter {
    severity: Severity,
    namespace: Option<String>,
    kind: Option<&'static str>,
    check: Option<String>,
    since: Option<(String, Seen)>,
}

impl Filter {
    fn new(arguments: &Arguments) -> Result<Self, ToolError> {
        if let Some(check) = arguments.check.as_deref().filter(|check| checks::by_id(check).is_none()) {
            let hint = scope::did_you_mean(check, checks::ALL.iter().map(|check| check.id));
            return Err(ToolError::NotFound { what: format!("check {check:?}"), hint });
        }
        Ok(Self {
            severity: match arguments.severity {
                Some(AtLeast::Critical) => Severity::Critical,
                Some(AtLeast::Warning) => Severity::Warning,
                Some(AtLeast::Info) | None => Severity::Info,
            },
            namespace: arguments.namespace.clone(),
            kind: arguments.kind.as_deref().map(scope::kind).transpose()?.map(|kind| kind.name()),
            check: arguments.check.clone(),
            since: match &arguments.since {
                Some(word) => Some((word.clone(), Seen::parse(word)?)),
                None => None,
            },
        })
    }

    /// For each finding whether it is news to the caller. One that belongs to no incident is information: news when it
    /// began since.
    fn news(&self, report: &Report) -> Vec<bool> {
        let Some((_, seen)) = &self.since else { return vec![true; report.findings.len()] };
        let began = |finding: &Finding| finding.since.as_ref().is_some_and(|since| since.at > seen.at());
        let mut news: Vec<bool> = report.findings.iter().map(began).collect();
        for incident in &report.incidents {
            let is_new = seen.change(incident) != Change::Known;
            incident.members.iter().for_each(|member| news[member.finding] = is_new);
        }
        news
    }

    fn takes(&self, finding: &Finding) -> bool {
        let in_namespace = |namespace: &String| {
            finding.object.namespace == **namespace
                || (&*finding.object.kind == "Namespace" && finding.object.name == **namespace)
        };
        finding.severity >= self.severity
            && self.namespace.as_ref().is_none_or(in_namespace)
            && self.kind.is_none_or(|kind| &*finding.object.kind == kind)
            && self.check.as_ref().is_none_or(|check| finding.check == check)
    }

    /// What a cursor is bound to.
    fn question(&self) -> String {
        let Self { severity, namespace, kind, check, since } = self;
        let since = since.as_ref().map(|(word, _)| word);
        format!("list-findings {severity:?} {namespace:?} {kind:?} {check:?} {since:?}")
    }
}

fn start_after(matching: &[&Finding], id: &str) -> Result<usize, ToolError> {
    let at = matching.iter().position(|finding| finding.id == id);
    at.map(|at| at + 1).ok_or_else(|| ToolError::NotFound {
        what: "the last finding of the page before".to_owned(),
        hint: "the cluster has changed: leave the cursor out to start again".to_owned(),
    })
}

/// As many findings as the limit and the size of an answer allow, at least one.
fn page(report: &Report, matching: &[&Finding], start: usize, limit: usize, filter: &Filter) -> Answer<Findings> {
    let total = matching.len();
    let checks_blind = report.coverage.checks_blind.len();
    let unseen = match checks_blind {
        0 => String::new(),
        count => format!(" ({count} checks could not see all they need)"),
    };
    let mut text = match total {
        0 => format!("No findings match, as of {}{unseen}.", report.as_of),
        total => format!("{total} findings match, as of {}{unseen}, causes first, worst first:", report.as_of),
    };
    let mut findings = Vec::new();
    for finding in matching[start..].iter().take(limit) {
        let block = render::finding(report, finding);
        if !findings.is_empty() && text.len() + block.len() + 200 > render::ANSWER_BYTES {
            break;
        }
        text.push('\n');
        text.push_str(&block);
        findings.push(FindingDetail::from(*finding));
    }
    let rest = total - start - findings.len();
    let last = findings.last().filter(|_| rest > 0).map(|last| cursor::after(&filter.question(), &last.id));
    if let Some(cursor) = &last {
        text.push_str(&format!("\n{rest} more: call again with cursor {cursor}"));
    }
    Answer {
        text,
        structured: Findings { as_of: report.as_of.to_string(), total, checks_blind, findings, next_cursor: last },
    }
}
