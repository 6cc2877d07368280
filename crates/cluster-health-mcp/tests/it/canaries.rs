//! Secrets are planted wherever others can write, in every form that is known, and looked for in everything that leaves:
//! answers in both channels, documents, completions, errors, metrics, log lines and the report.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use cluster_health_mcp::args::ReportOutput;
use cluster_health_mcp::report;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::clusters::{load, scenario};
use crate::driver::Server;
use crate::everything;
use crate::poison::{self, Place};
use crate::product::serving;

/// Any so many characters of a secret in a row are a leak.
const WINDOW: usize = 10;

/// Where a message is cut; secrets are planted around it too.
const CUT: usize = 300;

/// Random, and the same in every run.
struct Random(u64);

impl Random {
    fn word(&mut self, alphabet: &[u8], length: usize) -> String {
        let mut next = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(alphabet[usize::try_from(self.0 >> 33).unwrap() % alphabet.len()])
        };
        (0..length).map(|_| next()).collect()
    }
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// A secret's core, and the text it stands in.
type Form = fn(&mut Random) -> (String, String);

/// What is known by its form in any text.
const FORMS: &[Form] = &[
    |random| around("sha256~", random.word(BASE64, 43), ""),
    |random| {
        let core = format!("{}.eyJ{}.{}", random.word(BASE64, 20), random.word(BASE64, 60), random.word(BASE64, 43));
        around("eyJ", core, "")
    },
    |random| around("AKIA", random.word(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), " denied"),
    |random| around("ghp_", random.word(BASE64, 36), ""),
    |random| around("glpat-", random.word(BASE64, 20), ""),
    |random| around("xoxb-", random.word(b"0123456789abcdef", 30), ""),
    |random| around("sk-", random.word(BASE64, 40), ""),
    |random| around("hvs.", random.word(BASE64, 40), ""),
    |random| around("AIza", random.word(BASE64, 35), ""),
    |random| around("npm_", random.word(BASE64, 36), ""),
    |random| around("postgres://app:", random.word(LOWER, 14), "@db.shop.svc:5432/app?sslmode=off"),
    |random| around("https://", random.word(BASE64, 14), ":x@registry.example.com/v2/"),
    |random| around("{\"auths\":{\"quay.io\":{\"auth\":\"", random.word(BASE64, 24), "==\"}}}"),
    |random| around("password=", random.word(LOWER, 12), " rejected"),
    |random| around("PGPASSWORD: ", random.word(LOWER, 12), ""),
    |random| around("{\"password\": \"", random.word(LOWER, 14), "\"}"),
    |random| around("--client-secret ", random.word(BASE64, 20), " --v=2"),
    |random| around("aws_secret_access_key = ", random.word(BASE64, 40), ""),
    |random| around("Authorization: Bearer ", random.word(LOWER, 24), ""),
    |random| around("api_key=", random.word(b"0123456789abcdef", 32), "&x=1"),
    |random| around("Cookie: session=", random.word(BASE64, 24), ""),
    |random| {
        let lines: Vec<_> = (0..6).map(|_| random.word(BASE64, 64)).collect();
        let key = format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----", lines.join("\n"));
        (lines.concat(), key)
    },
    |random| around("-----BEGIN EC PRIVATE KEY-----\n", random.word(BASE64, 120), ""),
    |random| around("blob ", format!("Aa1Bb2Cc3{}", random.word(BASE64, 48)), " end"),
];

fn around(before: &str, core: String, after: &str) -> (String, String) {
    let text = format!("{before}{core}{after}");
    (core, text)
}

/// What fits into a label.
const LABELS: &[Form] = &[
    |random| around("AKIA", random.word(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), ""),
    |random| around("ghp_", random.word(BASE64, 36), ""),
    |random| around("glpat-", random.word(BASE64, 20), ""),
];

/// What nothing but its place gives away: it may not be kept at all.
const PLAIN: &[Form] = &[|random| around("", random.word(LOWER, 16), "")];

struct Planted {
    random: Random,
    /// How many, by place.
    counts: BTreeMap<Place, usize>,
    /// Every window of every secret, and where that was planted.
    windows: HashMap<Box<[u8]>, String>,
    arguments: Vec<String>,
}

impl Planted {
    fn new() -> Self {
        let mut planted =
            Self { random: Random(42), counts: BTreeMap::new(), windows: HashMap::new(), arguments: Vec::new() };
        for (number, &form) in FORMS.iter().enumerate() {
            let text = planted.make(form, &format!("an argument of form {number}"));
            planted.arguments.push(text);
        }
        planted
    }

    fn make(&mut self, form: Form, about: &str) -> String {
        let (core, text) = form(&mut self.random);
        for window in core.as_bytes().windows(WINDOW) {
            self.windows.insert(window.into(), format!("{about}: {text}"));
        }
        text
    }

    fn write(&mut self, place: Place) -> Option<String> {
        let forms = match place {
            Place::Label => LABELS,
            Place::Annotation
            | Place::Environment
            | Place::Argument
            | Place::ConfigMap
            | Place::Secret
            | Place::Parameter => PLAIN,
            _ => FORMS,
        };
        let count = self.counts.entry(place).or_default();
        *count += 1;
        let number = *count;
        let text = self.make(forms[number % forms.len()], &format!("{place:?} {number}"));
        // At the start, behind a word, across the cut, and with what hides it
        Some(match (place, number / forms.len() % 4) {
            (Place::Message, 1) => format!("{} {text}", "x".repeat(CUT - 30)),
            (Place::Message, 2) => format!("{}\u{200b}{}", &text[..4], &text[4..]),
            (Place::Message, 3) => format!("\u{1b}[31m{text}\u{1b}[0m"),
            _ => text,
        })
    }

