//! Claims that do not grow as they were asked to.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::persistent_volume_claim::PersistentVolumeClaim;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-resize-stuck",
    title: "A claim does not grow",
    explain: "Looks at claims of which a larger size was asked for and whose conditions have said for half an hour that \
              growing is under way, has failed, or waits for the file system. Until it is done the application keeps the \
              old size and may run full. The usual causes are a storage driver that does not work or has no capacity \
              left, a quota of the cloud, and a file system that grows only when a pod mounts the volume anew. A claim \
              that waits for its file system while no pod uses it grows with the next pod and is only worth knowing.",
    layer: Layer::Storage,
    needs: &[Kind::PersistentVolumeClaim],
    uses: &[Kind::Pod, Kind::PersistentVolume, Kind::ClusterCSIDriver],
    reference: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims",
    run,
};

/// Worst first, with what each means.
const CONDITIONS: [(&str, &str); 5] = [
    ("ControllerResizeError", "the storage driver cannot make its volume larger"),
    ("NodeResizeError", "its file system cannot be made larger"),
    ("ModifyVolumeError", "the storage driver cannot change its volume"),
    ("FileSystemResizePending", "its volume has grown, its file system waits for a pod to mount it anew"),
    ("Resizing", "growing its volume does not end"),
];

fn run(view: &View, out: &mut Vec<Finding>) {
    for claim in view.cluster.persistent_volume_claims.iter().filter(|claim| !claim.conditions.is_empty()) {
        let stuck = CONDITIONS.iter().find_map(|(kind, words)| {
            let condition = claim.conditions.having(kind, Status::True)?;
            view.held(condition.since, thresholds::RESIZE_HOLD).then_some((condition, *words))
        });
        if let Some((condition, words)) = stuck {
            out.push(finding(view, claim, condition, words));
        }
    }
}

fn finding(view: &View, claim: &PersistentVolumeClaim, condition: &Condition, words: &str) -> Finding {
    let (cli, name, namespace) = (view.cli(), &claim.meta.name, &claim.meta.namespace);
    let pods = view.pods_using(claim);
    let waits_for_pod = condition.kind == "FileSystemResizePending";
    let severity = if waits_for_pod && pods.is_empty() { Severity::Info } else { Severity::Warning };
    let mut finding = Finding::new(&CHECK, severity, claim.reference(), format!("does not grow: {words}"))
        .since(condition.since, "status.conditions[*].lastTransitionTime")
        .condition(condition)
        .affects(pods.iter().map(|pod| pod.reference()))
        .look(format!("{cli} describe pvc {name} -n {namespace}"), "shows the sizes, and what the storage driver says");
    for (path, size) in [
        ("spec.resources.requests.storage", claim.requested),
        ("status.capacity.storage", claim.capacity),
    ] {
        if let Some(size) = size {
            finding = finding.fact(path, size);
        }
    }
    let volume = view.cluster.persistent_volumes.get("", &claim.volume);
    if let Some(volume) = volume.filter(|volume| !volume.driver.is_empty()) {
        finding = finding.depends_on([ObjectRef::new(Kind::ClusterCSIDriver, &Name::empty(), &volume.driver)]);
    }
    match pods.first().filter(|_| waits_for_pod) {
        Some(pod) => finding.change(
            format!("{cli} delete pod {} -n {namespace}", pod.meta.name),
            "lets its controller start it anew, which grows the file system",
            "the pod does not serve meanwhile; one without a controller does not come back",
        ),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn claim(condition: &str, since: &str) -> String {
        format!(
            "
        kind: PersistentVolumeClaim
        metadata: {{name: data, namespace: shop}}
        spec: {{volumeName: pv-1, resources: {{requests: {{storage: 20Gi}}}}}}
        status:
          phase: Bound
          capacity: {{storage: 10Gi}}
          conditions: [{{type: {condition}, status: 'True', lastTransitionTime: {since}}}]"
        )
    }

    const POD: &str = "
        ---
        kind: Pod
        metadata: {name: db-0, namespace: shop}
        spec: {volumes: [{persistentVolumeClaim: {claimName: data}}]}
        status: {phase: Running}";

    #[test]
    fn a_driver_that_fails_and_a_file_system_that_waits() {
        fires(&CHECK, &claim("ControllerResizeError", "@1h"), &[
            "warning PersistentVolumeClaim shop/data: does not grow: the storage driver cannot make its volume larger \
             (since 1h)",
        ]);
        let found = fires(&CHECK, &(claim("FileSystemResizePending", "@1h") + POD), &[
            "warning PersistentVolumeClaim shop/data: does not grow: its volume has grown, its file system waits for a pod \
             to mount it anew (since 1h)",
        ]);
        assert!(found[0].next.iter().any(|step| step.command.contains("delete pod db-0")));
    }

    #[test]
    fn without_a_pod_it_is_worth_knowing() {
        fires(&CHECK, &claim("FileSystemResizePending", "@1h"), &[
            "info PersistentVolumeClaim shop/data: does not grow: its volume has grown, its file system waits for a pod to \
             mount it anew (since 1h)",
        ]);
    }

    #[test]
    fn growing_and_other_conditions_are_silent() {
        silent(&CHECK, &claim("Resizing", "@10m"));
        silent(&CHECK, &claim("Unused", "@1h"));
    }
}
