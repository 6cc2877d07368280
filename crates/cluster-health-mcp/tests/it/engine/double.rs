//! A Coordination Engine with the rules of the real one's decoder, store and remediator (v1.1.0), and what it was asked.
//!
//! Go's decoder ignores names it does not know, takes names in any case and null for nothing, and refuses another type.
//! Lengths are counted in bytes. Lists without entries are null. Workflows come in no order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    Well,
    WrongTypes,
    NoNumbers,
    Page,
    Huge,
    Unauthorized,
    Forbidden,
    Broken,
    Slow,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) what: String,
    pub(crate) query: String,
    pub(crate) body: Value,
    pub(crate) token: bool,
}

#[derive(Default)]
pub(crate) struct Held {
    pub(crate) asked: Vec<Asked>,
    pub(crate) incidents: Vec<Value>,
    pub(crate) workflows: Vec<Value>,
    /// What its remediator did to the cluster.
    pub(crate) acted: Vec<String>,
    pub(crate) models: bool,
}

#[derive(Clone, Default)]
pub(crate) struct Engine {
    held: Arc<Mutex<Held>>,
}

pub(crate) async fn engine(manner: Manner) -> (String, Engine) {
    let engine = Engine::default();
    let answering = engine.clone();
    let router = Router::new().fallback(move |request: Request| {
        let engine = answering.clone();
        async move { engine.answer(manner, request).await }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(router.clone());
            let builder = hyper::server::conn::http1::Builder::new();
            tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
        }
    });
    (format!("http://{address}"), engine)
}

