//! Model services that do not answer.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::inference_service::{InferenceService, POD_LABEL};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "serving-not-ready",
    title: "A model service is not ready",
    explain: "Looks at InferenceServices that KServe has not called ready for ten minutes, and at the first of their parts \
              that is not: the predictor, the way in, a transformer or an explainer. Requests to the model fail or wait \
              meanwhile. The usual causes are a model that cannot be loaded, pods that find no node with enough memory or \
              GPUs, a runtime that does not exist, and a gateway that is not there. Services that were stopped on purpose \
              do not count.",
    layer: Layer::Service,
    needs: &[Kind::InferenceService],
    uses: &[Kind::Deployment, Kind::Pod],
    reference: "https://kserve.github.io/website/docs/developer-guide/debugging",
    run,
};

/// In the order in which one waits for the other.
const PARTS: [&str; 7] = [
    "PredictorConfigurationReady",
    "PredictorReady",
    "TransformerReady",
    "ExplainerReady",
    "RoutesReady",
    "IngressReady",
    "LatestDeploymentReady",
];

fn run(view: &View, out: &mut Vec<Finding>) {
    for service in view.cluster.inference_services.iter().filter(|it| !it.conditions.is_true("Stopped")) {
        let ready = service.conditions.get("Ready").filter(|ready| ready.status != Status::True);
        if let Some(ready) = ready.filter(|ready| view.held(ready.since, thresholds::SERVING_HOLD)) {
            out.push(finding(view, service, ready));
        }
    }
}

fn finding(view: &View, service: &InferenceService, ready: &Condition) -> Finding {
    let (cli, name, namespace) = (view.cli(), &service.meta.name, &service.meta.namespace);
    let part = PARTS.iter().find_map(|kind| service.conditions.having(kind, Status::False));
    let title = match part.map(|part| &*part.kind) {
        Some("PredictorReady" | "PredictorConfigurationReady") => "not ready: its predictor does not run",
        Some("IngressReady" | "RoutesReady") => "not ready: nothing leads to it",
        Some("TransformerReady" | "ExplainerReady") => "not ready: a part beside its predictor does not run",
        _ => "not ready",
    };
    let finding = Finding::new(&CHECK, Severity::Warning, service.reference(), title)
        .since(ready.since, "status.conditions[Ready].lastTransitionTime")
        .condition(part.unwrap_or(ready))
        .depends_on(workloads(view, service))
        .look(format!("{cli} describe inferenceservice {name} -n {namespace}"), "shows each part and the state of the model")
        .look(
            format!("{cli} get pods -n {namespace} -l {POD_LABEL}={name} -o wide"),
            "shows the pods that run the model",
        );
    if service.runtime.is_empty() { finding } else { finding.fact("spec.predictor.model.runtime", &service.runtime) }
}

/// What runs it: by the pods that are not well, else by the name KServe gives to a predictor's Deployment.
pub(super) fn workloads(view: &View, service: &InferenceService) -> Vec<ObjectRef> {
    let (name, namespace) = (&service.meta.name, &service.meta.namespace);
    let pods = view.unsettled.iter().filter(|pod| pod.meta.namespace == *namespace);
    let pods = pods.filter(|pod| pod.meta.labels.get(POD_LABEL).is_some_and(|of| of == name));
    let predictor = Name::from(format!("{name}-predictor").as_str());
    pods.map(|pod| view.workload(pod)).chain([ObjectRef::new(Kind::Deployment, namespace, &predictor)]).collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn service(conditions: &str) -> String {
        format!(
            "
        kind: InferenceService
        metadata: {{name: fraud, namespace: ml}}
        status: {{conditions: [{conditions}]}}"
        )
    }

    const NOT_READY: &str = "{type: Ready, status: 'False', lastTransitionTime: @1h}";

    #[test]
    fn the_part_that_does_not_work_is_named() {
        let found = fires(&CHECK, &service(&format!("{NOT_READY}, {{type: PredictorReady, status: 'False', reason: MinimumReplicasUnavailable}}")), &[
            "warning InferenceService ml/fraud: not ready: its predictor does not run (since 1h)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Deployment ml/fraud-predictor");
        fires(&CHECK, &service(&format!("{NOT_READY}, {{type: IngressReady, status: 'False'}}")), &[
            "warning InferenceService ml/fraud: not ready: nothing leads to it (since 1h)",
        ]);
    }

    #[test]
    fn ready_stopped_and_young_ones_are_silent() {
        silent(&CHECK, &service("{type: Ready, status: 'True', lastTransitionTime: @1h}"));
        silent(&CHECK, &service(&format!("{NOT_READY}, {{type: Stopped, status: 'True'}}")));
        silent(&CHECK, &service(&NOT_READY.replace("@1h", "@2m")));
    }
}
