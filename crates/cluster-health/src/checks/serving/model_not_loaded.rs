//! Models that could not be loaded.

use super::not_ready::workloads;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, Text};
use crate::model::inference_service::InferenceService;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "serving-model-not-loaded",
    title: "A model could not be loaded",
    explain: "Looks at what KServe says of the model of each InferenceService: its newest version was blocked by a failed \
              load, its specification is not valid, or it failed to load. A service whose earlier version is loaded goes \
              on with that; else it answers nothing. The reason given with it tells a wrong path or credential, a format no \
              runtime serves, and a container that ran out of memory apart. Loading that is still under way does not \
              count. Stopped services keep their last state and do not count either.",
    layer: Layer::Workload,
    needs: &[Kind::InferenceService],
    uses: &[Kind::Pod, Kind::Deployment],
    reference: "https://kserve.github.io/website/docs/reference/crd-api",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for service in view.cluster.inference_services.iter().filter(|it| !it.conditions.is_true("Stopped")) {
        let title = match (service.transition.as_str(), service.target_state.as_str()) {
            ("InvalidSpec", _) => "its model cannot be loaded: its specification is not valid",
            ("BlockedByFailedLoad", _) | (_, "FailedToLoad") => "its model could not be loaded",
            _ => continue,
        };
        out.push(finding(view, service, title));
    }
}

fn finding(view: &View, service: &InferenceService, title: impl Into<Text>) -> Finding {
    let (cli, name, namespace) = (view.cli(), &service.meta.name, &service.meta.namespace);
    let mut finding = Finding::new(&CHECK, Severity::Warning, service.reference(), title)
        .fact("status.modelStatus.transitionStatus", shown(&service.transition))
        .fact("status.modelStatus.states.targetModelState", shown(&service.target_state))
        .depends_on(workloads(view, service))
        .look(format!("{cli} describe inferenceservice {name} -n {namespace}"), "shows why the model was not loaded");
    if service.active_state == "Loaded" {
        finding = finding.fact("status.modelStatus.states.activeModelState", "Loaded: an earlier version still serves");
    }
    let Some(failure) = &service.failure else { return finding };
    finding = finding
        .since(failure.at, "status.modelStatus.lastFailureInfo.time")
        .fact("status.modelStatus.lastFailureInfo.reason", format!("{} ({})", shown(&failure.reason), meaning(&failure.reason)));
    if let Some(exit_code) = failure.exit_code {
        finding = finding.fact("status.modelStatus.lastFailureInfo.exitCode", exit_code);
    }
    finding
        .untrusted("status.modelStatus.lastFailureInfo.location", Some(&failure.location))
        .untrusted("status.modelStatus.lastFailureInfo.message", failure.message.as_deref())
        .look(format!("{cli} logs -n {namespace} -l serving.kserve.io/inferenceservice={name} --all-containers --tail=50"), "shows what the model server wrote")
}

/// The reasons KServe has.
fn meaning(reason: &str) -> &'static str {
    match reason {
        "ModelLoadFailed" => "the model server could not load it: wrong path, credential or contents, or too little memory",
        "RuntimeUnhealthy" => "the model server itself does not run",
        "RuntimeDisabled" => "the runtime it names is switched off",
        "NoSupportingRuntime" => "no runtime serves its format",
        "RuntimeNotRecognized" => "the runtime it names does not exist",
        "InvalidPredictorSpec" => "its predictor is not specified correctly",
        _ => "see its message",
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn service(transition: &str, target: &str) -> String {
        format!(
            "
        kind: InferenceService
        metadata: {{name: fraud, namespace: ml}}
        status:
          modelStatus:
            transitionStatus: {transition}
            states: {{activeModelState: Loaded, targetModelState: {target}}}
            lastFailureInfo: {{reason: ModelLoadFailed, location: fraud-predictor-1, message: no such bucket, exitCode: 1, time: @40m}}"
        )
    }

    #[test]
    fn a_failed_load_says_why() {
        let found = fires(&CHECK, &service("BlockedByFailedLoad", "FailedToLoad"), &[
            "warning InferenceService ml/fraud: its model could not be loaded (since 40m)",
        ]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("an earlier version still serves") && facts.contains("wrong path"), "{facts}");
        fires(&CHECK, &service("InvalidSpec", "''"), &[
            "warning InferenceService ml/fraud: its model cannot be loaded: its specification is not valid (since 40m)",
        ]);
    }

    #[test]
    fn loaded_and_loading_models_are_silent() {
        silent(&CHECK, &service("UpToDate", "Loaded"));
        silent(&CHECK, &service("InProgress", "Loading"));
    }
}
