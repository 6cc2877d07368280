//! The server's own certificate, and the authorities that sign for a proxy in front of it: read from files, and read again
//! when they change, as cert-manager and OpenShift's service-ca replace them while the server runs.

mod common_name;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{
    NoClientAuth, VerifierBuilderError, WebPkiClientVerifier, danger::ClientCertVerifier,
};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

use self::common_name::common_name;

/// Secrets that are mounted change at most once a minute.
const LOOKED_AT: Duration = Duration::from_secs(5);
const HANDSHAKE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{} cannot be read ({TLS_FILES})", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} holds no {what} in PEM form ({TLS_FILES})", path.display())]
    Pem { path: PathBuf, what: &'static str, source: pem::Error },
    #[error("the certificate in {} and the key do not go together ({TLS_FILES})", path.display())]
    Pair { path: PathBuf, source: rustls::Error },
    #[error("{} holds an authority that cannot be used (MCP_REQUESTHEADER_CLIENT_CA_FILE)", path.display())]
    Authority { path: PathBuf, source: rustls::Error },
    #[error("the authorities of {} cannot be used (MCP_REQUESTHEADER_CLIENT_CA_FILE)", path.display())]
    Authorities { path: PathBuf, source: VerifierBuilderError },
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

const TLS_FILES: &str = "MCP_TLS_CERT_FILE, MCP_TLS_KEY_FILE, MCP_REQUESTHEADER_CLIENT_CA_FILE";

/// Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    /// Made anew with the files: a session of before a change of authorities cannot be taken up again after it.
    current: Arc<ArcSwap<ServerConfig>>,
    files: Arc<Files>,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
    /// Who signs for clients; without any, no client is asked for a certificate.
    authorities: Option<PathBuf>,
}

/// What the files held.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    authorities: Option<Vec<u8>>,
}

/// Who is at the other end, where they have shown a certificate of the authorities: the only common name in it.
pub(super) type ClientName = Option<Arc<str>>;

impl Tls {
    /// With `authorities`, a client may show a certificate. One that these did not sign ends the connection.
    pub fn load(certificate: &Path, key: &Path, authorities: Option<&Path>) -> Result<Self, TlsError> {
        let authorities = authorities.map(Path::to_owned);
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned(), authorities };
        let config = files.config(&files.read()?)?;
        Ok(Self { current: Arc::new(ArcSwap::from_pointee(config)), files: Arc::new(files) })
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<(TlsStream<TcpStream>, ClientName)> {
        let accepting = TlsAcceptor::from(self.current.load_full()).accept(stream);
        let stream = timeout(HANDSHAKE, accepting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let name = shown.and_then(|certificate| common_name(certificate)).map(Arc::from);
        Ok((stream, name))
    }

    /// Takes new files whenever they can be used. What cannot be used is named in the log, and the old ones stay.
    pub async fn follow(self) {
        self.follow_every(LOOKED_AT).await;
    }

    async fn follow_every(self, pause: Duration) {
        let mut last = self.files.read().ok();
        loop {
            tokio::time::sleep(pause).await;
            let Ok(now) = self.files.read() else { continue };
            if last.as_ref() == Some(&now) {
                continue;
            }
            match self.files.config(&now) {
                Ok(config) => {
                    self.current.store(Arc::new(config));
                    tracing::info!("the certificate or the authorities of clients were replaced");
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
    fn read(&self) -> Result<Contents, TlsError> {
        let read = |path: &Path| std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source });
        let authorities = self.authorities.as_deref().map(read).transpose()?;
        Ok(Contents { certificate: read(&self.certificate)?, key: read(&self.key)?, authorities })
    }

    fn config(&self, now: &Contents) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let verifier = self.verifier(now)?;
        let chain = certificates(&self.certificate, &now.certificate)?;
        let key =
            PrivateKeyDer::from_pem_slice(&now.key).map_err(|source| pem_error(&self.key, "private key", source))?;
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(TlsError::Setup)?.with_client_cert_verifier(verifier).with_single_cert(chain, key);
        let mut config = config.map_err(|source| TlsError::Pair { path: self.certificate.clone(), source })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn verifier(&self, now: &Contents) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let (Some(path), Some(bytes)) = (&self.authorities, &now.authorities) else {
            return Ok(Arc::new(NoClientAuth));
        };
        let mut roots = RootCertStore::empty();
        for certificate in certificates(path, bytes)? {
            roots.add(certificate).map_err(|source| TlsError::Authority { path: path.clone(), source })?;
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).allow_unauthenticated();
        verifier.build().map_err(|source| TlsError::Authorities { path: path.clone(), source })
    }
}

fn certificates(path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let all = all.and_then(|all| if all.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(all) });
    all.map_err(|source| pem_error(path, "certificate", source))
}

fn pem_error(path: &Path, what: &'static str, source: pem::Error) -> TlsError {
    TlsError::Pem { path: path.to_owned(), what, source }
}

#[cfg(test)]
mod tests;
