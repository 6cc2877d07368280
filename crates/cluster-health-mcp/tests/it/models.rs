//! The tools about models, over a small cluster that serves three.

use serde_json::{Value, json};

use crate::clusters::{load, scenario};
use crate::product::{call, serving};

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {result}"))
}

#[tokio::test]
async fn models_that_do_not_work_come_first_and_stopped_ones_last() {
    let server = serving(Some(load(&scenario("model-serving")))).await;
    let all = call(&server, "list-models", json!({})).await;
    let models = all["structuredContent"]["models"].as_array().unwrap().iter();
    let states: Vec<_> =
        models.map(|model| (model["name"].as_str().unwrap(), model["state"].as_str().unwrap())).collect();
    assert_eq!(states, [("churn", "FailedToLoad"), ("fraud", "Ready"), ("price", "Stopped")]);
    assert!(text(&all).starts_with("1 of 3 models are ready, 1 are stopped."), "{all}");
    assert!(text(&all).contains("models/fraud Ready for=3d2h runtime=kserve-sklearnserver format=sklearn url=http://"));
}

#[tokio::test]
async fn pages_of_models_add_up() {
    let server = serving(Some(load(&scenario("model-serving")))).await;
    let (mut names, mut arguments) = (Vec::new(), json!({"limit": 2}));
    loop {
        let page = call(&server, "list-models", arguments.clone()).await["structuredContent"].take();
        assert_eq!(page["total_count"], 3);
        names.extend(page["models"].as_array().unwrap().iter().map(|model| model["name"].as_str().unwrap().to_owned()));
        match page.get("next_cursor") {
            Some(cursor) => arguments["cursor"] = cursor.clone(),
            None => break,
        }
    }
    assert_eq!(names, ["churn", "fraud", "price"]);
}

#[tokio::test]
async fn a_model_that_was_not_loaded_says_why() {
    let server = serving(Some(load(&scenario("model-serving")))).await;
    let churn = call(&server, "get-model-status", json!({"model_name": "churn"})).await;
    let status = &churn["structuredContent"];
    assert_eq!(
        (&status["ready"], &status["replicas"], &status["available_replicas"]),
        (&json!(false), &json!(1), &json!(0))
    );
    assert_eq!((&status["runtime_exists"], &status["last_failure"]["exit_code"]), (&json!(true), &json!(1)));
    assert!(status["last_failure"]["untrusted_text"].as_str().unwrap().contains("Forbidden"));
    let ids: Vec<_> = status["findings"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert!(ids.iter().any(|id| id.starts_with("serving-model-not-fetched/")), "{ids:?}");
    assert!(
        text(&churn).starts_with("Model models/churn does not answer: FailedToLoad, for 1h20m."),
        "{}",
        text(&churn)
    );
    assert!(text(&churn).contains("PredictorReady = False MinimumReplicasUnavailable"), "{}", text(&churn));

    let fraud = call(&server, "get-model-status", json!({"model_name": "fraud", "include_endpoints": false})).await;
    assert_eq!(fraud["structuredContent"].get("url"), None);
    assert!(text(&fraud).starts_with("Model models/fraud is ready, for 3d2h."), "{}", text(&fraud));
}

#[tokio::test]
async fn what_is_not_there_is_said_with_what_is() {
    let server = serving(Some(load(&scenario("model-serving")))).await;
    let unknown = call(&server, "get-model-status", json!({"model_name": "frod"})).await;
    assert!(unknown["isError"] == true && text(&unknown).contains("did you mean fraud"), "{unknown}");
    let without = serving(Some(load(&scenario("kubernetes-plain")))).await;
    let none = call(&without, "list-models", json!({})).await;
    assert!(none["isError"] == true && text(&none).contains("cannot be answered"), "{none}");
}
