use super::Graph;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::testing::{cluster, now};
use crate::view::View;

/// The edges of one object as `verb object` lines.
fn needs(documents: &str, kind: Kind, namespace: &str, name: &str) -> Vec<String> {
    let cluster = cluster(documents);
    let view = View::new(&cluster, now());
    let object = ObjectRef::new(kind, &Name::from(namespace), &Name::from(name));
    Graph::new(&view).needs(&object).iter().map(|edge| format!("{} {}", edge.via.verb(), edge.to)).collect()
}

const SHOP: &str = "
    kind: Pod
    metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: web, controller: true}], labels: {app: web}}
    spec:
      nodeName: w1
      serviceAccountName: web
      containers:
      - name: app
        image: quay.io/shop/web:1
        env: [{name: DB_HOST, value: db.data.svc}, {name: API_URL, value: 'http://api'}, {name: X_URL, value: 'https://else.example.com'}]
      volumes: [{persistentVolumeClaim: {claimName: data}}, {configMap: {name: settings}}, {secret: {secretName: extra, optional: true}}]
    status: {phase: Running}
    ---
    kind: StatefulSet
    metadata: {name: web, namespace: shop}
    spec: {replicas: 1, template: {metadata: {labels: {app: web}}}}
    ---
    kind: Service
    metadata: {name: db, namespace: data}
    spec: {selector: {app: db}}
    ---
    kind: Service
    metadata: {name: api, namespace: shop}
    spec: {selector: {app: web}}
    ---
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {volumeName: pv-1}
    ---
    kind: StorageClass
    metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}
    provisioner: csi.example.com
    ---
    kind: Route
    metadata: {name: web, namespace: shop}
    spec: {to: {name: api}}";

#[test]
fn a_workload_needs_what_its_pods_in_trouble_need() {
    let of_pods = [
        "runs on Node w1",
        "mounts PersistentVolumeClaim shop/data",
        "calls Service shop/api",
        "calls Service data/db",
        "reads ConfigMap shop/settings",
        "acts as ServiceAccount shop/web",
        "pulls from Registry quay.io",
    ];
    assert_eq!(needs(SHOP, Kind::StatefulSet, "shop", "web"), of_pods);
    let of_the_pod = needs(SHOP, Kind::Pod, "shop", "web-1");
    assert_eq!(of_the_pod[0], "is owned by StatefulSet shop/web");
    assert_eq!(of_the_pod[1..], of_pods);
}

#[test]
fn services_routes_and_claims_lead_to_what_is_behind_them() {
    assert_eq!(needs(SHOP, Kind::Route, "shop", "web"), ["sends to Service shop/api"]);
    assert_eq!(needs(SHOP, Kind::Service, "shop", "api"), ["selects StatefulSet shop/web"]);
    let claim = needs(SHOP, Kind::PersistentVolumeClaim, "shop", "data");
    assert_eq!(claim, ["is bound to PersistentVolume pv-1", "is of class StorageClass fast"]);
    assert!(needs(SHOP, Kind::Node, "", "w1").is_empty());
}

#[test]
fn machines_are_behind_nodes_and_services_behind_webhooks() {
    let documents = "
    kind: Machine
    metadata: {name: m-1, namespace: openshift-machine-api, ownerReferences: [{kind: MachineSet, name: m, controller: true}]}
    status: {nodeRef: {name: w1}}
    ---
    kind: ValidatingWebhookConfiguration
    metadata: {name: policy}
    webhooks: [{name: a.example.com, clientConfig: {service: {namespace: policy, name: webhook}}}]";
    assert_eq!(needs(documents, Kind::Node, "", "w1"), ["is provided by Machine openshift-machine-api/m-1"]);
    assert_eq!(
        needs(documents, Kind::MachineSet, "openshift-machine-api", "m"),
        ["looks after Machine openshift-machine-api/m-1"]
    );
    let webhook = needs(documents, Kind::ValidatingWebhookConfiguration, "", "policy");
    assert_eq!(webhook, ["is answered by Service policy/webhook"]);
}
