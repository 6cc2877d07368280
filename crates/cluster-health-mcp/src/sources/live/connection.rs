//! The way to the API server: whose identity, which requests, how long to wait for an answer's head. It is the server's own,
//! but for a request that is made with a caller's token, which then goes without any of the server's.
//!
//! kube-rs finds the server, speaks TLS and keeps credentials fresh (token files, exec plugins, the CA of the cluster).
//! Everything else, above all what is asked and how often, is ours.

use std::path::PathBuf;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use kube::client::{Body, Client};
use kube::config::{AuthInfo, Config, InClusterError, KubeConfigOptions};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::failure::{Failure, deepest};
use super::{kubeconfig, lines};
use crate::args::{ClusterAccess, is_namespace};
use crate::callers::Bearer;

/// Who asks, in the API server's audit log.
const AGENT: &str = concat!("openshift-cluster-health-mcp/", env!("CARGO_PKG_VERSION"));

/// Where a pod finds the name of its own namespace.
const POD_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

const CONNECT: Duration = Duration::from_secs(5);

/// Credentials that are refused are read anew, but not more often than this.
const RENEWAL: Duration = Duration::from_secs(30);

/// What an error's description may be long.
const DESCRIPTION: usize = 4096;

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("the kubeconfig {} cannot be used (--kubeconfig, KUBECONFIG, --context): {reason}", shown(paths))]
    Kubeconfig { paths: Vec<PathBuf>, reason: String },
    #[error("the pod's service account cannot be used; is automountServiceAccountToken off?")]
    InCluster(#[source] InClusterError),
}

