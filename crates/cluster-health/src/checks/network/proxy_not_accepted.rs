//! A proxy that is asked for and not in force, or that would carry the cluster's own traffic.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed, Text};
use crate::model::network::Network;
use crate::model::proxy::Proxy;
use crate::model::{Kind, Resource};
use crate::name::Name;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-proxy-not-accepted",
    title: "The cluster's proxy is not in force or carries too much",
    explain: "Looks at the Proxy named cluster when one is asked for. The network operator writes into its status what is \
              in force, with the cluster's own names and ranges added to those that need no proxy. A status that differs \
              means the proxy was not accepted, usually because of an address or a bundle of authorities that cannot be \
              read: images are then not pulled, updates not found and telemetry not sent. A status that lacks the \
              cluster's Service or pod range would send its own traffic out. A cluster without a proxy does not count.",
    layer: Layer::Network,
    needs: &[Kind::Proxy],
    uses: &[Kind::Network],
    reference: "https://docs.openshift.com/container-platform/latest/networking/enable-cluster-wide-proxy.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for proxy in view.cluster.proxies.iter().filter(|proxy| proxy.wanted) {
        if !proxy.accepted {
            out.push(finding(view, proxy, "the proxy that is asked for is not in force"));
            continue;
        }
        let missing: Vec<&Name> = view.cluster.networks.iter().flat_map(|network| missing(proxy, network)).collect();
        if !missing.is_empty() {
            let missing = listed(missing.iter().map(|range| &***range));
            let title = "the proxy would carry the cluster's own traffic";
            out.push(finding(view, proxy, title).fact("not in status.noProxy", missing));
        }
    }
}

fn missing<'a>(proxy: &'a Proxy, network: &'a Network) -> impl Iterator<Item = &'a Name> {
    let ranges = network.services.iter().chain(network.cluster.iter().map(|range| &range.cidr));
    ranges.filter(|range| !proxy.direct.contains(range))
}

fn finding(view: &View, proxy: &Proxy, title: impl Into<Text>) -> Finding {
    let cli = view.cli();
    let finding = Finding::new(&CHECK, Severity::Warning, proxy.reference(), title)
        .fact("status", if proxy.accepted { "as in spec" } else { "differs from spec" })
        .look(format!("{cli} get proxy {} -o yaml", proxy.meta.name), "shows what is asked for and what is in force")
        .look("oc logs -n openshift-network-operator deployment/network-operator --tail=50", "shows why it was not accepted");
    if proxy.trusted_ca.is_empty() {
        finding
    } else {
        finding.fact("spec.trustedCA.name", &proxy.trusted_ca)
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(status: &str) -> String {
        format!(
            "
        kind: Proxy
        metadata: {{name: cluster}}
        spec: {{httpProxy: 'http://user:s3cret@proxy.example.com:3128'}}
        status: {status}
        ---
        kind: Network
        metadata: {{name: cluster}}
        status: {{clusterNetwork: [{{cidr: 10.128.0.0/14, hostPrefix: 23}}], serviceNetwork: [172.30.0.0/16]}}"
        )
    }

    #[test]
    fn one_that_is_not_in_force() {
        let found = fires(&CHECK, &scene("{}"), &["warning Proxy cluster: the proxy that is asked for is not in force"]);
        assert!(!format!("{found:?}").contains("s3cret"));
    }

    #[test]
    fn one_that_carries_too_much() {
        let status = "{httpProxy: 'http://user:s3cret@proxy.example.com:3128', noProxy: '10.128.0.0/14,.svc'}";
        let found = fires(&CHECK, &scene(status), &["warning Proxy cluster: the proxy would carry the cluster's own traffic"]);
        assert!(format!("{:?}", found[0].facts).contains("172.30.0.0/16"));
    }

    #[test]
    fn one_in_force_and_none_are_silent() {
        let status = "{httpProxy: 'http://user:s3cret@proxy.example.com:3128', noProxy: '10.128.0.0/14, .svc,172.30.0.0/16'}";
        silent(&CHECK, &scene(status));
        silent(&CHECK, "
            kind: Proxy
            metadata: {name: cluster}
            spec: {trustedCA: {name: ''}}
            status: {}");
    }
}
