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

#[test]
fn autoscalers_routes_and_operators_have_edges_of_their_own() {
    let documents = "
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: shop}
    spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 5, metrics: [{type: Resource, resource: {name: cpu}}]}
    ---
    kind: APIService
    metadata: {name: v1beta1.metrics.k8s.io}
    spec: {group: metrics.k8s.io, version: v1beta1, service: {namespace: openshift-monitoring, name: metrics-server}}
    ---
    kind: APIService
    metadata: {name: v1beta1.custom.metrics.k8s.io}
    spec: {group: custom.metrics.k8s.io, version: v1beta1, service: {namespace: keda, name: keda}}
    ---
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec: {rules: [{http: {paths: [{backend: {service: {name: web, port: {number: 80}}}}]}}]}
    ---
    kind: HTTPRoute
    metadata: {name: web, namespace: shop}
    spec: {rules: [{backendRefs: [{name: web}, {name: other, namespace: else}]}]}
    status: {parents: [{parentRef: {name: edge, namespace: gateways}}]}
    ---
    kind: ClusterServiceVersion
    metadata: {name: mesh.v2, namespace: operators}
    spec: {install: {spec: {deployments: [{name: mesh-operator}]}}}
    ---
    kind: Deployment
    metadata: {name: mesh-operator, namespace: operators}
    spec: {replicas: 1}
    ---
    kind: Deployment
    metadata: {name: other-operator, namespace: operators}
    spec: {replicas: 1}";
    let of = |kind, namespace, name| needs(documents, kind, namespace, name);
    let autoscaler = ["scales Deployment shop/web", "measures by APIService v1beta1.metrics.k8s.io"];
    assert_eq!(of(Kind::HorizontalPodAutoscaler, "shop", "web"), autoscaler);
    assert_eq!(of(Kind::Ingress, "shop", "web"), ["sends to Service shop/web"]);
    let route = ["sends to Service else/other", "sends to Service shop/web", "is attached to Gateway gateways/edge"];
    assert_eq!(of(Kind::HTTPRoute, "shop", "web"), route);
    let operator = of(Kind::ClusterServiceVersion, "operators", "mesh.v2");
    assert_eq!(operator, ["looks after Deployment operators/mesh-operator"]);
}

#[test]
fn an_update_waits_for_pools_nodes_budgets_and_the_pods_they_guard() {
    let documents = "
    kind: ClusterVersion
    metadata: {name: version}
    status: {desired: {version: 4.20.2}}
    ---
    kind: ClusterOperator
    metadata: {name: machine-config}
    status: {versions: [{name: operator, version: 4.20.1}], conditions: [{type: Available, status: 'True'}]}
    ---
    kind: ClusterOperator
    metadata: {name: dns}
    status: {versions: [{name: operator, version: 4.20.2}], conditions: [{type: Available, status: 'True'}]}
    ---
    kind: MachineConfigPool
    metadata: {name: worker}
    spec: {nodeSelector: {matchLabels: {node-role.kubernetes.io/worker: ''}}}
    status: {conditions: [{type: Updating, status: 'True'}]}
    ---
    kind: Node
    metadata: {name: w1, labels: {node-role.kubernetes.io/worker: ''}}
    spec: {unschedulable: true}
    status: {conditions: [{type: Ready, status: 'True'}]}
    ---
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: shop}
    spec: {selector: {matchLabels: {app: web}}}
    status: {disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 2}
    ---
    kind: Pod
    metadata: {name: web-1, namespace: shop, labels: {app: web}, ownerReferences: [{kind: StatefulSet, name: web, controller: true}]}
    spec: {nodeName: w1, containers: [{name: app, image: a}]}
    status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}
    ---
    kind: StatefulSet
    metadata: {name: web, namespace: shop}
    spec: {replicas: 2, template: {metadata: {labels: {app: web}}}}";
    let of = |kind, namespace, name| needs(documents, kind, namespace, name);
    let version = ["waits for ClusterOperator machine-config", "waits for MachineConfigPool worker"];
    assert_eq!(of(Kind::ClusterVersion, "", "version"), version);
    assert_eq!(of(Kind::MachineConfigPool, "", "worker"), ["waits for PodDisruptionBudget shop/web"]);
    assert_eq!(of(Kind::Node, "", "w1"), ["waits for PodDisruptionBudget shop/web"]);
    assert_eq!(of(Kind::PodDisruptionBudget, "shop", "web"), ["guards StatefulSet shop/web"]);
}
