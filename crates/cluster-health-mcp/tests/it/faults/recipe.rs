//! A fault in a few lines of YAML: what happened to which objects, and what the server has to say of it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use cluster_health::Time;
use cluster_health::model::Kind;
use serde::Deserialize;
use serde_json::{Value, json};

use super::base::Base;
use super::pods::{self, Crash};
use super::run::{self, Run};
use super::world::{Key, World, merge};

/// Stands for a time at which everything was well.
pub(super) const LONG_AGO: &str = "long ago";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipe {
    /// What happened, for people.
    pub(super) says: String,
    /// Objects of which any may be called the root: more than one only where they are one thing, such as a Deployment
    /// and the pod of it.
    pub(super) root: Vec<String>,
    /// Objects that must be counted as affected by the root, or be it.
    #[serde(default)]
    pub(super) affects: Vec<String>,
    /// What the logs have to give away beside the first incident.
    #[serde(default)]
    pub(super) signs: Vec<String>,
    /// Bases that have what it breaks; all when empty.
    #[serde(default)]
    on: Vec<String>,
    #[serde(rename = "do")]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Step {
    Run(Box<Run>),
    /// Merges into an object, or makes it.
    Put(Value),
    Each {
        of: String,
        merge: Value,
    },
    Delete(String),
    /// Scales down to nothing or less, by deleting pods.
    Crash {
        pods: String,
        exit: i64,
        #[serde(default = "error")]
        reason: String,
        restarts: u64,
        at: String,
        last: String,
    },
    Waiting {
        pods: String,
        reason: String,
        #[serde(default)]
        message: String,
        at: String,
    },
    Unready {
        pods: String,
        at: String,
    },
    Unschedulable {
        pods: String,
        message: String,
        at: String,
    },
    /// Pending without a word from the scheduler.
    Unseen {
        pods: String,
        at: String,
    },
    Terminating {
        pods: String,
        at: String,
    },
    /// What a container wrote before it ended.
    Log {
        pods: String,
        container: String,
        text: String,
    },
    NodeLost {
        node: String,
        at: String,
    },
    Condition {
        of: String,
        #[serde(rename = "type")]
        kind: String,
        status: bool,
        reason: String,
        at: String,
        #[serde(default)]
        message: String,
    },
    Event {
        about: String,
        reason: String,
        message: String,
        at: String,
        #[serde(default = "once")]
        count: u32,
    },
}

fn error() -> String {
    "Error".to_owned()
}

fn once() -> u32 {
    1
}

impl Recipe {
    pub(super) fn fits(&self, base: &Base) -> bool {
        self.on.is_empty() || self.on.iter().any(|name| name == base.name)
    }
}

