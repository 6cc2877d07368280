//! Where the Coordination Engine is.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use hyper::Uri;

use crate::integrations::Access;

const ENGINE: &str = "http://coordination-engine:8080";

/// What every call begins with. The predecessor's chart gave it as part of the address.
const API: &str = "/api/v1";

#[derive(Debug, Clone, Default, Args)]
pub struct EngineOptions {
    /// Address of the Coordination Engine, with or without /api/v1
    #[arg(long, env = "COORDINATION_ENGINE_URL", value_name = "URL", value_parser = url, global = true)]
    pub coordination_engine_url: Option<Uri>,

    /// Whether the Coordination Engine is asked: by default where an address is given. true without an address takes
    /// http://coordination-engine:8080; false leaves it alone. What makes it change something needs MCP_ENABLE_REMEDIATION
    /// too
    #[arg(long, env = "ENABLE_COORDINATION_ENGINE", value_name = "BOOL", action = ArgAction::Set,
          value_parser = clap::builder::BoolishValueParser::new(), global = true)]
    pub enable_coordination_engine: Option<bool>,
}

impl EngineOptions {
    /// Nothing where it is not asked. It asks nobody for a token, and is shown none.
    pub fn access(&self) -> Option<Access> {
        self.chosen(Path::exists)
    }

    fn chosen(&self, exists: impl Fn(&Path) -> bool) -> Option<Access> {
        let url = match (self.enable_coordination_engine, &self.coordination_engine_url) {
            (Some(false), _) => return None,
            (Some(true), None) => Uri::from_static(ENGINE),
            (_, url) => url.clone()?,
        };
        let own = Path::new(super::monitoring::SERVICE_AUTHORITY);
        let inside = url.scheme_str() == Some("https") && super::monitoring::is_inside(&url);
        let authority = (inside && exists(own)).then(|| PathBuf::from(own));
        Some(Access { url, token: None, authority })
    }
}

fn url(text: &str) -> Result<Uri, String> {
    let text = text.trim().trim_end_matches('/');
    super::monitoring::address(text.strip_suffix(API).unwrap_or(text))
        .ok_or_else(|| format!("an address such as {ENGINE} is accepted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(enable: Option<bool>, address: Option<&str>) -> EngineOptions {
        let coordination_engine_url = address.map(|text| url(text).unwrap());
        EngineOptions { coordination_engine_url, enable_coordination_engine: enable }
    }

    #[test]
    fn asked_where_an_address_is_known() {
        let asked = |options: EngineOptions| options.chosen(|_| false).map(|access| access.url.to_string());
        assert_eq!(asked(options(None, None)), None);
        assert_eq!(asked(options(Some(true), None)).unwrap(), "http://coordination-engine:8080/");
        assert_eq!(asked(options(Some(false), Some("http://e:8080"))), None);
        assert_eq!(asked(options(None, Some("http://e:8080/api/v1/"))).unwrap(), "http://e:8080/");
        assert_eq!(asked(options(None, Some("https://e/aiops/api/v1"))).unwrap(), "https://e/aiops");
    }

    #[test]
    fn no_token_is_ever_shown_and_the_clusters_authority_is_trusted_inside() {
        let access = |address: &str| options(None, Some(address)).chosen(|_| true).unwrap();
        assert!(access("https://engine.aiops.svc:8443").authority.is_some());
        assert!(access("https://engine.example.com").authority.is_none());
        assert!(access("https://engine.aiops.svc:8443").token.is_none());
    }

    #[test]
    fn addresses_are_addresses() {
        for bad in ["engine:8080", "ftp://e", "http://u:p@e", "http://e/?a=b", ""] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }
}