    /// Where a secret that stands in the text was planted.
    fn leak(&self, text: &str) -> Option<String> {
        let found = text.as_bytes().windows(WINDOW).enumerate().find(|(_, window)| self.windows.contains_key(*window));
        found.map(|(at, window)| {
            let (start, end) =
                (text.floor_char_boundary(at.saturating_sub(120)), text.ceil_char_boundary((at + 80).min(text.len())));
            format!("{} is in: …{}…", self.windows[window], &text[start..end])
        })
    }

    #[track_caller]
    fn assert_none(&self, asked: &str, text: &str) {
        if let Some(leak) = self.leak(text) {
            panic!("{asked}: {leak}");
        }
    }
}

/// The demo, where things are broken, with a secret in every place.
fn planted() -> (Planted, TempDir) {
    let mut planted = Planted::new();
    let tenants = "storefront-checkout";
    let pods = (0..12).map(|number| poison::pod(tenants, &format!("planted-{number}")));
    let events = (0..48).map(|number| {
        poison::event(tenants, &format!("planted-{number}.1"), "Pod", &format!("planted-{}", number % 12))
    });
    let others = [("v1", "ConfigMap"), ("v1", "Secret")].map(|(version, kind)| {
        json!({"apiVersion": version, "kind": kind, "metadata": {"name": "planted", "namespace": tenants}, "data": {}})
    });
    let added = pods.chain(events).chain(others).collect();
    let folder = poison::copy(&scenario("demo"), added, &mut |place| planted.write(place));
    let log = folder.path().join(format!("namespaces/{tenants}/pods/planted-0/main/main/logs/previous.log"));
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    let lines: Vec<_> = (0..60).filter_map(|_| planted.write(Place::Log)).collect();
    std::fs::write(log, lines.join("\n")).unwrap();
    (planted, folder)
}

#[tokio::test]
async fn nothing_planted_leaves_the_server() {
    let (planted, folder) = planted();
    for place in
        [Place::Message, Place::Label, Place::Annotation, Place::LastApplied, Place::Environment, Place::Argument]
    {
        assert!(planted.counts[&place] >= 100, "{place:?}: {:?}", planted.counts);
    }
    let snapshot = load(folder.path());
    let incidents: Vec<_> = snapshot.report.incidents.iter().map(|incident| incident.id.clone()).collect();
    assert!(incidents.len() >= 7, "{incidents:?}");
    for output in [ReportOutput::Text, ReportOutput::Json, ReportOutput::Markdown] {
        let written = report::render(&snapshot, output, false).unwrap();
        planted.assert_none(&format!("report {output:?}"), &written);
        if matches!(output, ReportOutput::Json) {
            serde_json::from_str::<Value>(&written).unwrap();
        }
    }
    let cluster = snapshot.cluster.clone();
    let server = serving(Some(snapshot)).await;
    let told = everything::ask(&server, &cluster, &incidents, &planted.arguments).await;
    assert!(told.len() > 500, "{}", told.len());
    for (asked, answer) in &told {
        // As text, where a line break is a line break
        strings(answer, &mut |text| planted.assert_none(asked, text));
    }
    // What was planted was shown where it stood, without itself
    let shown = told.iter().filter(|(_, answer)| answer.to_string().contains("(redacted)")).count();
    assert!(shown > 50, "{shown} of {} answers", told.len());
}

fn strings(value: &Value, seen: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => seen(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, seen)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            seen(name);
            strings(value, seen);
        }),
        _ => {}
    }
}

#[tokio::test]
async fn nothing_planted_is_logged() {
    let (planted, folder) = planted();
    for format in ["json", "text"] {
        let log = logged(folder.path(), format, &planted.arguments).await;
        assert!(log.contains("an unknown") || log.lines().count() > planted.arguments.len(), "{log}");
        planted.assert_none(&format!("the log as {format}"), &log);
        if format == "json" {
            log.lines().for_each(|line| drop(serde_json::from_str::<Value>(line).expect("a line of JSON")));
        }
    }
}

/// What the program logs, at its most talkative, while it is asked for things that hold secrets.
async fn logged(folder: &Path, format: &str, arguments: &[String]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-server"));
    command.env_clear().arg("--must-gather").arg(folder).args(["--http-host", "127.0.0.1", "--http-port", "0"]);
    command.args(["--log-level", "debug", "--log-format", format]);
    let log = tempfile::NamedTempFile::new().unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.reopen().unwrap());
    let mut child = command.spawn().unwrap();
    let read = || {
        let mut text = String::new();
        log.reopen().unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let address = loop {
        if let Some((_, rest)) = read().split_once("127.0.0.1:") {
            let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
            break format!("127.0.0.1:{port}").parse().unwrap();
        }
        assert!(child.try_wait().unwrap().is_none(), "{}", read());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let server = Server::at(address);
    while server.get("/readyz").await.status != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for argument in arguments {
        server.legacy("tools/call", json!({"name": "list-pods", "arguments": {"namespace": argument}})).await;
        server.legacy("tools/call", json!({"name": argument})).await;
        server.legacy("resources/read", json!({"uri": argument})).await;
        server.post("{", &[("x-request-id", "a")]).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    read()
}

/// A test of the test: one secret that is left in is found, whichever part of it.
#[test]
fn a_leak_would_be_found() {
    let mut planted = Planted::new();
    for _ in 0..FORMS.len() {
        let text = planted.write(Place::Username).unwrap();
        assert!(planted.leak(&format!("{{\"x\": \"{text}\"}}")).is_some(), "{text}");
    }
    assert!(planted.leak(include_str!("../../../../clusters/demo/report.txt")).is_none());
}
