//! One alert, whoever told of it, and how it becomes an object.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use cluster_health::Time;
use cluster_health::decode;
use cluster_health::model::{Kind, Object};
use cluster_health::ordered::Ordered;
use serde::Deserialize;
use serde_json::json;

/// Labels that say which of several Prometheis raised it, and which OpenShift adds on the way to Alertmanager: without
/// them an alert is the same wherever it is read.
const OF_THE_WAY: [&str; 6] =
    ["managed_cluster", "openshift_io_alert_source", "prometheus", "prometheus_replica", "receive", "tenant_id"];

/// More are no longer told apart by anybody.
const MOST: usize = 5_000;
/// Of a digest: enough that alerts of one cluster do not share one by chance.
const LETTERS: usize = 10;
/// Labels of one alert; rules of people have a dozen.
const LABELS: usize = 100;
/// Of a label's value that is kept: names of objects are shorter.
const VALUE_BYTES: usize = 512;

#[derive(Clone, Debug, Default)]
pub(super) struct Raised {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: Annotations,
    pub(super) state: String,
    pub(super) since: String,
    pub(super) silenced_by: Vec<String>,
    pub(super) inhibited_by: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Annotations {
    summary: Option<String>,
    description: Option<String>,
    message: Option<String>,
}

impl Raised {
    /// The same for the same alert from every source.
    pub(super) fn key(&self) -> String {
        let mut key = String::new();
        for (name, value) in self.labels.iter().filter(|(name, _)| !OF_THE_WAY.contains(&name.as_str())) {
            // Writing to a String cannot fail
            let _ = write!(key, "{name}\0{value}\0");
        }
        key
    }

    fn is_critical(&self) -> bool {
        self.labels.get("severity").is_some_and(|severity| severity == "critical")
    }

    fn object(&self, name: &str) -> Option<Object> {
        if self.labels.len() > LABELS {
            return None;
        }
        let namespace = self.labels.get("namespace").map_or("", String::as_str);
        let cut = |value: &String| value[..value.floor_char_boundary(VALUE_BYTES)].to_owned();
        let labels: BTreeMap<&String, String> = self.labels.iter().map(|(name, value)| (name, cut(value))).collect();
        let Annotations { summary, description, message } = &self.annotations;
        let object = json!({
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "annotations": {"summary": summary, "description": description, "message": message},
            "state": self.state,
            "activeAt": Time::parse(&self.since).map(|since| since.to_string()),
            "silencedBy": self.silenced_by,
            "inhibitedBy": self.inhibited_by,
        });
        decode::value(Kind::Alert, &object).ok()
    }
}

/// Each alert once, in the order of their labels, critical ones first; and how many could not be taken.
pub(super) fn objects(mut raised: Vec<Raised>) -> (Vec<Object>, usize) {
    raised.put_in_order_by_key(|raised| (!raised.is_critical(), raised.key(), raised.state != "firing"));
    raised.dedup_by_key(|raised| raised.key());
    let all = raised.len();
    let mut names = BTreeSet::new();
    let take = |raised: &Raised| {
        let object = raised.object(&name(raised, &names))?;
        names.insert(object.key().1.to_owned());
        Some(object)
    };
    let objects: Vec<Object> = raised.iter().take(MOST).filter_map(take).collect();
    let lost = all - objects.len();
    (objects, lost)
}

/// The rule's name and a digest of the labels. The digest is short: whoever finds labels with the same as another's gets
/// another name, and takes nothing away.
fn name(raised: &Raised, taken: &BTreeSet<String>) -> String {
    let rule = raised.labels.get("alertname").filter(|rule| decode::is_name(rule) && rule.len() <= 200);
    let rule = rule.map_or("alert", String::as_str);
    let name = format!("{rule}-{}", digest(&raised.key()));
    let others = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.clone()).chain(others).find(|name| !taken.contains(name)).unwrap_or(name)
}

/// FNV-1a, the same on every machine, in letters: a long name with digits in it would pass for a secret.
fn digest(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let letter = |rest: &u64| Some(rest / 26).filter(|rest| *rest > 0);
    let letters = std::iter::successors(Some(hash), letter).take(LETTERS);
    letters.map(|rest| char::from(b'a' + u8::try_from(rest % 26).unwrap_or(0))).collect()
}
