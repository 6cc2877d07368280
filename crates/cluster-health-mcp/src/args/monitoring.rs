//! Where Prometheus and Alertmanager are, and as whom they are asked.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use hyper::Uri;

use crate::integrations::Access;

const PROMETHEUS: &str = "https://thanos-querier.openshift-monitoring.svc:9091";
const ALERTMANAGER: &str = "https://alertmanager-main.openshift-monitoring.svc:9094";

/// Of the pod's service account.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/// Signs what services inside an OpenShift cluster present.
const SERVICE_AUTHORITY: &str = "/var/run/secrets/kubernetes.io/serviceaccount/service-ca.crt";

#[derive(Debug, Clone, Default, Args)]
pub struct MonitoringOptions {
    /// Address of Prometheus or of a Thanos querier, for the tools that need measurements over time
    #[arg(long, env = "PROMETHEUS_URL", value_name = "URL", value_parser = url, global = true)]
    pub prometheus_url: Option<Uri>,

    /// Address of Alertmanager, for firing alerts and silences. Without one, alerts come from Prometheus
    #[arg(long, env = "ALERTMANAGER_URL", value_name = "URL", value_parser = url, global = true)]
    pub alertmanager_url: Option<Uri>,

    /// Whether Prometheus and Alertmanager are asked: by default where an address is given. true without addresses takes
    /// those of OpenShift's own monitoring; false leaves them alone
    #[arg(long, env = "ENABLE_PROMETHEUS", value_name = "BOOL", action = ArgAction::Set,
          value_parser = clap::builder::BoolishValueParser::new(), global = true)]
    pub enable_prometheus: Option<bool>,

    /// File with the token to show them; by default, over https, that of the pod's service account
    #[arg(long, env = "PROMETHEUS_TOKEN_FILE", value_name = "PATH", global = true)]
    pub prometheus_token_file: Option<PathBuf>,

    /// File with the authorities to trust, in PEM; by default, for services inside the cluster, the service CA, else
    /// the system's
    #[arg(long, env = "PROMETHEUS_CA_FILE", value_name = "PATH", global = true)]
    pub prometheus_ca_file: Option<PathBuf>,
}

/// What is asked; nothing of what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonitoringAccess {
    pub prometheus: Option<Access>,
    pub alertmanager: Option<Access>,
}

impl MonitoringOptions {
    pub fn access(&self) -> MonitoringAccess {
        self.chosen(Path::exists)
    }

    fn chosen(&self, exists: impl Fn(&Path) -> bool) -> MonitoringAccess {
        let Self { prometheus_url, alertmanager_url, enable_prometheus, .. } = self;
        let (prometheus, alertmanager) = match (enable_prometheus, prometheus_url, alertmanager_url) {
            (Some(false), ..) => (None, None),
            (Some(true), None, None) => (Some(Uri::from_static(PROMETHEUS)), Some(Uri::from_static(ALERTMANAGER))),
            (_, prometheus, alertmanager) => (prometheus.clone(), alertmanager.clone()),
        };
        let access = |url: Uri| {
            let secure = url.scheme_str() == Some("https");
            let own = |path: &str| Some(PathBuf::from(path)).filter(|path| secure && exists(path));
            let inside = url.host().is_some_and(|host| host.ends_with(".svc") || host.ends_with(".svc.cluster.local"));
            Access {
                token: self.prometheus_token_file.clone().or_else(|| own(TOKEN).filter(|_| inside)),
                authority: self.prometheus_ca_file.clone().or_else(|| own(SERVICE_AUTHORITY).filter(|_| inside)),
                url,
            }
        };
        MonitoringAccess { prometheus: prometheus.map(access), alertmanager: alertmanager.map(access) }
    }
}

fn url(text: &str) -> Result<Uri, String> {
    let accepted = || "an address such as https://thanos-querier.openshift-monitoring.svc:9091 is accepted".to_owned();
    let url: Uri = text.trim().trim_end_matches('/').parse().map_err(|_| accepted())?;
    let plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@')) && url.query().is_none();
    if matches!(url.scheme_str(), Some("http" | "https")) && plain { Ok(url) } else { Err(accepted()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(enable: Option<bool>, prometheus: Option<&str>) -> MonitoringOptions {
        MonitoringOptions {
            enable_prometheus: enable,
            prometheus_url: prometheus.map(|text| url(text).unwrap()),
            ..MonitoringOptions::default()
        }
    }

    #[test]
    fn asked_where_an_address_is_known() {
        let asked = |options: MonitoringOptions| {
            let access = options.chosen(|_| true);
            (access.prometheus.is_some(), access.alertmanager.is_some())
        };
        assert_eq!(asked(options(None, None)), (false, false));
        assert_eq!(asked(options(Some(true), None)), (true, true));
        assert_eq!(asked(options(None, Some("http://p:9090"))), (true, false));
        assert_eq!(asked(options(Some(false), Some("http://p:9090"))), (false, false));
    }

    #[test]
    fn the_pods_token_goes_to_services_of_the_cluster_only() {
        let access = |address: &str| options(None, Some(address)).chosen(|_| true).prometheus.unwrap();
        let inside = access("https://thanos-querier.openshift-monitoring.svc:9091");
        assert_eq!((inside.token, inside.authority), (Some(TOKEN.into()), Some(SERVICE_AUTHORITY.into())));
        for outside in ["http://thanos-querier.openshift-monitoring.svc:9091", "https://prometheus.example.com"] {
            assert_eq!(access(outside).token, None, "{outside}");
        }
    }

    #[test]
    fn addresses_are_addresses() {
        for bad in ["prometheus:9090", "ftp://p", "http://u:p@p", "http://p/?a=b", "", "http://"] {
            assert!(url(bad).is_err(), "{bad}");
        }
        assert_eq!(url(" https://p/prefix/ ").unwrap().path(), "/prefix");
    }
}
