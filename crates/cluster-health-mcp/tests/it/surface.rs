//! Tools, resources and completions through the protocol, in both eras.

use std::sync::Arc;
use std::time::Duration;

use cluster_health_mcp::mcp::{Answer, Handler, Resource, ResourceError, ResourceTemplate, Surface, Tool, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::driver::{Server, TIMEOUT, metrics, start};

type Words = Arc<Vec<&'static str>>;

struct CountWords;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CountArguments {
    /// Only words that begin with this
    prefix: Option<String>,
    /// How many words at most
    #[schemars(range(min = 1, max = 10))]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
struct Count {
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
}

impl Tool<Words> for CountWords {
    const NAME: &'static str = "count-words";
    const TITLE: &'static str = "Count words";
    const DESCRIPTION: &'static str = "Counts words";
    type Arguments = CountArguments;
    type Output = Count;

    async fn call(words: &Words, arguments: CountArguments) -> Result<Answer<Count>, ToolError> {
        let prefix = arguments.prefix.unwrap_or_default();
        let limit = arguments.limit.unwrap_or(10) as usize;
        let found: Vec<_> = words.iter().filter(|word| word.starts_with(&prefix)).take(limit).collect();
        let first = found.first().map(|word| (**word).to_owned());
        Ok(Answer { text: format!("{} words", found.len()), structured: Count { count: found.len(), first } })
    }
}

struct BreakDown;

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

impl Tool<Words> for BreakDown {
    const NAME: &'static str = "break-down";
    const TITLE: &'static str = "Break down";
    const DESCRIPTION: &'static str = "Panics";
    type Arguments = Nothing;
    type Output = Count;

    async fn call(_: &Words, _: Nothing) -> Result<Answer<Count>, ToolError> {
        panic!("the tool panics in this test")
    }
}

struct Sleep;

impl Tool<Words> for Sleep {
    const NAME: &'static str = "sleep";
    const TITLE: &'static str = "Sleep";
    const DESCRIPTION: &'static str = "Takes too long";
    type Arguments = Nothing;
    type Output = Count;

    async fn call(_: &Words, _: Nothing) -> Result<Answer<Count>, ToolError> {
        tokio::time::sleep(Duration::from_secs(60)).await;
        Err(ToolError::NotReady { awaiting: Vec::new() })
    }
}

struct All;

impl Resource<Words> for All {
    const URI: &'static str = "words://all";
    const NAME: &'static str = "all";
    const TITLE: &'static str = "All words";
    const DESCRIPTION: &'static str = "Every word";

    async fn read(words: &Words) -> Result<String, ResourceError> {
        Ok(json!(**words).to_string())
    }
}

struct One;

impl ResourceTemplate<Words> for One {
    const URI: &'static str = "words://one/{word}";
    const NAME: &'static str = "one";
    const TITLE: &'static str = "One word";
    const DESCRIPTION: &'static str = "A word by itself";

    async fn read(words: &Words, value: &str) -> Result<String, ResourceError> {
        match words.contains(&value) {
            true => Ok(json!({ "word": value }).to_string()),
            false => Err(ResourceError::NotFound { hint: "words://all lists them".to_owned() }),
        }
    }

    async fn values(words: &Words) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }
}

async fn words() -> Server {
    let metrics = metrics();
    let surface = Surface::new("words", "Words about words.", TIMEOUT, metrics.clone())
        .tool::<Sleep>()
        .tool::<CountWords>()
        .tool::<BreakDown>()
        .resource::<All>()
        .template::<One>();
    let words = Arc::new(vec!["pod", "node", "podium"]);
    start(Handler::new(Arc::new(surface), words), metrics).await
}

/// Fails unless `structuredContent` satisfies the `outputSchema` that the tool is listed with.
fn assert_satisfies(tool: &Value, result: &Value) {
    let validator = jsonschema::validator_for(&tool["outputSchema"]).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&result["structuredContent"]).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{} does not satisfy its schema: {errors:?}", result["structuredContent"]);
}

#[tokio::test]
async fn tools_are_listed_in_order_with_hints() {
    let server = words().await;
    let result = server.modern("tools/list", "", json!({})).await["result"].take();
    let tools = result["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["break-down", "count-words", "sleep"]);
    for tool in tools {
        let hints = json!({
            "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false
        });
        assert_eq!(tool["annotations"], hints);
        assert_eq!(tool["outputSchema"]["type"], "object");
    }
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "words");
    assert!(result["ttlMs"].as_u64().unwrap() > 0 && result["cacheScope"] == "public");
    let bad_page = server.legacy("tools/list", json!({"cursor": "x"})).await;
    assert_eq!(bad_page["error"]["code"], -32602);
}

