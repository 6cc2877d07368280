//! The engine's JSON, taken at its word only where the words are of the right type. It is Go's: lists without entries may
//! be null, and what is empty may be left out.

use cluster_health::Time;
use cluster_health::ordered::Ordered;
use serde_json::{Map, Value};

use super::NAME;
use crate::integrations::Away;

/// More of anything is no list for anybody.
const MOST: usize = 5_000;

/// Of an incident or a workflow, as the engine says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `active` of an incident that was created.
    Active,
    Resolved,
    Cancelled,
    Pending,
    InProgress,
    /// `remediated` of an incident, `completed` of a workflow: what was tried went through.
    Completed,
    Failed,
    /// A word the engine does not have.
    Unknown,
}

/// Where an incident of the engine comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody created it.
    Created,
    /// It stands for a workflow.
    Workflow,
}

/// Text is as the engine wrote it, and not cleaned.
#[derive(Clone, Debug)]
pub struct Incident {
    pub id: String,
    pub origin: Origin,
    pub title: String,
    pub description: String,
    /// Whatever its creator wrote; the namespace, where it stands for a workflow.
    pub target: String,
    /// Empty where it was created.
    pub namespace: String,
    /// As `Kind/name`; empty where it was created.
    pub resource: String,
    pub issue_type: String,
    pub severity: String,
    pub status: Status,
    pub created_at: Option<Time>,
    pub workflow_id: String,
    pub affected_resources: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Incidents {
    /// The newest first.
    pub incidents: Vec<Incident>,
    /// There are as many created ones as it ever gives: older ones are not seen.
    pub cut: bool,
}

#[derive(Clone, Debug)]
pub struct Workflow {
    pub id: String,
    pub incident_id: String,
    pub status: Status,
    pub deployment_method: String,
    pub namespace: String,
    pub resource_name: String,
    pub resource_kind: String,
    pub issue_type: String,
    pub remediator: String,
    pub error_message: String,
    pub created_at: Option<Time>,
    pub started_at: Option<Time>,
    pub completed_at: Option<Time>,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub description: String,
    pub status: Status,
    pub error_message: String,
}

#[derive(Clone, Debug)]
pub struct Recommendation {
    pub id: String,
    pub kind: String,
    pub issue_type: String,
    pub target: String,
    pub namespace: String,
    pub severity: String,
    pub confidence: f64,
    pub predicted_time: Option<Time>,
    pub actions: Vec<String>,
    pub evidence: Vec<String>,
    pub source: String,
}

#[derive(Clone, Debug)]
pub struct Recommendations {
    /// The surest first.
    pub recommendations: Vec<Recommendation>,
    /// Its models were asked and answered.
    pub ml_enabled: bool,
}

#[derive(Clone, Debug)]
pub struct Created {
    pub id: String,
    pub status: Status,
    pub created_at: Option<Time>,
}

#[derive(Clone, Debug)]
pub struct Begun {
    pub workflow_id: String,
    pub status: Status,
    pub deployment_method: String,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Resolved => "resolved",
            Self::Cancelled => "cancelled",
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "resolved" => Self::Resolved,
            "cancelled" => Self::Cancelled,
            "pending" => Self::Pending,
            // The one of a workflow, the other of its steps
            "in_progress" | "running" => Self::InProgress,
            "remediated" | "completed" => Self::Completed,
            "failed" => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

/// One JSON object, asked for fields by their type.
struct Fields(Map<String, Value>);

impl Fields {
    fn of(value: Value) -> Result<Self, Away> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(wrong("an object", "something else")),
        }
    }

    fn whole(body: &[u8]) -> Result<Self, Away> {
        Self::of(serde_json::from_slice(body).map_err(|error| Away::garbled(NAME, error))?)
    }