impl Engine {
    pub(crate) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }

    /// What was asked to change something.
    pub(crate) fn posts(&self, what: &str) -> Vec<Value> {
        self.held().asked.iter().filter(|asked| asked.what == what).map(|asked| asked.body.clone()).collect()
    }

    async fn answer(&self, manner: Manner, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let sized = parts.headers.contains_key("content-length");
        self.held().asked.push(Asked {
            what: format!("{} {path}", parts.method),
            query: query.clone(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
            token: parts.headers.contains_key("authorization"),
        });
        match manner {
            Manner::Well => self.well(&parts.method, &path, &query, &body, sized),
            Manner::WrongTypes => reply(
                200,
                &json!({"incidents": {"id": 7}, "recommendations": "many", "ml_enabled": "yes", "id": 7, "status": [],
                        "workflow_id": 7, "incident_id": {}, "incident": 1}),
            ),
            Manner::NoNumbers => {
                let text = r#"{"incidents":[{"id":NaN}],"recommendations":[{"id":"r","confidence":NaN}],"ml_enabled":true,
                    "id":"wf-1","namespace":"storefront-orders","status":Infinity,"workflow_id":"wf-1","incident_id":"i"}"#;
                ([("content-type", "application/json")], text).into_response()
            }
            Manner::Page => "<html><body>Log in to <script>continue</script></body></html>".into_response(),
            Manner::Huge => {
                let megabyte = Bytes::from(vec![b' '; 1 << 20]);
                let megabytes = (0..64).map(move |_| Ok::<_, std::io::Error>(megabyte.clone()));
                Body::from_stream(futures_util::stream::iter(megabytes)).into_response()
            }
            Manner::Unauthorized => (StatusCode::UNAUTHORIZED, "Unauthorized").into_response(),
            Manner::Forbidden => (StatusCode::FORBIDDEN, "Forbidden (user=system:serviceaccount:x:y)").into_response(),
            Manner::Broken => plain(500, "Failed to trigger remediation: out of memory"),
            Manner::Slow => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                "late".into_response()
            }
        }
    }

    fn well(&self, method: &Method, path: &str, query: &str, body: &[u8], sized: bool) -> Response {
        match (method.as_str(), path.strip_prefix("/api/v1").unwrap_or("/")) {
            ("POST", "/remediation/trigger") => self.trigger(body),
            ("GET", "/incidents") => self.list(query),
            ("POST", "/incidents") => self.create(body),
            ("POST", "/recommendations") => self.recommend(if sized { body } else { b"{}" }),
            ("GET", path) if path.starts_with("/workflows/") => self.workflow(&path["/workflows/".len()..]),
            _ => plain(404, "404 page not found"),
        }
    }

    fn trigger(&self, body: &[u8]) -> Response {
        let Ok(request) = serde_json::from_slice::<Value>(body) else { return plain(400, "Invalid request body") };
        let part = |name: &str| field(&request, name).cloned().unwrap_or_default();
        let (resource, issue) = (part("resource"), part("issue"));
        let texts = [
            text(&request, "incident_id"),
            text(&request, "namespace"),
            text(&resource, "name"),
            text(&resource, "kind"),
            text(&issue, "type"),
            text(&issue, "description"),
            text(&issue, "severity"),
        ];
        let [Some(incident), Some(namespace), Some(name), Some(kind), Some(issue), Some(_), Some(_)] = texts else {
            return plain(400, "Invalid request body");
        };
        for (missing, words) in [
            (incident.is_empty(), "incident_id is required"),
            (namespace.is_empty(), "namespace is required"),
            (name.is_empty() || kind.is_empty(), "resource.name and resource.kind are required"),
            (issue.is_empty(), "issue.type is required"),
        ] {
            if missing {
                return plain(400, words);
            }
        }
        let mut held = self.held();
        let done = remedy(&issue, &kind, &namespace, &name);
        let id = format!("wf-{:08x}", held.workflows.len() + 1);
        let (status, error) = match &done {
            Ok(_) => ("completed", None),
            Err(error) => ("failed", Some(error.clone())),
        };
        held.acted.extend(done);
        let minute = held.workflows.len() + 10;
        let mut workflow = json!({
            "id": id, "incident_id": incident, "status": status, "deployment_method": "manual", "namespace": namespace,
            "resource_name": name, "resource_kind": kind, "issue_type": issue, "remediator": "strategy-selector",
            "created_at": format!("2026-11-25T08:{minute}:00Z"), "started_at": format!("2026-11-25T08:{minute}:00Z"),
            "completed_at": format!("2026-11-25T08:{minute}:02Z"), "duration": "2.1s",
            "steps": [
                {"order": 0, "description": format!("Detect deployment method for {namespace}/{name}"), "status": "pending"},
                {"order": 1, "description": format!("Execute strategy-selector remediation for {issue}"), "status": status}
            ]
        });
        if let Some(error) = error {
            workflow["error_message"] = json!(error);
        }
        held.workflows.push(workflow);
        reply(
            202,
            &json!({"workflow_id": id, "status": "pending", "deployment_method": "manual", "estimated_duration": "5m"}),
        )
    }

    fn workflow(&self, id: &str) -> Response {
        let held = self.held();
        match held.workflows.iter().find(|workflow| workflow["id"] == id) {
            Some(workflow) => reply(200, workflow),
            None => plain(404, "Workflow not found"),
        }
    }

    fn list(&self, query: &str) -> Response {
        let held = self.held();
        let parameter = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
            value.filter(|value| !value.is_empty())
        };
        let (namespace, severity) = (parameter("namespace"), parameter("severity"));
        let mut stored: Vec<Value> = held
            .incidents
            .iter()
            .filter(|it| namespace.is_none_or(|namespace| it["target"] == namespace))
            .filter(|it| severity.is_none_or(|severity| it["severity"] == severity))
            .cloned()
            .collect();
        stored.sort_by_key(|it| std::cmp::Reverse(it["created_at"].as_str().map(str::to_owned)));
        stored.truncate(50);
        let of_workflow = |workflow: &Value| {
            json!({
                "id": workflow["incident_id"], "namespace": workflow["namespace"], "target": workflow["namespace"],
                "resource": format!("{}/{}", workflow["resource_kind"].as_str().unwrap(), workflow["resource_name"].as_str().unwrap()),
                "issue_type": workflow["issue_type"], "severity": "high", "created_at": workflow["created_at"],
                "workflow_id": workflow["id"], "source": "workflow",
                "status": match workflow["status"].as_str().unwrap() {
                    "completed" => "remediated",
                    "failed" => "failed",
                    _ => "in_progress",
                }
            })
        };
        let workflows =
            held.workflows.iter().filter(|it| namespace.is_none_or(|namespace| it["namespace"] == namespace));
        let incidents: Vec<Value> = stored.into_iter().chain(workflows.map(of_workflow)).collect();
        reply(200, &json!({"total": incidents.len(), "incidents": incidents}))
    }

    fn create(&self, body: &[u8]) -> Response {
        let refused = |words: &str| reply(400, &json!({"status": "error", "error": words}));
        let Ok(request) = serde_json::from_slice::<Value>(body) else {
            return refused("Invalid request body: invalid character");
        };
        let names = ["title", "description", "severity", "target"].map(|name| text(&request, name));
        let [Some(title), Some(description), Some(severity), Some(target)] = names else {
            return refused("Invalid request body: json: cannot unmarshal");
        };
        let severities = ["low", "medium", "high", "critical"];
        for (wrong, words) in [
            (title.is_empty(), "title is required"),
            (title.len() > 200, "title must not exceed 200 characters"),
            (description.is_empty(), "description is required"),
            (description.len() > 2000, "description must not exceed 2000 characters"),
            (severity.is_empty(), "severity is required"),
            (!severities.contains(&&*severity), "severity must be one of: low, medium, high, critical"),
            (target.is_empty(), "target is required"),
            (target.len() > 100, "target must not exceed 100 characters"),
        ] {
            if wrong {
                return refused(&format!("validation failed: {words}"));
            }
        }
        let empty =
            |value: Option<&Value>| value.filter(|it| !it.is_null() && **it != json!([]) && **it != json!({})).cloned();
        let affected = empty(field(&request, "affected_resources"));
        let labels = empty(field(&request, "labels"));
        let mut held = self.held();
        let id = format!("inc-{:08x}", held.incidents.len() + 1);
        let created_at = format!("2026-11-25T07:{:02}:00Z", held.incidents.len() + 10);
        let kept = json!({
            "id": id, "title": title, "description": description, "target": target, "severity": severity,
            "status": "active", "created_at": created_at, "affected_resources": affected, "labels": labels,
            "source": "manual"
        });
        held.incidents.push(kept.clone());
        reply(
            201,
            &json!({"status": "success", "incident_id": id, "created_at": created_at, "incident": kept,
                    "message": "Incident created successfully"}),
        )
    }

    fn recommend(&self, body: &[u8]) -> Response {
        let refused = |words: &str| reply(400, &json!({"status": "error", "error": words}));
        let Ok(request) = serde_json::from_slice::<Value>(body) else { return refused("invalid request body") };
        let (Some(timeframe), Some(namespace)) = (text(&request, "timeframe"), text(&request, "namespace")) else {
            return refused("invalid request body: json: cannot unmarshal");
        };
        let timeframe = if timeframe.is_empty() { "6h" } else { &timeframe };
        let predictions = field(&request, "include_predictions").and_then(Value::as_bool).unwrap_or(true);
        let threshold = field(&request, "confidence_threshold").and_then(Value::as_f64).unwrap_or(0.0);
        let threshold = if threshold == 0.0 { 0.7 } else { threshold };
        if !["1h", "6h", "24h"].contains(&timeframe) {
            return refused("invalid timeframe: must be '1h', '6h', or '24h'");
        }
        if !(0.0..=1.0).contains(&threshold) {
            return refused("invalid confidence_threshold: must be between 0.0 and 1.0");
        }
        let held = self.held();
        let mut found = repeated(&held);
        if predictions && held.models {
            found.push(json!({
                "id": "rec-ml-001", "type": "proactive", "issue_type": "memory_pressure", "target": "cluster-resources",
                "namespace": namespace, "severity": "medium", "confidence": 0.88, "predicted_time": "2026-11-25T12:00:00Z",
                "recommended_actions": ["increase_memory_limit", "add_horizontal_scaling", "optimize_memory_usage"],
                "evidence": [format!("ML model predicts memory pressure within {timeframe}"), "Current memory rolling mean: 72.0%"],
                "source": "ml_prediction"
            }));
        }
        found.retain(|it| it["confidence"].as_f64().unwrap() >= threshold);
        found.retain(|it| namespace.is_empty() || it["namespace"] == *namespace);
        reply(
            200,
            &json!({"status": "success", "timestamp": "2026-11-25T09:00:00Z", "timeframe": timeframe,
                    "total_recommendations": found.len(), "recommendations": found, "ml_enabled": predictions && held.models}),
        )
    }
}

