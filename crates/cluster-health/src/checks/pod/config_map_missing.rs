//! ConfigMaps, or keys of them, that workloads need and that do not exist.

use std::collections::{BTreeMap, BTreeSet};

use crate::alike;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::{self, PodTrouble, shown};
use crate::thresholds;
use crate::view::View;
use crate::workloads::Maker;

pub const CHECK: Check = Check {
    id: "pod-config-map-missing",
    title: "A ConfigMap or a key of it that workloads need does not exist",
    explain: "Compares the ConfigMaps and keys that workloads name, in volumes and variables, with those there are. Where one \
              is missing and not marked optional, no new container starts: a pod waits at CreateContainerConfigError or at \
              ContainerCreating with FailedMount. Pods that run already go on until they are restarted, which is why it is \
              found before anything fails. Usual causes are a deleted or renamed ConfigMap, a typing error, and a manifest \
              that was applied without its configuration. Only names of keys are read, never values. Secrets are not looked \
              at, so nothing is said of those. Critical when a workload is down because of it, and on the platform.",
    layer: Layer::Admission,
    needs: &[Kind::ConfigMap, Kind::Pod],
    uses: &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job],
    reference: "https://kubernetes.io/docs/concepts/configuration/configmap/",
    run,
};

/// Who needs a ConfigMap, and the keys that are missing; none when all of it is.
#[derive(Default)]
struct Lack<'v> {
    users: Vec<&'v Maker<'v>>,
    keys: BTreeSet<&'v str>,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut lacks: BTreeMap<ObjectRef, Lack> = BTreeMap::new();
    for maker in view.makers() {
        // What was made a moment ago may still get its configuration.
        if view.held(maker.meta.created, thresholds::POD_START_HOLD) {
            look_at(view, maker, &mut lacks);
        }
    }
    out.extend(lacks.iter().map(|(map, lack)| finding(view, map, lack)));
}

fn look_at<'v>(view: &View, maker: &'v Maker<'v>, lacks: &mut BTreeMap<ObjectRef, Lack<'v>>) {
    let namespace = &maker.meta.namespace;
    for reference in maker.template.config_maps.iter().filter(|reference| !reference.optional) {
        let map = view.cluster.config_maps.get(namespace, &reference.name);
        let keys: Vec<&str> = match map {
            None if view.is_absent(Kind::ConfigMap, namespace, &reference.name) => Vec::new(),
            None => continue,
            Some(map) => {
                let lacking = reference.keys.iter().filter(|key| !map.has(key)).map(|key| key.as_str());
                let lacking: Vec<&str> = lacking.collect();
                if lacking.is_empty() {
                    continue;
                }
                lacking
            }
        };
        let lack = lacks.entry(ObjectRef::new(Kind::ConfigMap, namespace, &reference.name)).or_default();
        lack.users.push(maker);
        lack.keys.extend(keys);
    }
}

fn finding(view: &View, map: &ObjectRef, lack: &Lack) -> Finding {
    let users: Vec<ObjectRef> = lack.users.iter().map(|maker| maker.reference()).collect();
    let waiting: Vec<&Pod> = users.iter().flat_map(|user| view.unsettled_of(user)).copied().filter(|it| waits(it, view)).collect();
    let severity = if waiting.is_empty() {
        Severity::Warning
    } else {
        users.iter().map(|user| pod_trouble::severity(view, user)).max().unwrap_or(Severity::Warning)
    };
    let who = match users.as_slice() {
        [one] => format!("{} {}", one.kind, shown(&one.name)),
        several => format!("{} workloads", several.len()),
    };
    let keys = listed(lack.keys.iter().map(|key| shown(key)));
    let title = if lack.keys.is_empty() { format!("does not exist, but {who} needs it") } else { format!("has no key {keys}, which {who} needs") };
    let (since, field) = pod_trouble::first_unready(waiting.iter().copied());
    let mut finding = Finding::new(&CHECK, severity, map.clone(), title.replace("workloads needs", "workloads need"))
        .since(since, field)
        .fact("pods that wait for it", waiting.len())
        .affects(users);
    if let Some(nearest) = nearest(view, map, lack) {
        finding = finding.fact("closest name there is", nearest);
    }
    let (cli, namespace) = (view.cli(), &map.namespace);
    let look = finding.look(format!("{cli} get configmaps -n {namespace}"), "lists the ConfigMaps there are");
    if lack.keys.is_empty() {
        return look;
    }
    look.look(format!("{cli} describe configmap -n {namespace} {}", shown(&map.name)), "shows its keys")
}

fn waits(pod: &Pod, view: &View) -> bool {
    matches!(
        pod_trouble::of(pod, view.now),
        Some(PodTrouble::Configuration | PodTrouble::Creating | PodTrouble::Init)
    )
}

fn nearest<'v>(view: &View<'v>, map: &ObjectRef, lack: &Lack) -> Option<&'v str> {
    let maps = &view.cluster.config_maps;
    let near = match lack.keys.first() {
        None => alike::nearest(&map.name, maps.in_namespace(&map.namespace).map(|it| it.meta().name.as_str())),
        Some(key) => alike::nearest(key, maps.get(&map.namespace, &map.name)?.keys.iter().map(|key| key.as_str())),
    };
    near.map(shown)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SCENE: &str = "
        kind: Namespace
        metadata: {name: shop}
        ---
        kind: ConfigMap
        metadata: {name: settings, namespace: shop}
        data: {app.yaml: x}
        ---
        kind: Deployment
        metadata: {name: web, namespace: shop, creationTimestamp: @2d}
        spec:
          replicas: 1
          template:
            spec:
              containers: [{name: web, env: [{name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: app.yaml}}}]}]
              volumes: [{name: a, configMap: {name: settings}}]
        status: {availableReplicas: 0}";

    const WAITING: &str = "
        ---
        kind: Pod
        metadata: {name: web-1, namespace: shop, labels: {pod-template-hash: '1'}, ownerReferences: [{kind: ReplicaSet, name: web-1, controller: true}]}
        spec: {nodeName: w1, containers: [{name: web}]}
        status:
          phase: Pending
          conditions: [{type: Ready, status: 'False', lastTransitionTime: @20m}]
          containerStatuses: [{name: web, state: {waiting: {reason: CreateContainerConfigError}}}]";

    #[test]
    fn a_missing_map_is_found_before_anything_restarts() {
        let found = fires(&CHECK, &SCENE.replace("configMap: {name: settings}", "configMap: {name: setings}"), &[
            "warning ConfigMap shop/setings: does not exist, but Deployment web needs it",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("\"settings\""), "{:?}", found[0].facts);
    }

    #[test]
    fn a_missing_key_that_stops_a_workload_is_critical() {
        let scene = SCENE.replace("data: {app.yaml", "data: {app.yml") + WAITING;
        let found = fires(&CHECK, &scene, &[
            "critical ConfigMap shop/settings: has no key app.yaml, which Deployment web needs (since 20m)",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("app.yml"));
    }

    #[test]
    fn optional_new_idle_and_present_ones_are_silent() {
        silent(&CHECK, SCENE);
        let gone = SCENE.replace("configMap: {name: settings}", "configMap: {name: other}");
        silent(&CHECK, &gone.replace("{name: other}", "{name: other, optional: true}"));
        silent(&CHECK, &gone.replace("@2d", "@2m"));
        silent(&CHECK, &gone.replace("replicas: 1", "replicas: 0"));
    }
}