    /// Empty where it is missing.
    fn text(&mut self, name: &str) -> Result<String, Away> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(wrong("text", name)),
        }
    }

    /// Has to be there.
    fn named(&mut self, name: &str) -> Result<String, Away> {
        let text = self.text(name)?;
        if text.is_empty() { Err(wrong("text", name)) } else { Ok(text) }
    }

    /// A word that is no time is no time.
    fn time(&mut self, name: &str) -> Result<Option<Time>, Away> {
        Ok(Time::parse(&self.text(name)?))
    }

    fn status(&mut self) -> Result<Status, Away> {
        Ok(Status::of(&self.named("status")?))
    }

    fn list(&mut self, name: &str) -> Result<Vec<Value>, Away> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(list)) if list.len() > MOST => {
                Err(Away::TooLarge { service: NAME, limit: format!("{MOST} entries") })
            }
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(wrong("a list", name)),
        }
    }

    fn words(&mut self, name: &str) -> Result<Vec<String>, Away> {
        let word = |value| if let Value::String(word) = value { Ok(word) } else { Err(wrong("a list of texts", name)) };
        self.list(name)?.into_iter().map(word).collect()
    }

    fn share(&mut self, name: &str) -> Result<f64, Away> {
        let number = self.0.remove(name).and_then(|value| value.as_f64());
        number.filter(|number| (0.0..=1.0).contains(number)).ok_or_else(|| wrong("a number from 0 to 1", name))
    }

    fn flag(&mut self, name: &str) -> Result<bool, Away> {
        self.0.remove(name).and_then(|value| value.as_bool()).ok_or_else(|| wrong("true or false", name))
    }

    /// Has to be there, or the answer is of somebody else.
    fn has(&self, name: &str) -> Result<(), Away> {
        if self.0.contains_key(name) { Ok(()) } else { Err(wrong("anything", name)) }
    }
}

fn wrong(wanted: &str, name: &str) -> Away {
    Away::garbled(NAME, format!("{name} where {wanted} was to be expected, or nothing"))
}

fn each<T>(list: Vec<Value>, one: impl Fn(Fields) -> Result<T, Away>) -> Result<Vec<T>, Away> {
    list.into_iter().map(|value| one(Fields::of(value)?)).collect()
}

pub(super) fn incidents(body: &[u8]) -> Result<Incidents, Away> {
    let mut fields = Fields::whole(body)?;
    fields.has("incidents")?;
    let mut incidents = each(fields.list("incidents")?, incident)?;
    // Its workflows come in the order of a Go map, which is none
    incidents.put_in_order_by(|a, b| {
        b.created_at.cmp(&a.created_at).then_with(|| (&a.id, &a.workflow_id).cmp(&(&b.id, &b.workflow_id)))
    });
    let created = incidents.iter().filter(|incident| incident.origin == Origin::Created).count();
    Ok(Incidents { incidents, cut: created >= super::CREATED_GIVEN })
}

fn incident(mut fields: Fields) -> Result<Incident, Away> {
    let origin = if fields.text("source")? == "workflow" { Origin::Workflow } else { Origin::Created };
    Ok(Incident {
        id: fields.named("id")?,
        origin,
        title: fields.text("title")?,
        description: fields.text("description")?,
        target: fields.text("target")?,
        namespace: fields.text("namespace")?,
        resource: fields.text("resource")?,
        issue_type: fields.text("issue_type")?,
        severity: fields.text("severity")?,
        status: fields.status()?,
        created_at: fields.time("created_at")?,
        workflow_id: fields.text("workflow_id")?,
        affected_resources: fields.words("affected_resources")?,
    })
}

pub(super) fn workflow(body: &[u8]) -> Result<Workflow, Away> {
    let mut fields = Fields::whole(body)?;
    Ok(Workflow {
        id: fields.named("id")?,
        incident_id: fields.text("incident_id")?,
        status: fields.status()?,
        deployment_method: fields.text("deployment_method")?,
        namespace: fields.named("namespace")?,
        resource_name: fields.text("resource_name")?,
        resource_kind: fields.text("resource_kind")?,
        issue_type: fields.text("issue_type")?,
        remediator: fields.text("remediator")?,
        error_message: fields.text("error_message")?,
        created_at: fields.time("created_at")?,
        started_at: fields.time("started_at")?,
        completed_at: fields.time("completed_at")?,
        steps: each(fields.list("steps")?, |mut step| {
            Ok(Step {
                description: step.text("description")?,
                status: step.status()?,
                error_message: step.text("error_message")?,
            })
        })?,
    })
}

