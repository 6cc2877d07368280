use proptest::prelude::*;

use super::*;

fn list<'a>(group: &'a str, plural: &'a str, namespace: Option<&'a str>) -> Resource<'a> {
    Resource { group, plural, namespace, name: None, repeats: false }
}

fn at<'a>(root: &'a str, resource: Resource<'a>) -> Option<Place<'a>> {
    Some(Place { root, what: What::Resource(resource) })
}

#[test]
fn lists_and_single_objects() {
    assert_eq!(
        place("mg/img/namespaces/web/apps/deployments.yaml"),
        at("mg/img", list("apps", "deployments", Some("web")))
    );
    assert_eq!(place("namespaces/web/core/events.yaml"), at("", list("", "events", Some("web"))));
    assert_eq!(
        place("mg/cluster-scoped-resources/config.openshift.io/clusterversions.yaml"),
        at("mg", list("config.openshift.io", "clusterversions", None))
    );
    assert_eq!(
        place("mg/cluster-scoped-resources/core/nodes/ip-10-0-0-1.ec2.internal.yaml"),
        at("mg", Resource { name: Some("ip-10-0-0-1.ec2.internal"), ..list("", "nodes", None) })
    );
    assert_eq!(
        place("mg/namespaces/olm/operators.coreos.com/clusterserviceversions/server.v1.yaml"),
        at(
            "mg",
            Resource { name: Some("server.v1"), ..list("operators.coreos.com", "clusterserviceversions", Some("olm")) }
        )
    );
}

#[test]
fn alerts_lie_where_each_version_puts_them() {
    for (path, root) in [
        ("mg/img/monitoring/prometheus/rules.json", "mg/img"),
        ("monitoring/alerts.json", ""),
        ("mg/monitoring/alerts.json", "mg"),
    ] {
        assert_eq!(place(path), Some(Place { root, what: What::Rules }), "{path}");
    }
    for other in
        ["mg/namespaces/a/monitoring/alerts.json", "monitoring/prometheus/status/flags.json", "xmonitoring/alerts.json"]
    {
        assert_eq!(place(other), None, "{other}");
    }
}

#[test]
fn connectivity_checks_have_a_folder_of_their_own() {
    let checks = list("controlplane.operator.openshift.io", "podnetworkconnectivitychecks", None);
    let file = "pod_network_connectivity_check/podnetworkconnectivitychecks.yaml";
    assert_eq!(place(&format!("mg/img/{file}")), at("mg/img", checks));
    assert_eq!(place(file), at("", checks));
    assert_eq!(place(&format!("a/b/c/d/e/{file}")), None);
    assert_eq!(place(&format!("mg/x{file}")), None);
}

#[test]
fn a_namespace_is_an_object_of_the_cluster() {
    assert_eq!(
        place("mg/namespaces/web/web.yaml"),
        at("mg", Resource { name: Some("web"), ..list("", "namespaces", None) })
    );
    assert_eq!(place("mg/namespaces/web/other.yaml"), None);
}

#[test]
fn a_pods_own_file_repeats_the_list() {
    assert_eq!(
        place("mg/namespaces/web/pods/a-1/a-1.yaml"),
        at("mg", Resource { name: Some("a-1"), repeats: true, ..list("", "pods", Some("web")) })
    );
    assert_eq!(place("mg/namespaces/web/pods/a-1/b.yaml"), None);
    assert_eq!(place("mg/namespaces/web/pods/a-1/c/c/logs/current.log"), None);
    assert_eq!(place("mg/namespaces/web/pods/a-1/c/c/logs/current.yaml"), None);
    let log = Log { namespace: "web", pod: "a-1", container: "c" };
    let previous = Place { root: "mg", what: What::PreviousLog(log) };
    assert_eq!(place("mg/namespaces/web/pods/a-1/c/c/logs/previous.log"), Some(previous));
}

#[test]
fn a_root_lies_at_most_four_folders_down() {
    assert_eq!(place("a/b/c/d/namespaces/web/core/pods.yaml").unwrap().root, "a/b/c/d");
    assert_eq!(place("a/b/c/d/e/namespaces/web/core/pods.yaml"), None);
    // The first such folder decides: a namespace may be called namespaces.
    let inner = place("mg/namespaces/namespaces/core/pods.yaml").unwrap();
    assert_eq!(inner.root, "mg");
    assert_eq!(inner.what, What::Resource(list("", "pods", Some("namespaces"))));
}

#[test]
fn files_beside_the_resources() {
    assert_eq!(place("mg/img/timestamp"), Some(Place { root: "mg/img", what: What::Timestamp }));
    assert_eq!(place("timestamp"), Some(Place { root: "", what: What::Timestamp }));
    assert_eq!(place("mg/img/version"), Some(Place { root: "mg/img", what: What::Version }));
    assert_eq!(place("a/b/c/d/e/timestamp"), None);
    assert_eq!(place("mg/namespaces/web/timestamp"), None);
}

#[test]
fn secrets_have_no_place() {
    assert_eq!(place("mg/namespaces/web/core/secrets.yaml"), None);
    assert_eq!(place("mg/namespaces/web/core/secrets/a.yaml"), None);
    assert_eq!(place("mg/cluster-scoped-resources/core/secrets.yaml"), None);
}

#[test]
fn stray_files_have_no_place() {
    for path in [
        "",
        "/",
        "namespaces",
        "namespaces/",
        "namespaces//core/pods.yaml",
        "namespaces/Web/core/pods.yaml",
        "namespaces/we_b/core/pods.yaml",
        "namespaces/web/core/._pods.yaml",
        "namespaces/web/core/pods.json",
        "namespaces/web/core/.yaml",
        "namespaces/web/co re/pods.yaml",
        "namespaces/static-kas.log",
        "namespaces/web.yaml",
        "cluster-scoped-resources/rbac.authorization.k8s.io/clusterroles/system:node.yaml",
        "cluster-scoped-resources/core/nodes/a/b.yaml",
        "cluster-scoped-resources/nodes.yaml",
        "mg/img/monitoring/alertmanager/status.json",
        "mg/event-filter.html",
    ] {
        assert_eq!(place(path), None, "{path:?}");
    }
    let long = format!("namespaces/{}/core/pods.yaml", "n".repeat(64));
    assert_eq!(place(&long), None);
}

fn component() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("namespaces".to_owned()),
        Just("cluster-scoped-resources".to_owned()),
        Just("pods".to_owned()),
        Just("core".to_owned()),
        Just("..".to_owned()),
        Just("a.yaml".to_owned()),
        Just("a".to_owned()),
        Just("timestamp".to_owned()),
        "\\PC{0,6}",
    ]
}

proptest! {
    #[test]
    fn any_path_is_read(path in "\\PC{0,60}") {
        let _ = place(&path);
    }

    #[test]
    fn names_are_plain(components in prop::collection::vec(component(), 0..9)) {
        let path = components.join("/");
        if let Some(Place { root, what }) = place(&path) {
            prop_assert!(path.starts_with(root));
            if let What::Resource(resource) = what {
                for part in [Some(resource.plural), resource.namespace, resource.name].into_iter().flatten() {
                    prop_assert!(!part.is_empty() && !part.contains('/') && !part.contains(".."));
                }
                prop_assert!(!resource.group.contains('/') && !resource.group.contains(".."));
            }
        }
    }
}
