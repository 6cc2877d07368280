use crate::alerts::{is_trouble, severity, subject};
use crate::finding::Severity;
use crate::testing::{cluster, now};
use crate::view::View;

/// Objects that labels may name.
const OBJECTS: &str = "
    kind: ClusterVersion
    metadata: {name: version}
    ---
    kind: ClusterOperator
    metadata: {name: etcd}
    status: {relatedObjects: [{resource: namespaces, name: openshift-etcd}]}
    ---
    kind: ClusterOperator
    metadata: {name: dns}
    status: {relatedObjects: [{resource: namespaces, name: openshift-dns}]}
    ---
    kind: Node
    metadata: {name: worker-1}
    ---
    kind: Namespace
    metadata: {name: shop}
    ---
    kind: Deployment
    metadata: {name: web, namespace: shop}
    ---
    kind: ReplicaSet
    metadata: {name: web-5d, namespace: shop, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
    ---
    kind: Pod
    metadata: {name: web-5d-x, namespace: shop, ownerReferences: [{kind: ReplicaSet, name: web-5d, controller: true}]}
    spec: {nodeName: worker-1}
    ---
    kind: Pod
    metadata: {name: node-exporter-x, namespace: openshift-monitoring}
    ---
    kind: Service
    metadata: {name: dns-default, namespace: openshift-dns}
    ---
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    ---
    kind: ClusterServiceVersion
    metadata: {name: cache.v1, namespace: shop}
    ---";

/// What one alert with these labels is about, and how bad it is.
fn judged(namespace: &str, labels: &str) -> (String, Severity) {
    let documents = format!(
        "{OBJECTS}
    kind: Alert
    metadata: {{name: one, namespace: '{namespace}', labels: {{{labels}}}}}
    state: firing"
    );
    let cluster = cluster(&documents);
    let view = View::new(&cluster, now());
    let alert = cluster.alerts.iter().next().unwrap();
    (subject(&view, alert).to_string(), severity(&view, alert))
}

#[test]
fn labels_lead_to_what_the_alert_is_about() {
    for (namespace, labels, object) in [
        ("shop", "alertname: KubePodCrashLooping, pod: web-5d-x, container: web", "Deployment shop/web"),
        ("shop", "alertname: KubeDeploymentReplicasMismatch, deployment: web", "Deployment shop/web"),
        (
            "shop",
            "alertname: KubePersistentVolumeFillingUp, persistentvolumeclaim: data, node: worker-1",
            "PersistentVolumeClaim shop/data",
        ),
        ("openshift-monitoring", "alertname: KubeNodeNotReady, node: worker-1", "Node worker-1"),
        (
            "openshift-monitoring",
            "alertname: NodeFilesystemAlmostOutOfSpace, instance: worker-1, pod: node-exporter-x",
            "Node worker-1",
        ),
        ("openshift-monitoring", "alertname: NodeClockNotSynchronising, instance: 'worker-1:9100'", "Node worker-1"),
        ("openshift-cluster-version", "alertname: ClusterOperatorDown, name: etcd, pod: cvo-x", "ClusterOperator etcd"),
        ("openshift-cluster-version", "alertname: ClusterOperatorDegraded, name: version", "ClusterVersion version"),
        ("openshift-etcd", "alertname: etcdMembersDown, job: etcd", "ClusterOperator etcd"),
        (
            "openshift-dns",
            "alertname: TargetDown, job: dns-default, service: dns-default",
            "Service openshift-dns/dns-default",
        ),
        // A Service that is gone leaves its part of the platform
        ("openshift-dns", "alertname: TargetDown, job: gone, service: gone", "ClusterOperator dns"),
        (
            "openshift-operator-lifecycle-manager",
            "alertname: CsvAbnormalOver30Min, exported_namespace: shop, name: cache.v1, pod: olm-x",
            "ClusterServiceVersion shop/cache.v1",
        ),
        ("shop", "alertname: CheckoutBurnsItsBudget", "Namespace shop"),
        ("", "alertname: Something", "Alert one"),
    ] {
        assert_eq!(judged(namespace, labels).0, object, "{labels}");
    }
}

#[test]
fn a_tenants_alert_speaks_of_its_own_namespace_only() {
    for labels in [
        "alertname: KubeNodeNotReady, node: worker-1",
        "alertname: ClusterOperatorDown, name: etcd",
        "alertname: etcdMembersDown",
        "alertname: KubePodCrashLooping, exported_namespace: openshift-etcd, pod: etcd-0",
        "alertname: x, openshift_io_alert_source: platform, instance: worker-1",
    ] {
        assert_eq!(judged("shop", labels).0, "Namespace shop", "{labels}");
    }
    let posing = "alertname: x, openshift_io_alert_source: user, node: worker-1";
    assert_eq!(judged("openshift-dns", posing).0, "ClusterOperator dns");
}

#[test]
fn a_label_alone_makes_nothing_critical() {
    let of = |namespace, labels: &str| judged(namespace, &format!("alertname: x, severity: critical{labels}")).1;
    assert_eq!(of("openshift-etcd", ""), Severity::Critical);
    assert_eq!(of("openshift-etcd", ", openshift_io_alert_source: platform"), Severity::Critical);
    assert_eq!(of("", ""), Severity::Critical);
    assert_eq!(of("shop", ""), Severity::Warning);
    assert_eq!(of("shop", ", openshift_io_alert_source: platform"), Severity::Warning);
    assert_eq!(of("openshift-etcd", ", openshift_io_alert_source: user"), Severity::Warning);
    let plain = cluster(
        "
        kind: Alert
        metadata: {name: one, labels: {alertname: x, severity: critical}}
        state: firing",
    );
    let alert = plain.alerts.iter().next().unwrap();
    assert_eq!(severity(&View::new(&plain, now()), alert), Severity::Warning, "nothing shows who wrote the rule");
}

#[test]
fn known_normal_alerts_are_no_trouble() {
    let all = |labels: &str| {
        let documents = format!("kind: Alert\nmetadata: {{name: one, labels: {{{labels}}}}}\nstate: firing");
        is_trouble(cluster(&documents).alerts.iter().next().unwrap())
    };
    for normal in [
        "alertname: Watchdog, severity: none",
        "alertname: AlertmanagerReceiversNotConfigured, severity: warning",
        "alertname: InfoInhibitor",
        "alertname: UpdateAvailable, severity: info",
    ] {
        assert!(!all(normal), "{normal}");
    }
    assert!(all("alertname: x, severity: warning") && all("alertname: x") && all("alertname: x, severity: P1"));
}