fn shown(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

pub(super) struct Connection {
    pub(super) access: ClusterAccess,
    answer: Duration,
    client: Mutex<Made>,
    /// The same way without an identity.
    nobody: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    client: Option<Client>,
    at: Option<Instant>,
}

impl Connection {
    /// `answer`: longest wait for the head of an answer.
    pub(super) fn new(access: ClusterAccess, answer: Duration) -> Self {
        Self { access, answer, client: Mutex::default(), nobody: Mutex::default() }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Response<Body>, Failure> {
        self.send(Request::get(path).body(Body::empty())).await
    }

    /// In the name of who showed the token, which is kept no longer than the request.
    pub(super) async fn get_by(&self, path: &str, token: &Bearer) -> Result<Response<Body>, Failure> {
        let value = token.authorization().ok_or_else(|| Failure::Credentials("no token".to_owned()))?;
        let request = Request::get(path).header(ACCEPT, "application/json").header(AUTHORIZATION, value);
        let request = request.body(Body::empty()).map_err(Failure::garbled)?;
        let sent = async { Ok::<_, Failure>(self.client(&self.nobody).await?.send(request).await?) };
        let response = timeout(self.answer, sent).await.map_err(|_| Failure::TimedOut(self.answer))?;
        let response = match response {
            Err(failure) if failure.is_about_identity() => {
                renew(&self.nobody).await;
                return Err(failure);
            }
            other => other?,
        };
        match response.status().is_success() {
            true => Ok(response),
            false => Err(refusal(response, self.answer).await),
        }
    }

    /// The same for an answer that goes on and on. Kubernetes 1.37 compresses those in a way that decompressors here take
    /// for bytes after the end, so it is asked not to.
    pub(super) async fn stream(&self, path: &str) -> Result<Response<Body>, Failure> {
        let request = Request::get(path).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        self.send(request.body(Body::empty())).await
    }

    /// The whole of a short JSON answer.
    pub(super) async fn get_json<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.json(self.get(path).await?).await
    }

    pub(super) async fn post_json<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<T, Failure> {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        self.json(self.send(request.body(Body::from(body.to_string().into_bytes()))).await?).await
    }

    async fn json<T: serde::de::DeserializeOwned>(&self, response: Response<Body>) -> Result<T, Failure> {
        let body = timeout(self.answer, response.into_body().collect()).await;
        let body = body.map_err(|_| Failure::TimedOut(self.answer))?;
        let body = body.map_err(|error| Failure::Unreachable(deepest(&error)))?;
        serde_json::from_slice(&body.to_bytes()).map_err(Failure::garbled)
    }

    async fn send(&self, request: Result<Request<Body>, hyper::http::Error>) -> Result<Response<Body>, Failure> {
        let mut request = request.map_err(Failure::garbled)?;
        request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        let sent = async { Ok::<_, Failure>(self.client(&self.client).await?.send(request).await?) };
        let response = timeout(self.answer, sent).await.map_err(|_| Failure::TimedOut(self.answer))?;
        let response = match response {
            Ok(response) => response,
            Err(failure) => {
                if failure.is_about_identity() {
                    renew(&self.client).await;
                }
                return Err(failure);
            }
        };
        if response.status().is_success() {
            return Ok(response);
        }
        if response.status() == StatusCode::UNAUTHORIZED {
            renew(&self.client).await;
        }
        Err(refusal(response, self.answer).await)
    }

    async fn client(&self, made: &Mutex<Made>) -> Result<Client, Failure> {
        let mut kept = made.lock().await;
        if let Some(client) = &kept.client
            && client.valid_until().is_none_or(|until| until > jiff::Timestamp::now())
        {
            return Ok(client.clone());
        }
        let client = make(&self.access, std::ptr::eq(made, &self.nobody)).await?;
        *kept = Made { client: Some(client.clone()), at: Some(Instant::now()) };
        Ok(client)
    }
}

/// The next request reads credentials and certificates anew: they may have changed since.
async fn renew(made: &Mutex<Made>) {
    let mut made = made.lock().await;
    if made.at.is_some_and(|at| at.elapsed() >= RENEWAL) {
        made.client = None;
    }
}

/// Reads where the cluster is and who asks. What is wrong here does not mend itself.
pub(super) async fn configuration(access: &ClusterAccess) -> Result<Config, ConnectError> {
    let mut config = match access {
        ClusterAccess::InCluster => Config::incluster().map_err(ConnectError::InCluster)?,
        ClusterAccess::Kubeconfig { paths, context } => {
            // Its words name their cause already
            let refuse = |reason| ConnectError::Kubeconfig { paths: paths.clone(), reason };
            let kubeconfig = kubeconfig::read(paths).map_err(|error| refuse(error.to_string()))?;
            let options = KubeConfigOptions { context: context.clone(), ..KubeConfigOptions::default() };
            let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
            config.map_err(|error| refuse(error.to_string()))?
        }
    };
    config.connect_timeout = Some(CONNECT);
    config.default_retry = false;
    config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
    if config.cluster_url.scheme_str() == Some("http") {
        // Loading the system's authorities takes longer than everything else at start
        config.root_cert = Some(Vec::new());
    }
    Ok(config)
}

/// Where the caller is at home: what rights may reach when they do not reach everywhere. Nothing when it is not said.
pub(super) fn own_namespace(access: &ClusterAccess) -> Option<String> {
    let name = match access {
        ClusterAccess::InCluster => std::fs::read_to_string(POD_NAMESPACE).ok()?.trim().to_owned(),
        ClusterAccess::Kubeconfig { paths, context } => {
            let kubeconfig = kubeconfig::read(paths).ok()?;
            let name = context.clone().or(kubeconfig.current_context)?;
            kubeconfig.contexts.into_iter().find(|context| context.name == name)?.context?.namespace?
        }
    };
    is_namespace(&name).then_some(name)
}

async fn make(access: &ClusterAccess, as_nobody: bool) -> Result<Client, Failure> {
    let mut config = configuration(access).await.map_err(|error| Failure::Credentials(error.to_string()))?;
    if as_nobody {
        // Tokens, programs that give some, client certificates, and whom to act as
        config.auth_info = AuthInfo::default();
    }
    // Certificates are read from files, and an exec plugin is a program that takes its time
    let made = tokio::task::spawn_blocking(move || Client::try_from(config)).await;
    let made = made.map_err(|error| Failure::Credentials(error.to_string()))?;
    made.map_err(|error| Failure::Credentials(deepest(&error)))
}

async fn refusal(response: Response<Body>, patience: Duration) -> Failure {
    let code = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let deadline = Instant::now() + patience;
    let (mut body, mut description) = (response.into_body(), Vec::new());
    while let Ok(Some(chunk)) = lines::chunk(&mut body, deadline).await {
        description.extend_from_slice(&chunk);
        if description.len() >= DESCRIPTION {
            description.truncate(DESCRIPTION);
            break;
        }
    }
    Failure::of_answer(code, &description, retry_after.map(Duration::from_secs))
}
