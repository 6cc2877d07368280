use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::sync::CancellationToken;

use super::*;

/// A certificate that signs itself, and its key, in two files.
fn write(folder: &Path) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.join("tls.crt"), certificate.pem()).unwrap();
    std::fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
    certificate.der().clone()
}

/// The first line of an answer, by a client that trusts this certificate alone.
async fn get_trusting(address: SocketAddr, certificate: &CertificateDer<'static>) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let stream = TcpStream::connect(address).await?;
    let mut stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path());
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    let tls = Tls::load(&certificate, &key, None).unwrap();
    tokio::spawn(tls.clone().follow_every(Duration::from_millis(10)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(async || "hello"));
    let (stop, end) = (CancellationToken::new(), CancellationToken::new());
    tokio::spawn(crate::http::serve(listener, router, Some(tls), stop, end));
    assert_eq!(get_trusting(address, &first).await.unwrap(), "HTTP/1.1 200 OK");

    std::fs::write(&certificate, "half a certificate").unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(get_trusting(address, &first).await.unwrap(), "HTTP/1.1 200 OK");

    let second = write(folder.path());
    for _ in 0..200 {
        if get_trusting(address, &second).await.is_ok() {
            assert!(get_trusting(address, &first).await.is_err());
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the new certificate was not taken");
}

#[test]
fn what_is_wrong_with_the_files_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    let missing = Tls::load(&certificate, &key, None).unwrap_err().to_string();
    assert!(missing.contains("tls.crt cannot be read"), "{missing}");
    write(folder.path());
    let other = KeyPair::generate().unwrap();
    std::fs::write(&key, other.serialize_pem()).unwrap();
    let apart = Tls::load(&certificate, &key, None).unwrap_err().to_string();
    assert!(apart.contains("do not go together"), "{apart}");
    std::fs::write(&key, "no key").unwrap();
    let none = Tls::load(&certificate, &key, None).unwrap_err().to_string();
    assert!(none.contains("no private key"), "{none}");
}
