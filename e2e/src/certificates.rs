//! A certificate authority for one run, what it signed for loopback, and the key that signs ServiceAccounts' tokens.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType, date_time_ymd};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

#[derive(Debug, Clone)]
pub struct Certificates {
    pub ca: PathBuf,
    /// Of the authority that nobody trusts, until somebody does.
    pub strangers_ca: PathBuf,
    pub server: PathBuf,
    pub server_key: PathBuf,
    pub accounts_key: PathBuf,
    pub accounts_public: PathBuf,
    trusted: Arc<ClientConfig>,
    good: Arc<ServerConfig>,
    expired: Arc<ServerConfig>,
    stranger: Arc<ServerConfig>,
}

impl Certificates {
    pub fn make(folder: &Path) -> Result<Self> {
        let write = |name: &str, text: String| -> Result<PathBuf> {
            let path = folder.join(name);
            std::fs::write(&path, text).with_context(|| format!("write {name}"))?;
            Ok(path)
        };
        let (ca_pem, ca_der, issuer) = authority("rig")?;
        let (strangers_pem, _, other) = authority("somebody else")?;
        let good = Signed::new(&issuer, false)?;
        let accounts = KeyPair::generate()?;
        Ok(Self {
            ca: write("ca.crt", ca_pem)?,
            strangers_ca: write("strangers-ca.crt", strangers_pem)?,
            server: write("server.crt", good.pem.clone())?,
            server_key: write("server.key", good.key.serialize_pem())?,
            accounts_key: write("accounts.key", accounts.serialize_pem())?,
            accounts_public: write("accounts.pub", accounts.public_key_pem())?,
            trusted: trusting(ca_der)?,
            good: good.serving()?,
            expired: Signed::new(&issuer, true)?.serving()?,
            stranger: Signed::new(&other, false)?.serving()?,
        })
    }

    /// For clients of the API server.
    pub fn trusted(&self) -> ClientConfig {
        ClientConfig::clone(&self.trusted)
    }

    pub fn good(&self) -> Arc<ServerConfig> {
        self.good.clone()
    }

    pub fn expired(&self) -> Arc<ServerConfig> {
        self.expired.clone()
    }

    /// Signed by an authority that nobody trusts.
    pub fn stranger(&self) -> Arc<ServerConfig> {
        self.stranger.clone()
    }
}

struct Signed {
    pem: String,
    der: CertificateDer<'static>,
    key: KeyPair,
}

impl Signed {
    fn new(issuer: &Issuer<'_, KeyPair>, expired: bool) -> Result<Self> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
        params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        if expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, issuer)?;
        Ok(Self { pem: certificate.pem(), der: certificate.der().clone(), key })
    }

    fn serving(&self) -> Result<Arc<ServerConfig>> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![self.der.clone()], key)?;
        Ok(Arc::new(config))
    }
}

fn authority(name: &str) -> Result<(String, CertificateDer<'static>, Issuer<'static, KeyPair>)> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), certificate.der().clone(), Issuer::new(params, key)))
}

fn trusting(ca: CertificateDer<'static>) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(ca)?;
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}
