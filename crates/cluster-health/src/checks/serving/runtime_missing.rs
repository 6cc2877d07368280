//! Model services whose runtime does not exist or is switched off.

use crate::checks::{Check, Layer};
use crate::coverage::Reason;
use crate::finding::{Finding, Severity, listed, Text};
use crate::model::inference_service::InferenceService;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "serving-runtime-missing",
    title: "The runtime a model service names does not exist",
    explain: "Looks at the runtime each InferenceService names: neither a ServingRuntime of its namespace nor a \
              ClusterServingRuntime of that name exists, or it is switched off. KServe then makes no predictor, or cannot \
              make it anew. The usual causes are a service that was copied from another namespace without its runtime, a \
              runtime that was renamed by an upgrade, and one that was switched off because of its age. Services that \
              name no runtime get one by their model's format and do not count.",
    layer: Layer::Admission,
    needs: &[Kind::InferenceService, Kind::ServingRuntime],
    uses: &[Kind::ClusterServingRuntime],
    reference: "https://kserve.github.io/website/docs/concepts/resources/servingruntime",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for service in view.cluster.inference_services.iter().filter(|service| !service.runtime.is_empty()) {
        let own = view.cluster.serving_runtimes.get(&service.meta.namespace, &service.runtime);
        let shared = view.cluster.cluster_serving_runtimes.get("", &service.runtime);
        let disabled = own.map(|runtime| runtime.disabled).or(shared.map(|runtime| runtime.disabled));
        match disabled {
            Some(true) => out.push(finding(view, service, "the runtime it names is switched off")),
            None if all_seen(view, &service.meta.namespace) => {
                out.push(finding(view, service, "the runtime it names does not exist"));
            }
            Some(false) | None => {}
        }
    }
}

/// Some installations do not serve shared runtimes at all; then there are none.
fn all_seen(view: &View, namespace: &str) -> bool {
    let shared = Kind::ClusterServingRuntime;
    let no_shared = view.cluster.coverage.unseen(shared) == Some(Reason::NotServed);
    view.seen_in(Kind::ServingRuntime, namespace) && (no_shared || view.all_seen(shared))
}

fn finding(view: &View, service: &InferenceService, title: impl Into<Text>) -> Finding {
    let (cli, name, namespace) = (view.cli(), &service.meta.name, &service.meta.namespace);
    let own = view.cluster.serving_runtimes.in_namespace(namespace).map(|runtime| &*runtime.meta.name);
    let shared = view.cluster.cluster_serving_runtimes.iter().map(|runtime| &*runtime.meta.name);
    Finding::new(&CHECK, Severity::Warning, service.reference(), title)
        .fact("spec.predictor.model.runtime", shown(&service.runtime))
        .fact("spec.predictor.model.modelFormat.name", shown(&service.format))
        .fact("runtimes there are", listed(own.chain(shared)))
        .look(format!("{cli} get servingruntimes -n {namespace}"), "lists the namespace's runtimes, and which are switched off")
        .look(format!("{cli} describe inferenceservice {name} -n {namespace}"), "shows what KServe says of it")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(runtime: &str, disabled: bool) -> String {
        format!(
            "
        kind: InferenceService
        metadata: {{name: fraud, namespace: ml}}
        spec: {{predictor: {{model: {{runtime: {runtime}, modelFormat: {{name: onnx}}}}}}}}
        ---
        kind: ServingRuntime
        metadata: {{name: ovms, namespace: ml}}
        spec: {{disabled: {disabled}}}
        ---
        kind: ClusterServingRuntime
        metadata: {{name: vllm}}"
        )
    }

    #[test]
    fn one_that_does_not_exist_or_is_switched_off() {
        let found = fires(&CHECK, &scene("triton", false), &[
            "warning InferenceService ml/fraud: the runtime it names does not exist",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("ovms, vllm"));
        fires(&CHECK, &scene("ovms", true), &["warning InferenceService ml/fraud: the runtime it names is switched off"]);
    }

    #[test]
    fn ones_that_exist_and_none_named_are_silent() {
        silent(&CHECK, &scene("ovms", false));
        silent(&CHECK, &scene("vllm", false));
        silent(&CHECK, &scene("''", false));
    }
}
