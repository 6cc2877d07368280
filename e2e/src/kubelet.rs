//! Stands in for kubelets: writes the status of pods that were bound to a node, by what their image asks for, and ends
//! pods that are being deleted. Everything else about them is real.

use std::time::Duration;

use anyhow::{Context, Result};
use cluster_health::Time;
use cluster_health::model::Kind;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::api::Api;
use crate::objects::{self, image};

const PAUSE: Duration = Duration::from_millis(300);

/// Works until it is dropped.
#[derive(Debug)]
pub struct Kubelet(JoinHandle<()>);

impl Kubelet {
    pub fn start(api: Api) -> Self {
        Self(tokio::spawn(async move {
            loop {
                // The API may be away: that is what the rig is for
                let _ = round(&api).await;
                tokio::time::sleep(PAUSE).await;
            }
        }))
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn round(api: &Api) -> Result<()> {
    let pods = api.read("/api/v1/pods").await?;
    for pod in pods["items"].as_array().context("a list")? {
        let (namespace, name) = (&pod["metadata"]["namespace"], &pod["metadata"]["name"]);
        let path = objects::path(Kind::Pod, namespace.as_str().unwrap_or(""), name.as_str().unwrap_or(""));
        if !pod["spec"]["nodeName"].is_string() {
            continue;
        }
        if pod["metadata"]["deletionTimestamp"].is_string() {
            if pod["metadata"]["finalizers"].is_null() {
                api.delete(&path).await?;
            }
        } else if pod["status"]["containerStatuses"].is_null() && is_ours(pod) {
            api.set_status(&path, &status(pod)).await?;
        }
    }
    Ok(())
}

fn is_ours(pod: &Value) -> bool {
    pod["spec"]["containers"][0]["image"].as_str().is_some_and(|image| image.starts_with("rig.invalid/"))
}

fn status(pod: &Value) -> Value {
    let now = now();
    let image = pod["spec"]["containers"][0]["image"].as_str().unwrap_or("");
    let (ready, restarts, state, last) = match image {
        image::CRASHES => {
            let ended = json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": now, "finishedAt": now}});
            (false, 7, waiting("CrashLoopBackOff"), ended)
        }
        image::MISSING => (false, 0, waiting("ImagePullBackOff"), json!({})),
        image::CREATING => (false, 0, waiting("ContainerCreating"), json!({})),
        image::FAILS => (
            false,
            0,
            json!({"terminated": {"exitCode": 3, "reason": "Error", "startedAt": now,
            "finishedAt": now}}),
            json!({}),
        ),
        _ => (true, 0, json!({"running": {"startedAt": now}}), json!({})),
    };
    let started = matches!(image, image::CRASHES) || ready;
    let condition = |kind: &str, status: bool| json!({"type": kind, "status": if status { "True" } else { "False" }, "lastTransitionTime": now});
    json!({
        "phase": if image == image::FAILS { "Failed" } else if started { "Running" } else { "Pending" },
        "startTime": now,
        "podIP": "10.128.0.9",
        "conditions": [condition("PodScheduled", true), condition("Initialized", true),
            condition("ContainersReady", ready), condition("Ready", ready)],
        "containerStatuses": [{
            "name": pod["spec"]["containers"][0]["name"], "image": image, "imageID": "", "ready": ready,
            "restartCount": restarts, "started": ready, "state": state, "lastState": last,
        }],
    })
}

fn waiting(reason: &str) -> Value {
    json!({"waiting": {"reason": reason, "message": "written by the rig"}})
}

/// RFC 3339, in whole seconds.
pub fn now() -> String {
    ago(Duration::ZERO)
}

pub fn ago(age: Duration) -> String {
    rfc3339(|now| now.saturating_sub(age))
}

/// In the future.
pub fn ahead(by: Duration) -> String {
    rfc3339(|now| now + by)
}

fn rfc3339(shift: impl Fn(Duration) -> Duration) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time::from_unix(i64::try_from(shift(now).as_secs()).unwrap_or(0)).to_string()
}
