//! The server's own certificate: read from two files, and read again when they change, as cert-manager and OpenShift's
//! service-ca replace them while the server runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// Secrets that are mounted change at most once a minute.
const LOOKED_AT: Duration = Duration::from_secs(5);
const HANDSHAKE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{} cannot be read (MCP_TLS_CERT_FILE, MCP_TLS_KEY_FILE)", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} holds no {what} in PEM form (MCP_TLS_CERT_FILE, MCP_TLS_KEY_FILE)", path.display())]
    Pem { path: PathBuf, what: &'static str, source: pem::Error },
    #[error("the certificate in {} and the key do not go together (MCP_TLS_CERT_FILE, MCP_TLS_KEY_FILE)", path.display())]
    Pair { path: PathBuf, source: rustls::Error },
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    current: Arc<Current>,
    files: Arc<Files>,
}

#[derive(Debug)]
struct Current {
    pair: ArcSwap<CertifiedKey>,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Tls {
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let provider = Arc::new(ring::default_provider());
        let pair = files.pair(&files.read()?, &provider)?;
        let current = Arc::new(Current { pair: ArcSwap::from_pointee(pair) });
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = config.map_err(TlsError::Setup)?.with_no_client_auth().with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), current, files: Arc::new(files) })
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        timeout(HANDSHAKE, self.acceptor.accept(stream)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Takes a new pair whenever the files hold one. What cannot be used is named in the log, and the old pair stays.
    pub async fn follow(self) {
        self.follow_every(LOOKED_AT).await;
    }

    async fn follow_every(self, pause: Duration) {
        let provider = ring::default_provider();
        let mut last = self.files.read().ok();
        loop {
            tokio::time::sleep(pause).await;
            let Ok(now) = self.files.read() else { continue };
            if last.as_ref() == Some(&now) {
                continue;
            }
            match self.files.pair(&now, &provider) {
                Ok(pair) => {
                    self.current.pair.store(Arc::new(pair));
                    tracing::info!("the certificate was replaced");
                }
                Err(error) => tracing::error!(%error, "the new certificate is not used, the old one stays"),
            }
            last = Some(now);
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tls").field(&self.files.certificate).finish()
    }
}

impl Files {
    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
        let read = |path: &Path| std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source });
        Ok((read(&self.certificate)?, read(&self.key)?))
    }

    fn pair(
        &self,
        (certificate, key): &(Vec<u8>, Vec<u8>),
        provider: &CryptoProvider,
    ) -> Result<CertifiedKey, TlsError> {
        let bad = |path: &Path, what| {
            let path = path.to_owned();
            move |source| TlsError::Pem { path, what, source }
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
        let chain = chain.and_then(|chain| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) });
        let chain = chain.map_err(bad(&self.certificate, "certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(bad(&self.key, "private key"))?;
        CertifiedKey::from_der(chain, key, provider)
            .map_err(|source| TlsError::Pair { path: self.certificate.clone(), source })
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.pair.load_full())
    }
}

#[cfg(test)]
mod tests;
