//! Where Prometheus and Alertmanager are, and as whom they are asked.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use hyper::Uri;

use crate::integrations::Access;

const PROMETHEUS: &str = "https://thanos-querier.openshift-monitoring.svc:9091";

/// Of the pod's service account.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/// Signs what services inside an OpenShift cluster present.
pub(super) const SERVICE_AUTHORITY: &str = "/var/run/secrets/kubernetes.io/serviceaccount/service-ca.crt";

#[derive(Debug, Clone, Default, Args)]
pub struct MonitoringOptions {
    /// Address of Prometheus or of a Thanos querier, for the tools that need measurements over time
    #[arg(long, env = "PROMETHEUS_URL", value_name = "URL", value_parser = url, global = true)]
    pub prometheus_url: Option<Uri>,

    /// Whether Prometheus is asked: by default where an address is given. true without an address takes that of
    /// OpenShift's own monitoring; false leaves it alone
    #[arg(long, env = "ENABLE_PROMETHEUS", value_name = "BOOL", action = ArgAction::Set,
          value_parser = clap::builder::BoolishValueParser::new(), global = true)]
    pub enable_prometheus: Option<bool>,

    /// Address of Alertmanager, such as https://alertmanager-main.openshift-monitoring.svc:9094, for the alerts that fire
    /// and what silences them; without it, alerts come from Prometheus, and silences are not known
    #[arg(long, env = "ALERTMANAGER_URL", value_name = "URL", value_parser = url, global = true)]
    pub alertmanager_url: Option<Uri>,

    /// File with the token to show both; by default, over https, that of the pod's service account
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
        let prometheus = match (self.enable_prometheus, &self.prometheus_url) {
            (Some(false), _) => None,
            (Some(true), None) => Some(Uri::from_static(PROMETHEUS)),
            (_, prometheus) => prometheus.clone(),
        };
        let access = |url: Uri| {
            let secure = url.scheme_str() == Some("https");
            let own = |path: &str| Some(PathBuf::from(path)).filter(|path| secure && exists(path));
            let inside = is_inside(&url);
            Access {
                token: self.prometheus_token_file.clone().or_else(|| own(TOKEN).filter(|_| inside)),
                authority: self.prometheus_ca_file.clone().or_else(|| own(SERVICE_AUTHORITY).filter(|_| inside)),
                url,
            }
        };
        MonitoringAccess { prometheus: prometheus.map(access), alertmanager: self.alertmanager_url.clone().map(access) }
    }
}

/// A service of the cluster's own.
pub(super) fn is_inside(url: &Uri) -> bool {
    url.host().is_some_and(|host| host.ends_with(".svc") || host.ends_with(".svc.cluster.local"))
}

fn url(text: &str) -> Result<Uri, String> {
    address(text).ok_or_else(|| format!("an address such as {PROMETHEUS} is accepted"))
}

/// Of a service over HTTP, without credentials or a query.
pub(super) fn address(text: &str) -> Option<Uri> {
    let url: Uri = text.trim().trim_end_matches('/').parse().ok()?;
    let plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@')) && url.query().is_none();
    (matches!(url.scheme_str(), Some("http" | "https")) && plain).then_some(url)
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
        let asked = |options: MonitoringOptions| options.chosen(|_| true).prometheus.is_some();
        assert!(!asked(options(None, None)));
        assert!(asked(options(Some(true), None)));
        assert!(asked(options(None, Some("http://p:9090"))));
        assert!(!asked(options(Some(false), Some("http://p:9090"))));
        let alertmanager = Some(url("http://a:9093").unwrap());
        let both = MonitoringOptions { alertmanager_url: alertmanager, ..options(Some(false), None) };
        let access = both.chosen(|_| true);
        assert!(access.prometheus.is_none() && access.alertmanager.is_some());
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