/// What happened more than once, by the engine's own measure.
fn repeated(held: &Held) -> Vec<Value> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for it in &held.incidents {
        *counts.entry((word(&it["severity"]), word(&it["target"]))).or_default() += 1;
    }
    for it in &held.workflows {
        *counts.entry((word(&it["issue_type"]), word(&it["namespace"]))).or_default() += 1;
    }
    let repeated = counts.into_iter().filter(|(_, count)| *count >= 2).enumerate();
    repeated
        .map(|(at, ((issue, namespace), count))| {
            let confidence = if count >= 5 {
                0.85
            } else if count >= 3 {
                0.75
            } else {
                0.65
            };
            json!({
                "id": format!("rec-hist-{:03}", at + 1), "type": "proactive", "issue_type": issue, "target": namespace,
                "namespace": namespace, "severity": "low", "confidence": confidence,
                "recommended_actions": ["investigate_issue", "review_logs", "check_metrics"],
                "evidence": [format!("Issue occurred {count} times in recent history")], "source": "historical_analysis"
            })
        })
        .collect()
}

/// As its remediator for what is neither of Helm, Argo CD nor an operator.
fn remedy(issue: &str, kind: &str, namespace: &str, name: &str) -> Result<String, String> {
    let is_deployment = matches!(kind, "Deployment" | "deployment");
    let restart = || Ok(format!("restart Deployment {namespace}/{name}"));
    let delete = || match kind {
        "Pod" | "pod" => Ok(format!("delete Pod {namespace}/{name}")),
        _ => Err(format!("manual remediation failed: failed to delete pod: pods \"{name}\" not found")),
    };
    match issue {
        "ImagePullBackOff" | "imagepullbackoff" => Err("ImagePullBackOff requires manual intervention".to_owned()),
        "OOMKilled" | "oomkilled" => delete(),
        _ if is_deployment => restart(),
        _ => delete(),
    }
}

/// Names in any case, as Go takes them.
fn field<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    let fields = object.as_object()?;
    fields.get(name).or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Nothing for another type; empty for null and what is missing.
fn text(object: &Value, name: &str) -> Option<String> {
    match field(object, name) {
        None | Some(Value::Null) => Some(String::new()),
        Some(value) => value.as_str().map(str::to_owned),
    }
}

fn reply(code: u16, body: &Value) -> Response {
    (StatusCode::from_u16(code).unwrap(), [("content-type", "application/json")], body.to_string()).into_response()
}

/// As Go's `http.Error`.
fn plain(code: u16, words: &str) -> Response {
    (StatusCode::from_u16(code).unwrap(), [("content-type", "text/plain; charset=utf-8")], format!("{words}\n"))
        .into_response()
}
