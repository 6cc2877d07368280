//! A proxy that says in headers who asks is believed when it shows its certificate, and nobody else is.

use std::net::SocketAddr;
use std::path::Path;

use cluster_health_mcp::callers::FrontProxy;
use cluster_health_mcp::http::Tls;
use http_body_util::{BodyExt, Full};
use hyper::header::HeaderName;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer as Signer, KeyPair};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;
use crate::driver::start_encrypted;

/// Signs certificates.
struct Authority {
    signer: Signer<'static, KeyPair>,
    pem: String,
    certificate: CertificateDer<'static>,
}

struct Pair {
    certificate: CertificateDer<'static>,
    key: KeyPair,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap();
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Self { signer: Signer::new(params, key), pem, certificate: der }
    }

    fn sign(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![purpose];
        let certificate = params.signed_by(&key, &self.signer).unwrap();
        Pair { pem: certificate.pem(), certificate: certificate.der().clone(), key }
    }

    fn client(&self, name: &str) -> Pair {
        self.sign(name, ExtendedKeyUsagePurpose::ClientAuth)
    }
}

struct Behind {
    address: SocketAddr,
    /// Signs for the server.
    own: Authority,
    /// Signs for proxies.
    proxies: Authority,
    table: Arc<Table>,
    audit: Lines,
    _server: Server,
    _folder: tempfile::TempDir,
}

async fn behind() -> Behind {
    let (own, proxies) = (Authority::new("own"), Authority::new("proxies"));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let served = own.sign("localhost", ExtendedKeyUsagePurpose::ServerAuth);
    let key = write("tls.key", &served.key.serialize_pem());
    let authorities = write("ca.crt", &proxies.pem);
    let tls = Tls::load(&write("tls.crt", &served.pem), &key, Some(Path::new(&authorities))).unwrap();
    let (table, audit) = (Arc::new(Table::default()), Lines::default());
    table.user(WEB, "web-team");
    table.grant("web-team", "storefront-web");
    table.grant("devs", "storefront-orders");
    let inventory = || Inventory {
        namespaces: ["storefront-web", "storefront-orders"].map(Name::from).to_vec(),
        absent: Vec::new(),
    };
    let proxy = FrontProxy {
        names: vec!["front-proxy".to_owned()],
        users: vec![HeaderName::from_static("x-remote-user")],
        groups: vec![HeaderName::from_static("x-remote-group")],
        extra_prefix: "x-remote-extra-".to_owned(),
    };
    let callers = Callers::by_token_review(table.clone(), Vec::new(), inventory).believing(proxy);
    let guard = Guard { callers, rate: 0, resource: Resource::default(), audit: Audit::to(audit.clone()) };
    let (_, metrics, handler) = handler(whole());
    let server = start_encrypted(handler, metrics, guard, tls).await;
    Behind { address: server.address, own, proxies, table, audit, _server: server, _folder: folder }
}

impl Behind {
    /// Lists the pods with these headers, showing this certificate; nothing when there is no connection to ask on.
    async fn pods(&self, shown: Option<&Pair>, headers: &[(&str, &str)]) -> Option<(StatusCode, Value)> {
        let mut roots = RootCertStore::empty();
        roots.add(self.own.certificate.clone()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots);
        let config = match shown {
            None => config.with_no_client_auth(),
            Some(pair) => {
                let key = PrivateKeyDer::try_from(pair.key.serialize_der()).unwrap();
                config.with_client_auth_cert(vec![pair.certificate.clone()], key).unwrap()
            }
        };
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        let question = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "list-pods", "arguments": {"limit": 200}}});
        let mut request = Request::post("/mcp").header("host", "localhost").header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::<hyper::body::Bytes>::from(question.to_string());
        let answer = sender.send_request(request.body(body).unwrap()).await.ok()?;
        let status = answer.status();
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        Some((status, serde_json::from_slice(&body).unwrap()))
    }
}

fn namespaces(answer: &Value) -> std::collections::BTreeSet<&str> {
    let rows = answer["result"]["structuredContent"]["pods"].as_array().unwrap();
    rows.iter().map(|row| row["namespace"].as_str().unwrap()).collect()
}

const ANN: [(&str, &str); 3] = [("x-remote-user", "ann"), ("x-remote-group", "ops"), ("x-remote-group", "devs")];

#[tokio::test]
async fn a_proxys_word_counts_with_its_groups_and_is_written_down() {
    let behind = behind().await;
    let proxy = behind.proxies.client("front-proxy");
    let (status, answer) = behind.pods(Some(&proxy), &ANN).await.unwrap();
    assert_eq!((status, namespaces(&answer)), (StatusCode::OK, ["storefront-orders"].into()));
    let line = &behind.audit.all()[0]["audit"];
    assert_eq!((&line["who"], &line["vouched_by"]), (&json!("ann"), &json!("front-proxy")));
    assert_eq!(line["groups"], json!(["ops", "devs", "system:authenticated"]));
    // Without the group there is nothing to see
    let (_, answer) = behind.pods(Some(&proxy), &ANN[..2]).await.unwrap();
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("forbidden"), "{answer}");
    // A token that comes along does not change who the proxy says it is
    let both = [ANN[0], ANN[2], ("authorization", "Bearer sha256~web")];
    assert_eq!(namespaces(&behind.pods(Some(&proxy), &both).await.unwrap().1), ["storefront-orders"].into());
}

#[tokio::test]
async fn the_same_headers_from_anybody_else_are_worth_nothing() {
    let behind = behind().await;
    let asked = behind.table.asked.load(Ordering::SeqCst);
    let other_name = behind.proxies.client("admin");
    for shown in [None, Some(&other_name)] {
        let (status, answer) = behind.pods(shown, &ANN).await.unwrap();
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{answer}");
    }
    // Signed by somebody else with the right name; by the right one for another purpose; by nobody
    let strangers = Authority::new("proxies");
    let server = behind.proxies.sign("front-proxy", ExtendedKeyUsagePurpose::ServerAuth);
    for shown in [&strangers.client("front-proxy"), &behind.own.client("front-proxy"), &server] {
        assert!(behind.pods(Some(shown), &ANN).await.is_none());
    }
    assert_eq!(behind.table.asked.load(Ordering::SeqCst), asked);
    // Who has a token is who the token says
    let both = [ANN[0], ANN[2], ("authorization", "Bearer sha256~web")];
    for shown in [None, Some(&other_name)] {
        assert_eq!(namespaces(&behind.pods(shown, &both).await.unwrap().1), ["storefront-web"].into());
    }
    let text = format!("{:?}", behind.audit.all());
    assert!(!text.contains("ann") && !text.contains("vouched_by"), "{text}");
}

#[tokio::test]
async fn a_proxy_that_is_not_clear_is_refused() {
    let behind = behind().await;
    let proxy = behind.proxies.client("front-proxy");
    let twice = [("x-remote-user", "ann"), ("x-remote-user", "admin")];
    let (status, answer) = behind.pods(Some(&proxy), &twice).await.unwrap();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(answer["error"]["message"].as_str().unwrap().contains("several times"), "{answer}");
    // What says nothing of a user may still hold a token
    let token = [("authorization", "Bearer sha256~web"), ("x-remote-group", "devs")];
    assert_eq!(namespaces(&behind.pods(Some(&proxy), &token).await.unwrap().1), ["storefront-web"].into());
}