#[tokio::test]
async fn answers_satisfy_their_schema_on_both_channels() {
    let server = words().await;
    let tool = server.legacy("tools/list", json!({})).await["result"]["tools"][1].take();
    for arguments in [json!({"prefix": "pod"}), json!({"prefix": "x", "limit": null}), json!({})] {
        let params = json!({"name": "count-words", "arguments": arguments});
        let legacy = server.legacy("tools/call", params.clone()).await["result"].take();
        assert_satisfies(&tool, &legacy);
        assert!(legacy["content"][0]["text"].as_str().unwrap().ends_with("words"));
        assert!(legacy.get("_meta").is_none() && legacy.get("resultType").is_none());
        let modern = server.modern("tools/call", "count-words", params).await["result"].take();
        assert_eq!(modern["structuredContent"], legacy["structuredContent"]);
        assert_eq!(modern["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "words");
    }
}

#[tokio::test]
async fn mistakes_are_explained_to_the_model() {
    let server = words().await;
    for (params, words) in [
        (json!({"name": "count-words", "arguments": {"limit": 11}}), &["`limit`", "11", "from 1 to 10"][..]),
        (json!({"name": "count-words", "arguments": {"max": 1}}), &["`max`", "prefix", "limit"]),
        (json!({"name": "break-down"}), &["internal error"]),
        (json!({"name": "sleep"}), &["300ms", "REQUEST_TIMEOUT"]),
    ] {
        let result = server.legacy("tools/call", params).await["result"].take();
        assert_eq!(result["isError"], true);
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert!(!text.contains("panics in this test"));
    }
    let unknown = server.legacy("tools/call", json!({"name": "count_words"})).await;
    assert_eq!(unknown["error"]["code"], -32602);
    assert!(unknown["error"]["message"].as_str().unwrap().contains("count-words"));
    let malformed = server.legacy("tools/call", json!({"nam": "count-words"})).await;
    assert_eq!(malformed["error"]["code"], -32602);
}

#[tokio::test]
async fn calls_are_counted_by_outcome() {
    let server = words().await;
    server.legacy("tools/call", json!({"name": "count-words"})).await;
    server.legacy("tools/call", json!({"name": "count-words", "arguments": {"x": 1}})).await;
    server.legacy("tools/call", json!({"name": "break-down"})).await;
    server.legacy("tools/call", json!({"name": "made-up"})).await;
    let text = server.get("/metrics").await.body;
    for labels in [
        "tool=\"count-words\",outcome=\"answered\"",
        "tool=\"count-words\",outcome=\"refused\"",
        "tool=\"break-down\",outcome=\"failed\"",
    ] {
        assert!(text.contains(&format!("cluster_health_tool_calls_total{{{labels}}} 1")), "{labels} in\n{text}");
    }
    assert!(!text.contains("made-up"));
}

#[tokio::test]
async fn resources_are_read_and_completed() {
    let server = words().await;
    let read = server.modern("resources/read", "words://one/pod", json!({"uri": "words://one/pod"})).await;
    assert_eq!(read["result"]["contents"][0]["text"], "{\"word\":\"pod\"}");
    assert_eq!(read["result"]["contents"][0]["mimeType"], "application/json");
    for uri in ["words://one/x", "words://none"] {
        let missing = server.modern("resources/read", uri, json!({"uri": uri})).await;
        assert_eq!((&missing["error"]["code"], &missing["error"]["data"]["uri"]), (&json!(-32602), &json!(uri)));
        let missing = server.legacy("resources/read", json!({"uri": uri})).await;
        assert_eq!(missing["error"]["code"], -32002);
    }
    let params = json!({
        "ref": {"type": "ref/resource", "uri": "words://one/{word}"}, "argument": {"name": "word", "value": "Pod"}
    });
    let completed = server.legacy("completion/complete", params).await;
    assert_eq!(completed["result"]["completion"], json!({"values": ["pod", "podium"], "total": 2, "hasMore": false}));
}

#[tokio::test]
async fn what_is_not_offered_is_not_a_method() {
    let metrics = metrics();
    let surface = Surface::<()>::new("bare", "Nothing.", TIMEOUT, metrics.clone());
    let server = start(Handler::new(Arc::new(surface), ()), metrics).await;
    for method in ["tools/list", "resources/list", "resources/templates/list", "prompts/list"] {
        assert_eq!(server.legacy(method, json!({})).await["error"]["code"], -32601, "{method}");
    }
}
