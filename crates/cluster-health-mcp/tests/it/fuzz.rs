//! Nearly right input for everything that reads what others write: nothing panics, and what is promised of the result
//! holds. Half a second each in `make test`, longer by `make fuzz`; inputs that once failed stay in tests/corpus.

mod mutate;

use std::time::Duration;

use cluster_health::change::Change;
use cluster_health::coverage::Seen;
use cluster_health::model::Kind;
use cluster_health::quantity::Quantity;
use cluster_health::redact::redact;
use cluster_health::selector::Selector;
use cluster_health::{Index, Time, assess, decode, render, untrusted};
use cluster_health_mcp::args::duration;
use cluster_health_mcp::integrations::alerts;
use cluster_health_mcp::outgoing;
use cluster_health_mcp::sources::must_gather;
use serde_json::Value;

use self::mutate::Corpus;
use crate::clusters::{scenario, tar, xz};
use crate::product::demo_server;

fn text(input: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(input)
}

/// Objects of every kind as the API sends them, and YAML as archives hold it.
#[test]
fn decoder() {
    let kinds = Kind::ALL;
    let mut turn = 0;
    Corpus::of("decoder", Vec::new()).run(|input| {
        turn += 1;
        let named = kinds.iter().position(|kind| memchr::memmem::find(input, kind.name().as_bytes()).is_some());
        let kind = kinds[named.filter(|_| turn % 4 > 0).unwrap_or(turn % kinds.len())];
        let mut index = Index::default();
        let decoded = decode::yaml_documents(kind, &text(input)).into_iter().chain([decode::json(kind, input)]);
        for object in decoded.flatten() {
            index.apply(Change::Apply(object));
        }
        index.apply(Change::Synced(kind, Seen::Complete));
        let report = assess(index.cluster(), Time::from_unix(1_795_000_000));
        let shown = render::health(&report, render::ANSWER_BYTES);
        assert!(shown.len() <= render::ANSWER_BYTES && !shown.contains('\u{1b}'), "{shown}");
    });
}

/// Archives in every compression, cut, spliced and flipped.
#[test]
fn archive_reader() {
    let whole = tar(&scenario("node-down"), "must-gather/", false);
    let small = whole[..whole.len().min(40_000)].to_vec();
    let file = tempfile::NamedTempFile::new().unwrap();
    Corpus::of("archive", vec![xz(&small), small]).run(|input| {
        std::fs::write(file.path(), input).unwrap();
        if let Ok(loaded) = must_gather::load(file.path(), |_, _| {}) {
            assess(&loaded.cluster, Time::from_unix(1_795_000_000));
        }
    });
}

/// What Prometheus and Alertmanager answer about alerts.
#[test]
fn alerts() {
    Corpus::of("alerts", Vec::new()).run(|input| {
        let mut index = Index::default();
        let batches = [alerts::from_rules(input), alerts::from_alertmanager(input), alerts::silences(input)];
        for object in batches.into_iter().flatten().flat_map(|batch| batch.objects) {
            index.apply(Change::Apply(object));
        }
        for kind in [Kind::Alert, Kind::Silence] {
            index.apply(Change::Synced(kind, Seen::Complete));
        }
        let report = assess(index.cluster(), Time::from_unix(1_795_000_000));
        let shown = render::health(&report, render::ANSWER_BYTES);
        assert!(shown.len() <= render::ANSWER_BYTES && !shown.contains('\u{1b}'), "{shown}");
    });
}

/// Bodies of requests: whatever comes, an answer in JSON comes back, and the next request is served.
#[test]
fn requests() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(demo_server());
    let headers = [
        &[][..],
        &[("mcp-protocol-version", "2025-11-25")],
        &[("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "list-pods")],
    ];
    let mut turn = 0;
    Corpus::of("messages", Vec::new()).run(|input| {
        turn += 1;
        let asked = server.post(input.to_vec(), headers[turn % headers.len()]);
        let answer = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), asked).await }).unwrap();
        let status = answer.status.as_u16();
        assert!(matches!(status, 200 | 202 | 400 | 404 | 504), "{status}: {}", answer.body);
        if status != 202 && !answer.body.starts_with("data:") && !answer.body.starts_with(':') {
            serde_json::from_str::<Value>(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body));
        }
        assert!(!answer.body.contains("internal error"), "{}", answer.body);
    });
}

#[test]
fn redaction() {
    Corpus::of("redaction", Vec::new()).run(|input| {
        let text = text(input);
        let once = redact(&text).into_owned();
        assert_eq!(redact(&once), once, "of {text:?}");
        let shown = untrusted::clean(&text, 80);
        assert!(shown.chars().count() <= 81 && !shown.contains(char::is_control), "{shown:?}");
        let kept = outgoing::json(text.to_string());
        if serde_json::from_str::<Value>(&text).is_ok() {
            serde_json::from_str::<Value>(&kept).unwrap_or_else(|error| panic!("{error}: {text:?} became {kept:?}"));
        }
        let literal = Value::from(&*text).to_string();
        let expected = Value::from(redact(&text).as_ref());
        assert_eq!(serde_json::from_str::<Value>(&outgoing::json(literal)).unwrap(), expected);
    });
}

#[test]
fn selectors() {
    Corpus::of("selector", Vec::new()).run(|input| {
        if let Ok(selector) = text(input).parse::<Selector>() {
            let written = selector.to_string();
            let again = written.parse::<Selector>().map(|again| again.to_string());
            assert_eq!(again.ok().as_ref(), Some(&written), "of {:?}", text(input));
        }
    });
}

#[test]
fn quantities() {
    Corpus::of("quantity", Vec::new()).run(|input| {
        if let Some(quantity) = Quantity::parse(&text(input)) {
            let _ = (quantity.plus(quantity), quantity.percent_of(quantity), quantity.units());
            // What is shown may be rounded, but is one
            assert!(Quantity::parse(&quantity.to_string()).is_some(), "{:?} is shown as {quantity}", text(input));
        }
    });
}

#[test]
fn durations() {
    Corpus::of("duration", Vec::new()).run(|input| {
        // Parts are read as floating point, which is exact to the millisecond for any setting that makes sense
        let sensible = |duration: &Duration| duration.as_secs() < 1 << 20;
        if let Some(duration) = duration::parse(&text(input)).ok().filter(sensible) {
            let shown = duration::display(duration);
            let again = duration::parse(&shown).map(|again| again.as_millis());
            assert_eq!(again, Ok(duration.as_millis()), "{:?} is shown as {shown}", text(input));
        }
    });
}
