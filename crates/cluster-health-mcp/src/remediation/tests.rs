use std::sync::Arc;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::audit::Audit;
use crate::audit::testing::Sink;
use crate::callers::testing::Cluster;
use crate::callers::{Caller, Callers, Inventory, ObjectRight, Purpose};
use crate::metrics::{Metrics, NoFigures};

struct Restart;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    name: String,
    #[serde(skip_serializing)]
    confirmation: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Done {
    restarted: String,
}

impl Consent for Arguments {
    fn take_confirmation(&mut self) -> Option<String> {
        self.confirmation.take()
    }
    fn dry_run(&self) -> bool {
        self.dry_run == Some(true)
    }
}

impl Remedy for Restart {
    const NAME: &'static str = "restart-it";
    const TITLE: &'static str = "Restart";
    const DESCRIPTION: &'static str = "Restarts a thing of this test";
    const HAS_DRY_RUN: bool = false;
    type Arguments = Arguments;
    type Output = Done;

    fn intent(arguments: &Arguments) -> String {
        format!("restarts {}", arguments.name)
    }

    fn rights(_: &Arguments) -> Vec<Right> {
        let right = |verb: &str| ObjectRight {
            verb: verb.to_owned(),
            resource: "deployments".to_owned(),
            namespace: "mine".to_owned(),
            ..Default::default()
        };
        vec![Right::Object(right("patch")), Right::Object(right("delete"))]
    }

    async fn check(_: &State, arguments: &Arguments) -> Result<(), ToolError> {
        match &*arguments.name {
            "gone" => Err(ToolError::argument("name", "gone", "a thing that exists")),
            _ => Ok(()),
        }
    }

    async fn act(_: &State, arguments: Arguments, _: &Permit) -> Result<Answer<Done>, ToolError> {
        Ok(Answer { text: "done".to_owned(), structured: Done { restarted: arguments.name } })
    }
}

/// Event and outcome of each line.
fn told(sink: &Sink) -> Vec<(String, String)> {
    let text = sink.text();
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.map(|line| (word(&line["audit"]["event"]), word(&line["audit"]["outcome"]))).collect()
}

fn switched_on() -> (State, Sink) {
    let (state, sink) = (State::default(), Sink::default());
    state.allow_remediation(Gate::new(Audit::to(sink.clone())).unwrap());
    (state, sink)
}

async fn caller(user: &str) -> Caller {
    let cluster = Arc::new(Cluster::default());
    cluster.knows("t", user);
    cluster.grants("ann", "deployments", "mine");
    let callers = Callers::by_token_review(cluster, Vec::new(), Inventory::default);
    let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer t"))]);
    callers.admit(&headers, std::net::IpAddr::from([127, 0, 0, 1]), Purpose::Ask).await.unwrap()
}

fn arguments(name: &str, confirmation: Option<String>) -> Arguments {
    Arguments { name: name.to_owned(), confirmation, dry_run: None }
}

async fn call(state: &State, arguments: Arguments) -> Result<String, ToolError> {
    Gated::<Restart>::call(state, arguments).await.map(|answer| answer.structured.restarted)
}

async fn confirmation(state: &State, name: &str) -> (String, String) {
    match call(state, arguments(name, None)).await {
        Err(ToolError::Unconfirmed { by_model, by_person, intent }) => {
            assert_eq!(intent, format!("restarts {name}"));
            (by_model, by_person)
        }
        other => panic!("not asked first: {other:?}"),
    }
}

#[tokio::test]
async fn it_acts_once_after_it_was_agreed_to() {
    let (state, sink) = switched_on();
    let ann = state.seen_by(&caller("ann").await);
    let (by_model, _) = confirmation(&ann, "web").await;
    assert_eq!(call(&ann, arguments("web", Some(by_model.clone()))).await.unwrap(), "web");
    assert!(matches!(call(&ann, arguments("web", Some(by_model))).await, Err(ToolError::Unconfirmed { .. })));
    let lines = told(&sink);
    let told: Vec<_> = lines.iter().map(|(event, outcome)| (event.as_str(), outcome.as_str())).collect();
    assert_eq!(told, [("asked", "waiting"), ("confirmed", "permitted"), ("acted", "done"), ("asked", "waiting")]);
}

#[tokio::test]
async fn what_was_agreed_to_is_what_is_done() {
    let (state, _) = switched_on();
    let ann = state.seen_by(&caller("ann").await);
    let (by_model, by_person) = confirmation(&ann, "web").await;
    for (name, given) in [("db", by_model.as_str()), ("web", by_person.as_str()), ("web", "c1ff-00"), ("web", "yes")] {
        let refused = call(&ann, arguments(name, Some(given.to_owned()))).await;
        assert!(matches!(refused, Err(ToolError::Unconfirmed { .. })), "{name} {given}");
    }
    let elicited = format!("{ELICITED}{by_person}");
    assert_eq!(call(&ann, arguments("web", Some(elicited))).await.unwrap(), "web");
}

#[tokio::test]
async fn only_who_has_the_right_itself_is_even_asked() {
    let (state, sink) = switched_on();
    for who in [caller("ben").await, Caller::anonymous([127, 0, 0, 1].into()), Caller::nobody()] {
        let refused = call(&state.seen_by(&who), arguments("web", None)).await;
        assert!(matches!(refused, Err(ToolError::NotAllowed { .. })), "{who:?}: {refused:?}");
    }
    // Whoever started this process has its rights, and without a cluster there are none
    let refused = call(&state.seen_by(&Caller::local()), arguments("web", None)).await;
    assert!(matches!(refused, Err(ToolError::NotAllowed { .. })), "{refused:?}");
    assert_eq!(told(&sink), [(); 2].map(|()| ("asked".to_owned(), "forbidden".to_owned())));
}

#[tokio::test]
async fn nobody_is_asked_about_what_would_come_to_nothing() {
    let (state, sink) = switched_on();
    let ann = state.seen_by(&caller("ann").await);
    let refused = call(&ann, arguments("gone", None)).await;
    assert!(matches!(refused, Err(ToolError::Argument { .. })), "{refused:?}");
    assert!(told(&sink).is_empty());
}

#[tokio::test]
async fn nobody_only_pretends_to() {
    let (state, sink) = switched_on();
    let ann = state.seen_by(&caller("ann").await);
    let dry = Arguments { dry_run: Some(true), ..arguments("web", None) };
    let refused = call(&ann, dry).await.unwrap_err().to_string();
    assert!(refused.contains("dry_run") && refused.contains("would act"), "{refused}");
    assert!(told(&sink).is_empty());
}

#[tokio::test]
async fn what_is_switched_off_is_not_listed_and_does_nothing() {
    let state = State::default();
    let surface = || Surface::new("test", "", std::time::Duration::from_secs(1), Metrics::new(Arc::new(NoFigures)));
    assert_eq!(offer::<Restart>(surface(), &state).tools().count(), 0);
    assert!(matches!(call(&state, arguments("web", None)).await, Err(ToolError::SwitchedOff)));
    let (on, _) = switched_on();
    let offered = offer::<Restart>(surface(), &on);
    let tool = offered.tools().next().unwrap();
    assert_eq!(tool.annotations.as_ref().unwrap().read_only_hint, Some(false));
}