pub(super) fn read(path: &Path, base: &Base) -> Recipe {
    let text = fs::read_to_string(path).unwrap();
    serde_saphyr::from_str(&localized(&text, base)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `@20m` becomes that long before the base's time, `{worker-1}` and `{master-1}` the base's own nodes.
pub(super) fn localized(text: &str, base: &Base) -> String {
    let mut out = with_times(text, base.as_of);
    for (role, control_plane) in [("worker", false), ("master", true)] {
        for (at, node) in base.nodes(control_plane).iter().enumerate() {
            out = out.replace(&format!("{{{role}-{at}}}"), node);
        }
    }
    out
}

fn with_times(text: &str, now: Time) -> String {
    let mut parts = text.split('@');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let unit = part[digits..].chars().next().and_then(|unit| match unit {
            's' => Some(1),
            'm' => Some(60),
            'h' => Some(3600),
            'd' => Some(86_400),
            _ => None,
        });
        match (part[..digits].parse::<u64>(), unit) {
            (Ok(count), Some(unit)) => {
                out.push_str(&format!("\"{}\"", now.minus(Duration::from_secs(count * unit))));
                out.push_str(&part[digits + 1..]);
            }
            _ => {
                out.push('@');
                out.push_str(part);
            }
        }
    }
    out
}

pub(super) fn apply(world: &mut World<'_>, recipe: &Recipe) {
    for step in &recipe.steps {
        take(world, step);
    }
}

fn take(world: &mut World<'_>, step: &Step) {
    match step {
        Step::Run(it) => {
            let made = world.now().minus(Duration::from_secs(20 * 3600)).to_string();
            run::run(world, it, &made);
        }
        Step::Put(object) => world.merge(object),
        Step::Each { of, merge: patch } => change(world, of, |object| merge(object, patch)),
        Step::Delete(key) => world.delete(&Key::parse(key)),
        Step::Crash { pods, exit, reason, restarts, at, last } => {
            let crash = Crash { exit: *exit, reason, restarts: *restarts, at, last };
            change(world, pods, |pod| pods::crash(pod, &crash));
        }
        Step::Waiting { pods, reason, message, at } => {
            change(world, pods, |pod| pods::waiting(pod, reason, message, at));
        }
        Step::Unready { pods, at } => change(world, pods, |pod| pods::unready(pod, at)),
        Step::Unschedulable { pods, message, at } => change(world, pods, |pod| pods::unschedulable(pod, message, at)),
        Step::Unseen { pods, at } => change(world, pods, |pod| pods::unseen(pod, at)),
        Step::Terminating { pods, at } => change(world, pods, |pod| pods::terminating(pod, at)),
        Step::Log { pods, container, text } => {
            for pod in world.matching(&Key::parse(pods)) {
                world.log(&pod, container, text);
            }
        }
        Step::NodeLost { node, at } => node_lost(world, node, at),
        Step::Condition { of, kind, status, reason, at, message } => change(world, of, |object| {
            pods::set_condition(object, kind, *status, reason, at);
            let conditions = object["status"]["conditions"].as_array_mut().unwrap();
            conditions.last_mut().unwrap()["message"] = json!(message);
        }),
        Step::Event { about, reason, message, at, count } => event(world, about, reason, message, at, *count),
    }
}

fn change(world: &mut World<'_>, key: &str, change: impl Fn(&mut Value)) {
    for mut object in world.matching(&Key::parse(key)) {
        change(&mut object);
        world.put(object);
    }
}

fn node_lost(world: &mut World<'_>, node: &str, at: &str) {
    change(world, &format!("Node {node}"), |node| {
        for kind in ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"] {
            pods::set_condition(node, kind, false, "NodeStatusUnknown", at);
        }
        for condition in node["status"]["conditions"].as_array_mut().unwrap() {
            condition["status"] = json!("Unknown");
        }
        let taint = |effect: &str| json!({"key": "node.kubernetes.io/unreachable", "effect": effect, "timeAdded": at});
        merge(node, &json!({"spec": {"taints": node["spec"]["taints"].as_array().cloned().unwrap_or_default()}}));
        if let Some(taints) = node["spec"]["taints"].as_array_mut() {
            taints.extend([taint("NoSchedule"), taint("NoExecute")]);
        }
    });
    for namespace in world.namespaces() {
        for mut pod in world.list(Kind::Pod, &namespace) {
            if pod["spec"]["nodeName"] == node && pod["status"]["phase"] == "Running" {
                pods::lost(&mut pod, at);
                world.put(pod);
            }
        }
    }
}

fn event(world: &mut World<'_>, about: &str, reason: &str, message: &str, at: &str, count: u32) {
    let about = Key::parse(about);
    for object in world.matching(&about) {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let namespace = if about.namespace.is_empty() { "default" } else { &about.namespace };
        world.put(json!({
            "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": reason, "message": message,
            "metadata": {"name": format!("{name}.{}", reason.to_lowercase()), "namespace": namespace, "creationTimestamp": at},
            "involvedObject": {"kind": about.kind.name(), "namespace": about.namespace, "name": name},
            "firstTimestamp": at, "lastTimestamp": at, "count": count, "source": {"component": "test"},
        }));
    }
}