pub(super) fn recommendations(body: &[u8]) -> Result<Recommendations, Away> {
    let mut fields = Fields::whole(body)?;
    fields.has("recommendations")?;
    let mut recommendations = each(fields.list("recommendations")?, |mut one| {
        Ok(Recommendation {
            id: one.named("id")?,
            kind: one.text("type")?,
            issue_type: one.text("issue_type")?,
            target: one.text("target")?,
            namespace: one.text("namespace")?,
            severity: one.text("severity")?,
            confidence: one.share("confidence")?,
            predicted_time: one.time("predicted_time")?,
            actions: one.words("recommended_actions")?,
            evidence: one.words("evidence")?,
            source: one.text("source")?,
        })
    })?;
    // They come in the order of a Go map, and are numbered in it
    recommendations.put_in_order_by(|a, b| {
        let key = |it: &Recommendation| (it.source.clone(), it.issue_type.clone(), it.namespace.clone(), it.id.clone());
        b.confidence.total_cmp(&a.confidence).then_with(|| key(a).cmp(&key(b)))
    });
    Ok(Recommendations { recommendations, ml_enabled: fields.flag("ml_enabled")? })
}

pub(super) fn created(body: &[u8]) -> Result<Created, Away> {
    let mut fields = Fields::whole(body)?;
    let id = fields.named("incident_id")?;
    let created_at = fields.time("created_at")?;
    let mut incident = Fields::of(fields.0.remove("incident").unwrap_or_default())?;
    Ok(Created { id, created_at, status: incident.status()? })
}

pub(super) fn begun(body: &[u8]) -> Result<Begun, Away> {
    let mut fields = Fields::whole(body)?;
    Ok(Begun {
        workflow_id: fields.named("workflow_id")?,
        status: fields.status()?,
        deployment_method: fields.text("deployment_method")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_may_be_null_or_missing() {
        let body = r#"{"incidents":[
            {"id":"inc-1","title":"t","description":"d","target":"shop","severity":"high","status":"active",
             "created_at":"2026-05-01T10:00:00+02:00","affected_resources":null,"labels":null,"source":"manual"},
            {"id":"inc-2","namespace":"shop","target":"shop","resource":"Deployment/web","issue_type":"pod_crash_loop",
             "severity":"high","created_at":"2026-05-01T09:00:00Z","workflow_id":"wf-1","source":"workflow",
             "status":"remediated"}],"total":2}"#;
        let found = incidents(body.as_bytes()).unwrap();
        let states: Vec<_> = found.incidents.iter().map(|it| (&*it.id, it.origin, it.status)).collect();
        // The zone counts
        assert_eq!(
            states,
            [("inc-2", Origin::Workflow, Status::Completed), ("inc-1", Origin::Created, Status::Active)]
        );
        assert!(!found.cut);
        assert!(incidents(br#"{"incidents":null,"total":0}"#).unwrap().incidents.is_empty());
    }

    #[test]
    fn lies_are_not_believed() {
        for lie in [
            "",
            "[]",
            "null",
            "<html>",
            "{}",
            r#"{"incidents":{}}"#,
            r#"{"incidents":[7]}"#,
            r#"{"incidents":[{"id":7,"status":"active"}]}"#,
            r#"{"incidents":[{"id":"","status":"active"}]}"#,
            r#"{"incidents":[{"id":"a"}]}"#,
            r#"{"incidents":[{"id":"a","status":"active","affected_resources":"x"}]}"#,
            r#"{"incidents":[{"id":"a","status":"active","affected_resources":[1]}]}"#,
        ] {
            assert!(matches!(incidents(lie.as_bytes()), Err(Away::Garbled { .. })), "{lie}");
        }
        let rec = |confidence: &str| {
            let body = format!(r#"{{"recommendations":[{{"id":"r","confidence":{confidence}}}],"ml_enabled":false}}"#);
            recommendations(body.as_bytes())
        };
        assert!(rec("0.8").is_ok());
        for lie in ["NaN", "1e999", "\"0.8\"", "87", "-1", "null"] {
            assert!(matches!(rec(lie), Err(Away::Garbled { .. })), "{lie}");
        }
        assert!(matches!(workflow(br#"{"id":"wf-1","status":"completed"}"#), Err(Away::Garbled { .. })));
        let many = vec![r#"{"id":"a","status":"active"}"#; MOST + 1].join(",");
        let many = incidents(format!(r#"{{"incidents":[{many}]}}"#).as_bytes());
        assert!(matches!(many, Err(Away::TooLarge { .. })));
    }

    #[test]
    fn a_word_that_the_engine_does_not_have_is_no_success() {
        let word = |word: &str| Status::of(word);
        assert_eq!(word("SUCCESS"), Status::Unknown);
        assert_eq!(word("completed"), word("remediated"));
    }
}
