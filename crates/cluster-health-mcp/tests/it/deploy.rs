//! What is deployed says what the program says: rights, settings, version, alerts. What needs Helm is in `deploy/test`.

use std::collections::BTreeSet;
use std::fs;

use cluster_health::checks;
use cluster_health::model::Kind;
use cluster_health_mcp::args;
use cluster_health_mcp::sources::live::rbac;
use serde_json::Value;

use crate::docs::assert_generated;
use crate::snapshot::repository;

const CHART: &str = "charts/openshift-cluster-health-mcp";

fn read(file: &str) -> String {
    fs::read_to_string(repository().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn manifests() -> Vec<Value> {
    serde_saphyr::from_multiple(&read("deploy/manifests.yaml")).unwrap()
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

#[test]
fn the_chart_grants_what_the_program_reads() {
    assert_generated(&format!("{CHART}/files/rules.yaml"), None, &rbac::reading_rules());
    assert_generated(&format!("{CHART}/files/rules-logs.yaml"), None, &rbac::log_rules());
}

#[test]
fn the_manifests_grant_what_the_program_reads_and_nothing_else() {
    let printed: Value = serde_saphyr::from_str(&rbac::cluster_role("x", true)).unwrap();
    let objects = manifests();
    let mut roles = objects.iter().filter(|object| object["kind"] == "ClusterRole").map(|role| &role["rules"]);
    assert!(roles.next() == Some(&printed["rules"]), "run make docs, then make manifests");
    let alertmanager = serde_json::json!([{"apiGroups": ["monitoring.coreos.com"], "resources": ["alertmanagers/api"],
        "resourceNames": ["main"], "verbs": ["get"]}]);
    assert_eq!(roles.collect::<Vec<_>>(), [&alertmanager]);
    assert!(!objects.iter().any(|object| object["kind"] == "Role"), "rights in one namespace are none of these");
}

#[test]
fn the_rights_are_documented_with_who_uses_them() {
    let mut text = String::from(
        "# Rights\n\nWritten by `make docs` from the kinds the program reads. `mcp-server rbac` prints the same as a \
         ClusterRole, and the chart\ninstalls it. No Secrets, and no verb that changes anything. Of ConfigMaps the names of keys are kept, never what \
         they hold.\n\n\
         A right that is missing makes the checks that need it blind, and the answers say so; nothing else breaks.\n\n\
         | API group | resource | verbs | checks that need it |\n|---|---|---|---|\n",
    );
    for (group, plurals) in rbac::resources() {
        for plural in plurals {
            let kind = Kind::ALL.iter().find(|kind| kind.group() == group && kind.plural() == plural).unwrap();
            let needing = checks::ALL.iter().filter(|check| check.needs.contains(kind) || check.uses.contains(kind));
            let group = if group.is_empty() { "core" } else { group };
            let verbs = rbac::VERBS.join(", ");
            text.push_str(&format!("| {group} | {plural} | {verbs} | {} |\n", needing.count()));
        }
    }
    text.push_str(
        "| core | pods/log | get | none: `inspect-object`, when asked for a container's log (`rbac.logs`) |\n",
    );
    text.push_str(
        "| monitoring.coreos.com | alertmanagers/api | get | those of alerts, with `integrations.alertmanager` |\n",
    );
    for (group, resource, what) in [
        ("authentication", "tokenreviews", "whose token a caller shows"),
        ("authorization", "subjectaccessreviews", "what a caller may see"),
    ] {
        let why = format!("{what}; by `system:auth-delegator`, unless `auth.mode` is `none`");
        text.push_str(&format!("| {group}.k8s.io | {resource} | create | none: {why} |\n"));
    }
    assert_generated("docs/rbac.md", None, &text);
}

#[test]
fn alerts_have_one_source() {
    let resource = read("deploy/monitoring/prometheusrule.yaml");
    let (_, spec) = resource.split_once("\nspec:\n").unwrap();
    let groups: String = spec.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect();
    assert_generated(&format!("{CHART}/files/alerts.yaml"), None, &groups);
    let rules: Value = serde_saphyr::from_str(&resource).unwrap();
    assert_eq!(
        of_kind(&manifests(), "PrometheusRule")["spec"],
        rules["spec"],
        "run deploy/render >deploy/manifests.yaml"
    );
}

#[test]
fn the_charts_version_is_the_programs() {
    let chart: Value = serde_saphyr::from_str(&read(&format!("{CHART}/Chart.yaml"))).unwrap();
    for field in ["version", "appVersion"] {
        assert_eq!(chart[field], env!("CARGO_PKG_VERSION"), "{field}");
    }
}

#[test]
fn the_chart_sets_only_what_the_program_reads() {
    let known = args::markdown();
    let template = read(&format!("{CHART}/templates/_env.tpl"));
    let names: BTreeSet<_> = template.lines().filter_map(|line| line.strip_prefix("- name: ")).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert!(known.contains(&format!("| `{name}` |")), "{name} is no setting");
    }
}

#[test]
fn the_pod_is_what_restricted_v2_asks_for() {
    let objects = manifests();
    let pod = &of_kind(&objects, "Deployment")["spec"]["template"];
    let container = &pod["spec"]["containers"][0];
    assert_eq!(pod["metadata"]["annotations"]["openshift.io/required-scc"], "restricted-v2");
    assert_eq!(pod["spec"]["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let security = &container["securityContext"];
    assert_eq!(security["capabilities"]["drop"], serde_json::json!(["ALL"]));
    assert_eq!((&security["readOnlyRootFilesystem"], &security["runAsNonRoot"]), (&true.into(), &true.into()));
    assert_eq!(security["allowPrivilegeEscalation"], false);
    for field in ["runAsUser", "runAsGroup", "fsGroup", "privileged", "hostNetwork", "hostPID", "hostPath"] {
        assert!(!pod.to_string().contains(&format!("\"{field}\"")), "{field}");
    }
    let probe = |name: &str| container[name]["httpGet"]["path"].as_str().unwrap().to_owned();
    assert_eq!((probe("livenessProbe"), probe("readinessProbe")), ("/livez".to_owned(), "/readyz".to_owned()));
}

#[test]
fn clients_configurations_name_the_server_and_keep_tokens_out() {
    let address = |url: &Value| assert!(url.as_str().unwrap().ends_with("/mcp"), "{url}");
    let lightspeed: Value = serde_saphyr::from_str(&read("deploy/clients/olsconfig.yaml")).unwrap();
    assert_eq!(lightspeed["spec"]["featureGates"], serde_json::json!(["MCPServer"]));
    address(&lightspeed["spec"]["mcpServers"][0]["url"]);
    for (file, servers) in [("claude.json", "mcpServers"), ("vscode.json", "servers"), ("cursor.json", "mcpServers")] {
        let client: Value = serde_json::from_str(&read(&format!("deploy/clients/{file}"))).unwrap();
        let server = &client[servers]["openshift-cluster-health"];
        address(&server["url"]);
        let token = server["headers"]["Authorization"].as_str().unwrap();
        assert!(token.starts_with("Bearer ${"), "{file}: {token}");
    }
}

/// Every path in code marks in the threat model's table is a file, with the test it names.
#[test]
fn the_threat_models_tests_exist() {
    let text = read("SECURITY.md");
    let (_, model) = text.split_once("## Threat model").unwrap();
    let rows: Vec<_> =
        model.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 12, "{}", rows.len());
    for row in rows {
        let shown_by = row.split(" | ").nth(3).unwrap();
        let named: Vec<_> = shown_by.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test is named in: {row}");
        for name in named {
            let (file, test) = name.split_once("::").map_or((name, None), |(file, test)| (file, Some(test)));
            let of_server = ["tests/", "src/"].iter().any(|start| file.starts_with(start));
            let source = read(&if of_server { format!("crates/cluster-health-mcp/{file}") } else { file.to_owned() });
            let exists = test.is_none_or(|test| source.contains(&format!("fn {test}(")));
            assert!(exists, "{name} does not exist");
        }
    }
}
