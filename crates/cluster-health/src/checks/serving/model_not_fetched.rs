//! Models that cannot be fetched from where they are stored.

use std::collections::BTreeMap;

use super::not_ready::workloads;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::inference_service::POD_LABEL;
use crate::model::pod::{ContainerStatus, Pod};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::pod_trouble;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "serving-model-not-fetched",
    title: "A model cannot be fetched from its storage",
    explain: "Looks at pods of InferenceServices whose init container storage-initializer has failed for five minutes. It \
              copies the model from its bucket, registry or volume before the model server starts, so without it nothing \
              starts. The usual causes are a path that does not exist, credentials that are missing or have expired, a \
              host that is not resolved or whose certificate is not trusted, and too little disk or memory for a large \
              model. A fetch that takes long without failing does not count.",
    layer: Layer::Pod,
    needs: &[Kind::Pod, Kind::InferenceService],
    uses: &[Kind::Deployment],
    reference: "https://kserve.github.io/website/docs/model-serving/storage/overview",
    run,
};

const CONTAINER: &str = "storage-initializer";

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut failing: BTreeMap<(&Name, &Name), Vec<&Pod>> = BTreeMap::new();
    for &pod in &view.unsettled {
        let Some(service) = pod.meta.labels.get(POD_LABEL) else { continue };
        let is_known = view.cluster.inference_services.get(&pod.meta.namespace, service).is_some();
        if is_known && fails(pod).is_some() && view.held(pod_trouble::unready_since(pod).0, thresholds::POD_START_HOLD) {
            failing.entry((&pod.meta.namespace, service)).or_default().push(pod);
        }
    }
    out.extend(failing.into_iter().filter_map(|((namespace, service), pods)| finding(view, namespace, service, &pods)));
}

fn fails(pod: &Pod) -> Option<&ContainerStatus> {
    let (container, status) = pod_trouble::blocking_init(pod)?;
    let failed = status.last_termination().is_some_and(|end| end.exit_code != 0);
    (container.name == CONTAINER && failed).then_some(status)
}

fn finding(view: &View, namespace: &Name, service: &Name, pods: &[&Pod]) -> Option<Finding> {
    let pod = *pods.first()?;
    let end = fails(pod)?.last_termination()?;
    let (since, field) = pod_trouble::first_unready(pods.iter().copied());
    let service = view.cluster.inference_services.get(namespace, service)?;
    Some(
        Finding::new(&CHECK, Severity::Warning, service.reference(), "its model cannot be fetched from where it is stored")
            .depends_on(workloads(view, service))
            .since(since, field)
            .fact(format!("status.initContainerStatuses[{CONTAINER}].lastState.terminated.exitCode"), end.exit_code)
            .fact(format!("status.initContainerStatuses[{CONTAINER}].restartCount"), fails(pod)?.restarts)
            .affects(pods.iter().map(|pod| ObjectRef::new(Kind::Pod, namespace, &pod.meta.name)))
            .look(
                format!("{} logs -n {namespace} {} -c {CONTAINER} --tail=50", view.cli(), pod.meta.name),
                "shows how far the copy came, and the storage's answer",
            )
            .look(pod_trouble::describe(view, pod), "shows where the model is fetched from"),
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(state: &str) -> String {
        format!(
            "
        kind: InferenceService
        metadata: {{name: fraud, namespace: ml}}
        ---
        kind: Pod
        metadata: {{name: fraud-predictor-1, namespace: ml, labels: {{serving.kserve.io/inferenceservice: fraud}}}}
        spec: {{nodeName: w1, initContainers: [{{name: storage-initializer}}], containers: [{{name: kserve-container}}]}}
        status:
          phase: Pending
          conditions: [{{type: Ready, status: 'False', lastTransitionTime: @20m}}]
          initContainerStatuses: [{{name: storage-initializer, restartCount: 6, {state}}}]"
        )
    }

    const FAILED: &str =
        "state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, finishedAt: @1m}}";

    #[test]
    fn a_copy_that_fails_again_and_again() {
        fires(&CHECK, &scene(FAILED), &[
            "warning InferenceService ml/fraud: its model cannot be fetched from where it is stored (since 20m)",
        ]);
    }

    #[test]
    fn a_long_copy_and_other_init_containers_are_silent() {
        silent(&CHECK, &scene("state: {running: {startedAt: @19m}}"));
        silent(&CHECK, &scene(FAILED).replace("storage-initializer", "istio-init"));
        silent(&CHECK, &scene(FAILED).replace("@20m", "@2m"));
    }
}
